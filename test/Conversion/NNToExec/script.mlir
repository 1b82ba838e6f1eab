// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-outline -convert-nn-to-exec -mlir-print-local-scope | FileCheck %s
// RUN: accel-opt %s -nn-outline -convert-nn-to-exec -exec-plan-memory -mlir-print-local-scope | FileCheck %s --check-prefix=PLAN

// Segments share their kernels, and the script runs them.
// CHECK:         exec.kernel @exp_0
// CHECK-NOT:     exec.kernel
// CHECK-LABEL: exec.program @segment_0
// CHECK-SAME:    segment
// CHECK:         exec.dispatch @exp_0
// CHECK-LABEL: exec.program @segment_1
// CHECK-SAME:    segment
// CHECK:         exec.dispatch @exp_0
// CHECK-LABEL: exec.program @main
// The size that a call gives is a symbol past the program's.
// CHECK-SAME:    output_shapes = [affine_map<()[s0] -> (s0, 4)>, affine_map<() -> (4)>]
// CHECK-SAME:    script
// CHECK:       ^bb0(%[[X:.*]]: tensor<4xf32>, %[[C:.*]]: tensor<i1>):
// CHECK:         %[[A:.*]] = exec.run @segment_0(%[[X]])
// CHECK:         %[[O:.*]] = exec.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK:         nn.if %[[C]]
// CHECK:           nn.yield %[[O]]
// CHECK:           exec.run @segment_1(%[[A]])
// CHECK:         nn.call "tile"
// CHECK:         exec.yield

// Constants lie behind each other, whatever program they belong to.
// PLAN-LABEL: exec.program @main
// PLAN-SAME:    arena_bytes = 0
// PLAN-SAME:    script
// PLAN-SAME:    weight_bytes = 64
// PLAN:         exec.constant at 0 dense<1.000000e+00> : tensor<4xf32>
func.func @main(%x: tensor<4xf32> {nn.name = "x"}, %c: tensor<i1> {nn.name = "c"}) -> (tensor<?x4xf32>, tensor<4xf32>) {
  %one = nn.constant dense<1.0> : tensor<4xf32>
  %0 = nn.exp %x : tensor<4xf32> -> tensor<4xf32>
  %1 = nn.if %c : tensor<i1> -> tensor<4xf32> then {
    nn.yield %one : tensor<4xf32>
  } else {
    %2 = nn.exp %0 : tensor<4xf32> -> tensor<4xf32>
    nn.yield %2 : tensor<4xf32>
  }
  %3 = nn.call "tile"(%1) ints [2] : (tensor<4xf32>) -> tensor<?x4xf32>
  return %3, %1 : tensor<?x4xf32>, tensor<4xf32>
}
