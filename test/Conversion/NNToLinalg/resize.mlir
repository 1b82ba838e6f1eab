// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tables of positions and weights: all taps in one body where they are few, loops over them where they are many.
// RUN: accel-opt %s -convert-nn-to-linalg -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: @copies
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x4x5xi8> {{[^%]*}}%[[I:[^:]*]]: tensor<1x8xi32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel"]
// CHECK: %[[P:.*]] = linalg.index 2
// CHECK: %[[AT:.*]] = tensor.extract %[[I]][%c0, %[[P]]]
// CHECK: %[[K:.*]] = arith.index_cast %[[AT]] : i32 to index
// CHECK: %[[E:.*]] = tensor.extract %[[X]][%{{.*}}, %{{.*}}, %[[K]]]
// CHECK-NOT: arith
// CHECK: linalg.yield %[[E]]
func.func @copies(%x: tensor<1x4x5xui8>, %i: tensor<1x8xi32>) -> tensor<1x4x8xui8> {
  %0 = nn.resize %x axes [2] indices %i : (tensor<1x4x5xui8>, tensor<1x8xi32>) -> tensor<1x4x8xui8>
  return %0 : tensor<1x4x8xui8>
}

// -----

// Half precision is summed in f32.
// CHECK-LABEL: @two_axes
// CHECK: linalg.generic
// CHECK-COUNT-2: arith.mulf {{.*}} : f32
// CHECK: arith.addf {{.*}} : f32
// CHECK: arith.mulf {{.*}} : f32
// CHECK-COUNT-2: arith.mulf {{.*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to f16
func.func @two_axes(%x: tensor<4x5xf16>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>) -> tensor<8x8xf16> {
  %0 = nn.resize %x axes [0, 1] indices %i, %i weights %w, %w
    : (tensor<4x5xf16>, tensor<2x8xi32>, tensor<2x8xi32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<8x8xf16>
  return %0 : tensor<8x8xf16>
}

// -----

// CHECK-LABEL: @many
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x50xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: %[[E:.*]] = tensor.extract %[[X]]
// CHECK: %[[M:.*]] = arith.mulf %[[E]], %{{.*}} : f32
// CHECK: arith.addf %{{.*}}, %[[M]] : f32
func.func @many(%x: tensor<4x50xf32>, %i: tensor<20x8xi32>, %w: tensor<20x8xf32>) -> tensor<4x8xf32> {
  %0 = nn.resize %x axes [1] indices %i weights %w : (tensor<4x50xf32>, tensor<20x8xi32>, tensor<20x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// Result position p has input position (p + 1 - k) / 2 where that is whole and inside.
// CHECK-LABEL: @transposed
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x2x4xf32> {{[^%]*}}%[[W:[^:]*]]: tensor<2x3x3xf32>
// CHECK: %[[AT:.*]] = affine.apply
// CHECK: %[[I:.*]] = arith.divsi %[[AT]], %c2
// CHECK: %[[BACK:.*]] = arith.muli %[[I]], %c2
// CHECK: %[[WHOLE:.*]] = arith.cmpi eq, %[[BACK]], %[[AT]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[I]], %c4
// CHECK: %[[BOTH:.*]] = arith.andi %[[WHOLE]], %[[INSIDE]]
// CHECK: tensor.extract %[[X]]
// CHECK: arith.select %[[BOTH]]
// CHECK: tensor.extract %[[W]]
func.func @transposed(%x: tensor<1x2x4xf32>, %w: tensor<2x3x3xf32>) -> tensor<1x3x7xf32> {
  %0 = nn.conv_transpose %x, %w strides [2] dilations [1] pads [1, 1] output_padding [0]
    : (tensor<1x2x4xf32>, tensor<2x3x3xf32>) -> tensor<1x3x7xf32>
  return %0 : tensor<1x3x7xf32>
}

// -----

// What follows the spatial dims is read where it lies.
// CHECK-LABEL: @blocks
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x6x4x16xf32>
// CHECK: %[[C:.*]] = linalg.index 1
// CHECK: %[[P:.*]] = linalg.index 2
// CHECK: %[[PHASE:.*]] = arith.remui %[[P]], %c2
// CHECK: %[[AT:.*]] = arith.divui %[[P]], %c2
// CHECK: %[[FROM:.*]] = arith.muli %[[PHASE]], %c3
// CHECK: %[[CHANNEL:.*]] = arith.addi %[[FROM]], %[[C]]
// CHECK: tensor.extract %[[X]][%{{.*}}, %[[CHANNEL]], %[[AT]], %{{.*}}]
func.func @blocks(%x: tensor<1x6x4x16xf32>) -> tensor<1x3x7x16xf32> {
  %0 = nn.depth_to_space %x blocks [2] crop [0, 1] : tensor<1x6x4x16xf32> -> tensor<1x3x7x16xf32>
  return %0 : tensor<1x3x7x16xf32>
}

// -----

// Without such dims all is one row, for gathers.
// CHECK-LABEL: @row
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x6x4xf32>
// CHECK: %[[ROW:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0], [1, 2]] : tensor<1x6x4xf32> into tensor<1x24xf32>
// CHECK: %[[FROM:.*]] = arith.muli %{{.*}}, %c2
// CHECK: arith.addi %[[FROM]], %{{.*}}
// CHECK: tensor.extract %[[ROW]][%{{.*}}, %{{.*}}]
func.func @row(%x: tensor<1x6x4xf32>) -> tensor<1x3x8xf32> {
  %0 = nn.depth_to_space %x blocks [2] crop [0, 0] crd : tensor<1x6x4xf32> -> tensor<1x3x8xf32>
  return %0 : tensor<1x3x8xf32>
}

// -----

// CHECK-LABEL: @iota
// CHECK: linalg.generic
// CHECK: %[[I:.*]] = linalg.index 1
// CHECK: arith.index_cast %[[I]] : index to i32
func.func @iota(%n: index) -> tensor<2x?xi32> {
  %0 = nn.iota axis 1 to [2, %n] of i32 : tensor<2x?xi32>
  return %0 : tensor<2x?xi32>
}
