// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Positions that are data: none reads or writes outside a tensor.
// RUN: accel-opt %s -convert-nn-to-linalg -canonicalize -split-input-file | FileCheck %s

// From the axis on the operand is one row; a negative index counts from the end, others are clamped.
// CHECK-LABEL: @gather_elements
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %{{.*}} {{\[}}[0], [1, 2]] : tensor<5x7x3xf32> into tensor<5x21xf32>
// CHECK: linalg.generic
// CHECK: %[[I:.*]] = arith.index_cast
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[I]], %c0
// CHECK: %[[FROM_END:.*]] = arith.addi %[[I]], %c7
// CHECK: %[[AT:.*]] = arith.select %[[NEGATIVE]], %[[FROM_END]], %[[I]]
// CHECK: %[[HIGH:.*]] = arith.minsi %[[AT]], %c6
// CHECK: %[[INSIDE:.*]] = arith.maxsi %[[HIGH]], %c0
// CHECK: %[[ROW:.*]] = arith.muli %[[INSIDE]], %c3
// CHECK: %[[POSITION:.*]] = arith.addi %[[ROW]], %{{.*}}
// CHECK: tensor.extract %[[ROWS]][%{{.*}}, %[[POSITION]]]
func.func @gather_elements(%x: tensor<5x7x3xf32>, %i: tensor<5x2x3xi64>) -> tensor<5x2x3xf32> {
  %0 = nn.gather_elements %x, %i axis 1 : tensor<5x7x3xf32>, tensor<5x2x3xi64> -> tensor<5x2x3xf32>
  return %0 : tensor<5x2x3xf32>
}

// -----

// Unsigned indices cannot be negative, whatever their highest bit is.
// CHECK-LABEL: @unsigned
// CHECK: arith.index_castui %{{.*}} : i8 to index
func.func @unsigned(%x: tensor<200xf32>, %i: tensor<3xui8>) -> tensor<3xf32> {
  %0 = nn.gather_elements %x, %i axis 0 : tensor<200xf32>, tensor<3xui8> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Each number of a tuple is clamped to its own dim.
// CHECK-LABEL: @gather_nd
// CHECK: arith.minsi %{{.*}}, %c4
// CHECK: %[[A:.*]] = arith.maxsi
// CHECK: arith.minsi %{{.*}}, %c6
// CHECK: %[[B:.*]] = arith.maxsi
// CHECK: tensor.extract %{{.*}}[%[[A]], %[[B]], %{{.*}}] : tensor<5x7x3xf32>
func.func @gather_nd(%x: tensor<5x7x3xf32>, %i: tensor<4x2xi32>) -> tensor<4x3xf32> {
  %0 = nn.gather_nd %x, %i batch_dims 0 : tensor<5x7x3xf32>, tensor<4x2xi32> -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

// In order, since indices may be equal; one that is outside changes nothing.
// CHECK-LABEL: @scatter_elements
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %{{.*}}, %c4
// CHECK: %[[OLD:.*]] = tensor.extract
// CHECK: %[[SUM:.*]] = arith.addf %[[OLD]], %{{.*}}
// CHECK: %[[NEW:.*]] = arith.select %[[INSIDE]], %[[SUM]], %[[OLD]]
// CHECK: tensor.insert %[[NEW]]
func.func @scatter_elements(%x: tensor<3x4xf32>, %i: tensor<3x2xi64>, %u: tensor<3x2xf32>) -> tensor<3x4xf32> {
  %0 = nn.scatter_elements add %x, %i, %u axis 1 : (tensor<3x4xf32>, tensor<3x2xi64>, tensor<3x2xf32>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// CHECK-LABEL: @scatter_nd
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %{{.*}}, %c4
// CHECK: %[[UPDATE:.*]] = tensor.extract %{{.*}} : tensor<3x5xf32>
// CHECK: %[[OLD:.*]] = tensor.extract %{{.*}} : tensor<4x5xf32>
// CHECK: arith.select %[[INSIDE]], %[[UPDATE]], %[[OLD]]
func.func @scatter_nd(%x: tensor<4x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3x5xf32>) -> tensor<4x5xf32> {
  %0 = nn.scatter_nd replace %x, %i, %u : (tensor<4x5xf32>, tensor<3x1xi64>, tensor<3x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----

// From the end, and each result before its own element is multiplied in.
// CHECK-LABEL: @cumulate
// CHECK: %[[ONE:.*]] = arith.constant 1.0
// CHECK: scf.for %[[STEP:.*]] = {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[BEFORE:.*]] = %[[ONE]])
// CHECK: %[[AT:.*]] = arith.subi %c3{{.*}}, %[[STEP]]
// CHECK: %[[X:.*]] = tensor.extract %{{.*}}[%{{.*}}, %[[AT]], %{{.*}}]
// CHECK: arith.mulf %[[BEFORE]], %[[X]]
// CHECK: tensor.insert %[[BEFORE]] into %{{.*}}[%{{.*}}, %[[AT]], %{{.*}}]
func.func @cumulate(%x: tensor<3x4x5xf32>) -> tensor<3x4x5xf32> {
  %0 = nn.cumulate prod %x axis 1 exclusive reverse : tensor<3x4x5xf32> -> tensor<3x4x5xf32>
  return %0 : tensor<3x4x5xf32>
}
