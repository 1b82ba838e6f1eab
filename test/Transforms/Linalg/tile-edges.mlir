// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Padding around dims whose sizes only the run knows: a tile whose windows lie inside reads the source as it is, any
// other one a copy of what its windows cover.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v4 -canonicalize -cse -split-input-file | FileCheck %s
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v4 -canonicalize -cse -linalg-vectorize=cpu=x86-64-v4 -canonicalize -split-input-file | FileCheck %s --check-prefix=VECTORS

// Tiles of 14 positions, one less where one or two would be left, then of 7 where that leaves an even number, of 8, of 4
// and of 2; single ones have loops over a window that are cut.
// CHECK-DAG: #[[FULL:.*]] = affine_map<(d0) -> ((d0 - 3) floordiv 14 + d0 floordiv 14 - (d0 - 1) floordiv 14, 0)>
// CHECK-LABEL: @conv
// CHECK: scf.forall
// CHECK: affine.max #[[FULL]]
// CHECK: scf.for {{.*}} step %c14
// CHECK: %[[FROM:.*]] = arith.cmpi sge, %{{.*}}, %c0
// CHECK: %[[TO:.*]] = arith.cmpi sle
// CHECK: %[[INSIDE:.*]] = arith.andi %[[FROM]], %[[TO]]
// CHECK: scf.if %[[INSIDE]]
// CHECK: tensor.extract_slice %arg0{{.*}} : tensor<1x2x?x?x16xf32> to tensor<1x2x?x16x16xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x2x3x16x16xf32>, tensor<1x2x3x3x16x32xf32>)
// CHECK: } else {
// CHECK: vector.transfer_write {{.*}} : vector<16xf32>, tensor<1x2x3x16x16xf32>
// Rows of the window that lie outside are left out.
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x2x?x16x16xf32>, tensor<1x2x?x3x16x32xf32>)
// CHECK: scf.for {{.*}} step %c7
// CHECK: scf.if
// CHECK: scf.for {{.*}} step %c8
// CHECK: scf.if
// CHECK: scf.for {{.*}} step %c4
// CHECK: scf.if
// CHECK: scf.for {{.*}} step %c2
// CHECK: scf.if
// CHECK: scf.for {{.*}} step %c1
// CHECK-NOT: scf.if
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x2x3x3x16xf32>, tensor<1x2x3x3x16x32xf32>)
// Nothing that a sum needs is chosen by a comparison.
// VECTORS-LABEL: @conv
// VECTORS-NOT: arith.select
// VECTORS: return
func.func @conv(%x: tensor<1x2x?x?x16xf32>, %w: tensor<1x2x3x3x16x32xf32>) -> tensor<1x1x?x?x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<1x2x?x?x16xf32>, tensor<1x2x3x3x16x32xf32>) -> tensor<1x1x?x?x32xf32>
  return %0 : tensor<1x1x?x?x32xf32>
}

// -----

// Without padding there is one kind of tile.
// CHECK-LABEL: @whole
// CHECK-NOT: scf.if
// CHECK: return
func.func @whole(%x: tensor<1x2x?x?x16xf32>, %w: tensor<1x2x3x3x16x32xf32>) -> tensor<1x1x?x?x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x2x?x?x16xf32>, tensor<1x2x3x3x16x32xf32>) -> tensor<1x1x?x?x32xf32>
  return %0 : tensor<1x1x?x?x32xf32>
}

// -----

// The padding of a maximum.
// CHECK-LABEL: @pool
// CHECK: %[[LEAST:.*]] = arith.constant dense<0xFF800000>
// CHECK: scf.if
// CHECK: } else {
// CHECK: vector.transfer_write %[[LEAST]]
// CHECK: return
func.func @pool(%x: tensor<?x2x?x?x16xf32>) -> tensor<?x2x?x?x16xf32> {
  %0 = nn.pool max %x kernel [3, 3] strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1]
    : tensor<?x2x?x?x16xf32> -> tensor<?x2x?x?x16xf32>
  return %0 : tensor<?x2x?x?x16xf32>
}

// -----

// Elements of a window that lie 36 apart: the copy has three rows of three times 14 positions, and both loops over the
// window do the steps only in which any position lies inside.
// CHECK-DAG: #[[SOURCE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6, d7, d8) -> (d0, d5, d6, d7, d3, d8)>
// CHECK-LABEL: @dilated
// CHECK: scf.for {{.*}} step %c14
// CHECK: scf.if
// CHECK: } else {
// CHECK-NOT: linalg.generic
// CHECK: vector.transfer_write {{.*}} : vector<16xf32>, tensor<1x2x3x3x14x16xf32>
// CHECK: linalg.generic {indexing_maps = [#[[SOURCE]],
// CHECK-SAME: ins(%{{.*}} : tensor<1x2x?x?x14x16xf32>, tensor<1x2x?x?x16x32xf32>)
func.func @dilated(%x: tensor<1x2x?x?x16xf32>, %w: tensor<1x2x3x3x16x32xf32>) -> tensor<1x1x?x?x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [36, 36] pads [36, 36, 36, 36]
    : (tensor<1x2x?x?x16xf32>, tensor<1x2x3x3x16x32xf32>) -> tensor<1x1x?x?x32xf32>
  return %0 : tensor<1x1x?x?x32xf32>
}
