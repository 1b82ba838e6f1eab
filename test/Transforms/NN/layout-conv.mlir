// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-layout=lanes=16 -canonicalize | FileCheck %s
// RUN: accel-opt %s "-nn-layout=lanes=8 registers=16" -canonicalize | FileCheck %s --check-prefix=AVX2

// A picture of three channels is read in place; all that follows stays in blocks, up to a flattened
// product, whose weights' rows follow the blocks.
// CHECK-LABEL: @network
// CHECK-SAME:    (%[[X:.*]]: tensor<?x3x8x8xf32>)
// CHECK-DAG:     %[[W1:.*]] = nn.constant {{.*}} : tensor<64x3x3x3xf32>
// CHECK-DAG:     %[[P1:.*]] = nn.pack %[[W1]] dims [1, 0] blocks [1, 32] order [0, 1, 2, 3] {{.*}} -> tensor<2x3x3x3x1x32xf32>
// CHECK-DAG:     %[[B1:.*]] = nn.pack %{{.*}} dims [0] blocks [32] order [0] : tensor<64xf32> -> tensor<2x32xf32>
// CHECK-DAG:     %[[X5:.*]] = nn.reshape %[[X]] to [-1, 3, 8, 8, 1]
// CHECK:         %[[C1:.*]] = nn.blocked_conv %[[X5]], %[[P1]] bias %[[B1]] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] {{.*}} -> tensor<?x2x8x8x32xf32>
// CHECK:         %[[R1:.*]] = nn.relu %[[C1]]
// CHECK:         %[[M1:.*]] = nn.pool max %[[R1]] {{.*}} -> tensor<?x2x4x4x32xf32>
// CHECK:         %[[C2:.*]] = nn.blocked_conv %[[M1]], %{{.*}} (tensor<?x2x4x4x32xf32>, tensor<2x2x1x1x32x32xf32>) -> tensor<?x2x4x4x32xf32>
// CHECK:         %[[A2:.*]] = nn.add %[[C2]], %[[M1]]
// CHECK:         %[[F2:.*]] = nn.reshape %[[A2]] to [-1, 1024]
// CHECK:         nn.packed_matmul %[[F2]], %{{.*}} columns 10 : tensor<?x1024xf32>, tensor<1x1024x16xf32>
// CHECK-NOT:     nn.unpack
// AVX2-LABEL:  @network
// AVX2:          nn.blocked_conv {{.*}} -> tensor<?x4x8x8x16xf32>
func.func @network(%x: tensor<?x3x8x8xf32>) -> tensor<?x10xf32> {
  %w1 = nn.constant dense<1.0> : tensor<64x3x3x3xf32>
  %b1 = nn.constant dense<2.0> : tensor<64xf32>
  %w2 = nn.constant dense<3.0> : tensor<64x64x1x1xf32>
  %w3 = nn.constant dense<4.0> : tensor<1024x10xf32>
  %0 = nn.conv %x, %w1 bias %b1 strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : (tensor<?x3x8x8xf32>, tensor<64x3x3x3xf32>, tensor<64xf32>) -> tensor<?x64x8x8xf32>
  %1 = nn.relu %0 : tensor<?x64x8x8xf32> -> tensor<?x64x8x8xf32>
  %2 = nn.pool max %1 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<?x64x8x8xf32> -> tensor<?x64x4x4xf32>
  %3 = nn.conv %2, %w2 strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<?x64x4x4xf32>, tensor<64x64x1x1xf32>) -> tensor<?x64x4x4xf32>
  %4 = nn.add %3, %2 : tensor<?x64x4x4xf32>, tensor<?x64x4x4xf32> -> tensor<?x64x4x4xf32>
  %5 = nn.reshape %4 to [-1, 1024] : tensor<?x64x4x4xf32> -> tensor<?x1024xf32>
  %6 = nn.matmul %5, %w3 : tensor<?x1024xf32>, tensor<1024x10xf32> -> tensor<?x10xf32>
  return %6 : tensor<?x10xf32>
}

// Channels that fill no block: constants are packed with zeros, a logarithm must not see those.
// A mean over all positions keeps the blocks; a result that is needed as it was is unpacked.
// CHECK-LABEL: @partial_blocks
// CHECK:         %[[C:.*]] = nn.blocked_conv {{.*}} -> tensor<2x1x6x32xf32>
// CHECK:         %[[S:.*]] = nn.mul %[[C]], %{{.*}} : tensor<2x1x6x32xf32>, tensor<1x1x32xf32>
// CHECK:         %[[G:.*]] = nn.reduce mean %[[S]] axes [2] keepdims : tensor<2x1x6x32xf32> -> tensor<2x1x1x32xf32>
// CHECK:         %[[U:.*]] = nn.unpack %[[G]] dims [1] blocks [32] order [0, 1, 2] sizes [20]
// CHECK:         nn.log %[[U]] : tensor<2x20x1xf32>
func.func @partial_blocks(%x: tensor<2x5x6xf32>) -> tensor<2x20x1xf32> {
  %w = nn.constant dense<1.0> : tensor<20x5x1xf32>
  %s = nn.constant dense<[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0], [8.0], [9.0], [10.0], [11.0], [12.0], [13.0], [14.0], [15.0], [16.0], [17.0], [18.0], [19.0], [20.0]]> : tensor<20x1xf32>
  %0 = nn.conv %x, %w strides [1] dilations [1] pads [0, 0] : (tensor<2x5x6xf32>, tensor<20x5x1xf32>) -> tensor<2x20x6xf32>
  %1 = nn.mul %0, %s : tensor<2x20x6xf32>, tensor<20x1xf32> -> tensor<2x20x6xf32>
  %2 = nn.reduce mean %1 axes [2] keepdims : tensor<2x20x6xf32> -> tensor<2x20x1xf32>
  %3 = nn.log %2 : tensor<2x20x1xf32> -> tensor<2x20x1xf32>
  return %3 : tensor<2x20x1xf32>
}

// Many channels from outside are packed once, for two readers. Blocks that are exact join.
// CHECK-LABEL: @concat
// CHECK-COUNT-1: nn.pack %arg0
// CHECK:         %[[C:.*]] = nn.concat %{{.*}}, %{{.*}} axis 1 : tensor<1x1x4x4x32xf32>, tensor<1x1x4x4x32xf32> -> tensor<1x2x4x4x32xf32>
// CHECK:         %[[G:.*]] = nn.reduce max %[[C]] axes [2, 3]
// CHECK:         nn.reshape %[[G]] to [1, 64]
// CHECK-NOT:     nn.unpack
func.func @concat(%x: tensor<1x32x4x4xf32>) -> tensor<1x64xf32> {
  %w = nn.constant dense<1.0> : tensor<32x32x1x1xf32>
  %v = nn.constant dense<2.0> : tensor<32x32x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x32x4x4xf32>, tensor<32x32x1x1xf32>) -> tensor<1x32x4x4xf32>
  %1 = nn.conv %x, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x32x4x4xf32>, tensor<32x32x1x1xf32>) -> tensor<1x32x4x4xf32>
  %2 = nn.concat %0, %1 axis 1 : tensor<1x32x4x4xf32>, tensor<1x32x4x4xf32> -> tensor<1x64x4x4xf32>
  %3 = nn.reduce max %2 axes [2, 3] : tensor<1x64x4x4xf32> -> tensor<1x64xf32>
  return %3 : tensor<1x64xf32>
}

// One window a channel.
// CHECK-LABEL: @depthwise
// CHECK-DAG:     %[[X:.*]] = nn.pack %arg0 dims [1] blocks [16] order [0, 1, 2, 3]
// CHECK-DAG:     %[[W:.*]] = nn.pack %{{.*}} dims [0] blocks [16] order [0, 1, 2] : tensor<40x3x3xf32> -> tensor<3x3x3x16xf32>
// CHECK:         %[[C:.*]] = nn.blocked_depthwise_conv %[[X]], %[[W]] strides [2, 1] dilations [1, 1] pads [1, 1, 1, 1] {{.*}} -> tensor<?x3x4x8x16xf32>
// CHECK:         nn.pool max %[[C]] {{.*}} pads [1, 0, 0, 0]
func.func @depthwise(%x: tensor<?x40x8x8xf32>) -> tensor<?x40x2x8xf32> {
  %w = nn.constant dense<1.0> : tensor<40x1x3x3xf32>
  %0 = nn.conv %x, %w strides [2, 1] dilations [1, 1] pads [1, 1, 1, 1] group 40 : (tensor<?x40x8x8xf32>, tensor<40x1x3x3xf32>) -> tensor<?x40x4x8xf32>
  %1 = nn.pool max %0 kernel [2, 1] strides [2, 1] dilations [1, 1] pads [1, 0, 0, 0] : tensor<?x40x4x8xf32> -> tensor<?x40x2x8xf32>
  return %1 : tensor<?x40x2x8xf32>
}

// Groups of 16 channels are blocks; groups of 8 join in pairs, with zeros where a filter does not look;
// few groups become one.
// CHECK-LABEL: @groups
// CHECK:         nn.blocked_conv {{.*}} group 2 : (tensor<1x2x4x4x16xf32>, tensor<2x1x1x1x16x16xf32>) -> tensor<1x2x4x4x16xf32>
// CHECK:         nn.pad %{{.*}} low [0, 0, 0, 0, 0, 0] high [0, 0, 0, 8, 0, 0]
// CHECK:         nn.pad %{{.*}} low [0, 0, 0, 8, 0, 0] high [0, 0, 0, 0, 0, 0]
// CHECK:         nn.blocked_conv {{.*}} group 2 : (tensor<1x2x4x4x16xf32>, tensor<2x1x1x1x16x16xf32>) -> tensor<1x2x4x4x16xf32>
// CHECK:         %[[D:.*]] = nn.blocked_conv {{.*}} dilations [1, 1] : (tensor<1x4x4x4x1xf32>
func.func @groups(%x: tensor<1x32x4x4xf32>, %y: tensor<1x4x4x4xf32>) -> (tensor<1x32x4x4xf32>, tensor<1x6x4x4xf32>) {
  %w = nn.constant dense<1.0> : tensor<32x16x1x1xf32>
  %v = nn.constant dense<2.0> : tensor<32x8x1x1xf32>
  %u = nn.constant dense<3.0> : tensor<6x2x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 2 : (tensor<1x32x4x4xf32>, tensor<32x16x1x1xf32>) -> tensor<1x32x4x4xf32>
  %1 = nn.conv %0, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 4 : (tensor<1x32x4x4xf32>, tensor<32x8x1x1xf32>) -> tensor<1x32x4x4xf32>
  %2 = nn.conv %y, %u strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 2 : (tensor<1x4x4x4xf32>, tensor<6x2x1x1xf32>) -> tensor<1x6x4x4xf32>
  return %1, %2 : tensor<1x32x4x4xf32>, tensor<1x6x4x4xf32>
}

// Only the run knows how many positions there are.
// CHECK-LABEL: @any_size
// CHECK:         %[[P:.*]] = nn.reshape %{{.*}} : tensor<?x16x?x?xf32> -> tensor<?x16x?x?x1xf32>
// CHECK:         %[[C:.*]] = nn.blocked_conv %[[P]], {{.*}} pads [1, 1, 1, 1] : (tensor<?x16x?x?x1xf32>, tensor<1x16x3x3x1x16xf32>) -> tensor<?x1x?x?x16xf32>
// CHECK:         %[[D:.*]] = nn.pool max %[[C]] {{.*}} : tensor<?x1x?x?x16xf32> -> tensor<?x1x?x?x16xf32>
// CHECK:         nn.unpack %[[D]] {{.*}} -> tensor<?x16x?x?xf32>
func.func @any_size(%x: tensor<?x16x?x?xf32>) -> tensor<?x16x?x?xf32> {
  %w = nn.constant dense<1.0> : tensor<16x16x3x3xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : (tensor<?x16x?x?xf32>, tensor<16x16x3x3xf32>) -> tensor<?x16x?x?xf32>
  %1 = nn.pool max %0 kernel [3, 3] strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] ceil : tensor<?x16x?x?xf32> -> tensor<?x16x?x?xf32>
  return %1 : tensor<?x16x?x?xf32>
}

// Many thin groups, other types, channels that are not known and weights of the run keep nn.conv.
// CHECK-LABEL: @stays
// CHECK-COUNT-4: nn.conv
// CHECK-NOT:     nn.blocked_conv
func.func @stays(%x: tensor<1x4x4x4xf32>, %y: tensor<1x?x4x4xf32>, %z: tensor<1x4x4x4xf64>, %v: tensor<4x4x1x1xf32>, %t: tensor<1x12x4x4xf32>) -> (tensor<1x24x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf64>, tensor<1x4x4x4xf32>) {
  %w = nn.constant dense<1.0> : tensor<24x1x1x1xf32>
  %u = nn.constant dense<1.0> : tensor<4x4x1x1xf32>
  %d = nn.constant dense<1.0> : tensor<4x4x1x1xf64>
  %0 = nn.conv %t, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 12 : (tensor<1x12x4x4xf32>, tensor<24x1x1x1xf32>) -> tensor<1x24x4x4xf32>
  %1 = nn.conv %y, %u strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x?x4x4xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x4x4xf32>
  %2 = nn.conv %z, %d strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x4x4x4xf64>, tensor<4x4x1x1xf64>) -> tensor<1x4x4x4xf64>
  %3 = nn.conv %x, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x4x4x4xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x4x4xf32>
  return %0, %1, %2, %3 : tensor<1x24x4x4xf32>, tensor<1x4x4x4xf32>, tensor<1x4x4x4xf64>, tensor<1x4x4x4xf32>
}

// Further channels of zeros: what a block holds past its last channel is cleared, one block becomes wider or parts of it
// become blocks; no tensor is unpacked.
// CHECK-LABEL: @more_channels
// CHECK-NOT:     nn.unpack
// CHECK:         %[[MASK:.*]] = nn.constant dense<{{.*}}> : tensor<1x1x1x32xi1>
// CHECK:         %[[A:.*]] = nn.blocked_conv {{.*}} -> tensor<1x1x4x4x32xf32>
// CHECK:         %[[Z:.*]] = nn.select %[[MASK]], %[[A]]
// CHECK:         nn.add %[[Z]], %{{.*}} : tensor<1x1x4x4x32xf32>, tensor<1x1x4x4x32xf32>
// CHECK:         nn.unpack
func.func @more_channels(%x: tensor<1x3x4x4xf32>) -> tensor<1x28x4x4xf32> {
  %w = nn.constant dense<1.0> : tensor<24x3x3x3xf32>
  %v = nn.constant dense<1.0> : tensor<28x24x1x1xf32>
  %z = nn.constant dense<0.0> : tensor<1x4x4x4xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] group 1 : (tensor<1x3x4x4xf32>, tensor<24x3x3x3xf32>) -> tensor<1x24x4x4xf32>
  %1 = nn.conv %0, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 1 : (tensor<1x24x4x4xf32>, tensor<28x24x1x1xf32>) -> tensor<1x28x4x4xf32>
  %2 = nn.concat %0, %z axis 1 : tensor<1x24x4x4xf32>, tensor<1x4x4x4xf32> -> tensor<1x28x4x4xf32>
  %3 = nn.add %2, %1 : tensor<1x28x4x4xf32>, tensor<1x28x4x4xf32> -> tensor<1x28x4x4xf32>
  return %3 : tensor<1x28x4x4xf32>
}

// From blocks of 32 to blocks of 16, of which two and one more are needed.
// CHECK-LABEL: @other_blocks
// CHECK:         %[[A:.*]] = nn.blocked_conv {{.*}} -> tensor<1x1x4x4x32xf32>
// CHECK:         %[[R:.*]] = nn.reshape %[[A]] to [1, 1, 4, 4, 2, 16]
// CHECK:         %[[T:.*]] = nn.transpose %[[R]] [0, 1, 4, 2, 3, 5]
// CHECK:         %[[B:.*]] = nn.reshape %[[T]] to [1, 2, 4, 4, 16]
// CHECK:         nn.pad %[[B]] low [0, 0, 0, 0, 0] high [0, 1, 0, 0, 0]
func.func @other_blocks(%x: tensor<1x3x4x4xf32>) -> tensor<1x36x4x4xf32> {
  %w = nn.constant dense<1.0> : tensor<32x3x3x3xf32>
  %v = nn.constant dense<1.0> : tensor<36x32x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] group 1 : (tensor<1x3x4x4xf32>, tensor<32x3x3x3xf32>) -> tensor<1x32x4x4xf32>
  %1 = nn.conv %0, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 1 : (tensor<1x32x4x4xf32>, tensor<36x32x1x1xf32>) -> tensor<1x36x4x4xf32>
  %2 = nn.pad %0 low [0, 0, 0, 0] high [0, 4, 0, 0] value 0.0 : f32 : tensor<1x32x4x4xf32> -> tensor<1x36x4x4xf32>
  %3 = nn.add %2, %1 : tensor<1x36x4x4xf32>, tensor<1x36x4x4xf32> -> tensor<1x36x4x4xf32>
  return %3 : tensor<1x36x4x4xf32>
}
