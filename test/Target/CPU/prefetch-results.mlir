// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a tile reads and writes after its sums is asked for while they are computed.
// RUN: accel-opt %s -cpu-prefetch-results -split-input-file | FileCheck %s

// Eight iterations, and eight lines beside each other, of what is added and of what is written: one of each an
// iteration. With y comes the line of the result, to be written.
// CHECK: #[[LINE:.*]] = affine_map<(d0, d1) -> (d0 * 16 + d1 * 128)>
// CHECK-LABEL: @lines_of_a_tile
// CHECK-SAME: %[[W:[^:]*]]: memref<8x16xf32>, %[[Y:[^:]*]]: memref<3x128xf32>, %[[Z:[^:]*]]: memref<3x128xf32>
// CHECK: scf.forall (%[[T:.*]]) in (3)
// CHECK: scf.for %[[K:.*]] = %c0 to %c8
// CHECK: %[[AT:.*]] = affine.apply #[[LINE]](%[[K]], %[[T]])
// CHECK: memref.prefetch %[[Y]][%{{.*}}, %[[AT]]], read, locality<3>, data
// CHECK: %[[TO:.*]] = affine.apply #[[LINE]](%[[K]], %[[T]])
// CHECK: memref.prefetch %[[Z]][%{{.*}}, %[[TO]]], write, locality<3>, data
// CHECK-NOT: memref.prefetch
func.func @lines_of_a_tile(%w: memref<8x16xf32>, %y: memref<3x128xf32>, %z: memref<3x128xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %start = arith.constant dense<0.0> : vector<64xf32>
  scf.forall (%t) in (3) {
    %sum:2 = scf.for %k = %c0 to %c8 step %c1 iter_args(%s = %start, %r = %start) -> (vector<64xf32>, vector<64xf32>) {
      %a = memref.load %w[%k, %c0] : memref<8x16xf32>
      %v = vector.broadcast %a : f32 to vector<64xf32>
      %next = arith.addf %s, %v : vector<64xf32>
      scf.yield %next, %next : vector<64xf32>, vector<64xf32>
    }
    %c64 = arith.constant 64 : index
    %0 = vector.transfer_read %y[%t, %c0], %zero {in_bounds = [true]} : memref<3x128xf32>, vector<64xf32>
    %1 = vector.transfer_read %y[%t, %c64], %zero {in_bounds = [true]} : memref<3x128xf32>, vector<64xf32>
    %2 = arith.addf %sum#0, %0 : vector<64xf32>
    %3 = arith.addf %sum#1, %1 : vector<64xf32>
    vector.transfer_write %2, %z[%t, %c0] {in_bounds = [true]} : vector<64xf32>, memref<3x128xf32>
    vector.transfer_write %3, %z[%t, %c64] {in_bounds = [true]} : vector<64xf32>, memref<3x128xf32>
  }
  return
}

// -----

// Rows apart, of which only the run knows how many there are: two lines of a row, then 2,968 floats on, two of the next one.
// CHECK: #[[ROWS:.*]] = affine_map<(d0, d1) -> (d0 * 16 + d1 * 3000 + (d0 floordiv 2) * 2968)>
// CHECK-LABEL: @rows
// CHECK: affine.apply #[[ROWS]]
// CHECK: memref.prefetch {{.*}}, write, locality<3>, data : memref<?x3000xf32>
// CHECK-NOT: memref.prefetch
func.func @rows(%n: index, %w: memref<8x16xf32>, %z: memref<?x3000xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %start = arith.constant dense<0.0> : vector<32xf32>
  scf.for %t = %c0 to %n step %c2 {
    %sum = scf.for %k = %c0 to %c4 step %c1 iter_args(%s = %start) -> (vector<32xf32>) {
      %a = memref.load %w[%k, %c0] : memref<8x16xf32>
      %v = vector.broadcast %a : f32 to vector<32xf32>
      %next = arith.addf %s, %v : vector<32xf32>
      scf.yield %next : vector<32xf32>
    }
    vector.transfer_write %sum, %z[%t, %c0] {in_bounds = [true]} : vector<32xf32>, memref<?x3000xf32>
    %t1 = affine.apply affine_map<(d0) -> (d0 + 1)>(%t)
    vector.transfer_write %sum, %z[%t1, %c0] {in_bounds = [true]} : vector<32xf32>, memref<?x3000xf32>
  }
  return
}

// -----

// Sums of so many steps outlast the wait for one line.
// CHECK-LABEL: @long_sums
// CHECK-NOT: memref.prefetch
func.func @long_sums(%w: memref<8x16xf32>, %z: memref<3x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%t) in (3) {
    %sum = scf.for %k = %c0 to %c8 step %c1 iter_args(%s = %start) -> (vector<16xf32>) {
      %a = memref.load %w[%k, %c0] : memref<8x16xf32>
      %v = vector.broadcast %a : f32 to vector<16xf32>
      %next = arith.addf %s, %v : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    vector.transfer_write %sum, %z[%t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<3x16xf32>
  }
  return
}

// -----

// A result whose outer strides only the run knows: its lines are asked for behind the indices of those dims.
// CHECK-LABEL: @outer_strides_of_the_run
// CHECK-SAME: %[[Z:[^:]*]]: memref<?x3x?x16xf32>
// CHECK: scf.forall (%[[N:.*]], %[[F:.*]], %{{.*}}) in
// CHECK: scf.for
// CHECK: memref.prefetch %[[Z]][%[[N]], %[[F]], %c0{{.*}}, %{{.*}}], write, locality<3>, data
func.func @outer_strides_of_the_run(%batch: index, %positions: index, %w: memref<8x16xf32>, %z: memref<?x3x?x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %start = arith.constant dense<0.0> : vector<16xf32>
  scf.forall (%n, %f, %t) in (%batch, 3, %positions) {
    %sum = scf.for %k = %c0 to %c4 step %c1 iter_args(%s = %start) -> (vector<16xf32>) {
      %a = memref.load %w[%k, %c0] : memref<8x16xf32>
      %v = vector.broadcast %a : f32 to vector<16xf32>
      %next = arith.addf %s, %v : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    vector.transfer_write %sum, %z[%n, %f, %t, %c0] {in_bounds = [true]} : vector<16xf32>, memref<?x3x?x16xf32>
  }
  return
}
