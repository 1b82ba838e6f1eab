// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The logarithm is f64, the power f32.
// RUN: accel-opt %s -cpu-lower-math=cpu=x86-64-v4 | FileCheck %s

// CHECK-LABEL: @pow
// CHECK: math.fma {{.*}} : vector<16xf64>
// CHECK: arith.truncf
// CHECK: math.fma {{.*}} : vector<16xf32>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
func.func @pow(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  %0 = math.powf %x, %y : vector<16xf32>
  return %0 : vector<16xf32>
}
