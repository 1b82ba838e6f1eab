// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows that are passed over once come while the tile before them is computed.
// RUN: accel-opt %s -cpu-prefetch-rows -split-input-file | FileCheck %s

// Two tiles share four rows of 16 floats in each of eight blocks: of the four lines of a block of the next tile, which
// are 64 floats on, each tile asks for two in its four iterations, so that two iterations ask for the same one.
// CHECK: #[[NEXT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0 * 32 + d2 * 1024 + d3 * 64 + ((d1 floordiv 4) floordiv 2) * 16 + 64)>
// CHECK-LABEL: @shared_by_two
// CHECK-SAME: %[[X:[^:]*]]: memref<8x16x4x16xf32>
// CHECK: scf.forall (%[[P:.*]], %[[F:.*]]) in (16, 2)
// CHECK: scf.for %[[B:.*]] = %c0 to %c8
// CHECK: scf.for %[[C:.*]] = %c0 to %c16 step %c4
// CHECK: %[[AT:.*]] = affine.apply #[[NEXT]](%[[F]], %[[C]], %[[B]], %[[P]])
// CHECK: memref.prefetch %[[X]][%{{.*}}, %{{.*}}, %{{.*}}, %[[AT]]], read, locality<2>, data
// CHECK-NOT: memref.prefetch
func.func @shared_by_two(%x: memref<8x16x4x16xf32>, %z: memref<2x16x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p, %f) in (16, 2) {
    %sum = scf.for %b = %c0 to %c8 step %c1 iter_args(%s = %start) -> (vector<16xf32>) {
      %inner = scf.for %c = %c0 to %c16 step %c4 iter_args(%r = %s) -> (vector<16xf32>) {
        %x0 = memref.load %x[%b, %p, %c0, %c] : memref<8x16x4x16xf32>
        %x1 = memref.load %x[%b, %p, %c1, %c] : memref<8x16x4x16xf32>
        %x2 = memref.load %x[%b, %p, %c2, %c] : memref<8x16x4x16xf32>
        %x3 = memref.load %x[%b, %p, %c3, %c] : memref<8x16x4x16xf32>
        %y0 = arith.addf %x0, %x1 : f32
        %y1 = arith.addf %x2, %x3 : f32
        %y = arith.addf %y0, %y1 : f32
        %v = vector.broadcast %y : f32 to vector<16xf32>
        %next = arith.addf %r, %v : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      scf.yield %inner : vector<16xf32>
    }
    vector.transfer_write %sum, %z[%f, %p, %c0] {in_bounds = [true]} : vector<16xf32>, memref<2x16x16xf32>
  }
  return
}

// -----

// Where rows are passed over again for each panel, they stay in a cache.
// CHECK-LABEL: @again
// CHECK-NOT: memref.prefetch
func.func @again(%x: memref<16x64xf32>, %z: memref<2x16x16xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%f, %p) in (2, 16) {
    %sum = scf.for %c = %c0 to %c64 step %c4 iter_args(%r = %start) -> (vector<16xf32>) {
      %x0 = memref.load %x[%p, %c] : memref<16x64xf32>
      %v = vector.broadcast %x0 : f32 to vector<16xf32>
      %next = arith.addf %r, %v : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    vector.transfer_write %sum, %z[%f, %p, %c0] {in_bounds = [true]} : vector<16xf32>, memref<2x16x16xf32>
  }
  return
}
