// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order of items: what the second cache (2 MB here) holds is used again before it is left.
// RUN: accel-opt %s -convert-nn-to-linalg -cpu-lower-packed-matmul -linalg-tile=cpu=sapphirerapids -canonicalize -split-input-file | FileCheck %s

// Weights that do not fit the second cache pass by once: rows are the fastest items.
// CHECK-LABEL: @rows_stay
// CHECK: scf.forall (%[[N:.*]], %[[M:.*]]) in (64, 16)
func.func @rows_stay(%x: tensor<128x768xf32>, %w: tensor<64x768x48xf32>) -> tensor<128x3072xf32> {
  %0 = nn.packed_matmul %x, %w columns 3072 : tensor<128x768xf32>, tensor<64x768x48xf32> -> tensor<128x3072xf32>
  return %0 : tensor<128x3072xf32>
}

// -----

// Where the rows do not fit either, even blocks of them stay while the panels pass by.
// CHECK-LABEL: @blocks_stay
// CHECK: scf.forall (%[[M:.*]], %[[N:.*]]) in (2, 16)
func.func @blocks_stay(%x: tensor<128x3072xf32>, %w: tensor<16x3072x48xf32>) -> tensor<128x768xf32> {
  %0 = nn.packed_matmul %x, %w columns 768 : tensor<128x3072xf32>, tensor<16x3072x48xf32> -> tensor<128x768xf32>
  return %0 : tensor<128x768xf32>
}

// -----

// Filters that fit stay while positions of a large picture pass by.
// CHECK-LABEL: @filters_stay
// CHECK: scf.forall (%[[ROW:.*]], %[[COLUMN:.*]], %[[FILTERS:.*]]) in (56, {{[0-9]+}}, 2)
func.func @filters_stay(%x: tensor<1x8x56x56x32xf32>, %w: tensor<2x8x1x1x32x32xf32>) -> tensor<1x2x56x56x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x8x56x56x32xf32>, tensor<2x8x1x1x32x32xf32>) -> tensor<1x2x56x56x32xf32>
  return %0 : tensor<1x2x56x56x32xf32>
}
