// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Half precision in f32 between conversions, where sums are f32 anyway.
// RUN: accel-opt %s -nn-widen-halves | FileCheck %s

// CHECK-LABEL: @conv
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x3x8x8xf16>, %[[W:[^:]*]]: tensor<4x3x3x3xf16>, %[[B:[^:]*]]: tensor<4xf16>
// CHECK: %[[X32:.*]] = nn.cast %[[X]] {to = f32}
// CHECK: %[[W32:.*]] = nn.cast %[[W]] {to = f32}
// CHECK: %[[B32:.*]] = nn.cast %[[B]] {to = f32}
// CHECK: %[[Y32:.*]] = nn.conv %[[X32]], %[[W32]] bias %[[B32]]{{.*}} -> tensor<1x4x6x6xf32>
// CHECK: %[[Y:.*]] = nn.cast %[[Y32]] {to = f16}
// CHECK: nn.relu %[[Y]] : tensor<1x4x6x6xf16>
func.func @conv(%x: tensor<1x3x8x8xf16>, %w: tensor<4x3x3x3xf16>, %b: tensor<4xf16>) -> tensor<1x4x6x6xf16> {
  %0 = nn.conv %x, %w bias %b strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x3x8x8xf16>, tensor<4x3x3x3xf16>, tensor<4xf16>) -> tensor<1x4x6x6xf16>
  %1 = nn.relu %0 : tensor<1x4x6x6xf16> -> tensor<1x4x6x6xf16>
  return %1 : tensor<1x4x6x6xf16>
}

// CHECK-LABEL: @product_of_bf16
// CHECK: nn.matmul {{.*}} : tensor<?x8xf32>, tensor<8x4xf32> -> tensor<?x4xf32>
// CHECK: nn.cast {{.*}} {to = bf16}
func.func @product_of_bf16(%x: tensor<?x8xbf16>, %w: tensor<8x4xbf16>) -> tensor<?x4xbf16> {
  %0 = nn.matmul %x, %w : tensor<?x8xbf16>, tensor<8x4xbf16> -> tensor<?x4xbf16>
  return %0 : tensor<?x4xbf16>
}

// What is not a sum of halves stays.
// CHECK-LABEL: @others
// CHECK-NOT: nn.cast
func.func @others(%x: tensor<8x8xf32>, %d: tensor<8x8xf64>, %h: tensor<8x8xf16>) -> (tensor<8x8xf32>, tensor<8x8xf64>, tensor<8x8xf16>) {
  %0 = nn.matmul %x, %x : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  %1 = nn.matmul %d, %d : tensor<8x8xf64>, tensor<8x8xf64> -> tensor<8x8xf64>
  %2 = nn.relu %h : tensor<8x8xf16> -> tensor<8x8xf16>
  return %0, %1, %2 : tensor<8x8xf32>, tensor<8x8xf64>, tensor<8x8xf16>
}
