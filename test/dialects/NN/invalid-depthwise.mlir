// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -verify-diagnostics

func.func @weight_rank(%x: tensor<1x2x9x9x4xf32>, %w: tensor<2x1x3x3x4xf32>) {
  // expected-error @+2 {{C1: expected input rank R of 4 to 6, a static weight of rank R-1 and a bias of rank 2}}
  // expected-error @+1 {{'nn.blocked_depthwise_conv' op failed to infer returned types}}
  %0 = nn.blocked_depthwise_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x2x9x9x4xf32>, tensor<2x1x3x3x4xf32>) -> tensor<1x2x7x7x4xf32>
  return
}

// -----

func.func @strides(%x: tensor<1x2x9x9x4xf32>, %w: tensor<2x3x3x4xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations}}
  // expected-error @+1 {{'nn.blocked_depthwise_conv' op failed to infer returned types}}
  %0 = nn.blocked_depthwise_conv %x, %w strides [1] dilations [1, 1] : (tensor<1x2x9x9x4xf32>, tensor<2x3x3x4xf32>) -> tensor<1x2x7x7x4xf32>
  return
}

// -----

func.func @blocks(%x: tensor<1x2x9x9x4xf32>, %w: tensor<2x3x3x8xf32>) {
  // expected-error @+2 {{C3: expected the same blocks in input, weight and bias}}
  // expected-error @+1 {{'nn.blocked_depthwise_conv' op failed to infer returned types}}
  %0 = nn.blocked_depthwise_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x2x9x9x4xf32>, tensor<2x3x3x8xf32>) -> tensor<1x2x7x7x8xf32>
  return
}

// -----

func.func @window(%x: tensor<1x2x2x9x4xf32>, %w: tensor<2x3x3x4xf32>) {
  // expected-error @+2 {{C4: }}
  // expected-error @+1 {{'nn.blocked_depthwise_conv' op failed to infer returned types}}
  %0 = nn.blocked_depthwise_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x2x2x9x4xf32>, tensor<2x3x3x4xf32>) -> tensor<1x2x0x7x4xf32>
  return
}
