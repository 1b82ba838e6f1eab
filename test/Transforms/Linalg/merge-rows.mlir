// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Positions that share filters become one dim, in all ops and arguments of a kernel.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-flatten -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: @pointwise
// CHECK-SAME: tensor<1x2x49x16xf32> {{[^%]*}}exec.shape = affine_map<() -> (1, 2, 49, 16)>
// CHECK-SAME: tensor<3x2x1x1x16x32xf32>
// CHECK-SAME: tensor<1x3x49x32xf32>
// CHECK-SAME: %{{[^%]*}}: tensor<1x3x49x32xf32> {{[^%]*}}exec.shape = affine_map<() -> (1, 3, 49, 32)>
// CHECK-SAME: -> tensor<1x3x49x32xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x2x49x16xf32>, tensor<3x2x1x1x16x32xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x3x49x32xf32>, tensor<1x3x49x32xf32>)
func.func @pointwise(%x: tensor<1x2x7x7x16xf32> {exec.shape = affine_map<() -> (1, 2, 7, 7, 16)>},
                     %w: tensor<3x2x1x1x16x32xf32> {exec.shape = affine_map<() -> (3, 2, 1, 1, 16, 32)>},
                     %y: tensor<1x3x7x7x32xf32> {exec.shape = affine_map<() -> (1, 3, 7, 7, 32)>})
    -> (tensor<1x3x7x7x32xf32> {exec.shape = affine_map<() -> (1, 3, 7, 7, 32)>}) {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x2x7x7x16xf32>, tensor<3x2x1x1x16x32xf32>) -> tensor<1x3x7x7x32xf32>
  %1 = nn.add %0, %y : tensor<1x3x7x7x32xf32>, tensor<1x3x7x7x32xf32> -> tensor<1x3x7x7x32xf32>
  return %1 : tensor<1x3x7x7x32xf32>
}

// -----

// CHECK-LABEL: @any_size
// CHECK-SAME: %[[H:[^:]*]]: index {{[^%]*}}%[[W:[^:]*]]: index
// CHECK-SAME: tensor<1x1x?x16xf32> {{[^%]*}}exec.shape = affine_map<()[s0, s1] -> (1, 1, s0 * s1, 16)>
// CHECK: %[[N:.*]] = arith.muli %[[H]], %[[W]]
// CHECK: tensor.empty(%[[N]]) : tensor<1x1x?x16xf32>
func.func @any_size(%h: index, %w: index,
                    %x: tensor<1x1x?x?x16xf32> {exec.shape = affine_map<()[s0, s1] -> (1, 1, s0, s1, 16)>},
                    %f: tensor<1x1x1x1x16x16xf32> {exec.shape = affine_map<()[s0, s1] -> (1, 1, 1, 1, 16, 16)>})
    -> (tensor<1x1x?x?x16xf32> {exec.shape = affine_map<()[s0, s1] -> (1, 1, s0, s1, 16)>}) {
  %0 = nn.blocked_conv %x, %f strides [1, 1] dilations [1, 1]
    : (tensor<1x1x?x?x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x?x?x16xf32>
  %1 = nn.relu %0 : tensor<1x1x?x?x16xf32> -> tensor<1x1x?x?x16xf32>
  return %1 : tensor<1x1x?x?x16xf32>
}

// -----

// Sizes of an argument that is merged are those that the kernel has.
// CHECK-LABEL: @sizes
// CHECK-SAME: %[[H:[^:]*]]: index {{[^%]*}}%[[W:[^:]*]]: index
// CHECK-NOT: tensor.dim
// CHECK: %[[N:.*]] = arith.muli %[[H]], %[[W]]
// CHECK: tensor.empty(%[[N]]) : tensor<1x1x?x16xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x1x?x16xf32>, tensor<16x16xf32>)
#rows = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d5)>
#filters = affine_map<(d0, d1, d2, d3, d4, d5) -> (d5, d4)>
#sums = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
func.func @sizes(%h: index, %w: index,
                 %x: tensor<1x1x?x?x16xf32> {exec.shape = affine_map<()[s0, s1] -> (1, 1, s0, s1, 16)>},
                 %f: tensor<16x16xf32> {exec.shape = affine_map<()[s0, s1] -> (16, 16)>})
    -> (tensor<1x1x?x?x16xf32> {exec.shape = affine_map<()[s0, s1] -> (1, 1, s0, s1, 16)>}) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f32
  %rows = tensor.dim %x, %c2 : tensor<1x1x?x?x16xf32>
  %columns = tensor.dim %x, %c3 : tensor<1x1x?x?x16xf32>
  %0 = tensor.empty(%rows, %columns) : tensor<1x1x?x?x16xf32>
  %1 = linalg.fill ins(%zero : f32) outs(%0 : tensor<1x1x?x?x16xf32>) -> tensor<1x1x?x?x16xf32>
  %2 = linalg.generic {indexing_maps = [#rows, #filters, #sums],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %f : tensor<1x1x?x?x16xf32>, tensor<16x16xf32>) outs(%1 : tensor<1x1x?x?x16xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<1x1x?x?x16xf32>
  return %2 : tensor<1x1x?x?x16xf32>
}

// -----

// A window, or strides, tell rows from columns; rows of a softmax share nothing.
// CHECK-LABEL: @window
// CHECK: -> tensor<1x1x7x7x16xf32>
func.func @window(%x: tensor<1x1x9x7x16xf32> {exec.shape = affine_map<() -> (1, 1, 9, 7, 16)>},
                  %w: tensor<1x1x3x1x16x16xf32> {exec.shape = affine_map<() -> (1, 1, 3, 1, 16, 16)>})
    -> (tensor<1x1x7x7x16xf32> {exec.shape = affine_map<() -> (1, 1, 7, 7, 16)>}) {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x1x9x7x16xf32>, tensor<1x1x3x1x16x16xf32>) -> tensor<1x1x7x7x16xf32>
  return %0 : tensor<1x1x7x7x16xf32>
}
// CHECK-LABEL: @strided
// CHECK: -> tensor<1x1x4x4x16xf32>
func.func @strided(%x: tensor<1x1x7x7x16xf32> {exec.shape = affine_map<() -> (1, 1, 7, 7, 16)>},
                   %w: tensor<1x1x1x1x16x16xf32> {exec.shape = affine_map<() -> (1, 1, 1, 1, 16, 16)>})
    -> (tensor<1x1x4x4x16xf32> {exec.shape = affine_map<() -> (1, 1, 4, 4, 16)>}) {
  %0 = nn.blocked_conv %x, %w strides [2, 2] dilations [1, 1]
    : (tensor<1x1x7x7x16xf32>, tensor<1x1x1x1x16x16xf32>) -> tensor<1x1x4x4x16xf32>
  return %0 : tensor<1x1x4x4x16xf32>
}
// CHECK-LABEL: @softmax
// CHECK: -> tensor<2x3x5x16xf32>
func.func @softmax(%x: tensor<2x3x5x16xf32> {exec.shape = affine_map<() -> (2, 3, 5, 16)>})
    -> (tensor<2x3x5x16xf32> {exec.shape = affine_map<() -> (2, 3, 5, 16)>}) {
  %0 = nn.softmax %x axis 3 : tensor<2x3x5x16xf32> -> tensor<2x3x5x16xf32>
  return %0 : tensor<2x3x5x16xf32>
}
