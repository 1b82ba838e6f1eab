// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of the ops whose positions are data, each broken.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

func.func @gather_elements(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x2xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got 2}}
  // expected-error @+1 {{'nn.gather_elements' op failed to infer returned types}}
  %0 = nn.gather_elements %x, %i axis 2 : tensor<3x4xf32>, tensor<3x2xi64> -> tensor<3x2xf32>
  return
}

// -----

func.func @gather_elements(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x2xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got -1}}
  // expected-error @+1 {{'nn.gather_elements' op failed to infer returned types}}
  %0 = nn.gather_elements %x, %i axis -1 : tensor<3x4xf32>, tensor<3x2xi64> -> tensor<3x2xf32>
  return
}

// -----

func.func @gather_elements(%x: tensor<3x4xf32>, %i: tensor<3xi64>) {
  // expected-error @+2 {{C2: expected indices of the operand's rank, no larger than it in the dims beside the axis}}
  // expected-error @+1 {{'nn.gather_elements' op failed to infer returned types}}
  %0 = nn.gather_elements %x, %i axis 1 : tensor<3x4xf32>, tensor<3xi64> -> tensor<3xf32>
  return
}

// -----

func.func @gather_elements(%x: tensor<3x4xf32>, %i: tensor<4x2xi64>) {
  // expected-error @+2 {{C2: expected indices of the operand's rank, no larger than it in the dims beside the axis}}
  // expected-error @+1 {{'nn.gather_elements' op failed to infer returned types}}
  %0 = nn.gather_elements %x, %i axis 1 : tensor<3x4xf32>, tensor<4x2xi64> -> tensor<4x2xf32>
  return
}

// -----

func.func @gather_nd(%x: tensor<3x4xf32>, %i: tensor<3x?xi64>) {
  // expected-error @+2 {{C1: expected indices of rank 1 or more with a static last dim}}
  // expected-error @+1 {{'nn.gather_nd' op failed to infer returned types}}
  %0 = nn.gather_nd %x, %i batch_dims 0 : tensor<3x4xf32>, tensor<3x?xi64> -> tensor<3xf32>
  return
}

// -----

func.func @gather_nd(%x: tensor<3x4xf32>, %i: tensor<i64>) {
  // expected-error @+2 {{C1: expected indices of rank 1 or more with a static last dim}}
  // expected-error @+1 {{'nn.gather_nd' op failed to infer returned types}}
  %0 = nn.gather_nd %x, %i batch_dims 0 : tensor<3x4xf32>, tensor<i64> -> tensor<3xf32>
  return
}

// -----

func.func @gather_nd(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x2xf32>) {
  // expected-error @+2 {{C2: expected batch dims that the operands share and tuples that fit the operand's rank of 2, got 1 batch dims and tuples of 2}}
  // expected-error @+1 {{'nn.gather_nd' op failed to infer returned types}}
  %0 = nn.gather_nd %x, %i batch_dims 1 : tensor<3x4xf32>, tensor<3x2xi64> -> tensor<3xf32>
  return
}

// -----

func.func @gather_nd(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x2xf32>) {
  // expected-error @+2 {{C2: expected batch dims that the operands share and tuples that fit the operand's rank of 2, got 2 batch dims and tuples of 2}}
  // expected-error @+1 {{'nn.gather_nd' op failed to infer returned types}}
  %0 = nn.gather_nd %x, %i batch_dims 2 : tensor<3x4xf32>, tensor<3x2xi64> -> tensor<3xf32>
  return
}

// -----

func.func @gather_nd(%x: tensor<2x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error @+2 {{C2: expected batch dims that the operands share and tuples that fit the operand's rank of 2, got 1 batch dims and tuples of 1}}
  // expected-error @+1 {{'nn.gather_nd' op failed to infer returned types}}
  %0 = nn.gather_nd %x, %i batch_dims 1 : tensor<2x4xf32>, tensor<3x1xi64> -> tensor<3xf32>
  return
}

// -----

func.func @scatter_elements(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x2xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got 2}}
  // expected-error @+1 {{'nn.scatter_elements' op failed to infer returned types}}
  %0 = nn.scatter_elements replace %x, %i, %u axis 2 : (tensor<3x4xf32>, tensor<3x2xi64>, tensor<3x2xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @scatter_elements(%x: tensor<3x4xf32>, %i: tensor<5x2xi64>, %u: tensor<5x2xf32>) {
  // expected-error @+2 {{C2: expected indices of the operand's rank, no larger than it in the dims beside the axis}}
  // expected-error @+1 {{'nn.scatter_elements' op failed to infer returned types}}
  %0 = nn.scatter_elements replace %x, %i, %u axis 1 : (tensor<3x4xf32>, tensor<5x2xi64>, tensor<5x2xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @scatter_elements(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x1xf32>) {
  // expected-error @+2 {{C3: expected updates of the shape of the indices}}
  // expected-error @+1 {{'nn.scatter_elements' op failed to infer returned types}}
  %0 = nn.scatter_elements replace %x, %i, %u axis 1 : (tensor<3x4xf32>, tensor<3x2xi64>, tensor<3x1xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @scatter_elements(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x2xi32>) {
  // expected-error @+1 {{'nn.scatter_elements' op C3: expected updates of 'f32', got 'i32'}}
  %0 = nn.scatter_elements replace %x, %i, %u axis 1 : (tensor<3x4xf32>, tensor<3x2xi64>, tensor<3x2xi32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @scatter_nd(%x: tensor<4xf32>, %i: tensor<3x2xi64>, %u: tensor<3xf32>) {
  // expected-error @+2 {{C1: expected indices of rank 1 or more, with a static last dim of at most 1}}
  // expected-error @+1 {{'nn.scatter_nd' op failed to infer returned types}}
  %0 = nn.scatter_nd add %x, %i, %u : (tensor<4xf32>, tensor<3x2xi64>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @scatter_nd(%x: tensor<4x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3x4xf32>) {
  // expected-error @+2 {{C2: expected updates of the indices' shape without tuples, then the dims of the operand that tuples leave}}
  // expected-error @+1 {{'nn.scatter_nd' op failed to infer returned types}}
  %0 = nn.scatter_nd add %x, %i, %u : (tensor<4x5xf32>, tensor<3x1xi64>, tensor<3x4xf32>) -> tensor<4x5xf32>
  return
}

// -----

func.func @scatter_nd(%x: tensor<4x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3x5xf16>) {
  // expected-error @+1 {{'nn.scatter_nd' op C2: expected updates of 'f32', got 'f16'}}
  %0 = nn.scatter_nd add %x, %i, %u : (tensor<4x5xf32>, tensor<3x1xi64>, tensor<3x5xf16>) -> tensor<4x5xf32>
  return
}

// -----

func.func @cumulate(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got 2}}
  // expected-error @+1 {{'nn.cumulate' op failed to infer returned types}}
  %0 = nn.cumulate sum %x axis 2 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @gather(%x: tensor<3x0xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{C2: expected no indices for an axis of size 0}}
  // expected-error @+1 {{'nn.gather' op failed to infer returned types}}
  %0 = nn.gather %x, %i axis 1 : tensor<3x0xf32>, tensor<2xi64> -> tensor<3x2xf32>
  return
}

// -----

func.func @gather_elements(%x: tensor<0x4xf32>, %i: tensor<3x4xi64>) {
  // expected-error @+2 {{C2: expected no indices for an axis of size 0}}
  // expected-error @+1 {{'nn.gather_elements' op failed to infer returned types}}
  %0 = nn.gather_elements %x, %i axis 0 : tensor<0x4xf32>, tensor<3x4xi64> -> tensor<3x4xf32>
  return
}

// -----

func.func @gather_nd(%x: tensor<4x0xf32>, %i: tensor<3x2xi64>) {
  // expected-error @+2 {{C2: expected no indices for an axis of size 0}}
  // expected-error @+1 {{'nn.gather_nd' op failed to infer returned types}}
  %0 = nn.gather_nd %x, %i batch_dims 0 : tensor<4x0xf32>, tensor<3x2xi64> -> tensor<3xf32>
  return
}

// -----

func.func @scatter_nd(%x: tensor<0x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3x5xf32>) {
  // expected-error @+2 {{C1: expected no indices for an axis of size 0}}
  // expected-error @+1 {{'nn.scatter_nd' op failed to infer returned types}}
  %0 = nn.scatter_nd add %x, %i, %u : (tensor<0x5xf32>, tensor<3x1xi64>, tensor<3x5xf32>) -> tensor<0x5xf32>
  return
}
