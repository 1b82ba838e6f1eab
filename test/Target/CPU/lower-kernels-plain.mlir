// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fallback: the same C function and grid of 1, without work items and vectors.
// RUN: accel-opt %s -cpu-lower-kernels="stage=llvm cpu=x86-64-v4 plain" | FileCheck %s

// CHECK: llvm.func @k_kernel(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr)
// CHECK-NOT: vector<
// CHECK: llvm.func @k_kernel_grid(%{{.*}}: !llvm.ptr) -> i64
// CHECK: %[[ONE:.*]] = llvm.mlir.constant(1 : {{.*}}) : i64
// CHECK: llvm.return %[[ONE]]
exec.kernel @k {
  func.func @k(%n: index, %x: tensor<?x400xf32> {exec.shape = affine_map<()[s0] -> (s0, 400)>}, %w: tensor<2x400x16xf32> {exec.shape = affine_map<()[s0] -> (2, 400, 16)>})
      -> (tensor<?x20xf32> {exec.shape = affine_map<()[s0] -> (s0, 20)>}) {
    %0 = nn.packed_matmul %x, %w columns 20 : tensor<?x400xf32>, tensor<2x400x16xf32> -> tensor<?x20xf32>
    return %0 : tensor<?x20xf32>
  }
}
