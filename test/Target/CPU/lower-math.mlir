// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions become arithmetic on vectors; sums and products contract, but not where bits must be the same everywhere.
// RUN: accel-opt %s -cpu-lower-math=cpu=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,FAST
// RUN: accel-opt %s "-cpu-lower-math=cpu=x86-64-v4 exact" | FileCheck %s --check-prefixes=CHECK,EXACT

// CHECK-LABEL: @product_and_sum
// FAST: %[[P:.*]] = arith.mulf {{.*}} fastmath<contract>
// FAST: arith.addf %[[P]], {{.*}} fastmath<contract>
// EXACT-NOT: fastmath
// EXACT: return
func.func @product_and_sum(%x: vector<16xf32>, %y: vector<16xf32>, %z: vector<16xf32>) -> vector<16xf32> {
  %0 = arith.mulf %x, %y : vector<16xf32>
  %1 = arith.addf %0, %z : vector<16xf32>
  return %1 : vector<16xf32>
}

// A formula's roundings are its own: what it fuses it says, and nothing else is.
// CHECK-LABEL: @exp
// CHECK-NOT: math.exp
// FAST: math.fma
// EXACT-NOT: math.fma
// CHECK-NOT: fastmath
// CHECK: return
func.func @exp(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// Half precision is computed in f32 and rounded once.
// CHECK-LABEL: @half
// CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : vector<16xf16> to vector<16xf32>
// CHECK: %[[ROOT:.*]] = math.sqrt %[[WIDE]] {{.*}}: vector<16xf32>
// CHECK: arith.truncf %[[ROOT]] {{.*}}: vector<16xf32> to vector<16xf16>
func.func @half(%x: vector<16xf16>) -> vector<16xf16> {
  %0 = math.sqrt %x : vector<16xf16>
  return %0 : vector<16xf16>
}

// Vectors of other ranks are computed as one row.
// CHECK-LABEL: @rows
// CHECK: vector.shape_cast %{{.*}} : vector<2x8xf32> to vector<16xf32>
// CHECK: vector.shape_cast %{{.*}} : vector<16xf32> to vector<2x8xf32>
func.func @rows(%x: vector<2x8xf32>) -> vector<2x8xf32> {
  %0 = math.tanh %x : vector<2x8xf32>
  return %0 : vector<2x8xf32>
}

// Double precision is left to the C library.
// CHECK-LABEL: @double
// CHECK: math.exp
func.func @double(%x: f64) -> f64 {
  %0 = math.exp %x : f64
  return %0 : f64
}

// Conversions have no flags of their own: they get contraction as all arithmetic does.
// CHECK-LABEL: @conversion
// FAST: arith.extf %{{.*}} fastmath<contract> : f16 to f32
// EXACT-NOT: fastmath
// CHECK: return
func.func @conversion(%a: f16) -> f32 {
  %0 = arith.extf %a : f16 to f32
  return %0 : f32
}
