// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of packed layouts, broken in the ways that invalid.mlir leaves out.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

func.func @pack(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct dims in 0..1 and a positive block each}}
  // expected-error @+1 {{'nn.pack' op failed to infer returned types}}
  %0 = nn.pack %x dims [2] blocks [2] order [0, 1] : tensor<3x4xf32> -> tensor<3x4x2xf32>
  return
}

// -----

func.func @pack(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct dims in 0..1 and a positive block each}}
  // expected-error @+1 {{'nn.pack' op failed to infer returned types}}
  %0 = nn.pack %x dims [1] blocks [0] order [0, 1] : tensor<3x4xf32> -> tensor<3x2x2xf32>
  return
}

// -----

func.func @pack(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct dims in 0..1 and a positive block each}}
  // expected-error @+1 {{'nn.pack' op failed to infer returned types}}
  %0 = nn.pack %x dims [0, 1] blocks [2] order [0, 1] : tensor<3x4xf32> -> tensor<2x4x2xf32>
  return
}

// -----

func.func @pack(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C2: expected order to be a permutation of the operand's dims}}
  // expected-error @+1 {{'nn.pack' op failed to infer returned types}}
  %0 = nn.pack %x dims [1] blocks [2] order [0] : tensor<3x4xf32> -> tensor<3x2x2xf32>
  return
}

// -----

func.func @unpack(%x: tensor<3x2x2xf32>) {
  // expected-error @+2 {{C1: expected distinct dims in 0..1 and a positive block each}}
  // expected-error @+1 {{'nn.unpack' op failed to infer returned types}}
  %0 = nn.unpack %x dims [2] blocks [2] order [0, 1] sizes [4] : tensor<3x2x2xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @unpack(%x: tensor<3x2x2xf32>) {
  // expected-error @+2 {{C1: expected distinct dims in 0..1 and a positive block each}}
  // expected-error @+1 {{'nn.unpack' op failed to infer returned types}}
  %0 = nn.unpack %x dims [1] blocks [-2] order [0, 1] sizes [4] : tensor<3x2x2xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @unpack(%x: tensor<3x2x2xf32>) {
  // expected-error @+2 {{C1: expected one block dim an entry of dims}}
  // expected-error @+1 {{'nn.unpack' op failed to infer returned types}}
  %0 = nn.unpack %x dims [1, 0, 1, 0] blocks [2, 2, 2, 2] order [0, 1] sizes [4, 4, 4, 4] : tensor<3x2x2xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @unpack(%x: tensor<3x2x2xf32>) {
  // expected-error @+2 {{C2: expected order to be a permutation of the operand's dims}}
  // expected-error @+1 {{'nn.unpack' op failed to infer returned types}}
  %0 = nn.unpack %x dims [1] blocks [2] order [0, 0] sizes [4] : tensor<3x2x2xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @unpack(%x: tensor<3x2x2xf32>) {
  // expected-error @+2 {{C3: expected a size that fills 2 blocks of 2 but for part of the last, got 2}}
  // expected-error @+1 {{'nn.unpack' op failed to infer returned types}}
  %0 = nn.unpack %x dims [1] blocks [2] order [0, 1] sizes [2] : tensor<3x2x2xf32> -> tensor<3x2xf32>
  return
}

// -----

func.func @packed_matmul(%a: tensor<4xf32>, %b: tensor<2x4x8xf32>) {
  // expected-error @+2 {{C1: expected a left operand of rank 2 or more and a static right operand of rank 3}}
  // expected-error @+1 {{'nn.packed_matmul' op failed to infer returned types}}
  %0 = nn.packed_matmul %a, %b columns 16 : tensor<4xf32>, tensor<2x4x8xf32> -> tensor<16xf32>
  return
}

// -----

func.func @packed_matmul(%a: tensor<3x4xf32>, %b: tensor<?x4x8xf32>) {
  // expected-error @+2 {{C1: expected a left operand of rank 2 or more and a static right operand of rank 3}}
  // expected-error @+1 {{'nn.packed_matmul' op failed to infer returned types}}
  %0 = nn.packed_matmul %a, %b columns 16 : tensor<3x4xf32>, tensor<?x4x8xf32> -> tensor<3x16xf32>
  return
}

// -----

func.func @packed_matmul(%a: tensor<3x4xf32>, %b: tensor<2x4x8xf32>) {
  // expected-error @+2 {{C3: expected columns in 9..16, got 17}}
  // expected-error @+1 {{'nn.packed_matmul' op failed to infer returned types}}
  %0 = nn.packed_matmul %a, %b columns 17 : tensor<3x4xf32>, tensor<2x4x8xf32> -> tensor<3x17xf32>
  return
}

// -----

func.func @unpack_c4(%x: tensor<3x2x2xf32>) {
  // expected-error@+2 {{C4: expected dim 2 of the operand to be a block of 3}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = nn.unpack %x dims [1] blocks [3] order [0, 1] sizes [4] : tensor<3x2x2xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @constant_c1() {
  // expected-error@+1 {{C1: expected a tensor, got 'vector<2xf32>'}}
  %0 = "nn.constant"() <{value = dense<1.0> : vector<2xf32>}> : () -> tensor<2xf32>
  return
}
