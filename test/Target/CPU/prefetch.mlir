// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which panel is asked for while which is used, and where nothing is gained.
// RUN: accel-opt %s -cpu-prefetch -split-input-file | FileCheck %s

// Four tiles share a panel of 64 rows of 64 floats: each asks for a quarter of the next one, 16 floats
// (a line) a step.
// CHECK: #[[NEXT:.*]] = affine_map<(d0, d1, d2) -> (d0 * 16 + d1 * 1024 + d2 * 4096 + 4096)>
// CHECK-LABEL: @panel
// CHECK-SAME: %[[W:[^:]*]]: memref<3x64x64xf32>
// CHECK: %[[FLAT:.*]] = memref.reinterpret_cast %[[W]] to offset: [0], sizes: [12288], strides: [1]
// CHECK: scf.forall (%[[P:.*]]) in (3)
// CHECK: scf.for %[[T:.*]] = %c0 to %c4
// CHECK: scf.for %[[K:.*]] = %c0 to %c64
// CHECK: %[[AT:.*]] = affine.apply #[[NEXT]](%[[K]], %[[T]], %[[P]])
// CHECK: memref.prefetch %[[FLAT]][%[[AT]]], read, locality<2>, data
// CHECK-NOT: memref.prefetch
func.func @panel(%w: memref<3x64x64xf32>, %y: memref<3x4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p) in (3) {
    scf.for %t = %c0 to %c4 step %c1 {
      %sum = scf.for %k = %c0 to %c64 step %c1 iter_args(%s = %start) -> vector<16xf32> {
        %a = vector.transfer_read %w[%p, %k, %c0], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
        %b = vector.transfer_read %w[%p, %k, %c16], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
        %ab = arith.addf %a, %b : vector<16xf32>
        %next = arith.addf %s, %ab : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      vector.transfer_write %sum, %y[%p, %t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
    }
  }
  return
}

// -----

// An iteration of two steps asks for all lines of its share, of which there are two, each where the loop reads itself.
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0, d1, d2) -> (d0 * 16 + d1 * 1024 + d2 * 4096 + 4096)>
// CHECK-DAG: #[[SECOND:.*]] = affine_map<(d0, d1, d2) -> (d0 * 16 + d1 * 1024 + d2 * 4096 + 4112)>
// CHECK-LABEL: @lines
// CHECK: scf.for %{{.*}} step %c2
// CHECK: affine.apply #[[FIRST]]
// CHECK-NEXT: memref.prefetch
// CHECK-NEXT: vector.transfer_read
// CHECK: affine.apply #[[SECOND]]
// CHECK-NEXT: memref.prefetch
// CHECK-NEXT: vector.transfer_read
// CHECK-NOT: memref.prefetch
func.func @lines(%w: memref<3x64x64xf32>, %y: memref<3x4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p) in (3) {
    scf.for %t = %c0 to %c4 step %c1 {
      %sum = scf.for %k = %c0 to %c64 step %c2 iter_args(%s = %start) -> vector<16xf32> {
        %a = vector.transfer_read %w[%p, %k, %c0], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
        %one = arith.addf %s, %a : vector<16xf32>
        %k1 = affine.apply affine_map<(d0) -> (d0 + 1)>(%k)
        %b = vector.transfer_read %w[%p, %k1, %c0], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
        %two = arith.addf %one, %b : vector<16xf32>
        scf.yield %two : vector<16xf32>
      }
      vector.transfer_write %sum, %y[%p, %t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
    }
  }
  return
}

// -----

// Where steps read a block of a panel, the next block comes, also from one panel to the next one: 32 rows of 64 floats
// after these.
// CHECK: #[[BLOCK:.*]] = affine_map<(d0, d1, d2) -> (d0 * 16 + d1 * 512 + d2 * 4096 + 4096)>
// CHECK-LABEL: @block_of_panel
// CHECK: affine.apply #[[BLOCK]]
// CHECK-NEXT: memref.prefetch
func.func @block_of_panel(%w: memref<3x64x64xf32>, %y: memref<3x4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p) in (3) {
    scf.for %t = %c0 to %c4 step %c1 {
      %sum = scf.for %k = %c0 to %c32 step %c1 iter_args(%s = %start) -> vector<16xf32> {
        %at = affine.apply affine_map<(d0) -> (d0 + 32)>(%k)
        %a = vector.transfer_read %w[%p, %at, %c0], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
        %next = arith.addf %s, %a : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      vector.transfer_write %sum, %y[%p, %t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
    }
  }
  return
}

// -----

// Rows of a window are cut where a tile lies at the picture's edge. Of three, two are always there, and ask for all: the
// share of 1,024 floats a row among two tiles, one and a half times. The second column is a part of that.
// CHECK: #[[CUT:.*]] = affine_map<(d0, d1, d2, d3)[s0] -> (d0 * 24 + d1 * 1536 + d2 * 3072 + d3 * 6144 - s0 * 1536 + 6912)>
// CHECK-LABEL: @cut_window
// CHECK-SAME: %[[FROM:[^:]*]]: index, %[[TO:[^:]*]]: index
// CHECK: affine.apply #[[CUT]](%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})[%[[FROM]]]
// CHECK-NEXT: memref.prefetch
func.func @cut_window(%from: index, %to: index, %w: memref<3x3x2x32x32xf32>, %y: memref<3x2x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p, %t) in (3, 2) {
    %sum = scf.for %h = %from to %to step %c1 iter_args(%s = %start) -> vector<16xf32> {
      %inner = scf.for %k = %c0 to %c32 step %c1 iter_args(%r = %s) -> vector<16xf32> {
        %a = vector.transfer_read %w[%p, %h, %c1, %k, %c0], %zero {in_bounds = [true]} : memref<3x3x2x32x32xf32>, vector<16xf32>
        %next = arith.addf %r, %a : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      scf.yield %inner : vector<16xf32>
    }
    vector.transfer_write %sum, %y[%p, %t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x2x16xf32>
  }
  return
}

// -----

// A panel of 1 kB is small; nobody shares a panel that is read once.
// CHECK-LABEL: @small_or_once
// CHECK-NOT: memref.prefetch
func.func @small_or_once(%w: memref<3x4x64xf32>, %v: memref<3x64x64xf32>, %y: memref<3x4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p) in (3) {
    scf.for %t = %c0 to %c4 step %c1 {
      %sum = scf.for %k = %c0 to %c4 step %c1 iter_args(%s = %start) -> vector<16xf32> {
        %a = vector.transfer_read %w[%p, %k, %c0], %zero {in_bounds = [true]} : memref<3x4x64xf32>, vector<16xf32>
        %next = arith.addf %s, %a : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      vector.transfer_write %sum, %y[%p, %t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
    }
    %sum = scf.for %k = %c0 to %c64 step %c1 iter_args(%s = %start) -> vector<16xf32> {
      %a = vector.transfer_read %v[%p, %k, %c0], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
      %next = arith.addf %s, %a : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    vector.transfer_write %sum, %y[%p, %c0, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
  }
  return
}

// -----

// Only the run knows how many tiles share a panel: shares are divided once, before the tiles.
// CHECK-DAG: #[[TRIPS:.*]] = affine_map<()[s0] -> (s0 ceildiv 8)>
// CHECK-DAG: #[[TILE:.*]] = affine_map<(d0) -> (d0 floordiv 8)>
// CHECK-DAG: #[[NEXT:.*]] = affine_map<(d0) -> (d0 * 4096 + 4096)>
// CHECK-LABEL: @tiles_of_the_run
// CHECK-SAME: %[[W:[^:]*]]: memref<3x64x64xf32>, %[[Y:[^:]*]]: memref<3x4x16xf32>, %[[N:.*]]: index
// CHECK: %[[FLAT:.*]] = memref.reinterpret_cast %[[W]] to offset: [0], sizes: [12288], strides: [1]
// CHECK: scf.forall (%[[P:.*]]) in (3)
// CHECK: %[[COUNT:.*]] = affine.apply #[[TRIPS]]()[%[[N]]]
// CHECK: %[[TILES:.*]] = arith.maxsi %[[COUNT]], %c1
// CHECK: %[[PART:.*]] = arith.divui %c4096, %[[TILES]]
// CHECK: %[[STEP:.*]] = arith.ceildivui %c64{{.*}}, %[[TILES]]
// CHECK: scf.for %[[T:.*]] = %c0 to %[[N]] step %c8
// CHECK: scf.for %[[K:.*]] = %c0 to %c64
// CHECK: %[[PANEL:.*]] = affine.apply #[[NEXT]](%[[P]])
// CHECK: %[[BEFORE:.*]] = affine.apply #[[TILE]](%[[T]])
// CHECK: %[[SHARE:.*]] = arith.muli %[[BEFORE]], %[[PART]]
// CHECK: %[[FROM:.*]] = arith.addi %[[PANEL]], %[[SHARE]]
// CHECK: %[[STEPS:.*]] = arith.muli %[[K]], %[[STEP]]
// CHECK: %[[AT:.*]] = arith.addi %[[FROM]], %[[STEPS]]
// CHECK: memref.prefetch %[[FLAT]][%[[AT]]], read, locality<2>, data
// CHECK-NOT: memref.prefetch
func.func @tiles_of_the_run(%w: memref<3x64x64xf32>, %y: memref<3x4x16xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p) in (3) {
    scf.for %t = %c0 to %n step %c8 {
      %sum = scf.for %k = %c0 to %c64 step %c1 iter_args(%s = %start) -> vector<16xf32> {
        %a = vector.transfer_read %w[%p, %k, %c0], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
        %next = arith.addf %s, %a : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      vector.transfer_write %sum, %y[%p, %c0, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
    }
  }
  return
}

// -----

// Items cut what shares a panel: all items' tiles do, and the first item tells how many it has. What only the last item
// has left counts as one.
// CHECK-DAG: #[[ITEMS:.*]] = affine_map<()[s0] -> (s0 ceildiv 8)>
// CHECK-DAG: #[[SIZE:.*]] = affine_map<(d0)[s0] -> (8, d0 * -8 + s0)>
// CHECK-DAG: #[[ROUND:.*]] = affine_map<()[s0] -> (s0 ceildiv 4)>
// CHECK-LABEL: @items_of_the_run
// CHECK-SAME: %[[N:[^:]*]]: index
// CHECK: %[[COUNT:.*]] = affine.apply #[[ITEMS]]()[%[[N]]]
// CHECK: %[[FIRST:.*]] = affine.min #[[SIZE]](%c0{{.*}})[%[[N]]]
// CHECK: %[[TRIPS:.*]] = affine.apply #[[ROUND]]()[%[[FIRST]]]
// CHECK: %[[INSIDE:.*]] = arith.maxsi %[[TRIPS]], %c1
// CHECK: %[[ALL:.*]] = affine.apply
// CHECK: %[[OUTSIDE:.*]] = arith.maxsi %[[ALL]], %c1
// CHECK: %[[TILES:.*]] = arith.muli %[[INSIDE]], %[[OUTSIDE]]
// CHECK: arith.divui %c4096, %[[TILES]]
// CHECK: scf.forall (%{{.*}}, %[[ITEM:.*]]) in (3, %[[COUNT]])
// CHECK:   affine.min #[[SIZE]](%[[ITEM]])[%[[N]]]
// CHECK:   scf.for
// CHECK:     scf.for
// CHECK:       memref.prefetch
func.func @items_of_the_run(%n: index, %w: memref<3x64x64xf32>, %y: memref<3x4x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  %count = affine.apply affine_map<()[s0] -> (s0 ceildiv 8)>()[%n]
  scf.forall (%p, %item) in (3, %count) {
    %size = affine.min affine_map<(d0)[s0] -> (8, d0 * -8 + s0)>(%item)[%n]
    scf.for %t = %c0 to %size step %c4 {
      %sum = scf.for %k = %c0 to %c64 step %c1 iter_args(%s = %start) -> vector<16xf32> {
        %a = vector.transfer_read %w[%p, %k, %c0], %zero {in_bounds = [true]} : memref<3x64x64xf32>, vector<16xf32>
        %next = arith.addf %s, %a : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      vector.transfer_write %sum, %y[%p, %c0, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
    }
  }
  return
}

// -----

// Sums of few steps have many tiles to a panel, as far as can be told. Here the rows of a window are cut.
// CHECK-LABEL: @few_steps_of_the_run
// CHECK-NOT: memref.prefetch
func.func @few_steps_of_the_run(%from: index, %to: index, %w: memref<3x49x7x32xf32>, %y: memref<3x4x16xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c49 = arith.constant 49 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%p) in (3) {
    scf.for %t = %c0 to %n step %c8 {
      %sum = scf.for %h = %c0 to %c49 step %c1 iter_args(%r = %start) -> vector<16xf32> {
        %row = scf.for %k = %from to %to step %c1 iter_args(%s = %r) -> vector<16xf32> {
          %a = vector.transfer_read %w[%p, %h, %k, %c0], %zero {in_bounds = [true]} : memref<3x49x7x32xf32>, vector<16xf32>
          %next = arith.addf %s, %a : vector<16xf32>
          scf.yield %next : vector<16xf32>
        }
        scf.yield %row : vector<16xf32>
      }
      vector.transfer_write %sum, %y[%p, %c0, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x4x16xf32>
    }
  }
  return
}

// -----

// Rows of a window begin where the picture does, which no loop says: the next panel is asked for from its first row on.
// CHECK: #[[WITHOUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0 * 24 + d1 * 768 + d2 * 1536 + d3 * 3072 + 3072)>
// CHECK-LABEL: @rows_begin_in_the_picture
// CHECK: %[[AT:.*]] = affine.apply #[[WITHOUT]](
// CHECK-NEXT: memref.prefetch %{{.*}}[%[[AT]]]
func.func @rows_begin_in_the_picture(%row: index, %w: memref<3x3x32x32xf32>, %y: memref<3x2x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<16xf32>
  %from = affine.max affine_map<(d0) -> (0, 1 - d0)>(%row)
  %count = affine.apply affine_map<(d0) -> (3 - d0)>(%from)
  scf.forall (%p, %t) in (3, 2) {
    %sum = scf.for %h = %c0 to %count step %c1 iter_args(%s = %start) -> vector<16xf32> {
      %inner = scf.for %k = %c0 to %c32 step %c1 iter_args(%r = %s) -> vector<16xf32> {
        %at = affine.apply affine_map<(d0, d1) -> (d0 + d1)>(%h, %from)
        %a = vector.transfer_read %w[%p, %at, %k, %c0], %zero {in_bounds = [true]} : memref<3x3x32x32xf32>, vector<16xf32>
        %next = arith.addf %r, %a : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      scf.yield %inner : vector<16xf32>
    }
    vector.transfer_write %sum, %y[%p, %t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x2x16xf32>
  }
  return
}
