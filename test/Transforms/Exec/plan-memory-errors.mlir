// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -exec-plan-memory -split-input-file -verify-diagnostics

exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<?x4xf32>):
  %m = arith.maxsi %n, %n : index
  // expected-error @below {{cannot plan dim 0: expected an affine expression of the program's symbols}}
  %0 = exec.dispatch @rows dims(%m) (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  exec.yield %0 : tensor<?x4xf32>
}

// -----

exec.kernel @lowered {
  llvm.func @lowered()
}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<?x4xf32>):
  // expected-error @below {{cannot size result 0: expected a kernel in tensor form}}
  %0 = exec.dispatch @lowered dims(%n) (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = exec.dispatch @lowered dims(%n) (%0) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  exec.yield %1 : tensor<?x4xf32>
}

// -----

exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  // expected-error @below {{cannot be planned: expected a dispatch, concatenation, append, view, constant or size}}
  %0 = tensor.empty() : tensor<2x4xf32>
  exec.yield %0 : tensor<2x4xf32>
}

// -----

exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?xf32>], input_shapes = [affine_map<()[s0] -> (s0)>],
    output_names = ["y0"], output_types = [tensor<16xf32>], output_shapes = [affine_map<()[s0] -> (16)>]} {
^bb0(%n: index, %x: tensor<?xf32>):
  // expected-error @below {{cannot be planned: an operand would begin at byte s0 * 4, expected a multiple of 64}}
  %0 = exec.concat %x, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<16xf32>
  exec.yield %0 : tensor<16xf32>
}

// -----

exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<16xf32>], input_shapes = [affine_map<() -> (16)>],
    output_names = ["y0"], output_types = [tensor<25xf32>], output_shapes = [affine_map<() -> (25)>]} {
^bb0(%x: tensor<16xf32>):
  %w = exec.constant dense<1.0> : tensor<9xf32>
  // expected-error @below {{cannot be planned: an operand would begin at byte 36, expected a multiple of 64}}
  %0 = exec.concat %w, %x : (tensor<9xf32>, tensor<16xf32>) -> tensor<25xf32>
  exec.yield %0 : tensor<25xf32>
}

// -----

exec.kernel @big {
  func.func private @big(tensor<1073741824x1073741824xf32> {exec.shape = affine_map<() -> (1073741824, 1073741824)>}) -> (tensor<1073741824x1073741824xf32> {exec.shape = affine_map<() -> (1073741824, 1073741824)>})
}
// expected-error @below {{cannot be planned: its intermediates have more than 2^63 bytes}}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<1073741824x1073741824xf32>], input_shapes = [affine_map<() -> (1073741824, 1073741824)>],
    output_names = ["y0"], output_types = [tensor<1073741824x1073741824xf32>], output_shapes = [affine_map<() -> (1073741824, 1073741824)>]} {
^bb0(%x: tensor<1073741824x1073741824xf32>):
  %0 = exec.dispatch @big dims() (%x) : (tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32>
  %1 = exec.dispatch @big dims() (%0) : (tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32>
  %2 = exec.dispatch @big dims() (%1) : (tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32>
  %3 = exec.dispatch @big dims() (%2) : (tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32>
  exec.yield %3 : tensor<1073741824x1073741824xf32>
}
