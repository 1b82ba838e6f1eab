// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -cpu-lower-math=cpu=x86-64-v3 | FileCheck %s

// CHECK-LABEL: @arc
// CHECK-NOT: {{math\.a(sin|cos|tan)}}
// CHECK: return
func.func @arc(%x: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  %0 = math.asin %x : vector<8xf32>
  %1 = math.acos %x : vector<8xf32>
  %2 = math.atan %x : vector<8xf32>
  return %0, %1, %2 : vector<8xf32>, vector<8xf32>, vector<8xf32>
}
