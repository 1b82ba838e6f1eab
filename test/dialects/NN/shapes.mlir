// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dynamic result dims follow from the operands' dims, by each op's one shape computation. The sizes are hidden behind
// casts, so that the emitted arithmetic folds to numbers that were worked out by hand.
// RUN: accel-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize | FileCheck %s

// A window of 3 with a stride of 2 and one pad on both sides: (10 + 2 - 3) / 2 + 1.
// CHECK-LABEL: @conv
func.func @conv(%x: tensor<2x3x10x9xf32>, %w: tensor<8x3x3x3xf32>) -> (index, index) {
  // CHECK-DAG: %[[N:.*]] = arith.constant 2 : index
  // CHECK-DAG: %[[H:.*]] = arith.constant 5 : index
  // CHECK: return %[[N]], %[[H]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %d = tensor.cast %x : tensor<2x3x10x9xf32> to tensor<?x3x?x9xf32>
  %y = nn.conv %d, %w strides [2, 1] dilations [1, 1] pads [1, 0, 1, 0]
    : (tensor<?x3x?x9xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x?x7xf32>
  %n = tensor.dim %y, %c0 : tensor<?x8x?x7xf32>
  %h = tensor.dim %y, %c2 : tensor<?x8x?x7xf32>
  return %n, %h : index, index
}

// Rounded up: ceil((10 - 3) / 2) + 1.
// CHECK-LABEL: @pool
func.func @pool(%x: tensor<1x1x10xf32>) -> index {
  // CHECK: %[[H:.*]] = arith.constant 5 : index
  // CHECK: return %[[H]]
  %c2 = arith.constant 2 : index
  %d = tensor.cast %x : tensor<1x1x10xf32> to tensor<1x1x?xf32>
  %y = nn.pool max %d kernel [3] strides [2] dilations [1] pads [0, 0] ceil : tensor<1x1x?xf32> -> tensor<1x1x?xf32>
  %h = tensor.dim %y, %c2 : tensor<1x1x?xf32>
  return %h : index
}

// CHECK-LABEL: @matmul
// CHECK-SAME: %[[A:.*]]: tensor<4x?x7xf32>, %[[B:.*]]: tensor<7x?xf32>
func.func @matmul(%a: tensor<4x?x7xf32>, %b: tensor<7x?xf32>) -> (index, index) {
  // CHECK-DAG: %[[M:.*]] = tensor.dim %[[A]], %c1
  // CHECK-DAG: %[[N:.*]] = tensor.dim %[[B]], %c1
  // CHECK: return %[[M]], %[[N]]
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %y = nn.matmul %a, %b : tensor<4x?x7xf32>, tensor<7x?xf32> -> tensor<4x?x?xf32>
  %m = tensor.dim %y, %c1 : tensor<4x?x?xf32>
  %n = tensor.dim %y, %c2 : tensor<4x?x?xf32>
  return %m, %n : index, index
}

// 5 and 6 rows joined; then 11 * 4 elements in rows of 2.
// CHECK-LABEL: @concat_and_reshape
func.func @concat_and_reshape(%a: tensor<5x4xf32>, %b: tensor<6x4xf32>) -> (index, index) {
  // CHECK-DAG: %[[ROWS:.*]] = arith.constant 11 : index
  // CHECK-DAG: %[[PAIRS:.*]] = arith.constant 22 : index
  // CHECK: return %[[ROWS]], %[[PAIRS]]
  %c0 = arith.constant 0 : index
  %p = tensor.cast %a : tensor<5x4xf32> to tensor<?x4xf32>
  %q = tensor.cast %b : tensor<6x4xf32> to tensor<?x4xf32>
  %y = nn.concat %p, %q axis 0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %z = nn.reshape %y to [-1, 2] : tensor<?x4xf32> -> tensor<?x2xf32>
  %n = tensor.dim %y, %c0 : tensor<?x4xf32>
  %m = tensor.dim %z, %c0 : tensor<?x2xf32>
  return %n, %m : index, index
}

// 30 rows and 3 of padding are 3 blocks of 16.
// CHECK-LABEL: @pad_and_pack
func.func @pad_and_pack(%x: tensor<30x4xf32>) -> (index, index) {
  // CHECK-DAG: %[[PADDED:.*]] = arith.constant 33 : index
  // CHECK-DAG: %[[PACKED:.*]] = arith.constant 3 : index
  // CHECK: return %[[PADDED]], %[[PACKED]]
  %c0 = arith.constant 0 : index
  %d = tensor.cast %x : tensor<30x4xf32> to tensor<?x4xf32>
  %p = nn.pad %d low [1, 0] high [2, 0] value 0.0 : f32 : tensor<?x4xf32> -> tensor<?x4xf32>
  %q = nn.pack %p dims [0] blocks [16] order [0, 1] : tensor<?x4xf32> -> tensor<?x4x16xf32>
  %n = tensor.dim %p, %c0 : tensor<?x4xf32>
  %m = tensor.dim %q, %c0 : tensor<?x4x16xf32>
  return %n, %m : index, index
}

// Every third of 10 from 2: 2, 5, 8.
// CHECK-LABEL: @slice
func.func @slice(%x: tensor<10xf32>) -> index {
  // CHECK: %[[N:.*]] = arith.constant 3 : index
  // CHECK: return %[[N]]
  %c0 = arith.constant 0 : index
  %d = tensor.cast %x : tensor<10xf32> to tensor<?xf32>
  %y = nn.slice %d offsets [2] sizes [-1] steps [3] : tensor<?xf32> -> tensor<?xf32>
  %n = tensor.dim %y, %c0 : tensor<?xf32>
  return %n : index
}

// A dim that meets 1 keeps its size, whichever is larger; the reduced dim is gone.
// CHECK-LABEL: @broadcast_and_reduce
// CHECK-SAME: %[[X:.*]]: tensor<?x7xf32>
func.func @broadcast_and_reduce(%x: tensor<?x7xf32>, %y: tensor<1x7xf32>) -> index {
  // CHECK: %[[N:.*]] = tensor.dim %[[X]], %c0
  // CHECK: return %[[N]]
  %c0 = arith.constant 0 : index
  %z = nn.add %x, %y : tensor<?x7xf32>, tensor<1x7xf32> -> tensor<?x7xf32>
  %r = nn.reduce sum %z axes [1] : tensor<?x7xf32> -> tensor<?xf32>
  %n = tensor.dim %r, %c0 : tensor<?xf32>
  return %n : index
}
