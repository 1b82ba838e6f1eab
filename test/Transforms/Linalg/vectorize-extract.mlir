// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads at computed positions: neighbours are one vector, anything else in a row is gathered, the rest are scalars.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-vectorize=cpu=x86-64-v4 -canonicalize -cse -split-input-file | FileCheck %s

// The row is read from memory, the elements of it are neighbours.
// CHECK-LABEL: @rows
// CHECK-SAME: %[[X:[^:]*]]: tensor<50x16xf32> {{[^%]*}}%[[I:[^:]*]]: tensor<1xi32>
// CHECK: tensor.extract %[[I]][%c0]
// CHECK: %[[ROW:.*]] = arith.maxsi {{.*}} : index
// CHECK: vector.transfer_read %[[X]][%[[ROW]], %c0], {{.*}} vector<16xf32>
func.func @rows(%x: tensor<50x16xf32>, %i: tensor<1xi32>) -> tensor<1x16xf32> {
  %0 = nn.gather %x, %i axis 0 : tensor<50x16xf32>, tensor<1xi32> -> tensor<1x16xf32>
  return %0 : tensor<1x16xf32>
}

// -----

// Positions that are read from memory: a gather from the row.
// CHECK-LABEL: @pick
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x50xf32> {{[^%]*}}%[[I:[^:]*]]: tensor<16xi32>
// CHECK-DAG: %[[ALL:.*]] = arith.constant dense<true> : vector<16xi1>
// CHECK: vector.transfer_read %[[I]][%c0], {{.*}} vector<16xi32>
// CHECK: %[[AT:.*]] = arith.maxsi {{.*}} : vector<16xindex>
// CHECK: vector.gather %[[X]][%c0, %c0] [%[[AT]]], %[[ALL]]
// CHECK: vector.gather %[[X]][%c1, %c0] [%[[AT]]], %[[ALL]]
func.func @pick(%x: tensor<2x50xf32>, %i: tensor<16xi32>) -> tensor<2x16xf32> {
  %0 = nn.gather %x, %i axis 1 : tensor<2x50xf32>, tensor<16xi32> -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// -----

// CHECK-LABEL: @reversed
// CHECK-SAME: %[[X:[^:]*]]: tensor<3x32xf32>
// CHECK: %[[A:.*]] = vector.transfer_read %[[X]][%c2, %c16], {{.*}} vector<16xf32>
// CHECK: vector.shuffle %[[A]], %[[A]] [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
func.func @reversed(%x: tensor<3x32xf32>) -> tensor<1x32xf32> {
  %0 = nn.slice %x offsets [2, 31] sizes [1, 32] steps [1, -1] : tensor<3x32xf32> -> tensor<1x32xf32>
  return %0 : tensor<1x32xf32>
}

// -----

// Every seventh element.
// CHECK-LABEL: @strided
// CHECK-SAME: %[[X:[^:]*]]: tensor<113xf32>
// CHECK: %[[STEP:.*]] = vector.step : vector<16xindex>
// CHECK: arith.muli %[[STEP]], %{{.*}} : vector<16xindex>
// CHECK: %[[AT:.*]] = arith.{{addi|subi}} %{{.*}} : vector<16xindex>
// CHECK: vector.gather %[[X]][%c0] [%[[AT]]]
func.func @strided(%x: tensor<113xf32>) -> tensor<16xf32> {
  %0 = nn.slice %x offsets [112] sizes [16] steps [-7] : tensor<113xf32> -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// -----

// The rest of a dynamic row, under a mask: backwards it is a gather.
// CHECK-LABEL: @masked
// CHECK-SAME: %[[I:[^:]*]]: tensor<?xi32>
// CHECK: %[[MASK:.*]] = vector.create_mask
// CHECK: %[[AT:.*]] = vector.transfer_read %[[I]][%{{.*}}], %{{.*}}, %[[MASK]]
// CHECK: vector.gather {{.*}}, %[[MASK]],
func.func @masked(%i: tensor<?xi32>, %x: tensor<50xf32>) -> tensor<?xf32> {
  %0 = nn.gather %x, %i axis 0 : tensor<50xf32>, tensor<?xi32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// A step to another row of the operand is no vector.
// CHECK-LABEL: @across
// CHECK-NOT: vector
// CHECK: tensor.extract
// CHECK: return
func.func @across(%x: tensor<3x16xf32>) -> tensor<1x16x4xf32> {
  %0 = nn.pack %x dims [0] blocks [4] order [0, 1] : tensor<3x16xf32> -> tensor<1x16x4xf32>
  return %0 : tensor<1x16x4xf32>
}
