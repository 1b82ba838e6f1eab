// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is read before the items begin does not make them one item: 4,090 rows with a row that all share.
// RUN: accel-opt %s -cpu-lower-kernels="stage=llvm cpu=x86-64-v4" | FileCheck %s

// CHECK: llvm.func @k_kernel_grid(%{{.*}}: !llvm.ptr) -> i64
// CHECK: %[[ITEMS:.*]] = llvm.mlir.constant({{[0-9][0-9]+}} : {{.*}}) : i64
// CHECK: llvm.return %[[ITEMS]]
exec.kernel @k {
  func.func @k(%a: tensor<4090x40xf32> {exec.shape = affine_map<() -> (4090, 40)>}, %b: tensor<40xf32> {exec.shape = affine_map<() -> (40)>})
      -> (tensor<4090x40xf32> {exec.shape = affine_map<() -> (4090, 40)>}) {
    %0 = nn.add %a, %b : tensor<4090x40xf32>, tensor<40xf32> -> tensor<4090x40xf32>
    return %0 : tensor<4090x40xf32>
  }
}
