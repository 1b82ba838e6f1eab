// RUN: accel-opt %s --exec-plan-memory --split-input-file --mlir-print-local-scope | FileCheck %s

exec.kernel @double {
  func.func @double(%b: index, %x: tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>}) {
    return %x : tensor<?x4xf32>
  }
}

// The last result is written to the output, through the view; the two before get slots.
// CHECK-LABEL: exec.program @dynamic
// CHECK-SAME: weight_bytes = 0
// CHECK: %[[IN:.*]] = exec.input 0
// CHECK: %[[OUT:.*]] = exec.output 0
// CHECK: %[[A:.*]] = exec.slot 0 size affine_map<()[s0] -> (s0 * 32)> live[0, 1]
// CHECK: %[[B:.*]] = exec.slot 1 size affine_map<()[s0] -> (s0 * 32)> live[1, 2]
// CHECK: exec.launch @double dims affine_map<()[s0] -> (s0 * 2)> ins(%[[IN]]) outs(%[[A]])
// CHECK: exec.launch @double dims affine_map<()[s0] -> (s0 * 2)> ins(%[[A]]) outs(%[[B]])
// CHECK: exec.launch @double dims affine_map<()[s0] -> (s0 * 2)> ins(%[[B]]) outs(%[[OUT]]) {flops = 1.000000e+00 : f64}
// CHECK: exec.yield
exec.program @dynamic attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x"], input_types = [tensor<?x8xf32>],
    input_shapes = [affine_map<()[s0] -> (s0, 8)>],
    output_names = ["y"], output_types = [tensor<?x8xf32>],
    output_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
^bb0(%n: index, %x: tensor<?x8xf32>):
  %m = affine.apply affine_map<()[s0] -> (s0 * 2)>()[%n]
  %0 = exec.view %x dims(%m) : tensor<?x8xf32> -> tensor<?x4xf32>
  %1 = exec.dispatch @double dims(%m) (%0) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = exec.dispatch @double dims(%m) (%1) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %3 = exec.dispatch @double dims(%m) (%2) {flops = 1.0 : f64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %4 = exec.view %3 dims(%n) : tensor<?x4xf32> -> tensor<?x8xf32>
  exec.yield %4 : tensor<?x8xf32>
}
