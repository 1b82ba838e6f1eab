// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One division each, besides those of the logarithm's argument.
// RUN: accel-opt %s -split-input-file -cpu-lower-math=cpu=x86-64-v3 | FileCheck %s

// CHECK-LABEL: @tanh
// CHECK: arith.divf
// CHECK-NOT: arith.divf
// CHECK: math.copysign
func.func @tanh(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.tanh %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// -----

// CHECK-LABEL: @others
// CHECK-NOT: {{math\.[a-z]*(sinh|cosh|tanh)}}
// CHECK: return
func.func @others(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  %0 = math.sinh %x : vector<8xf32>
  %1 = math.cosh %x : vector<8xf32>
  %2 = math.asinh %x : vector<8xf32>
  %3 = math.acosh %x : vector<8xf32>
  %4 = math.atanh %x : vector<8xf32>
  return %0, %1, %2, %3, %4 : vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>
}
