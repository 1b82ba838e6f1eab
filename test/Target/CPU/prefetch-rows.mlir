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

// -----

// Positions of a picture of unknown size: batch and block stay as they are, as their strides follow in the run; positions go
// on by an item, which is two tiles or one. Both filters ask for a half of the two lines of a tile.
// CHECK: #[[NEXT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0 * 16 + d2 * 64 + d3 * 16 + ((d1 floordiv 4) floordiv 4) * 16 + 64)>
// CHECK-LABEL: @unknown_size
// CHECK-SAME: %[[X:[^:]*]]: memref<?x8x?x16xf32>
// CHECK: scf.forall (%[[N:.*]], %[[P:.*]], %[[F:.*]]) in
// CHECK: scf.for %[[T:.*]] = %c0 to %{{.*}} step %c2
// CHECK: scf.for %[[B:.*]] = %c0 to %c8
// CHECK: affine.apply #[[NEXT]](%[[F]], %{{.*}}, %[[P]], %[[T]])
// CHECK: memref.prefetch %[[X]][%[[N]], %[[B]], %c0{{.*}}, %{{.*}}], read, locality<2>, data
// CHECK-NOT: memref.prefetch
func.func @unknown_size(%batch: index, %positions: index, %x: memref<?x8x?x16xf32>, %z: memref<?x2x?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %start = arith.constant dense<0.0> : vector<16xf32>
  %items = affine.apply affine_map<()[s0] -> (s0 ceildiv 4)>()[%positions]
  scf.forall (%n, %p, %f) in (%batch, %items, 2) {
    %size = affine.min affine_map<(d0)[s0] -> (4, d0 * -4 + s0)>(%p)[%positions]
    %whole = affine.apply affine_map<(d0) -> ((d0 floordiv 2) * 2)>(%size)
    scf.for %t = %c0 to %whole step %c2 {
      %at = affine.apply affine_map<(d0, d1) -> (d0 * 4 + d1)>(%p, %t)
      %at1 = affine.apply affine_map<(d0, d1) -> (d0 * 4 + d1 + 1)>(%p, %t)
      %sum = scf.for %b = %c0 to %c8 step %c1 iter_args(%s = %start) -> (vector<16xf32>) {
        %inner = scf.for %c = %c0 to %c16 step %c4 iter_args(%r = %s) -> (vector<16xf32>) {
          %x0 = memref.load %x[%n, %b, %at, %c] : memref<?x8x?x16xf32>
          %x1 = memref.load %x[%n, %b, %at1, %c] : memref<?x8x?x16xf32>
          %y = arith.addf %x0, %x1 : f32
          %v = vector.broadcast %y : f32 to vector<16xf32>
          %next = arith.addf %r, %v : vector<16xf32>
          scf.yield %next : vector<16xf32>
        }
        scf.yield %inner : vector<16xf32>
      }
      vector.transfer_write %sum, %z[%n, %f, %at, %c0] {in_bounds = [true]} : vector<16xf32>, memref<?x2x?x16xf32>
    }
  }
  return
}

// -----

// Of pictures whose rows are apart by what only the run knows, the next row is nobody's guess.
// CHECK-LABEL: @rows_of_unknown_length
// CHECK-NOT: memref.prefetch
func.func @rows_of_unknown_length(%height: index, %items: index, %x: memref<1x8x?x?x16xf32>, %z: memref<1x1x?x?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%h, %p) in (%height, %items) {
    %sum = scf.for %b = %c0 to %c8 step %c1 iter_args(%s = %start) -> (vector<16xf32>) {
      %inner = scf.for %c = %c0 to %c16 step %c4 iter_args(%r = %s) -> (vector<16xf32>) {
        %x0 = memref.load %x[%c0, %b, %h, %p, %c] : memref<1x8x?x?x16xf32>
        %v = vector.broadcast %x0 : f32 to vector<16xf32>
        %next = arith.addf %r, %v : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      scf.yield %inner : vector<16xf32>
    }
    vector.transfer_write %sum, %z[%c0, %c0, %h, %p, %c0] {in_bounds = [true]} : vector<16xf32>, memref<1x1x?x?x16xf32>
  }
  return
}
