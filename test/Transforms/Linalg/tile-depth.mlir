// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums cut in blocks, where panels of weights are so long that they would take the second cache (2 MB here) from the rows.
// RUN: accel-opt %s -convert-nn-to-linalg -cpu-lower-packed-matmul -linalg-tile=cpu=sapphirerapids -canonicalize -cse -split-input-file | FileCheck %s

// A panel of 3072 rows is 590 kB: five blocks. Four of them go to sums that an item keeps, the first from zeros; the
// last one goes on from these sums, and only it has the bias.
// CHECK-LABEL: @blocks
// CHECK-SAME: %[[X:[^:]*]]: tensor<128x3072xf32> {{[^%]*}}%[[W:[^:]*]]: tensor<16x3072x48xf32> {{[^%]*}}%[[B:[^:]*]]: tensor<768xf32>
// CHECK: scf.forall (%[[M:.*]], %[[N:.*]]) in (2, 16)
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<64x48xf32>
// CHECK: %[[SUMS:.*]] = scf.for %[[K:.*]] = %c0 to %c2496 step %c624 iter_args(%{{.*}} = %[[EMPTY]])
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c64 step %c8 iter_args(%[[SO_FAR:.*]] = %{{.*}})
// CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[SO_FAR]][%[[ROW]], 0] [8, 48]
// CHECK: %[[START:.*]] = scf.if
// CHECK: linalg.fill
// CHECK: else
// CHECK: scf.yield %[[SLICE]]
// CHECK: tensor.extract_slice %[[X]][%{{.*}}, %[[K]]] [8, 624]
// CHECK: tensor.extract_slice %[[W]][%[[N]], %[[K]], 0] [1, 624, 48]
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} outs(%[[START]] : tensor<8x48xf32>)
// CHECK: tensor.insert_slice %[[SUM]] into %[[SO_FAR]][%[[ROW]], 0]
// CHECK: scf.for
// CHECK: %[[FROM:.*]] = tensor.extract_slice %[[SUMS]]
// CHECK: tensor.extract_slice %[[X]][%{{.*}}, 2496] [8, 576]
// CHECK: %[[ALL:.*]] = linalg.generic {{.*}} outs(%[[FROM]] : tensor<8x48xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[ALL]]
// CHECK-NOT: linalg.generic
func.func @blocks(%x: tensor<128x3072xf32>, %w: tensor<16x3072x48xf32>, %b: tensor<768xf32>) -> tensor<128x768xf32> {
  %0 = nn.packed_matmul %x, %w columns 768 : tensor<128x3072xf32>, tensor<16x3072x48xf32> -> tensor<128x768xf32>
  %1 = nn.add %0, %b : tensor<128x768xf32>, tensor<768xf32> -> tensor<128x768xf32>
  return %1 : tensor<128x768xf32>
}

// -----

// Rows that only the run counts: an item keeps the sums of all that it may have.
// CHECK-LABEL: @dynamic_rows
// CHECK: scf.forall
// CHECK: tensor.empty() : tensor<80x48xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c2496 step %c624
func.func @dynamic_rows(%x: tensor<?x3072xf32>, %w: tensor<16x3072x48xf32>) -> tensor<?x768xf32> {
  %0 = nn.packed_matmul %x, %w columns 768 : tensor<?x3072xf32>, tensor<16x3072x48xf32> -> tensor<?x768xf32>
  return %0 : tensor<?x768xf32>
}

// -----

// All rows of this item stay beside two whole panels.
// CHECK-LABEL: @few_rows
// CHECK: scf.forall
// CHECK-NOT: tensor.empty() : tensor<32x48xf32>
// CHECK: tensor.extract_slice {{.*}} [8, 3072]
func.func @few_rows(%x: tensor<32x3072xf32>, %w: tensor<16x3072x48xf32>) -> tensor<32x768xf32> {
  %0 = nn.packed_matmul %x, %w columns 768 : tensor<32x3072xf32>, tensor<16x3072x48xf32> -> tensor<32x768xf32>
  return %0 : tensor<32x768xf32>
}

// -----

// Few positions, and filters of 590 kB to a block of them: a block of channels at a time, whose filters stay in the first
// cache, goes to the sums of all rows of the picture. The first starts from the bias; what comes after the sums reads
// them.
// CHECK-LABEL: @few_positions
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x16x7x7x32xf32> {{[^%]*}}%[[W:[^:]*]]: tensor<16x16x3x3x32x32xf32>
// CHECK: scf.forall (%[[F:.*]]) in (16)
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<1x1x7x7x32xf32>
// CHECK: %[[FIRST:.*]] = scf.for %{{.*}} = %c0 to %c7 step %c1 iter_args(%{{.*}} = %[[EMPTY]])
// CHECK: tensor.extract_slice %[[W]][%[[F]], 0, 0, 0, 0, 0] [1, 1, 3, 3, 32, 32]
// CHECK: %[[BIAS:.*]] = linalg.generic
// CHECK: linalg.generic {{.*}} outs(%[[BIAS]] : tensor<1x1x1x7x32xf32>)
// CHECK: %[[SUMS:.*]] = scf.for %[[C:.*]] = %c1 to %c16 step %c1 iter_args(%{{.*}} = %[[FIRST]])
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c7 step %c1 iter_args(%[[SO_FAR:.*]] = %{{.*}})
// CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[SO_FAR]][0, 0, %[[ROW]], 0, 0]
// CHECK: tensor.extract_slice %[[W]][%[[F]], %[[C]], 0, 0, 0, 0] [1, 1, 3, 3, 32, 32]
// CHECK: linalg.generic {{.*}} outs(%[[SLICE]] : tensor<1x1x1x7x32xf32>)
// CHECK: scf.for %[[LAST:.*]] = %c0 to %c7 step %c1
// CHECK: %[[ALL:.*]] = tensor.extract_slice %[[SUMS]][0, 0, %[[LAST]], 0, 0]
// CHECK: linalg.generic {{.*}} ins(%[[ALL]]
// CHECK-NOT: linalg.generic
func.func @few_positions(%x: tensor<1x16x7x7x32xf32>, %w: tensor<16x16x3x3x32x32xf32>, %b: tensor<16x32xf32>) -> tensor<1x16x7x7x32xf32> {
  %0 = nn.blocked_conv %x, %w bias %b strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : (tensor<1x16x7x7x32xf32>, tensor<16x16x3x3x32x32xf32>, tensor<16x32xf32>) -> tensor<1x16x7x7x32xf32>
  %1 = nn.relu %0 : tensor<1x16x7x7x32xf32> -> tensor<1x16x7x7x32xf32>
  return %1 : tensor<1x16x7x7x32xf32>
}

// -----

// Where 196 positions share filters, a panel has time to come.
// CHECK-LABEL: @more_positions
// CHECK: scf.forall
// CHECK-NOT: tensor.empty() : tensor<1x1x14x14x32xf32>
// CHECK: tensor.extract_slice {{.*}} [1, 8, 3, 3, 32, 32]
func.func @more_positions(%x: tensor<1x8x14x14x32xf32>, %w: tensor<8x8x3x3x32x32xf32>) -> tensor<1x8x14x14x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : (tensor<1x8x14x14x32xf32>, tensor<8x8x3x3x32x32xf32>) -> tensor<1x8x14x14x32xf32>
  %1 = nn.relu %0 : tensor<1x8x14x14x32xf32> -> tensor<1x8x14x14x32xf32>
  return %1 : tensor<1x8x14x14x32xf32>
}

// -----

// How many positions there are is known in the run: an item has up to eight rows of a tile, and of each tile of a block of
// channels there is one for windows that lie inside and one that reads a copy with the padding.
// CHECK-LABEL: @positions_of_the_run
// CHECK: scf.forall (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) in (%{{.*}}, 16, %{{.*}}, %{{.*}}) shared_outs
// CHECK:   %[[SUMS:.*]] = tensor.empty() : tensor<1x1x8x14x32xf32>
// CHECK:   scf.for %{{.*}} = %c0 to %{{.*}} step %c1 iter_args(%{{.*}} = %[[SUMS]])
// CHECK:     scf.if
// CHECK:       linalg.generic {{.*}} : tensor<1x1x3x16x32xf32>, tensor<1x1x3x3x32x32xf32>)
// CHECK:     } else {
// CHECK:       tensor.empty() : tensor<1x1x3x16x32xf32>
// CHECK:   scf.for %[[BLOCK:.*]] = %c1 to %c16 step %c1
// CHECK:     scf.for
// CHECK:       scf.if
// CHECK:         tensor.extract_slice %{{.*}}[%{{.*}}, %[[BLOCK]], 0, 0, 0, 0] [1, 1, 3, 3, 32, 32]
func.func @positions_of_the_run(%n: index, %h: index, %w: index, %x: tensor<?x16x?x?x32xf32> {exec.shape = affine_map<()[s0, s1, s2] -> (s0, 16, s1, s2, 32)>}, %f: tensor<16x16x3x3x32x32xf32>, %b: tensor<16x32xf32>)
    -> (tensor<?x16x?x?x32xf32> {exec.shape = affine_map<()[s0, s1, s2] -> (s0, 16, s1, s2, 32)>}) {
  %0 = nn.blocked_conv %x, %f bias %b strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
    : (tensor<?x16x?x?x32xf32>, tensor<16x16x3x3x32x32xf32>, tensor<16x32xf32>) -> tensor<?x16x?x?x32xf32>
  %1 = nn.relu %0 : tensor<?x16x?x?x32xf32> -> tensor<?x16x?x?x32xf32>
  return %1 : tensor<?x16x?x?x32xf32>
}

// -----

// A depth that only the run knows is not cut.
// CHECK-LABEL: @dynamic_depth
// CHECK: scf.forall
func.func @dynamic_depth(%x: tensor<4x24x?xf32>, %w: tensor<4x?x24xf32>, %c: tensor<f32>) -> tensor<4x24x24xf32> {
  %0 = nn.matmul %x, %w : tensor<4x24x?xf32>, tensor<4x?x24xf32> -> tensor<4x24x24xf32>
  %1 = nn.mul %0, %c : tensor<4x24x24xf32>, tensor<f32> -> tensor<4x24x24xf32>
  return %1 : tensor<4x24x24xf32>
}
