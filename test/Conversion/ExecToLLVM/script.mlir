// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-outline -convert-nn-to-exec -exec-plan-memory -convert-exec-to-llvm="prefix=m" | FileCheck %s

// Each segment has tables of its own; sites, kernels and texts are the model's.
// CHECK-COUNT-1: llvm.mlir.global internal constant @m.sites()
// CHECK:         llvm.mlir.global internal constant @m.segment_0.launches
// CHECK:         llvm.func internal @m.segment_0.run
// CHECK:         llvm.mlir.global internal constant @m.segment_0.program()
// CHECK-NOT:     @m.run
// CHECK:         llvm.func hidden @accel_rt_run_script(!llvm.ptr) -> i32
// CHECK:         llvm.func hidden @accel_op_nonzero(!llvm.ptr, !llvm.ptr) -> i32
// Inputs 0 and 1 to registers 0 and 1; what is carried to 2; a loop of 1's trips, its number in 3, with a scan of 4 to 5 of
// type 0, and 7 words: run segment 0 of 2 to 4, 4 to 2. Then op 0 of 5.
// CHECK:         @m.code(dense<[0, 0, 0, 0, 1, 1, 4, 2, 0, 9, 1, -1, 3, -1, 1, 4, 5, 0, 7, 2, 0, 2, 4, 4, 2, 4, 5, 3, 5, 4, 3, 0, 1, 5
// CHECK:         @m.segments()
// CHECK:         @m.ops()
// CHECK:         @m.types()
// CHECK:         @m.script()
// CHECK:         @m.program()
func.func @main(%x: tensor<4xf32> {nn.name = "x"}, %n: tensor<i64> {nn.name = "n"}) -> (tensor<4xf32>, tensor<2x?xi64>) {
  %r:2 = nn.loop trips(%n : tensor<i64>) carried(%x : tensor<4xf32>) -> tensor<4xf32>, tensor<?x4xf32> do {
  ^bb0(%i: tensor<i64>, %s: tensor<4xf32>):
    %e = nn.exp %s : tensor<4xf32> -> tensor<4xf32>
    nn.yield %e, %e : tensor<4xf32>, tensor<4xf32>
  }
  %z = nn.call "nonzero"(%r#1) : (tensor<?x4xf32>) -> tensor<2x?xi64>
  return %r#0, %z : tensor<4xf32>, tensor<2x?xi64>
}
