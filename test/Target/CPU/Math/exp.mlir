// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The power of two is one instruction of AVX-512, in every width that has it, and elsewhere two exact factors.
// RUN: accel-opt %s -split-input-file -cpu-lower-math=cpu=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: accel-opt %s -split-input-file -cpu-lower-math=cpu=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,PLAIN

// CHECK-LABEL: @vector16
// CHECK: arith.cmpf ogt, %arg0
// CHECK: %[[X:.*]] = arith.select
// A result of zero is chosen, or a product with zero, but nothing that underflows.
// WIDE: %[[SOME:.*]] = arith.cmpf uge, %arg0
// WIDE: arith.select %[[SOME]], %[[X]]
// PLAIN-DAG: %[[LOWEST:.*]] = arith.constant dense<-176.05
// PLAIN: arith.cmpf olt, %[[X]], %[[LOWEST]]
// PLAIN: arith.select
// CHECK-COUNT-9: math.fma
// WIDE: %[[SCALED:.*]] = llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
// WIDE: arith.select %[[SOME]], %[[SCALED]]
// PLAIN-COUNT-2: arith.shli
func.func @vector16(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// -----

// WIDE-LABEL: @vector4
// WIDE: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.128"
func.func @vector4(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.exp %x : vector<4xf32>
  return %0 : vector<4xf32>
}

// -----

// WIDE-LABEL: @vector32
// WIDE-COUNT-2: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
// WIDE-NOT: call_intrinsic
func.func @vector32(%x: vector<32xf32>) -> vector<32xf32> {
  %0 = math.exp %x : vector<32xf32>
  return %0 : vector<32xf32>
}

// -----

// A tail and a scalar take the factors; the bits are the same.
// CHECK-LABEL: @vector7
// CHECK-NOT: call_intrinsic
// CHECK: arith.shli %{{.*}} : vector<7xi32>
func.func @vector7(%x: vector<7xf32>) -> vector<7xf32> {
  %0 = math.exp %x : vector<7xf32>
  return %0 : vector<7xf32>
}

// -----

// CHECK-LABEL: @scalar
// CHECK-COUNT-9: math.fma %{{.*}} : f32
// CHECK-NOT: call_intrinsic
// CHECK: return
func.func @scalar(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  return %0 : f32
}

// -----

// CHECK-LABEL: @others
// CHECK-NOT: math.exp
// CHECK: return
func.func @others(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>) {
  %0 = math.exp2 %x : vector<8xf32>
  %1 = math.expm1 %x : vector<8xf32>
  return %0, %1 : vector<8xf32>, vector<8xf32>
}
