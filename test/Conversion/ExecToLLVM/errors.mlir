// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-exec-to-llvm -split-input-file -verify-diagnostics

// expected-error @below {{expected an exec.program, got none}}
module {
}

// -----

exec.kernel @double {
  func.func private @double(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}
// expected-error @below {{expected the buffer form: run exec-plan-memory first}}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  %0 = exec.dispatch @double dims() (%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  exec.yield %0 : tensor<2x4xf32>
}

// -----

// expected-error @below {{input "x0": expected dim 0 to be a constant or a symbol, got affine_map<()[s0] -> (s0 * 2, 4)>; give the dim a name of its own}}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0 * 2, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  exec.yield
}

// -----

// expected-error @below {{output "y0": cannot pass elements of type 'i128' to or from a model}}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xi128>], output_shapes = [affine_map<() -> (2, 4)>]} {
  exec.yield
}
