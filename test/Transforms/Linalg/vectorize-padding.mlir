// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Padding is not written anywhere: loops over a window are cut, or unrolled where positions differ.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v4 -canonicalize -cse -linalg-vectorize=cpu=x86-64-v4 -canonicalize -split-input-file | FileCheck %s

// The window's rows inside are the loop's bounds. Columns are unrolled: the first and the last of three
// are inside for three of the tile's four positions.
// CHECK-LABEL: @conv
// CHECK-NOT: tensor.pad
// CHECK: %[[LOW:.*]] = affine.max
// CHECK: %[[HIGH:.*]] = affine.min
// CHECK: scf.for %{{.*}} = %[[LOW]] to %[[HIGH]]
// CHECK-NEXT: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// CHECK-NOT: arith.select
// CHECK: return
func.func @conv(%x: tensor<1x1x9x4x16xf32>, %w: tensor<1x1x3x3x16x16xf32>) -> tensor<1x1x9x4x16xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : (tensor<1x1x9x4x16xf32>, tensor<1x1x3x3x16x16xf32>) -> tensor<1x1x9x4x16xf32>
  return %0 : tensor<1x1x9x4x16xf32>
}
