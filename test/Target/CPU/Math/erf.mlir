// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One polynomial and two steps: no branch, no choice between coefficients, no exponential.
// RUN: accel-opt %s -cpu-lower-math=cpu=x86-64-v3 | FileCheck %s

// CHECK-LABEL: @erf
// CHECK: math.absf
// CHECK-COUNT-1: arith.select
// CHECK-COUNT-13: math.fma
// CHECK-NOT: math.fma
// CHECK-NOT: arith.select
// CHECK: math.copysign
func.func @erf(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.erf %x : vector<8xf32>
  return %0 : vector<8xf32>
}
