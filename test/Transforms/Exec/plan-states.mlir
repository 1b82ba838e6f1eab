// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -exec-plan-memory -split-input-file | FileCheck %s

// Rows are written behind the state by what makes them; their readers read the state.
// CHECK-LABEL: exec.program @main
// CHECK-DAG:   %[[PAST:.*]] = exec.input 1
// CHECK-DAG:   %[[ROWS:.*]] = exec.output 1
// CHECK-DAG:   %[[Y:.*]] = exec.output 0
// CHECK-NOT:   exec.copy
// CHECK:       exec.launch @rows dims {{.*}} ins(%{{.*}}) outs(%[[ROWS]])
// CHECK-NEXT:  exec.launch @rows dims {{.*}} ins(%[[PAST]]) outs(%[[Y]])
// CHECK-NEXT:  exec.yield
exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
}
exec.program @main attributes {
    symbols = ["n", "past"], minima = array<i64: 0, 0>, maxima = array<i64: 9, 9>,
    input_names = ["x", "p"], input_types = [tensor<?x4xf32>, tensor<?x4xf32>],
    input_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s1, 4)>],
    output_names = ["y", "q"], output_types = [tensor<?x4xf32>, tensor<?x4xf32>],
    output_shapes = [affine_map<()[s0, s1] -> (s0 + s1, 4)>, affine_map<()[s0, s1] -> (s0, 4)>],
    state_axes = array<i64: 0>, state_appends = array<i1: true>} {
^bb0(%n: index, %past: index, %x: tensor<?x4xf32>, %p: tensor<?x4xf32>):
  %rows = exec.dispatch @rows dims(%n) (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %all = affine.apply affine_map<()[s0, s1] -> (s0 + s1)>()[%n, %past]
  %q = exec.append %p, %rows dims(%all) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = exec.dispatch @rows dims(%all) (%q) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  exec.yield %y, %rows : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// Rows that nobody makes are copied before they are read, not at the end; a state may be an output, too.
// CHECK:       #[[ALL:.*]] = affine_map<()[s0, s1] -> ((s0 + s1) * 16)>
// CHECK-LABEL: exec.program @main
// CHECK-DAG:   %[[X:.*]] = exec.input 0
// CHECK-DAG:   %[[PAST:.*]] = exec.input 1
// CHECK-DAG:   %[[Y:.*]] = exec.output 0
// CHECK:       %[[ROWS:.*]] = exec.output 2
// CHECK-NEXT:  exec.copy %[[ROWS]], %[[X]] size #[[BYTES:.*]]
// CHECK-NEXT:  exec.launch @rows dims {{.*}} ins(%[[PAST]]) outs(%[[Y]])
// CHECK:       %[[Z:.*]] = exec.output 1
// CHECK-NEXT:  exec.copy %[[Z]], %[[PAST]] size #[[ALL]]
// CHECK-NEXT:  exec.yield
exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
}
exec.program @main attributes {
    symbols = ["n", "past"], minima = array<i64: 0, 0>, maxima = array<i64: 9, 9>,
    input_names = ["x", "p"], input_types = [tensor<?x4xf32>, tensor<?x4xf32>],
    input_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s1, 4)>],
    output_names = ["y", "z", "q"], output_types = [tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>],
    output_shapes = [affine_map<()[s0, s1] -> (s0 + s1, 4)>, affine_map<()[s0, s1] -> (s0 + s1, 4)>,
                     affine_map<()[s0, s1] -> (s0, 4)>],
    state_axes = array<i64: 0>, state_appends = array<i1: true>} {
^bb0(%n: index, %past: index, %x: tensor<?x4xf32>, %p: tensor<?x4xf32>):
  %all = affine.apply affine_map<()[s0, s1] -> (s0 + s1)>()[%n, %past]
  %q = exec.append %p, %x dims(%all) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = exec.dispatch @rows dims(%all) (%q) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  exec.yield %y, %q, %x : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
