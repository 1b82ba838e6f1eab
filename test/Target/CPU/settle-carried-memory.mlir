// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -cpu-settle-carried-memory -canonicalize | FileCheck %s

// What a step makes is read by the next one, which makes its own in the same scratch memory.
// CHECK-LABEL: @made_by_a_step
// CHECK-SAME: (%[[INIT:[^:]*]]: memref<4xf32>
// CHECK: %[[KEPT:.*]] = memref.alloc() : memref<4xf32>
// CHECK: memref.copy %[[INIT]], %[[KEPT]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{[a-z0-9_]*}} {
// CHECK: %[[NEW:.*]] = memref.alloc() : memref<4xf32>
// CHECK: memref.copy %[[KEPT]], %[[NEW]]
// CHECK: memref.store %{{.*}}, %[[NEW]]
// CHECK: memref.load %[[KEPT]]
// CHECK: memref.copy %[[NEW]], %[[KEPT]]
// CHECK: memref.load %[[KEPT]]
func.func @made_by_a_step(%init: memref<4xf32>, %n: index, %x: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %result = scf.for %i = %c0 to %n step %c1 iter_args(%old = %init) -> (memref<4xf32>) {
    %new = memref.alloc() : memref<4xf32>
    memref.copy %old, %new : memref<4xf32> to memref<4xf32>
    memref.store %x, %new[%c0] : memref<4xf32>
    %before = memref.load %old[%c0] : memref<4xf32>
    memref.store %before, %new[%c1] : memref<4xf32>
    scf.yield %new : memref<4xf32>
  }
  %last = memref.load %result[%c1] : memref<4xf32>
  return %last : f32
}

// Two that change places are both read before one is written.
// CHECK-LABEL: @change_places
// CHECK-SAME: (%[[A:[^:]*]]: memref<2xf32>, %[[B:[^:]*]]: memref<2xf32>
// CHECK-DAG: memref.copy %[[A]], %[[P:.*]] :
// CHECK-DAG: memref.copy %[[B]], %[[Q:.*]] :
// CHECK: scf.for
// CHECK: memref.copy %[[Q]], %[[X:.*]] :
// CHECK: memref.copy %[[P]], %[[Y:.*]] :
// CHECK: memref.copy %[[X]], %[[P]]
// CHECK: memref.copy %[[Y]], %[[Q]]
func.func @change_places(%a: memref<2xf32>, %b: memref<2xf32>, %n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %result:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a, %q = %b) -> (memref<2xf32>, memref<2xf32>) {
    scf.yield %q, %p : memref<2xf32>, memref<2xf32>
  }
  %last = memref.load %result#0[%c1] : memref<2xf32>
  return %last : f32
}

// What every step writes in place is not copied.
// CHECK-LABEL: @in_place
// CHECK-NOT: memref.copy
// CHECK: return
func.func @in_place(%init: memref<4xf32>, %n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %result = scf.for %i = %c0 to %n step %c1 iter_args(%old = %init) -> (memref<4xf32>) {
    memref.store %x, %old[%i] : memref<4xf32>
    scf.yield %old : memref<4xf32>
  }
  return
}
