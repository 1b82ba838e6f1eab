// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is constant in an index becomes a summand of the last one, where the strides before it are the run's.
// RUN: accel-opt %s -cpu-split-addresses -split-input-file | FileCheck %s

// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0) -> (d0 * 2)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0) -> (d0 + 48)>
// CHECK-LABEL: @positions
// CHECK-SAME: %[[X:[^:]*]]: memref<4x?x16xf32>
// CHECK: scf.for %[[T:.*]] = %c0
// CHECK: scf.for %[[K:.*]] = %c0
// CHECK: %[[AT:.*]] = affine.apply #[[ROW]](%[[T]])
// CHECK: %[[IN:.*]] = affine.apply #[[LAST]](%[[K]])
// CHECK: memref.load %[[X]][%c1, %[[AT]], %[[IN]]]
// CHECK: %[[AT:.*]] = affine.apply #[[ROW]](%[[T]])
// CHECK: vector.load %[[X]][%c1, %[[AT]], %c48{{.*}}]
// CHECK: %[[AT:.*]] = affine.apply #[[ROW]](%[[T]])
// CHECK: vector.store %{{.*}}, %[[X]][%c1, %[[AT]], %c48{{.*}}]
func.func @positions(%x: memref<4x?x16xf32>, %y: memref<f32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  scf.for %t = %c0 to %n step %c1 {
    %at = affine.apply affine_map<(d0) -> (d0 * 2 + 3)>(%t)
    scf.for %k = %c0 to %c16 step %c1 {
      %a = memref.load %x[%c1, %at, %k] : memref<4x?x16xf32>
      memref.store %a, %y[] : memref<f32>
    }
    %v = vector.load %x[%c1, %at, %c0] : memref<4x?x16xf32>, vector<16xf32>
    vector.store %v, %x[%c1, %at, %c0] : memref<4x?x16xf32>, vector<16xf32>
  }
  return
}

// -----

// Nothing below zero: of an address no part may be. Products by a size that only the run knows stay, and so does what
// is static altogether.
// CHECK-LABEL: @stays
// CHECK-COUNT-4: memref.load %{{.*}}[%{{.*}}, %{{.*}}, %[[K:arg[0-9]+]]]
func.func @stays(%x: memref<4x?x16xf32>, %w: memref<4x?x?xf32>, %s: memref<4x8x16xf32>, %n: index, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c16 = arith.constant 16 : index
  scf.for %t = %c0 to %n step %c1 {
    %below = affine.apply affine_map<(d0) -> (d0 - 1)>(%t)
    %back = affine.apply affine_map<(d0)[s0] -> (s0 - d0 + 5)>(%t)[%n]
    %next = affine.apply affine_map<(d0) -> (d0 + 1)>(%t)
    scf.for %k = %c0 to %c16 step %c1 {
      %a = memref.load %x[%c0, %below, %k] : memref<4x?x16xf32>
      %b = memref.load %x[%c0, %back, %k] : memref<4x?x16xf32>
      %c = memref.load %w[%c0, %next, %k] : memref<4x?x?xf32>
      %d = memref.load %s[%c0, %next, %k] : memref<4x8x16xf32>
      memref.store %a, %y[%c0] : memref<4xf32>
      memref.store %b, %y[%c1] : memref<4xf32>
      memref.store %c, %y[%c2] : memref<4xf32>
      memref.store %d, %y[%c3] : memref<4xf32>
    }
  }
  return
}
