// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of convolutions and poolings, broken in the ways that invalid.mlir leaves out.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 0] pads [0, 0, 0, 0] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, -1, 0] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1, 1] dilations [1, 1, 1] pads [0, 0, 0, 0] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4xf32>, %w: tensor<6x4xf32>) {
  // expected-error @+2 {{C1: expected input and weight of the same rank, 3 to 5, got 2 and 2}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [] dilations [] pads [] : (tensor<1x4xf32>, tensor<6x4xf32>) -> tensor<1x6xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9x9x9xf32>, %w: tensor<6x4x3x3x3x3xf32>) {
  // expected-error @+2 {{C1: expected input and weight of the same rank, 3 to 5, got 6 and 6}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1, 1, 1] dilations [1, 1, 1, 1] pads [0, 0, 0, 0, 0, 0, 0, 0] : (tensor<1x4x9x9x9x9xf32>, tensor<6x4x3x3x3x3xf32>) -> tensor<1x6x7x7x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C3: expected weight dim 1 times group to be the input's channels and group to divide weight dim 0, got group 0, weight dims 6 and 4, channels 4}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 0 : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<5x2x3x3xf32>) {
  // expected-error @+2 {{C3: expected weight dim 1 times group to be the input's channels and group to divide weight dim 0, got group 2, weight dims 5 and 2, channels 4}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 2 : (tensor<1x4x9x9xf32>, tensor<5x2x3x3xf32>) -> tensor<1x5x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>, %b: tensor<6x1xf32>) {
  // expected-error @+2 {{C4: expected a bias of one element an output channel}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w bias %b strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>, tensor<6x1xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C5: a window of 11 does not fit spatial dim 1 of size 9 with padding 1}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 5] pads [0, 0, 0, 1] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<3x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [0, 1] : (tensor<1x2x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<3x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [-1, 1] dilations [1, 1] : (tensor<1x2x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<?x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C1: expected input rank R of 4 to 6, a static weight of rank R}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x2x9x9x2xf32>, tensor<?x2x3x3x2x4xf32>) -> tensor<1x?x7x7x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x3x9x9x2xf32>, %w: tensor<3x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C3: expected the same blocks in input, weight and bias}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x3x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<3x2x3x3x2x4xf32>, %b: tensor<3x5xf32>) {
  // expected-error @+2 {{C3: expected the same blocks in input, weight and bias}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w bias %b strides [1, 1] dilations [1, 1] : (tensor<1x2x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>, tensor<3x5xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @pool(%x: tensor<1x2x9xf32>) {
  // expected-error @+2 {{C2: expected 1 positive kernel sizes, strides and dilations and 2 pads of 0 or more}}
  // expected-error @+1 {{'nn.pool' op failed to infer returned types}}
  %0 = nn.pool max %x kernel [2] strides [2] dilations [1] pads [0] : tensor<1x2x9xf32> -> tensor<1x2x4xf32>
  return
}

// -----

func.func @pool(%x: tensor<1x2x9xf32>) {
  // expected-error @+2 {{C2: expected 1 positive kernel sizes, strides and dilations and 2 pads of 0 or more}}
  // expected-error @+1 {{'nn.pool' op failed to infer returned types}}
  %0 = nn.pool max %x kernel [2] strides [2] dilations [0] pads [0, 0] : tensor<1x2x9xf32> -> tensor<1x2x4xf32>
  return
}

// -----

func.func @pool(%x: tensor<1x2x9xf32>) {
  // expected-error @+2 {{C3: a window of 13 does not fit spatial dim 0 of size 9 with padding 2}}
  // expected-error @+1 {{'nn.pool' op failed to infer returned types}}
  %0 = nn.pool average %x kernel [4] strides [1] dilations [4] pads [1, 1] : tensor<1x2x9xf32> -> tensor<1x2x1xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<3x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations, and no pads or 4 of 0 or more}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1] : (tensor<1x2x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>) -> tensor<1x3x9x9x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x4x9x9x2xf32>, %w: tensor<3x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C3: expected the same blocks in input, weight and bias, and groups of whole blocks}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] group 2 : (tensor<1x4x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3xf32>) {
  // expected-error @+2 {{C1: expected input and weight of the same rank, 3 to 5, got 4 and 3}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+2 {{C2: expected a window of static size, 2 positive strides and dilations, 2 output paddings and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [0, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+2 {{C2: expected a window of static size, 2 positive strides and dilations, 2 output paddings and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1] pads [0, 0, 0, 0] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+2 {{C2: expected a window of static size, 2 positive strides and dilations, 2 output paddings and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, -1] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+2 {{C2: expected a window of static size, 2 positive strides and dilations, 2 output paddings and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x?x3xf32>) {
  // expected-error @+2 {{C2: expected a window of static size, 2 positive strides and dilations, 2 output paddings and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x?x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<5x2x3x3xf32>) {
  // expected-error @+2 {{C3: expected weight dim 0 to be the input's channels and group to divide it, got group 1 and weight dim 5}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<5x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+2 {{C3: expected weight dim 0 to be the input's channels and group to divide it, got group 4 and weight dim 6}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0] group 4
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+2 {{C3: expected weight dim 0 to be the input's channels and group to divide it, got group 0 and weight dim 6}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0] group 0
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x400000000x3x3xf32>) {
  // expected-error @+2 {{C3: expected fewer than 2^31 channels, got 6 groups of 400000000}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0] group 6
    : (tensor<1x6x4x5xf32>, tensor<6x400000000x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>, %b: tensor<6xf32>) {
  // expected-error @+2 {{C4: expected a bias of one element an output channel}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w bias %b strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @conv_transpose(%x: tensor<1x6x4x5xf32>, %w: tensor<6x2x3x3xf32>) {
  // expected-error @+2 {{C5: expected padding that leaves something of result dim 2, got size 0}}
  // expected-error @+1 {{'nn.conv_transpose' op failed to infer returned types}}
  %0 = nn.conv_transpose %x, %w strides [1, 1] dilations [1, 1] pads [3, 0, 3, 0] output_padding [0, 0]
    : (tensor<1x6x4x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x2x6x7xf32>
  return
}

// -----

func.func @pool_positions(%x: tensor<1x2x5xf32>, %y: tensor<1x2x4xf32>) {
  // expected-error @+2 {{C1: expected operands of rank 4, got 3 and 3}}
  // expected-error @+1 {{'nn.pool_positions' op failed to infer returned types}}
  %0 = nn.pool_positions %x, %y kernel [2, 2] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x5xf32>, tensor<1x2x4xf32> -> tensor<1x2x4xi64>
  return
}

// -----

func.func @pool_positions(%x: tensor<1x2x5xf32>, %y: tensor<1x2x4xf32>) {
  // expected-error @+2 {{C2: expected 1 positive kernel sizes, strides and dilations and 2 pads of 0 or more}}
  // expected-error @+1 {{'nn.pool_positions' op failed to infer returned types}}
  %0 = nn.pool_positions %x, %y kernel [2] strides [0] dilations [1] pads [0, 0] : tensor<1x2x5xf32>, tensor<1x2x4xf32> -> tensor<1x2x4xi64>
  return
}
