// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two kernels in one, where what is between them would leave the second cache (here of 64 kB).
// RUN: accel-opt %s -convert-nn-to-exec="l2-bytes=65536 flops-per-cycle=64" -split-input-file | FileCheck %s
// RUN: accel-opt %s -convert-nn-to-exec -split-input-file | FileCheck %s --check-prefix=APART

// APART-NOT: exec.item_rows

// A pooling whose windows share no rows: an item is a row. Ops behind both stages come along.
// CHECK-LABEL: exec.kernel @conv_pool_0
// CHECK:         attributes {exec.item_rows = 1 : i64}
// CHECK:         nn.blocked_conv
// CHECK:         nn.relu
// CHECK:         nn.pool
// CHECK:         nn.sigmoid
// CHECK-NOT:   exec.kernel
// CHECK:       exec.dispatch @conv_pool_0
func.func @main(%x: tensor<1x1x40x40x16xf32>, %w: tensor<2x1x3x3x16x16xf32>) -> tensor<1x2x20x20x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<1x1x40x40x16xf32>, tensor<2x1x3x3x16x16xf32>) -> tensor<1x2x40x40x16xf32>
  %1 = nn.relu %0 : tensor<1x2x40x40x16xf32> -> tensor<1x2x40x40x16xf32>
  %2 = nn.pool max %1 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x40x40x16xf32> -> tensor<1x2x20x20x16xf32>
  %3 = nn.sigmoid %2 : tensor<1x2x20x20x16xf32> -> tensor<1x2x20x20x16xf32>
  return %3 : tensor<1x2x20x20x16xf32>
}

// -----

// Windows that share rows: an item has as many as make up for those that are computed twice, and fit. The batch may be unknown.
// CHECK-LABEL: exec.kernel @conv_depthwise_conv_0
// CHECK:         attributes {exec.item_rows = 4 : i64}
func.func @main(%x: tensor<?x1x40x40x8xf32>, %w: tensor<2x1x1x1x8x16xf32>, %v: tensor<2x3x3x16xf32>) -> tensor<?x2x40x40x16xf32> {
  %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 1, 40, 40, 8)> : tensor<?x1x40x40x8xf32> -> tensor<?x1x40x40x8xf32>
  %1 = nn.blocked_conv %0, %w strides [1, 1] dilations [1, 1]
    : (tensor<?x1x40x40x8xf32>, tensor<2x1x1x1x8x16xf32>) -> tensor<?x2x40x40x16xf32>
  %2 = nn.blocked_depthwise_conv %1, %v strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<?x2x40x40x16xf32>, tensor<2x3x3x16xf32>) -> tensor<?x2x40x40x16xf32>
  return %2 : tensor<?x2x40x40x16xf32>
}

// -----

// Of two pairs that overlap the one is made that saves more; the other's reason is told.
// CHECK:       exec.kernel @depthwise_conv_0 attributes {exec.boundary = "its result is read by blocked_conv: one of the two is a stage of another kernel already"}
// CHECK-LABEL: exec.kernel @conv_pool_1
func.func @main(%x: tensor<1x1x40x40x16xf32>, %v: tensor<1x3x3x16xf32>, %w: tensor<3x1x1x1x16x16xf32>) -> tensor<1x3x20x20x16xf32> {
  %0 = nn.blocked_depthwise_conv %x, %v strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<1x1x40x40x16xf32>, tensor<1x3x3x16xf32>) -> tensor<1x1x40x40x16xf32>
  %1 = nn.blocked_conv %0, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x40x40x16xf32>, tensor<3x1x1x1x16x16xf32>) -> tensor<1x3x40x40x16xf32>
  %2 = nn.pool max %1 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x3x40x40x16xf32> -> tensor<1x3x20x20x16xf32>
  return %2 : tensor<1x3x20x20x16xf32>
}

// -----

// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: the 16 kB between them stay in the second cache"
func.func @main(%x: tensor<1x1x16x16x16xf32>, %w: tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x8x8x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x16x16x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x16x16x16xf32>
  %1 = nn.pool max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x1x16x16x16xf32> -> tensor<1x1x8x8x16xf32>
  return %1 : tensor<1x1x8x8x16xf32>
}

// -----

// A height and a width that only the run knows count as 320, or what their bounds leave of that. Items have a power of two of
// rows, as many as fit. Where the bounds say that all stays in the second cache, the kernels stay apart.
// CHECK-LABEL: exec.kernel @conv_depthwise_conv_0
// CHECK:         attributes {exec.item_rows = 4 : i64}
// CHECK:       exec.kernel @conv_1 {{.*}}"its result is read by pool: the 2 kB between them stay in the second cache"
func.func @main(%x: tensor<1x1x?x?x8xf32>, %z: tensor<1x1x4x?x16xf32>, %w: tensor<2x1x1x1x8x16xf32>, %v: tensor<2x3x3x16xf32>, %u: tensor<1x1x1x1x16x16xf32>) -> (tensor<1x2x?x?x16xf32>, tensor<1x1x2x?x16xf32>)
    attributes {nn.dim_ranges = {b = array<i64: 1, 4>, w = array<i64: 8, 40>}} {
  %0 = nn.bind_dims %x ["h", "w"] affine_map<()[s0, s1] -> (1, 1, s0, s1, 8)> : tensor<1x1x?x?x8xf32> -> tensor<1x1x?x?x8xf32>
  %1 = nn.blocked_conv %0, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x?x?x8xf32>, tensor<2x1x1x1x8x16xf32>) -> tensor<1x2x?x?x16xf32>
  %2 = nn.blocked_depthwise_conv %1, %v strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<1x2x?x?x16xf32>, tensor<2x3x3x16xf32>) -> tensor<1x2x?x?x16xf32>
  %3 = nn.bind_dims %z ["b"] affine_map<()[s0] -> (1, 1, 4, s0 * 2, 16)> : tensor<1x1x4x?x16xf32> -> tensor<1x1x4x?x16xf32>
  %4 = nn.blocked_conv %3, %u strides [1, 1] dilations [1, 1]
    : (tensor<1x1x4x?x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x4x?x16xf32>
  %5 = nn.pool max %4 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x1x4x?x16xf32> -> tensor<1x1x2x?x16xf32>
  return %2, %5 : tensor<1x2x?x?x16xf32>, tensor<1x1x2x?x16xf32>
}

// -----

// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: the rows of a window do not fit the second cache"
func.func @main(%x: tensor<1x1x40x200x16xf32>, %w: tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x20x100x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x40x200x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x40x200x16xf32>
  %1 = nn.pool max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x1x40x200x16xf32> -> tensor<1x1x20x100x16xf32>
  return %1 : tensor<1x1x20x100x16xf32>
}

// -----

// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: there would be 5 work items only"
func.func @main(%x: tensor<1x1x10x100x16xf32>, %w: tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x5x50x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x10x100x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x10x100x16xf32>
  %1 = nn.pool max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x1x10x100x16xf32> -> tensor<1x1x5x50x16xf32>
  return %1 : tensor<1x1x5x50x16xf32>
}

// -----

// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: less than a hundredth of their time would be saved"
func.func @main(%x: tensor<1x32x40x40x16xf32>, %w: tensor<2x32x5x5x16x16xf32>) -> tensor<1x2x20x20x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] pads [2, 2, 2, 2]
    : (tensor<1x32x40x40x16xf32>, tensor<2x32x5x5x16x16xf32>) -> tensor<1x2x40x40x16xf32>
  %1 = nn.pool max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x40x40x16xf32> -> tensor<1x2x20x20x16xf32>
  return %1 : tensor<1x2x20x20x16xf32>
}

// -----

// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: more time would go into rows that are computed twice than into memory"
func.func @main(%x: tensor<1x1x40x40x16xf32>, %w: tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x40x40x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x40x40x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x40x40x16xf32>
  %1 = nn.pool max %0 kernel [5, 5] strides [1, 1] dilations [1, 1] pads [2, 2, 2, 2] : tensor<1x1x40x40x16xf32> -> tensor<1x1x40x40x16xf32>
  return %1 : tensor<1x1x40x40x16xf32>
}

// -----

// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: a window of more than 64 positions has no tiles"
func.func @main(%x: tensor<1x1x40x40x16xf32>, %w: tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x16x16x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x40x40x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x40x40x16xf32>
  %1 = nn.pool max %0 kernel [9, 9] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x1x40x40x16xf32> -> tensor<1x1x16x16x16xf32>
  return %1 : tensor<1x1x16x16x16xf32>
}

// -----

// Signals have no rows.
// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: its windows are not over rows of a picture"
func.func @main(%x: tensor<1x1x4000x16xf32>, %w: tensor<1x1x1x16x16xf32>) -> tensor<1x1x2000x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1] dilations [1]
    : (tensor<1x1x4000x16xf32>, tensor<1x1x1x16x16xf32>) -> tensor<1x1x4000x16xf32>
  %1 = nn.pool max %0 kernel [2] strides [2] dilations [1] pads [0, 0] : tensor<1x1x4000x16xf32> -> tensor<1x1x2000x16xf32>
  return %1 : tensor<1x1x2000x16xf32>
}

// -----

// CHECK: exec.kernel @conv_0 {{.*}}"its result is read by pool: its picture has channels that only the run knows, or is not of f32"
func.func @main(%x: tensor<1x1x40x40x16xf64>, %w: tensor<1x1x1x1x16x16xf64>) -> tensor<1x1x20x20x16xf64> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x40x40x16xf64>, tensor<1x1x1x1x16x16xf64>) -> tensor<1x1x40x40x16xf64>
  %1 = nn.pool max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x1x40x40x16xf64> -> tensor<1x1x20x20x16xf64>
  return %1 : tensor<1x1x20x20x16xf64>
}
