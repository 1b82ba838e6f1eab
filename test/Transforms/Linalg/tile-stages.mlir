// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of two stages: rows are made in scratch just ahead of the windows that read them.
// RUN: accel-opt %s -convert-nn-to-linalg -canonicalize -cse -linalg-fuse-elementwise-ops -canonicalize -linalg-tile=cpu=x86-64-v4 -canonicalize -cse -split-input-file | FileCheck %s

// Windows of three rows share two: an item of five rows keeps all seven that it makes. The first row of an item makes
// three, each later one makes one; what lies in the padding is filled instead.
// CHECK-LABEL: @shared
// CHECK: scf.forall (%[[BLOCK:.*]], %[[ITEM:.*]]) in (2, 4) shared_outs
// CHECK:   %[[SCRATCH:.*]] = tensor.empty() : tensor<1x1x7x22x16xf32>
// CHECK:   scf.for %[[ROW:.*]] = %c0 to %c5 step %c1 iter_args(%{{.*}} = %{{.*}}, %[[HELD:.*]] = %[[SCRATCH]])
// CHECK:     %[[FIRST:.*]] = arith.cmpi eq, %[[ROW]], %c0
// CHECK:     arith.select %[[FIRST]]
// CHECK:     affine.max
// CHECK:     affine.min
// The columns of padding, then rows above and below the picture.
// CHECK-COUNT-4: vector.transfer_write %{{.*}} : vector<16xf32>, tensor<1x1x7x22x16xf32>
// The rows that are made, in the tiles of a convolution; the activation before they are stored.
// CHECK:     tensor.extract_slice %{{.*}} : tensor<1x1x7x22x16xf32> to tensor<1x1x?x20x16xf32>
// CHECK:     scf.for
// CHECK:       linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x1x1x10x8xf32>, tensor<1x1x1x1x8x16xf32>)
// CHECK:       linalg.generic {{.*}} ins(%{{.*}} : tensor<1x1x1x10x16xf32>)
// CHECK:     tensor.insert_slice %{{.*}} : tensor<1x1x?x20x16xf32> into tensor<1x1x7x22x16xf32>
// And the row of the result, which reads no padding.
// CHECK:     tensor.extract_slice %{{.*}} : tensor<1x1x7x22x16xf32> to tensor<1x1x3x{{.*}}x16xf32>
// CHECK:     linalg.generic {{.*}} : tensor<1x1x3x{{.*}}x16xf32>, tensor<1x3x3x16xf32>)
// CHECK-NOT: tensor.pad
func.func @shared(%x: tensor<1x1x20x20x8xf32>, %w: tensor<2x1x1x1x8x16xf32>, %v: tensor<2x3x3x16xf32>) -> tensor<1x2x20x20x16xf32>
    attributes {exec.item_rows = 5 : i64} {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x20x20x8xf32>, tensor<2x1x1x1x8x16xf32>) -> tensor<1x2x20x20x16xf32>
  %1 = nn.relu %0 : tensor<1x2x20x20x16xf32> -> tensor<1x2x20x20x16xf32>
  %2 = nn.blocked_depthwise_conv %1, %v strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<1x2x20x20x16xf32>, tensor<2x3x3x16xf32>) -> tensor<1x2x20x20x16xf32>
  return %2 : tensor<1x2x20x20x16xf32>
}

// -----

// Windows that share no rows: each overwrites the one before it. Seven rows are no multiple of two: the last item is
// emitted on its own. Only columns that no window reads are made for nothing.
// CHECK-LABEL: @disjoint
// CHECK: scf.forall (%{{.*}}, %{{.*}}) in (2, 4)
// CHECK:   scf.if
// CHECK:     tensor.empty() : tensor<1x1x2x17x16xf32>
// CHECK:     scf.for %{{.*}} = %c0 to %c2
// CHECK-NOT:   arith.select
// CHECK:       tensor.extract_slice %{{.*}} : tensor<1x1x2x17x16xf32> to tensor<1x1x2x{{.*}}x16xf32>
// CHECK:   } else {
// CHECK:     tensor.empty() : tensor<1x1x2x17x16xf32>
func.func @disjoint(%x: tensor<1x1x15x17x8xf32>, %w: tensor<2x1x1x1x8x16xf32>) -> tensor<1x2x7x8x16xf32>
    attributes {exec.item_rows = 2 : i64} {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x15x17x8xf32>, tensor<2x1x1x1x8x16xf32>) -> tensor<1x2x15x17x16xf32>
  %1 = nn.pool max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x15x17x16xf32> -> tensor<1x2x7x8x16xf32>
  return %1 : tensor<1x2x7x8x16xf32>
}

// -----

// A sum over channels: an item has all blocks of them, and makes a row of all blocks that it reads.
// CHECK-LABEL: @channels
// CHECK: scf.forall (%{{.*}}, %{{.*}}) in (3, 4)
// CHECK:   tensor.empty() : tensor<1x2x1x20x16xf32>
// CHECK:   scf.for %{{.*}} = %c0 to %c5
// CHECK:     linalg.generic {{.*}} tensor<1x3x3x16xf32>)
// CHECK:     linalg.generic {{.*}} : tensor<1x2x1x10x16xf32>, tensor<1x2x1x1x16x32xf32>)
func.func @channels(%x: tensor<3x2x20x20x16xf32>, %v: tensor<2x3x3x16xf32>, %w: tensor<3x2x1x1x16x32xf32>) -> tensor<3x3x20x20x32xf32>
    attributes {exec.item_rows = 5 : i64} {
  %0 = nn.blocked_depthwise_conv %x, %v strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<3x2x20x20x16xf32>, tensor<2x3x3x16xf32>) -> tensor<3x2x20x20x16xf32>
  %1 = nn.blocked_conv %0, %w strides [1, 1] dilations [1, 1]
    : (tensor<3x2x20x20x16xf32>, tensor<3x2x1x1x16x32xf32>) -> tensor<3x3x20x20x32xf32>
  return %1 : tensor<3x3x20x20x32xf32>
}

// -----

// Only the run knows height and width. Items have four rows, fewer at the lower edge, of 256 columns, fewer at the right one;
// scratch has what those read. How much of it lies in the picture is said by the greatest and the least of two.
// CHECK-DAG: #[[ROWS:.*]] = affine_map<()[s0] -> (s0 ceildiv 4)>
// CHECK-DAG: #[[COLUMNS:.*]] = affine_map<()[s0] -> (s0 ceildiv 256)>
// CHECK-DAG: #[[HEIGHT:.*]] = affine_map<(d0)[s0] -> (d0 * -4 + s0, 4)>
// CHECK-DAG: #[[WIDTH:.*]] = affine_map<(d0)[s0] -> (d0 * -256 + s0, 256)>
// CHECK-DAG: #[[LEFT:.*]] = affine_map<(d0) -> (0, d0 * 256 - 1)>
// CHECK-DAG: #[[RIGHT:.*]] = affine_map<(d0, d1) -> (0, d0 + d1 * 256 + 1)>
// CHECK-DAG: #[[LEAST:.*]] = affine_map<(d0)[s0] -> (s0, d0)>
// CHECK-LABEL: @unknown
// CHECK-SAME: %[[H:[^:]*]]: index {{[^,]*}}, %[[W:[^:]*]]: index
// CHECK: %[[I:.*]] = affine.apply #[[ROWS]]
// CHECK: %[[J:.*]] = affine.apply #[[COLUMNS]]
// CHECK: scf.forall (%{{.*}}, %[[ITEM:.*]], %[[PART:.*]]) in (2, %[[I]], %[[J]]) shared_outs
// CHECK:   %[[COUNT:.*]] = affine.min #[[HEIGHT]](%[[ITEM]])
// CHECK:   %[[LENGTH:.*]] = affine.min #[[WIDTH]](%[[PART]])
// CHECK:   %[[SCRATCH:.*]] = tensor.empty() : tensor<1x1x6x258x16xf32>
// CHECK:   scf.for %{{.*}} = %c0 to %[[COUNT]] step %c1 iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %[[SCRATCH]])
// CHECK:     %[[A:.*]] = affine.max #[[LEFT]](%[[PART]])
// CHECK:     affine.min #[[LEAST]](%[[A]])[%[[W]]]
// CHECK:     %[[B:.*]] = affine.max #[[RIGHT]](%[[LENGTH]], %[[PART]])
// CHECK:     affine.min #[[LEAST]](%[[B]])[%[[W]]]
// The columns of padding, then rows above and below the picture.
// CHECK-COUNT-4: vector.transfer_write %{{.*}} : vector<16xf32>, tensor<1x1x6x258x16xf32>
// CHECK:     tensor.extract_slice %{{.*}} : tensor<1x1x6x258x16xf32> to tensor<1x1x?x?x16xf32>
// CHECK:     linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x1x1x14x8xf32>, tensor<1x1x1x1x8x16xf32>)
// CHECK:     tensor.insert_slice %{{.*}} : tensor<1x1x?x?x16xf32> into tensor<1x1x6x258x16xf32>
// And tiles of the row of the result, which read no padding.
// CHECK:     tensor.extract_slice %{{.*}} : tensor<1x1x6x258x16xf32> to tensor<1x1x3x10x16xf32>
// CHECK:     linalg.generic {{.*}} : tensor<1x1x3x10x16xf32>, tensor<1x3x3x16xf32>)
// CHECK-NOT: tensor.pad
func.func @unknown(%h: index, %w: index, %x: tensor<1x1x?x?x8xf32> {exec.shape = affine_map<()[s0, s1] -> (1, 1, s0, s1, 8)>}, %f: tensor<2x1x1x1x8x16xf32>, %v: tensor<2x3x3x16xf32>)
    -> (tensor<1x2x?x?x16xf32> {exec.shape = affine_map<()[s0, s1] -> (1, 2, s0, s1, 16)>})
    attributes {exec.item_rows = 4 : i64} {
  %0 = nn.blocked_conv %x, %f strides [1, 1] dilations [1, 1]
    : (tensor<1x1x?x?x8xf32>, tensor<2x1x1x1x8x16xf32>) -> tensor<1x2x?x?x16xf32>
  %1 = nn.blocked_depthwise_conv %0, %v strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<1x2x?x?x16xf32>, tensor<2x3x3x16xf32>) -> tensor<1x2x?x?x16xf32>
  return %1 : tensor<1x2x?x?x16xf32>
}
