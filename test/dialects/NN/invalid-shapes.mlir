// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of movements, products and rows, broken in the ways that invalid.mlir leaves out.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

func.func @reshape(%x: tensor<3x4xf32>, %n: index) {
  // expected-error @+2 {{C1: expected at most one -1 and one operand a dynamic entry of the shape}}
  // expected-error @+1 {{'nn.reshape' op failed to infer returned types}}
  %0 = "nn.reshape"(%x, %n) {shape = array<i64: 2, 6>} : (tensor<3x4xf32>, index) -> tensor<2x6xf32>
  return
}

// -----

func.func @reshape(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected sizes of 0 or more, got -2}}
  // expected-error @+1 {{'nn.reshape' op failed to infer returned types}}
  %0 = nn.reshape %x to [-2, 6] : tensor<3x4xf32> -> tensor<2x6xf32>
  return
}

// -----

func.func @reshape(%x: tensor<0x4xf32>) {
  // expected-error @+2 {{C2: cannot reshape 0 elements to 2}}
  // expected-error @+1 {{'nn.reshape' op failed to infer returned types}}
  %0 = nn.reshape %x to [2] : tensor<0x4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @transpose(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected a permutation of 0..1}}
  // expected-error @+1 {{'nn.transpose' op failed to infer returned types}}
  %0 = nn.transpose %x [0] : tensor<3x4xf32> -> tensor<3xf32>
  return
}

// -----

func.func @transpose(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected a permutation of 0..1}}
  // expected-error @+1 {{'nn.transpose' op failed to infer returned types}}
  %0 = nn.transpose %x [-1, 0] : tensor<3x4xf32> -> tensor<4x3xf32>
  return
}

// -----

func.func @broadcast(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{expected a shape without -1}}
  // expected-error @+1 {{'nn.broadcast' op failed to infer returned types}}
  %0 = nn.broadcast %x to [-1, 4] : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @bind_dims(%x: tensor<?x4xf32>) {
  // expected-error @+2 {{C1: expected a map of no dims, one symbol a name and one result a dim}}
  // expected-error @+1 {{'nn.bind_dims' op failed to infer returned types}}
  %0 = nn.bind_dims %x ["a"] affine_map<(d0)[s0] -> (s0, d0)> : tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @concat(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected an operand and an axis inside its rank, got axis -1}}
  // expected-error @+1 {{'nn.concat' op failed to infer returned types}}
  %0 = nn.concat %x, %x axis -1 : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x8xf32>
  return
}

// -----

func.func @slice(%x: tensor<?xf32>) {
  // expected-error @+2 {{C1: expected a positive step and offset where the size is open}}
  // expected-error @+1 {{'nn.slice' op failed to infer returned types}}
  %0 = nn.slice %x offsets [5] sizes [-1] steps [-1] : tensor<?xf32> -> tensor<?xf32>
  return
}

// -----

func.func @slice(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C2: elements 1..-1 of dim 1 lie outside the operand}}
  // expected-error @+1 {{'nn.slice' op failed to infer returned types}}
  %0 = nn.slice %x offsets [0, 1] sizes [3, 2] steps [1, -2] : tensor<3x4xf32> -> tensor<3x2xf32>
  return
}

// -----

func.func @slice(%x: tensor<10xf32>) {
  // expected-error @+2 {{C2: elements 1..10 of dim 0 lie outside the operand}}
  // expected-error @+1 {{'nn.slice' op failed to infer returned types}}
  %0 = nn.slice %x offsets [1] sizes [4] steps [3] : tensor<10xf32> -> tensor<4xf32>
  return
}

// -----

func.func @pad(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected one entry of 0 or more a dim in low and high}}
  // expected-error @+1 {{'nn.pad' op failed to infer returned types}}
  %0 = nn.pad %x low [0, -1] high [0, 1] value 0.0 : f32 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @gather(%x: tensor<3x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got -1}}
  // expected-error @+1 {{'nn.gather' op failed to infer returned types}}
  %0 = nn.gather %x, %i axis -1 : tensor<3x4xf32>, tensor<2xi64> -> tensor<3x2xf32>
  return
}

// -----

func.func @gather(%x: tensor<3x4xf32>, %i: tensor<2xf32>) {
  // expected-error @+1 {{operand #1 must be ranked tensor of integers, but got 'tensor<2xf32>'}}
  %0 = nn.gather %x, %i axis 0 : tensor<3x4xf32>, tensor<2xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @shape_of(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected 0 <= start <= end <= 2}}
  // expected-error @+1 {{'nn.shape_of' op failed to infer returned types}}
  %0 = nn.shape_of %x -1 2 : tensor<3x4xf32> -> tensor<3xi64>
  return
}

// -----

func.func @shape_of(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected 0 <= start <= end <= 2}}
  // expected-error @+1 {{'nn.shape_of' op failed to infer returned types}}
  %0 = nn.shape_of %x 2 1 : tensor<3x4xf32> -> tensor<1xi64>
  return
}

// -----

func.func @cast(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{inferred type(s) 'tensor<3x4xf16>' are incompatible with return type(s) of operation 'tensor<3x4xf64>'}}
  // expected-error @+1 {{'nn.cast' op failed to infer returned types}}
  %0 = nn.cast %x {to = f16} : tensor<3x4xf32> -> tensor<3x4xf64>
  return
}

// -----

func.func @compare(%x: tensor<3x4xf32>, %y: tensor<3x4xf64>) {
  // expected-error @+1 {{requires the same element type for all operands}}
  %0 = nn.compare lt %x, %y : tensor<3x4xf32>, tensor<3x4xf64> -> tensor<3x4xi1>
  return
}

// -----

func.func @is_nan(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{result #0 must be ranked tensor of i1, but got 'tensor<3x4xf32>'}}
  %0 = nn.is_nan %x : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @matmul(%a: tensor<3x4xf32>, %b: tensor<4xf32>) {
  // expected-error @+2 {{C1: expected operands of rank 2 or more, got 2 and 1}}
  // expected-error @+1 {{'nn.matmul' op failed to infer returned types}}
  %0 = nn.matmul %a, %b : tensor<3x4xf32>, tensor<4xf32> -> tensor<3xf32>
  return
}

// -----

func.func @softmax(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got -1}}
  // expected-error @+1 {{'nn.softmax' op failed to infer returned types}}
  %0 = nn.softmax %x axis -1 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @log_softmax(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got 2}}
  // expected-error @+1 {{'nn.log_softmax' op failed to infer returned types}}
  %0 = nn.log_softmax %x axis 2 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @constant() {
  // expected-error @+2 {{inferred type(s) 'tensor<2xf32>' are incompatible with return type(s) of operation 'tensor<3xf32>'}}
  // expected-error @+1 {{'nn.constant' op failed to infer returned types}}
  %0 = "nn.constant"() {value = dense<1.0> : tensor<2xf32>} : () -> tensor<3xf32>
  return
}
