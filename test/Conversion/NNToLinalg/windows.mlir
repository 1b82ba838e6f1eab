// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Windows: what is read, what padding counts for.
// RUN: accel-opt %s -convert-nn-to-linalg -canonicalize -split-input-file | FileCheck %s

// Blocks of c and f are dims like others; a stride of 2 moves the window by 2.
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0, d5, d2 * 2 + d6, d3 * 2 + d7, d8)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d1, d5, d6, d7, d8, d4)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0, d1, d2, d3, d4)>
// CHECK-LABEL: @blocked_conv
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]]
func.func @blocked_conv(%x: tensor<1x2x9x9x4xf32>, %w: tensor<3x2x3x3x4x8xf32>) -> tensor<1x3x4x4x8xf32> {
  %0 = nn.blocked_conv %x, %w strides [2, 2] dilations [1, 1]
    : (tensor<1x2x9x9x4xf32>, tensor<3x2x3x3x4x8xf32>) -> tensor<1x3x4x4x8xf32>
  return %0 : tensor<1x3x4x4x8xf32>
}

// -----

// The sum starts at the bias, not at 0 with an addition after it.
// CHECK-LABEL: @bias
// CHECK-SAME: %[[B:[^:]*]]: tensor<4xf32> {{[^%]*}}%[[OUT:[^:]*]]: tensor<1x4x7xf32>
// CHECK-NOT: linalg.fill
// CHECK: %[[START:.*]] = linalg.{{.*}} ins(%[[B]] : tensor<4xf32>) outs(%[[OUT]]
// CHECK: linalg.generic {{.*}} outs(%[[START]]
func.func @bias(%x: tensor<1x2x9xf32>, %w: tensor<4x2x3xf32>, %b: tensor<4xf32>) -> tensor<1x4x7xf32> {
  %0 = nn.conv %x, %w bias %b strides [1] dilations [1] pads [0, 0]
    : (tensor<1x2x9xf32>, tensor<4x2x3xf32>, tensor<4xf32>) -> tensor<1x4x7xf32>
  return %0 : tensor<1x4x7xf32>
}

// -----

// Of 4 filters in 2 groups of one channel, filter f reads channel f floordiv 2.
// CHECK: #[[GROUP:.*]] = affine_map<()[s0] -> (s0 floordiv 2)>
// CHECK-LABEL: @groups
// CHECK: %[[F:.*]] = linalg.index 1
// CHECK: %[[CHANNEL:.*]] = affine.apply #[[GROUP]]()[%[[F]]]
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %[[CHANNEL]], %{{.*}}]
func.func @groups(%x: tensor<1x2x9xf32>, %w: tensor<4x1x3xf32>) -> tensor<1x4x7xf32> {
  %0 = nn.conv %x, %w strides [1] dilations [1] pads [0, 0] group 2 : (tensor<1x2x9xf32>, tensor<4x1x3xf32>) -> tensor<1x4x7xf32>
  return %0 : tensor<1x4x7xf32>
}

// -----

// Padding is -inf for a largest element: what lies outside is neither read nor counted.
// CHECK-LABEL: @max_pool
// CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: linalg.fill ins(%[[LOWEST]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult
// CHECK: %[[X:.*]] = tensor.extract
// CHECK: arith.select %[[INSIDE]], %[[X]], %[[LOWEST]]
// CHECK: arith.maximumf
func.func @max_pool(%x: tensor<1x1x5xf32>) -> tensor<1x1x3xf32> {
  %0 = nn.pool max %x kernel [3] strides [2] dilations [1] pads [1, 1] : tensor<1x1x5xf32> -> tensor<1x1x3xf32>
  return %0 : tensor<1x1x3xf32>
}

// -----

// A window that is inside everywhere divides by its size.
// CHECK-LABEL: @average
// CHECK: arith.addf
// CHECK: arith.divf
func.func @average(%x: tensor<1x1x6xf32>) -> tensor<1x1x3xf32> {
  %0 = nn.pool average %x kernel [2] strides [2] dilations [1] pads [0, 0] : tensor<1x1x6xf32> -> tensor<1x1x3xf32>
  return %0 : tensor<1x1x3xf32>
}

// -----

// Where the run knows how many filters a group has, so does the body.
// CHECK-LABEL: @dynamic_groups
// CHECK: linalg.generic
// CHECK: arith.divui
// CHECK: arith.muli
// CHECK: tensor.extract
func.func @dynamic_groups(%x: tensor<1x?x7xf32>, %w: tensor<?x?x3xf32>) -> tensor<1x?x5xf32> {
  %0 = nn.conv %x, %w strides [1] dilations [1] pads [0, 0] group 2
    : (tensor<1x?x7xf32>, tensor<?x?x3xf32>) -> tensor<1x?x5xf32>
  return %0 : tensor<1x?x5xf32>
}
