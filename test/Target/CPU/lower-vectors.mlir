// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A maximum that need not care for NaN is a comparison and a choice, and is folded in halves.
// RUN: accel-opt %s -split-input-file -cpu-lower-vectors | FileCheck %s

// CHECK-LABEL: @maximum
// CHECK-SAME: (%[[A:.*]]: vector<8xf32>, %[[B:.*]]: vector<8xf32>)
// CHECK: %[[MORE:.*]] = arith.cmpf ogt, %[[B]], %[[A]]
// CHECK: arith.select %[[MORE]], %[[B]], %[[A]]
func.func @maximum(%a: vector<8xf32>, %b: vector<8xf32>) -> vector<8xf32> {
  %0 = arith.maxnumf %a, %b fastmath<nnan> : vector<8xf32>
  return %0 : vector<8xf32>
}

// -----

// CHECK-LABEL: @minimum
// CHECK: arith.cmpf olt
// CHECK: arith.select
func.func @minimum(%a: f32, %b: f32) -> f32 {
  %0 = arith.minnumf %a, %b fastmath<nnan> : f32
  return %0 : f32
}

// -----

// Without the flag NaN counts.
// CHECK-LABEL: @exact
// CHECK: arith.maxnumf
func.func @exact(%a: f32, %b: f32) -> f32 {
  %0 = arith.maxnumf %a, %b : f32
  return %0 : f32
}

// -----

// CHECK-LABEL: @largest
// CHECK: arith.cmpf ogt, {{.*}} : vector<4xf32>
// CHECK: arith.cmpf ogt, {{.*}} : vector<2xf32>
// CHECK: arith.cmpf ogt, {{.*}} : vector<1xf32>
// CHECK-NOT: vector.reduction
// CHECK: return
func.func @largest(%a: vector<8xf32>) -> f32 {
  %0 = vector.reduction <maxnumf>, %a fastmath<nnan> : vector<8xf32> into f32
  return %0 : f32
}

// -----

// Halves of five share the element in the middle.
// CHECK-LABEL: @five
// CHECK-SAME: (%[[A:.*]]: vector<5xf32>)
// CHECK-DAG: vector.extract_strided_slice %[[A]] {offsets = [0], sizes = [3], strides = [1]}
// CHECK-DAG: vector.extract_strided_slice %[[A]] {offsets = [2], sizes = [3], strides = [1]}
// CHECK: arith.cmpf olt, {{.*}} : vector<3xf32>
func.func @five(%a: vector<5xf32>) -> f32 {
  %0 = vector.reduction <minnumf>, %a fastmath<nnan> : vector<5xf32> into f32
  return %0 : f32
}

// -----

// Sums are LLVM's to fold.
// CHECK-LABEL: @sum
// CHECK: vector.reduction <add>
func.func @sum(%a: vector<8xf32>) -> f32 {
  %0 = vector.reduction <add>, %a fastmath<reassoc> : vector<8xf32> into f32
  return %0 : f32
}
