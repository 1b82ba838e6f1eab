// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that change the resolution of spatial dims keep blocks of channels, and transposed convolutions get them.
// RUN: accel-opt %s -nn-layout="lanes=16 registers=32" -split-input-file | FileCheck %s

// Between convolutions nothing is unpacked.
// CHECK-LABEL: @resize
// CHECK: %[[A:.*]] = nn.blocked_conv {{.*}} -> tensor<1x1x4x4x16xf32>
// CHECK: %[[R:.*]] = nn.resize %[[A]] axes [2, 3] indices %{{.*}}, %{{.*}} weights {{.*}} -> tensor<1x1x8x8x16xf32>
// CHECK: nn.blocked_conv %[[R]]
func.func @resize(%x: tensor<1x3x4x4xf32>, %i: tensor<2x8xi32>, %t: tensor<2x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = nn.constant dense<1.0> : tensor<16x3x1x1xf32>
  %v = nn.constant dense<1.0> : tensor<16x16x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x3x4x4xf32>, tensor<16x3x1x1xf32>) -> tensor<1x16x4x4xf32>
  %1 = nn.resize %0 axes [2, 3] indices %i, %i weights %t, %t
    : (tensor<1x16x4x4xf32>, tensor<2x8xi32>, tensor<2x8xi32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<1x16x8x8xf32>
  %2 = nn.conv %1, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x16x8x8xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x8x8xf32>
  return %2 : tensor<1x16x8x8xf32>
}

// -----

// Before a result in N x C x S... the smaller tensor is unpacked. Then the last axis grows first: its elements are
// gathered, those of the other lie side by side.
// CHECK-LABEL: @result
// CHECK: %[[A:.*]] = nn.unpack {{.*}} -> tensor<1x16x4x4xf32>
// CHECK: %[[B:.*]] = nn.resize %[[A]] axes [3] {{.*}} -> tensor<1x16x4x8xf32>
// CHECK: %[[C:.*]] = nn.resize %[[B]] axes [2] {{.*}} -> tensor<1x16x8x8xf32>
// CHECK: return %[[C]]
func.func @result(%x: tensor<1x3x4x4xf32>, %i: tensor<2x8xi32>, %t: tensor<2x8xf32>) -> tensor<1x16x8x8xf32> {
  %w = nn.constant dense<1.0> : tensor<16x3x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x3x4x4xf32>, tensor<16x3x1x1xf32>) -> tensor<1x16x4x4xf32>
  %1 = nn.resize %0 axes [2, 3] indices %i, %i weights %t, %t
    : (tensor<1x16x4x4xf32>, tensor<2x8xi32>, tensor<2x8xi32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<1x16x8x8xf32>
  return %1 : tensor<1x16x8x8xf32>
}

// -----

// What shrinks comes first; half precision is rounded once.
// CHECK-LABEL: @order
// CHECK: %[[A:.*]] = nn.resize %{{.*}} axes [3] {{.*}} -> tensor<1x2x4x8xf32>
// CHECK: nn.resize %[[A]] axes [2] {{.*}} -> tensor<1x2x8x8xf32>
// CHECK: nn.resize %{{.*}} axes [2, 3] {{.*}} -> tensor<1x2x8x8xf16>
func.func @order(%x: tensor<1x2x4x16xf32>, %y: tensor<1x2x4x16xf16>, %i: tensor<2x8xi32>, %t: tensor<2x8xf32>)
    -> (tensor<1x2x8x8xf32>, tensor<1x2x8x8xf16>) {
  %0 = nn.resize %x axes [2, 3] indices %i, %i weights %t, %t
    : (tensor<1x2x4x16xf32>, tensor<2x8xi32>, tensor<2x8xi32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<1x2x8x8xf32>
  %1 = nn.resize %y axes [2, 3] indices %i, %i weights %t, %t
    : (tensor<1x2x4x16xf16>, tensor<2x8xi32>, tensor<2x8xi32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<1x2x8x8xf16>
  return %0, %1 : tensor<1x2x8x8xf32>, tensor<1x2x8x8xf16>
}

// -----

// A window and a stride of 2: a 1x1 convolution to four times the channels, filled to whole blocks.
// CHECK-LABEL: @transposed
// CHECK: %[[C:.*]] = nn.blocked_conv {{.*}} strides [1, 1] dilations [1, 1] : {{.*}}, tensor<4x32xf32>) -> tensor<1x4x6x6x32xf32>
// CHECK: %[[S:.*]] = nn.depth_to_space %[[C]] blocks [2, 2] crop [0, 0, 0, 0] : tensor<1x4x6x6x32xf32> -> tensor<1x1x12x12x32xf32>
// CHECK: nn.unpack %[[S]] {{.*}} sizes [24]
func.func @transposed(%x: tensor<1x16x6x6xf32>) -> tensor<1x24x12x12xf32> {
  %w = nn.constant dense<1.0> : tensor<16x24x2x2xf32>
  %b = nn.constant dense<2.0> : tensor<24xf32>
  %0 = nn.conv_transpose %x, %w bias %b strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] output_padding [0, 0]
    : (tensor<1x16x6x6xf32>, tensor<16x24x2x2xf32>, tensor<24xf32>) -> tensor<1x24x12x12xf32>
  return %0 : tensor<1x24x12x12xf32>
}

// -----

// Of a window of 3, the positions of one parity read two input elements, the others one. A result of odd size leaves
// out the last position of the last block.
// CHECK-LABEL: @odd
// CHECK: nn.constant dense<[2, 0, 3, 1]> : tensor<4xi64>
// CHECK: %[[C:.*]] = nn.blocked_conv {{.*}} pads [1, 1] {{.*}} -> tensor<1x2x7x16xf32>
// CHECK: nn.depth_to_space %[[C]] blocks [2] crop [0, 1] : tensor<1x2x7x16xf32> -> tensor<1x1x13x16xf32>
func.func @odd(%x: tensor<1x16x6xf32>) -> tensor<1x16x13xf32> {
  %w = nn.constant dense<1.0> : tensor<16x16x3xf32>
  %0 = nn.conv_transpose %x, %w strides [2] dilations [1] pads [0, 0] output_padding [0]
    : (tensor<1x16x6xf32>, tensor<16x16x3xf32>) -> tensor<1x16x13xf32>
  return %0 : tensor<1x16x13xf32>
}

// -----

// Stride 1 is a convolution with the window backwards.
// CHECK-LABEL: @backwards
// CHECK: nn.constant dense<[2, 1, 0]> : tensor<3xi64>
// CHECK: nn.blocked_conv {{.*}} dilations [2] pads [3, 3]
// CHECK-NOT: nn.depth_to_space
func.func @backwards(%x: tensor<1x16x6xf32>) -> tensor<1x16x8xf32> {
  %w = nn.constant dense<1.0> : tensor<16x16x3xf32>
  %0 = nn.conv_transpose %x, %w strides [1] dilations [2] pads [1, 1] output_padding [0]
    : (tensor<1x16x6xf32>, tensor<16x16x3xf32>) -> tensor<1x16x8xf32>
  return %0 : tensor<1x16x8xf32>
}

// -----

// A window of 4 and padding of 1: both parities read two neighbours, once a position before the result is counted, too.
// CHECK-LABEL: @aligned
// CHECK: nn.constant dense<[2, 0, 3, 1]> : tensor<4xi64>
// CHECK: %[[C:.*]] = nn.blocked_conv {{.*}} pads [1, 1] {{.*}} -> tensor<1x2x7x16xf32>
// CHECK: nn.depth_to_space %[[C]] blocks [2] crop [1, 1] : tensor<1x2x7x16xf32> -> tensor<1x1x12x16xf32>
func.func @aligned(%x: tensor<1x16x6xf32>) -> tensor<1x16x12xf32> {
  %w = nn.constant dense<1.0> : tensor<16x16x4xf32>
  %0 = nn.conv_transpose %x, %w strides [2] dilations [1] pads [1, 1] output_padding [0]
    : (tensor<1x16x6xf32>, tensor<16x16x4xf32>) -> tensor<1x16x12xf32>
  return %0 : tensor<1x16x12xf32>
}

// -----

// In two dims a window of 3 would be filled with zeros by almost half: each of the four has its own.
// CHECK-LABEL: @separate
// CHECK-COUNT-4: nn.blocked_conv
// CHECK: nn.depth_to_space %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} blocks [2, 2] crop [0, 0, 0, 0]
func.func @separate(%x: tensor<1x16x6x6xf32>) -> tensor<1x16x12x12xf32> {
  %w = nn.constant dense<1.0> : tensor<16x16x3x3xf32>
  %0 = nn.conv_transpose %x, %w strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] output_padding [1, 1]
    : (tensor<1x16x6x6xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x12x12xf32>
  return %0 : tensor<1x16x12x12xf32>
}

// -----

// CHECK-LABEL: @depthwise
// CHECK: %[[A:.*]] = nn.blocked_depthwise_conv
// CHECK: %[[B:.*]] = nn.blocked_depthwise_conv
// CHECK: nn.depth_to_space %[[A]], %[[B]] blocks [2] crop [0, 0] : tensor<1x1x6x16xf32>, tensor<1x1x6x16xf32> -> tensor<1x1x12x16xf32>
func.func @depthwise(%x: tensor<1x16x6xf32>) -> tensor<1x16x12xf32> {
  %w = nn.constant dense<1.0> : tensor<16x1x4xf32>
  %0 = nn.conv_transpose %x, %w strides [2] dilations [1] pads [1, 1] output_padding [0] group 16
    : (tensor<1x16x6xf32>, tensor<16x1x4xf32>) -> tensor<1x16x12xf32>
  return %0 : tensor<1x16x12xf32>
}

// -----

// The filters are put in the order in which blocks of channels can be moved.
// CHECK-LABEL: @pixel_shuffle
// CHECK: nn.transpose %{{.*}} [1, 0, 2, 3, 4]
// CHECK: %[[C:.*]] = nn.blocked_conv {{.*}} -> tensor<1x4x6x6x16xf32>
// CHECK: nn.depth_to_space %[[C]] blocks [2, 2] crop [0, 0, 0, 0] :
func.func @pixel_shuffle(%x: tensor<1x16x6x6xf32>) -> tensor<1x16x12x12xf32> {
  %w = nn.constant dense<1.0> : tensor<64x16x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x16x6x6xf32>, tensor<64x16x1x1xf32>) -> tensor<1x64x6x6xf32>
  %1 = nn.depth_to_space %0 blocks [2, 2] crop [0, 0, 0, 0] crd : tensor<1x64x6x6xf32> -> tensor<1x16x12x12xf32>
  return %1 : tensor<1x16x12x12xf32>
}

// -----

// Spatial dims are repeated in blocks, and the first channels of whole blocks are a matter of counting.
// CHECK-LABEL: @broadcast
// CHECK: %[[C:.*]] = nn.blocked_conv {{.*}} -> tensor<1x1x1x1x32xf32>
// CHECK: %[[B:.*]] = nn.broadcast %[[C]] to [1, 1, 5, 7, 1] : tensor<1x1x1x1x32xf32> -> tensor<1x1x5x7x32xf32>
// CHECK-NOT: nn.slice
// CHECK: nn.unpack %[[B]] {{.*}} sizes [20]
func.func @broadcast(%x: tensor<1x16x1x1xf32>) -> tensor<1x20x5x7xf32> {
  %w = nn.constant dense<1.0> : tensor<24x16x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x16x1x1xf32>, tensor<24x16x1x1xf32>) -> tensor<1x24x1x1xf32>
  %1 = nn.broadcast %0 to [1, 1, 5, 7] : tensor<1x24x1x1xf32> -> tensor<1x24x5x7xf32>
  %2 = nn.slice %1 offsets [0, 0, 0, 0] sizes [1, 20, 5, 7] steps [1, 1, 1, 1] : tensor<1x24x5x7xf32> -> tensor<1x20x5x7xf32>
  return %2 : tensor<1x20x5x7xf32>
}

// -----

// A size that the run computes is a slice, even of a dim that only the run knows.
// CHECK-LABEL: @slice_of_computed_size
// CHECK: nn.blocked_conv
// CHECK: nn.slice %{{.*}} offsets [0, 0, 0] sizes [-1, 16, %{{.*}}] steps [1, 1, 1] : tensor<?x16x?xf32> -> tensor<?x16x?xf32>
func.func @slice_of_computed_size(%x: tensor<?x16x?xf32>, %size: index) -> tensor<?x16x?xf32> {
  %w = nn.constant dense<1.0> : tensor<16x16x4xf32>
  %0 = nn.conv %x, %w strides [1] dilations [1] pads [2, 2] : (tensor<?x16x?xf32>, tensor<16x16x4xf32>) -> tensor<?x16x?xf32>
  %1 = nn.slice %0 offsets [0, 0, 0] sizes [-1, 16, %size] steps [1, 1, 1] : tensor<?x16x?xf32> -> tensor<?x16x?xf32>
  return %1 : tensor<?x16x?xf32>
}
