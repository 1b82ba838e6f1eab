// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Large angles go another way, which is asked for once a vector and gone lane by lane.
// RUN: accel-opt %s -split-input-file -cpu-lower-math=cpu=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,FUSED
// RUN: accel-opt %s -split-input-file -cpu-lower-math=cpu=x86-64-v2 | FileCheck %s --check-prefixes=CHECK,SHORT

// The limit is lower where products are not fused.
// CHECK-LABEL: @vector
// FUSED-DAG: arith.constant dense<1.310720e+05> : vector<8xf32>
// SHORT-DAG: arith.constant dense<8.192000e+03> : vector<8xf32>
// CHECK: %[[FAR:.*]] = arith.cmpf ogt
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[FAR]] : vector<8xi1> into i1
// CHECK: scf.if %[[ANY]]
// CHECK: scf.for
// CHECK: vector.extract
// CHECK: arith.shrui %{{.*}} : i256
// CHECK: vector.insert
// CHECK: arith.select %[[FAR]]
// CHECK: } else {
// CHECK-NEXT: scf.yield
// CHECK: return
func.func @vector(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sin %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// -----

// CHECK-LABEL: @scalar
// CHECK: scf.if
// CHECK-NOT: scf.for
// CHECK: arith.shrui %{{.*}} : i256
// CHECK: return
func.func @scalar(%x: f32) -> f32 {
  %0 = math.cos %x : f32
  return %0 : f32
}

// -----

// CHECK-LABEL: @tan
// CHECK-NOT: math.tan
// CHECK: arith.divf
// CHECK: return
func.func @tan(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.tan %x : vector<8xf32>
  return %0 : vector<8xf32>
}
