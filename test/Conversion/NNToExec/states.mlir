// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s --convert-nn-to-exec --split-input-file | FileCheck %s

// A state with rows behind it is no kernel, and nothing fuses with it.
// CHECK-NOT:   exec.kernel @concat
// CHECK-LABEL: exec.program @main
// CHECK-SAME:  state_appends = array<i1: true>, state_axes = array<i64: 1>
// CHECK:       ^bb0(%[[N:.*]]: index, %{{.*}}: tensor<1x4xf32>, %[[PAST:.*]]: tensor<?x4xf32>)
// CHECK:       %[[ROWS:.*]] = exec.dispatch @softmax
// CHECK:       %[[SIZE:.*]] = affine.apply
// CHECK:       %[[ALL:.*]] = exec.append %[[PAST]], %[[ROWS]] dims(%[[SIZE]]) : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32>
// CHECK:       %[[Y:.*]] = exec.dispatch @neg_{{.*}}(%[[ALL]])
// CHECK:       exec.yield %[[Y]], %[[ROWS]]
func.func @main(%new: tensor<1x4xf32>, %p: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<1x4xf32>)
    attributes {nn.state_axes = array<i64: 1>, nn.state_appends = array<i1: true>} {
  %past = nn.bind_dims %p ["past"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
  %rows = nn.softmax %new axis 1 : tensor<1x4xf32> -> tensor<1x4xf32>
  %all = nn.concat %past, %rows axis 0 {nn.append} : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  %y = nn.neg %all : tensor<?x4xf32> -> tensor<?x4xf32>
  return %y, %rows : tensor<?x4xf32>, tensor<1x4xf32>
}

// -----

// Rows that are not what the state gets make a tensor of their own.
// CHECK:       exec.kernel @concat
// CHECK-LABEL: exec.program @main
// CHECK-NOT:   exec.append
func.func @main(%new: tensor<1x4xf32>, %p: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<1x4xf32>)
    attributes {nn.state_axes = array<i64: 1>, nn.state_appends = array<i1: true>} {
  %past = nn.bind_dims %p ["past"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
  %rows = nn.softmax %new axis 1 : tensor<1x4xf32> -> tensor<1x4xf32>
  %all = nn.concat %past, %new axis 0 {nn.append} : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  %y = nn.neg %all : tensor<?x4xf32> -> tensor<?x4xf32>
  return %y, %rows : tensor<?x4xf32>, tensor<1x4xf32>
}
