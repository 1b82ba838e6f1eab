// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-exec-to-llvm='prefix=m name="a model"' | FileCheck %s

exec.kernel @double attributes {scratch_bytes = 128 : i64, flops = 3.0 : f64} {
  func.func private @double(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}

// Tables: launches {site, operands, first operand, dims}, operands (index * 8 + place), values.
// CHECK: llvm.func hidden @m_double(!llvm.ptr, !llvm.ptr, i64, i64, !llvm.ptr) attributes {dso_local}
// CHECK: llvm.func hidden @m_double_grid(!llvm.ptr) -> i64 attributes {dso_local}
// CHECK: llvm.mlir.global internal constant @m.sites()
// CHECK-NOT: @m.plan
// CHECK: llvm.mlir.global internal constant @m.values(dense<[0, 32]> : tensor<2xi64>)
// CHECK: llvm.mlir.global internal constant @m.launches(dense<[0, 2, 0, 0, 1, 2, 2, 0, -1, 2, 4, 1]> : tensor<12xi32>)
// CHECK: llvm.mlir.global internal constant @m.operands(dense<[514, 3, 3, 1, 9, 0]> : tensor<6xi64>)
// What each launch and then each output is made from: the second launch reads the first's result; it
// writes the first output, the copy the second.
// CHECK: llvm.mlir.global internal constant @m.sources(dense<[6, 6, 7, 7, 8, 9, 0, 1, 2]> : tensor<9xi32>)
// CHECK: llvm.func internal @m.run(%[[FRAME:.*]]: !llvm.ptr) -> i32
// CHECK: llvm.call @accel_rt_run_launches(%[[FRAME]]
// CHECK: llvm.mlir.global external hidden constant @m_weights()
// CHECK: llvm.func @m_model() -> !llvm.ptr
// CHECK: llvm.mlir.alias weak @accel_model
// CHECK: llvm.mlir.global internal constant @m.text("x0\00y0\00y1\00double\00node_a\0Anode_b\00\00a model\00{
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0", "y1"], output_types = [tensor<2x4xf32>, tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>, affine_map<() -> (2, 4)>]} {
  %x = exec.input 0
  %y = exec.output 0
  %y1 = exec.output 1
  %w = exec.weight at 64 dense<1.5> : tensor<2x4xf32>
  %0 = exec.slot 0 size affine_map<() -> (32)> live [0, 1] at 0
  exec.launch @double dims affine_map<() -> ()> ins(%w) outs(%0) loc(fused["node_a", "node_b", "node_a"])
  exec.launch @double dims affine_map<() -> ()> ins(%0) outs(%y)
  exec.copy %y1, %x size affine_map<() -> (32)>
  exec.yield
}
