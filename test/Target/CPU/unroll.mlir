// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which loops do several steps at once, and how many.
// RUN: accel-opt %s -cpu-unroll -split-input-file | FileCheck %s

// Four steps; loads of one stay behind those of the step before.
// CHECK-LABEL: @divides
// CHECK: %[[FOUR:.*]] = arith.constant 4 : index
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %[[FOUR]]
// CHECK-COUNT-4: llvm.fence syncscope("singlethread") acquire
// CHECK-NOT: llvm.fence
func.func @divides(%x: memref<64x16xf32>, %start: vector<16xf32>) -> vector<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %sum = scf.for %k = %c0 to %c64 step %c1 iter_args(%s = %start) -> vector<16xf32> {
    %a = vector.transfer_read %x[%k, %c0], %zero {in_bounds = [true]} : memref<64x16xf32>, vector<16xf32>
    %next = arith.addf %s, %a : vector<16xf32>
    scf.yield %next : vector<16xf32>
  }
  return %sum : vector<16xf32>
}

// -----

// Rather three steps than four and a rest.
// CHECK-LABEL: @thirds
// CHECK: scf.for
// CHECK-COUNT-3: vector.transfer_read
// CHECK-NOT: vector.transfer_read
func.func @thirds(%x: memref<27x16xf32>, %start: vector<16xf32>) -> vector<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c27 = arith.constant 27 : index
  %zero = arith.constant 0.0 : f32
  %sum = scf.for %k = %c0 to %c27 step %c1 iter_args(%s = %start) -> vector<16xf32> {
    %a = vector.transfer_read %x[%k, %c0], %zero {in_bounds = [true]} : memref<27x16xf32>, vector<16xf32>
    %next = arith.addf %s, %a : vector<16xf32>
    scf.yield %next : vector<16xf32>
  }
  return %sum : vector<16xf32>
}

// -----

// Neither two, three nor four divide 11: three more steps remain.
// CHECK-LABEL: @rest
// CHECK: scf.for
// CHECK-COUNT-4: vector.transfer_read
// CHECK: scf.yield
// CHECK-NOT: scf.for
// CHECK-COUNT-3: vector.transfer_read
// CHECK-NOT: vector.transfer_read
// CHECK: return
func.func @rest(%x: memref<11x16xf32>, %start: vector<16xf32>) -> vector<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c11 = arith.constant 11 : index
  %zero = arith.constant 0.0 : f32
  %sum = scf.for %k = %c0 to %c11 step %c1 iter_args(%s = %start) -> vector<16xf32> {
    %a = vector.transfer_read %x[%k, %c0], %zero {in_bounds = [true]} : memref<11x16xf32>, vector<16xf32>
    %next = arith.addf %s, %a : vector<16xf32>
    scf.yield %next : vector<16xf32>
  }
  return %sum : vector<16xf32>
}

// -----

// The seven columns of a window vanish, and the loop around them does four steps.
// CHECK-LABEL: @few_in_many
// CHECK: scf.for
// CHECK-COUNT-28: vector.transfer_read
// CHECK-NOT: vector.transfer_read
// CHECK: return
func.func @few_in_many(%x: memref<8x7x16xf32>, %start: vector<16xf32>) -> vector<16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %sum = scf.for %i = %c0 to %c8 step %c1 iter_args(%t = %start) -> vector<16xf32> {
    %part = scf.for %k = %c0 to %c7 step %c1 iter_args(%s = %t) -> vector<16xf32> {
      %a = vector.transfer_read %x[%i, %k, %c0], %zero {in_bounds = [true]} : memref<8x7x16xf32>, vector<16xf32>
      %next = arith.addf %s, %a : vector<16xf32>
      scf.yield %next : vector<16xf32>
    }
    scf.yield %part : vector<16xf32>
  }
  return %sum : vector<16xf32>
}

// -----

// Loops that carry scalars or nothing, or whose length only the run knows, stay.
// CHECK-LABEL: @others
// CHECK-NOT: llvm.fence
func.func @others(%x: memref<64xf32>, %y: memref<64x16xf32>, %n: index, %start: vector<16xf32>) -> (f32, vector<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %sum = scf.for %k = %c0 to %c64 step %c1 iter_args(%s = %zero) -> f32 {
    %a = memref.load %x[%k] : memref<64xf32>
    %next = arith.addf %s, %a : f32
    scf.yield %next : f32
  }
  scf.for %k = %c0 to %c64 step %c1 {
    memref.store %zero, %x[%k] : memref<64xf32>
  }
  %some = scf.for %k = %c0 to %n step %c1 iter_args(%s = %start) -> vector<16xf32> {
    %a = vector.transfer_read %y[%k, %c0], %zero {in_bounds = [true]} : memref<64x16xf32>, vector<16xf32>
    %next = arith.addf %s, %a : vector<16xf32>
    scf.yield %next : vector<16xf32>
  }
  return %sum, %some : f32, vector<16xf32>
}
