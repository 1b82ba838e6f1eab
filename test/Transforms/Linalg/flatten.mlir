// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dims that all operands walk in the same way become one; the arguments' shapes follow.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-flatten -canonicalize -split-input-file | FileCheck %s

// 8*16*4 elements, whatever their shape was.
// CHECK-LABEL: @all
// CHECK-SAME: %[[X:[^:]*]]: tensor<512xf32> {{[^,]*}}, exec.shape = affine_map<() -> (512)>
// CHECK-SAME: %[[Y:[^:]*]]: tensor<512xf32> {{[^,]*}}, exec.shape = affine_map<() -> (512)>
// CHECK-SAME: %[[OUT:[^:]*]]: tensor<512xf32>
// CHECK-SAME: -> tensor<512xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]} ins(%[[X]], %[[Y]] : {{.*}}) outs(%[[OUT]]
func.func @all(%x: tensor<8x16x4xf32> {exec.shape = affine_map<() -> (8, 16, 4)>},
               %y: tensor<8x16x4xf32> {exec.shape = affine_map<() -> (8, 16, 4)>})
    -> (tensor<8x16x4xf32> {exec.shape = affine_map<() -> (8, 16, 4)>}) {
  %0 = nn.add %x, %y : tensor<8x16x4xf32>, tensor<8x16x4xf32> -> tensor<8x16x4xf32>
  return %0 : tensor<8x16x4xf32>
}

// -----

// A dynamic dim and what follows it: n rows of 64 are 64*n elements.
// CHECK-LABEL: @dynamic
// CHECK-SAME: tensor<?xf32> {{[^,]*}}, exec.shape = affine_map<()[s0] -> (s0 * 64)>
// CHECK-SAME: -> tensor<?xf32>
func.func @dynamic(%n: index, %x: tensor<?x16x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 16, 4)>})
    -> (tensor<?x16x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 16, 4)>}) {
  %0 = nn.relu %x : tensor<?x16x4xf32> -> tensor<?x16x4xf32>
  return %0 : tensor<?x16x4xf32>
}

// -----

// A row that is the same for every batch keeps its dims apart from the batch.
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @row
// CHECK-SAME: tensor<15x28xf32>
// CHECK-SAME: tensor<28xf32>
// CHECK-SAME: tensor<15x28xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ALL]], #[[ROW]], #[[ALL]]], iterator_types = ["parallel", "parallel"]}
func.func @row(%x: tensor<3x5x7x4xf32> {exec.shape = affine_map<() -> (3, 5, 7, 4)>},
               %y: tensor<7x4xf32> {exec.shape = affine_map<() -> (7, 4)>})
    -> (tensor<3x5x7x4xf32> {exec.shape = affine_map<() -> (3, 5, 7, 4)>}) {
  %0 = nn.mul %x, %y : tensor<3x5x7x4xf32>, tensor<7x4xf32> -> tensor<3x5x7x4xf32>
  return %0 : tensor<3x5x7x4xf32>
}

// -----

// A value a channel in the middle: three groups, of which the last one is two dims.
// CHECK-LABEL: @channel
// CHECK-SAME: tensor<2x3x35xf32>
// CHECK-SAME: tensor<3xf32>
// CHECK-SAME: -> tensor<2x3x35xf32>
func.func @channel(%x: tensor<2x3x5x7xf32> {exec.shape = affine_map<() -> (2, 3, 5, 7)>},
                   %y: tensor<3x1x1xf32> {exec.shape = affine_map<() -> (3, 1, 1)>})
    -> (tensor<2x3x5x7xf32> {exec.shape = affine_map<() -> (2, 3, 5, 7)>}) {
  %0 = nn.add %x, %y : tensor<2x3x5x7xf32>, tensor<3x1x1xf32> -> tensor<2x3x5x7xf32>
  return %0 : tensor<2x3x5x7xf32>
}

// -----

// An operand in another order keeps all dims.
// CHECK-LABEL: @transposed
// CHECK-SAME: tensor<4x6xf32>
// CHECK-SAME: -> tensor<6x4xf32>
func.func @transposed(%x: tensor<4x6xf32> {exec.shape = affine_map<() -> (4, 6)>})
    -> (tensor<6x4xf32> {exec.shape = affine_map<() -> (6, 4)>}) {
  %0 = nn.transpose %x [1, 0] : tensor<4x6xf32> -> tensor<6x4xf32>
  return %0 : tensor<6x4xf32>
}

// -----

// So does a reduction, and what cannot say its callers the new shape.
// CHECK-LABEL: @reduction
// CHECK-SAME: tensor<2x3x4xf32>
func.func @reduction(%x: tensor<2x3x4xf32> {exec.shape = affine_map<() -> (2, 3, 4)>})
    -> (tensor<2xf32> {exec.shape = affine_map<() -> (2)>}) {
  %0 = nn.reduce sum %x axes [1, 2] : tensor<2x3x4xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// CHECK-LABEL: @no_shape
// CHECK-SAME: tensor<2x3xf32>
func.func @no_shape(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = nn.relu %x : tensor<2x3xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

// One channel of a block of four: its positions are four elements apart, so that they are no row.
// CHECK-DAG: #[[BLOCK:.*]] = affine_map<(d0, d1) -> (d0, d1, 0)>
// CHECK-LABEL: @first_of_block
// CHECK-SAME: tensor<14x12x4xf32>
// CHECK-SAME: tensor<14x12xf32>
// CHECK: linalg.generic {indexing_maps = [#[[BLOCK]], #{{.*}}], iterator_types = ["parallel", "parallel"]}
func.func @first_of_block(%x: tensor<14x12x4xf32> {exec.shape = affine_map<() -> (14, 12, 4)>},
                          %out: tensor<14x12xf32> {exec.shape = affine_map<() -> (14, 12)>})
    -> (tensor<14x12xf32> {exec.shape = affine_map<() -> (14, 12)>}) {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1, 0)>, affine_map<(d0, d1) -> (d0, d1)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<14x12x4xf32>) outs(%out : tensor<14x12xf32>) {
  ^bb0(%in: f32, %was: f32):
    linalg.yield %in : f32
  } -> tensor<14x12xf32>
  return %0 : tensor<14x12xf32>
}
