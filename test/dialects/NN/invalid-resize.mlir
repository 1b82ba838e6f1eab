// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of the ops that change the resolution of spatial dims, each broken.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+2 {{C1: expected distinct axes in 0..3, got 4}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [4] indices %j : (tensor<1x6x4x5xf32>, tensor<1x8xi32>) -> tensor<1x6x8x5xf32>
  return
}

// -----

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+2 {{C1: expected distinct axes in 0..3, got -1}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [-1] indices %j : (tensor<1x6x4x5xf32>, tensor<1x8xi32>) -> tensor<1x6x8x5xf32>
  return
}

// -----

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+2 {{C1: expected distinct axes in 0..3, got 2}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [2, 2] indices %j, %j : (tensor<1x6x4x5xf32>, tensor<1x8xi32>, tensor<1x8xi32>) -> tensor<1x6x8x5xf32>
  return
}

// -----

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+2 {{C1: expected one table of indices an axis, and of weights one or none}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [2, 3] indices %j : (tensor<1x6x4x5xf32>, tensor<1x8xi32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+2 {{C1: expected one table of indices an axis, and of weights one or none}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [2, 3] indices %i, %i weights %w : (tensor<1x6x4x5xf32>, tensor<2x8xi32>, tensor<2x8xi32>, tensor<2x8xf32>) -> tensor<1x6x8x8xf32>
  return
}

// -----

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+2 {{C2: expected tables of one shape T x P for axis 2, with T = 1 where there are no weights}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [2] indices %i : (tensor<1x6x4x5xf32>, tensor<2x8xi32>) -> tensor<1x6x8x5xf32>
  return
}

// -----

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+2 {{C2: expected tables of one shape T x P for axis 3, with T = 1 where there are no weights}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [3] indices %j weights %w : (tensor<1x6x4x5xf32>, tensor<1x8xi32>, tensor<2x8xf32>) -> tensor<1x6x4x8xf32>
  return
}

// -----

func.func @resize(%x: tensor<1x6x4x5xf32>, %i: tensor<8xi32>) {
  // expected-error @+2 {{C2: expected tables of one shape T x P for axis 3, with T = 1 where there are no weights}}
  // expected-error @+1 {{'nn.resize' op failed to infer returned types}}
  %0 = nn.resize %x axes [3] indices %i : (tensor<1x6x4x5xf32>, tensor<8xi32>) -> tensor<1x6x4x8xf32>
  return
}

// -----

func.func @resize(%x: tensor<5xi32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x8xi32>) {
  // expected-error @+1 {{'nn.resize' op C3: expected elements of a float type to be weighted, got 'i32'}}
  %0 = nn.resize %x axes [0] indices %i weights %w : (tensor<5xi32>, tensor<2x8xi32>, tensor<2x8xf32>) -> tensor<8xi32>
  return
}

// -----

func.func @iota(%n: index) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got 2}}
  // expected-error @+1 {{'nn.iota' op failed to infer returned types}}
  %0 = nn.iota axis 2 to [3, %n] of i64 : tensor<3x?xi64>
  return
}

// -----

func.func @iota(%n: index) {
  // expected-error @+2 {{expected a shape without -1}}
  // expected-error @+1 {{'nn.iota' op failed to infer returned types}}
  %0 = nn.iota axis 0 to [-1] of i64 : tensor<?xi64>
  return
}

// -----

func.func @depth_to_space(%x: tensor<1x6x4x5xf32>) {
  // expected-error @+2 {{C1: expected rank 5 or more and positive blocks, got rank 4}}
  // expected-error @+1 {{'nn.depth_to_space' op failed to infer returned types}}
  %0 = nn.depth_to_space %x blocks [1, 1, 1] crop [0, 0, 0, 0, 0, 0] : tensor<1x6x4x5xf32> -> tensor<1x6x4x5xf32>
  return
}

// -----

func.func @depth_to_space(%x: tensor<1x6x4x5xf32>) {
  // expected-error @+2 {{C1: expected rank 4 or more and positive blocks, got rank 4}}
  // expected-error @+1 {{'nn.depth_to_space' op failed to infer returned types}}
  %0 = nn.depth_to_space %x blocks [1, 0] crop [0, 0, 0, 0] : tensor<1x6x4x5xf32> -> tensor<1x6x4x5xf32>
  return
}

// -----

func.func @depth_to_space(%x: tensor<1x6x4x5xf32>) {
  // expected-error @+2 {{C2: expected crops of 0 to block - 1 for each block}}
  // expected-error @+1 {{'nn.depth_to_space' op failed to infer returned types}}
  %0 = nn.depth_to_space %x blocks [3, 1] crop [0, 1, 0, 0] : tensor<1x6x4x5xf32> -> tensor<1x2x12x4xf32>
  return
}

// -----

func.func @depth_to_space(%x: tensor<1x6x4x5xf32>) {
  // expected-error @+2 {{C2: expected crops of 0 to block - 1 for each block}}
  // expected-error @+1 {{'nn.depth_to_space' op failed to infer returned types}}
  %0 = nn.depth_to_space %x blocks [3, 1] crop [0, 0] : tensor<1x6x4x5xf32> -> tensor<1x2x12x5xf32>
  return
}

// -----

func.func @depth_to_space(%x: tensor<1x6x4x5xf32>) {
  // expected-error @+2 {{C3: expected one operand of channels in multiples of 4, or 4 operands of one shape, got 1 of 6 channels}}
  // expected-error @+1 {{'nn.depth_to_space' op failed to infer returned types}}
  %0 = nn.depth_to_space %x blocks [2, 2] crop [0, 0, 0, 0] : tensor<1x6x4x5xf32> -> tensor<1x1x8x10xf32>
  return
}

// -----

func.func @depth_to_space(%x: tensor<1x6x4x5xf32>) {
  // expected-error @+2 {{C3: expected one operand of channels in multiples of 4, or 4 operands of one shape, got 2 of 6 channels}}
  // expected-error @+1 {{'nn.depth_to_space' op failed to infer returned types}}
  %0 = nn.depth_to_space %x, %x blocks [2, 2] crop [0, 0, 0, 0] : tensor<1x6x4x5xf32>, tensor<1x6x4x5xf32> -> tensor<1x6x8x10xf32>
  return
}
