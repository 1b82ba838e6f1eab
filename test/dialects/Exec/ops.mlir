// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -mlir-print-local-scope | accel-opt -mlir-print-local-scope | FileCheck %s

exec.kernel @double {
  func.func private @double(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}
exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
}

// CHECK-LABEL: exec.program @value
// CHECK: ^bb0(%[[N:.*]]: index, %[[X:.*]]: tensor<?x4xf32>):
// CHECK: %[[W:.*]] = exec.constant dense<1.500000e+00> : tensor<2x4xf32>
// CHECK: %[[D:.*]] = exec.dispatch @double dims() (%[[W]]) : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK: %[[R:.*]] = exec.dispatch @rows dims(%[[N]]) (%[[X]]) {bytes = 3.200000e+01 : f64, flops = 4.000000e+00 : f64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK: %[[V:.*]] = exec.view %[[D]] dims(%{{.*}}) : tensor<2x4xf32> -> tensor<?x4xf32>
// CHECK: exec.yield %[[R]], %[[V]] : tensor<?x4xf32>, tensor<?x4xf32>
exec.program @value attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0", "y1"], output_types = [tensor<?x4xf32>, tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>, affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<?x4xf32>):
  %w = exec.constant dense<1.5> : tensor<2x4xf32>
  %two = arith.constant 2 : index
  %0 = exec.dispatch @double dims() (%w) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = exec.dispatch @rows dims(%n) (%x) {flops = 4.0 : f64, bytes = 32.0 : f64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = exec.view %0 dims(%two) : tensor<2x4xf32> -> tensor<?x4xf32>
  exec.yield %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: exec.program @buffers
// CHECK: %[[X:.*]] = exec.input 0
// CHECK: %[[Y:.*]] = exec.output 0
// CHECK: %[[W:.*]] = exec.weight at 64 dense<1.500000e+00> : tensor<2x4xf32>
// CHECK: %[[A:.*]] = exec.slot 0 size affine_map<()[s0] -> (s0 * 16)> live[0, 2]
// CHECK: %[[B:.*]] = exec.slot 1 size affine_map<()[s0] -> (32)> live[1, 1] at 128
// CHECK: exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%[[X]]) outs(%[[A]]) {flops = 4.000000e+00 : f64}
// CHECK: exec.launch @double dims affine_map<()[s0] -> ()> ins(%[[W]]) outs(%[[B]])
// CHECK: exec.copy %[[Y]], %[[A]] size affine_map<()[s0] -> (s0 * 16)>
// CHECK: exec.yield
exec.program @buffers attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  %x = exec.input 0
  %y = exec.output 0
  %w = exec.weight at 64 dense<1.5> : tensor<2x4xf32>
  %0 = exec.slot 0 size affine_map<()[s0] -> (s0 * 16)> live [0, 2]
  %1 = exec.slot 1 size affine_map<()[s0] -> (32)> live [1, 1] at 128
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%x) outs(%0) {flops = 4.0 : f64}
  exec.launch @double dims affine_map<()[s0] -> ()> ins(%w) outs(%1)
  exec.copy %y, %0 size affine_map<()[s0] -> (s0 * 16)>
  exec.yield
}
