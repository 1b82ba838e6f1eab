// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -cpu-lower-math=cpu=x86-64-v3 | FileCheck %s

// The exponent is bits; the logarithm of the mantissa has no division.
// CHECK-LABEL: @log
// CHECK: arith.shrsi
// CHECK: arith.sitofp
// CHECK-NOT: arith.divf
// CHECK: return
func.func @log(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.log %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// -----

// CHECK-LABEL: @others
// CHECK-NOT: math.log
// CHECK: return
func.func @others(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  %0 = math.log1p %x : vector<8xf32>
  %1 = math.log2 %x : vector<8xf32>
  %2 = math.log10 %x : vector<8xf32>
  return %0, %1, %2 : vector<8xf32>, vector<8xf32>, vector<8xf32>
}
