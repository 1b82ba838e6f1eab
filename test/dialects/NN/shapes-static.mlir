// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Result types that the verifier accepts: sizes worked out by hand, just inside the limits, and dims that are known on
// one side only.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

// (9 + 1 + 2 - (2*(3-1)+1)) / 3 + 1 = 3 and (9 - 9) / 1 + 1 = 1.
func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x9xf32>) {
  %0 = nn.conv %x, %w strides [3, 1] dilations [2, 1] pads [1, 0, 2, 0]
    : (tensor<1x4x9x9xf32>, tensor<6x4x3x9xf32>) -> tensor<1x6x3x1xf32>
  return
}

// -----

// One spatial dim, three spatial dims, a group a channel.
func.func @conv_ranks(%x: tensor<2x4x9xf32>, %w: tensor<8x1x2xf32>, %y: tensor<2x3x4x5x6xf32>, %v: tensor<7x3x1x2x3xf32>) {
  %0 = nn.conv %x, %w strides [1] dilations [1] pads [0, 0] group 4 : (tensor<2x4x9xf32>, tensor<8x1x2xf32>) -> tensor<2x8x8xf32>
  %1 = nn.conv %y, %v strides [1, 1, 1] dilations [1, 1, 1] pads [0, 0, 0, 0, 0, 0]
    : (tensor<2x3x4x5x6xf32>, tensor<7x3x1x2x3xf32>) -> tensor<2x7x4x4x4xf32>
  return
}

// -----

// (9 - 2) / 2 is 3.5: 4 windows, 5 with ceil. (9 - 3) / 2 is 3: 4 windows either way.
func.func @pool_ceil(%x: tensor<1x2x9x9x16xf32>) {
  %0 = nn.pool max %x kernel [2, 3] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x9x9x16xf32> -> tensor<1x2x4x4x16xf32>
  %1 = nn.pool max %x kernel [2, 3] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] ceil : tensor<1x2x9x9x16xf32> -> tensor<1x2x5x4x16xf32>
  return
}

// -----

// Windows of 1 would start at 0, 3 and 6; with a pad of 1 at -1, 2 and 5, of which the last is behind the input of 4.
func.func @pool_ceil_starts_inside(%x: tensor<1x1x5xf32>, %y: tensor<1x1x4xf32>) {
  %0 = nn.pool max %x kernel [1] strides [3] dilations [1] pads [0, 0] ceil : tensor<1x1x5xf32> -> tensor<1x1x2xf32>
  %1 = nn.pool average %y kernel [1] strides [3] dilations [1] pads [1, 1] ceil : tensor<1x1x4xf32> -> tensor<1x1x2xf32>
  return
}

// -----

// A kernel of fewer entries than spatial-looking dims pools dim 2 only.
func.func @pool_one_dim(%x: tensor<2x3x8x5xi8>) {
  %0 = nn.pool max %x kernel [2] strides [2] dilations [3] pads [0, 0] : tensor<2x3x8x5xi8> -> tensor<2x3x3x5xi8>
  return
}

// -----

// A static size on one side says what the other side's dynamic size must be, unless it is 1.
func.func @broadcast_types(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>, %c: tensor<1x4xf32>, %d: tensor<2x1x1xf32>) {
  %0 = nn.add %a, %b : tensor<?x4xf32>, tensor<3x1xf32> -> tensor<3x4xf32>
  %1 = nn.add %a, %c : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  %2 = nn.add %a, %d : tensor<?x4xf32>, tensor<2x1x1xf32> -> tensor<2x?x4xf32>
  return
}

// -----

// What another operand knows of a dim.
func.func @concat_types(%a: tensor<?x4xf32>, %b: tensor<3x?xf32>) {
  %0 = nn.concat %a, %b axis 1 : tensor<?x4xf32>, tensor<3x?xf32> -> tensor<3x?xf32>
  return
}

// -----

// The last of five elements, backwards to the first; the last element only; nothing.
func.func @slice_ends(%x: tensor<5x5x5xf32>) {
  %0 = nn.slice %x offsets [4, 4, 0] sizes [5, 1, 0] steps [-1, 3, 1] : tensor<5x5x5xf32> -> tensor<5x1x0xf32>
  return
}

// -----

// 33 columns in panels of 16: 3, of which the last has 1 column. Dim 1 split, then the order of both.
func.func @pack_and_back(%x: tensor<7x33xf32>) {
  %0 = nn.pack %x dims [1] blocks [16] order [1, 0] : tensor<7x33xf32> -> tensor<3x7x16xf32>
  %1 = nn.unpack %0 dims [1] blocks [16] order [1, 0] sizes [33] : tensor<3x7x16xf32> -> tensor<7x33xf32>
  return
}

// -----

// Both dims split: the blocks are innermost in the order of dims, the outer dims in the given order.
func.func @pack_two(%x: tensor<6x8x5xf32>) {
  %0 = nn.pack %x dims [2, 0] blocks [2, 3] order [2, 0, 1] : tensor<6x8x5xf32> -> tensor<3x2x8x2x3xf32>
  %1 = nn.unpack %0 dims [2, 0] blocks [2, 3] order [2, 0, 1] sizes [5, 6] : tensor<3x2x8x2x3xf32> -> tensor<6x8x5xf32>
  return
}

// -----

func.func @columns(%x: tensor<2x?x4xf32>, %w: tensor<2x4x8xf32>) {
  %0 = nn.packed_matmul %x, %w columns 9 : tensor<2x?x4xf32>, tensor<2x4x8xf32> -> tensor<2x?x9xf32>
  %1 = nn.packed_matmul %x, %w columns 16 : tensor<2x?x4xf32>, tensor<2x4x8xf32> -> tensor<2x?x16xf32>
  return
}

// -----

// Indices take the axis' place, a scalar removes it.
func.func @gather_ranks(%x: tensor<3x4x5xf32>, %i: tensor<2x?xi64>, %j: tensor<i32>) {
  %0 = nn.gather %x, %i axis 1 : tensor<3x4x5xf32>, tensor<2x?xi64> -> tensor<3x2x?x5xf32>
  %1 = nn.gather %x, %j axis 2 : tensor<3x4x5xf32>, tensor<i32> -> tensor<3x4xf32>
  return
}

// -----

// All dims reduced; none reduced; a scalar.
func.func @reduce_ranks(%x: tensor<3x?xf32>, %y: tensor<f32>) {
  %0 = nn.reduce sum %x axes [0, 1] : tensor<3x?xf32> -> tensor<f32>
  %1 = nn.reduce sum %x axes [0, 1] keepdims : tensor<3x?xf32> -> tensor<1x1xf32>
  %2 = nn.reduce sum %x axes [] : tensor<3x?xf32> -> tensor<3x?xf32>
  %3 = nn.reduce max %y axes [] : tensor<f32> -> tensor<f32>
  return
}

// -----

func.func @empty(%x: tensor<0x4xf32>) {
  %0 = nn.reshape %x to [2, 0, 7] : tensor<0x4xf32> -> tensor<2x0x7xf32>
  %1 = nn.shape_of %x 1 1 : tensor<0x4xf32> -> tensor<0xi64>
  return
}
