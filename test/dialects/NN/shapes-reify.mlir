// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes of dynamic results where more than one dim, or a rule of its own, is involved. As in shapes.mlir, casts hide
// the sizes, so that what is computed folds to numbers that were worked out by hand.
// RUN: accel-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize | FileCheck %s

// Two dynamic dims that meet: the larger one where one of them is 1.
// CHECK-LABEL: @broadcast_one_and_seven
// CHECK: %[[N:.*]] = arith.constant 7 : index
// CHECK: return %[[N]], %[[N]]
func.func @broadcast_one_and_seven(%a: tensor<1xf32>, %b: tensor<7xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %x = tensor.cast %a : tensor<1xf32> to tensor<?xf32>
  %y = tensor.cast %b : tensor<7xf32> to tensor<?xf32>
  %0 = nn.add %x, %y : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %1 = nn.add %y, %x : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %n = tensor.dim %0, %c0 : tensor<?xf32>
  %m = tensor.dim %1, %c0 : tensor<?xf32>
  return %n, %m : index, index
}

// An empty dim stays empty beside a 1.
// CHECK-LABEL: @broadcast_empty
// CHECK: %[[N:.*]] = arith.constant 0 : index
// CHECK: return %[[N]]
func.func @broadcast_empty(%a: tensor<0xf32>, %b: tensor<1xf32>) -> index {
  %c0 = arith.constant 0 : index
  %x = tensor.cast %a : tensor<0xf32> to tensor<?xf32>
  %y = tensor.cast %b : tensor<1xf32> to tensor<?xf32>
  %0 = nn.mul %x, %y : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %n = tensor.dim %0, %c0 : tensor<?xf32>
  return %n : index
}

// The broadcast of an operand's dim of 5 with an entry of 1, and of 1 with 6.
// CHECK-LABEL: @expand
// CHECK-DAG: %[[N:.*]] = arith.constant 5 : index
// CHECK-DAG: %[[M:.*]] = arith.constant 6 : index
// CHECK: return %[[N]], %[[M]]
func.func @expand(%a: tensor<5x1xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c6 = arith.constant 6 : index
  %x = tensor.cast %a : tensor<5x1xf32> to tensor<?x?xf32>
  %0 = nn.broadcast %x to [%c1, %c6] : tensor<?x?xf32> -> tensor<?x?xf32>
  %n = tensor.dim %0, %c0 : tensor<?x?xf32>
  %m = tensor.dim %0, %c1 : tensor<?x?xf32>
  return %n, %m : index, index
}

// 6*10 elements in 4 rows of what is left.
// CHECK-LABEL: @reshape_rest
// CHECK-DAG: %[[N:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[M:.*]] = arith.constant 15 : index
// CHECK: return %[[N]], %[[M]]
func.func @reshape_rest(%a: tensor<6x10xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %x = tensor.cast %a : tensor<6x10xf32> to tensor<?x?xf32>
  %0 = nn.reshape %x to [%c4, -1] : tensor<?x?xf32> -> tensor<?x?xf32>
  %n = tensor.dim %0, %c0 : tensor<?x?xf32>
  %m = tensor.dim %0, %c1 : tensor<?x?xf32>
  return %n, %m : index, index
}

// Dilated by 3, a window of 3 spans 7: (20 + 2 + 3 - 7) / 4 + 1.
// CHECK-LABEL: @conv_dilated
// CHECK: %[[H:.*]] = arith.constant 5 : index
// CHECK: return %[[H]]
func.func @conv_dilated(%a: tensor<1x2x20xf32>, %w: tensor<3x2x3xf32>) -> index {
  %c2 = arith.constant 2 : index
  %x = tensor.cast %a : tensor<1x2x20xf32> to tensor<1x2x?xf32>
  %y = nn.conv %x, %w strides [4] dilations [3] pads [2, 3] : (tensor<1x2x?xf32>, tensor<3x2x3xf32>) -> tensor<1x3x?xf32>
  %h = tensor.dim %y, %c2 : tensor<1x3x?xf32>
  return %h : index
}

// Without padding: (11 - 5) / 2 + 1.
// CHECK-LABEL: @blocked_conv
// CHECK: %[[H:.*]] = arith.constant 4 : index
// CHECK: return %[[H]]
func.func @blocked_conv(%a: tensor<1x2x11x4xf32>, %w: tensor<3x2x3x4x8xf32>) -> index {
  %c2 = arith.constant 2 : index
  %x = tensor.cast %a : tensor<1x2x11x4xf32> to tensor<1x2x?x4xf32>
  %y = nn.blocked_conv %x, %w strides [2] dilations [2] : (tensor<1x2x?x4xf32>, tensor<3x2x3x4x8xf32>) -> tensor<1x3x?x8xf32>
  %h = tensor.dim %y, %c2 : tensor<1x3x?x8xf32>
  return %h : index
}

// Indices of 2 x 6 in place of an axis; a kept reduced dim is 1.
// CHECK-LABEL: @gather_and_reduce
// CHECK-DAG: %[[N:.*]] = arith.constant 6 : index
// CHECK-DAG: %[[M:.*]] = arith.constant 9 : index
// CHECK: return %[[N]], %[[M]]
func.func @gather_and_reduce(%a: tensor<4x9xf32>, %b: tensor<2x6xi64>) -> (index, index) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = tensor.cast %a : tensor<4x9xf32> to tensor<4x?xf32>
  %i = tensor.cast %b : tensor<2x6xi64> to tensor<2x?xi64>
  %0 = nn.gather %x, %i axis 0 : tensor<4x?xf32>, tensor<2x?xi64> -> tensor<2x?x?xf32>
  %1 = nn.reshape %0 to [1, 2, -1, 9] : tensor<2x?x?xf32> -> tensor<1x2x?x9xf32>
  %n = tensor.dim %1, %c2 : tensor<1x2x?x9xf32>
  %m = tensor.dim %0, %c2 : tensor<2x?x?xf32>
  return %n, %m : index, index
}

// The leading dims of a product broadcast: 1 and 3.
// CHECK-LABEL: @matmul_batch
// CHECK: %[[N:.*]] = arith.constant 3 : index
// CHECK: return %[[N]]
func.func @matmul_batch(%a: tensor<1x4x5xf32>, %b: tensor<3x5x2xf32>) -> index {
  %c0 = arith.constant 0 : index
  %x = tensor.cast %a : tensor<1x4x5xf32> to tensor<?x4x5xf32>
  %y = tensor.cast %b : tensor<3x5x2xf32> to tensor<?x5x2xf32>
  %z = nn.matmul %x, %y : tensor<?x4x5xf32>, tensor<?x5x2xf32> -> tensor<?x4x2xf32>
  %n = tensor.dim %z, %c0 : tensor<?x4x2xf32>
  return %n : index
}

// A slice to the end that starts at the end is empty.
// CHECK-LABEL: @slice_to_nothing
// CHECK: %[[N:.*]] = arith.constant 0 : index
// CHECK: return %[[N]]
func.func @slice_to_nothing(%a: tensor<2xf32>) -> index {
  %c0 = arith.constant 0 : index
  %x = tensor.cast %a : tensor<2xf32> to tensor<?xf32>
  %y = nn.slice %x offsets [2] sizes [-1] steps [3] : tensor<?xf32> -> tensor<?xf32>
  %n = tensor.dim %y, %c0 : tensor<?xf32>
  return %n : index
}
