// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-states -split-input-file | FileCheck %s

// A state that a run appends to gets its positions outermost and comes last; sizes are read off it as it lies.
// CHECK:       #[[PAST:.*]] = affine_map<()[s0, s1] -> (s1, s0, 4, 8)>
// CHECK-LABEL: func.func @main
// CHECK-SAME:  (%[[NEW:.*]]: tensor<?x4x1x8xf32> {nn.name = "new"}, %[[ARG:.*]]: tensor<?x?x4x8xf32> {nn.name = "past"})
// CHECK-SAME:  -> (tensor<1xi64>, tensor<?x4x?x8xf32>, tensor<1x?x4x8xf32> {nn.name = "present"})
// CHECK-SAME:  attributes {nn.state_appends = array<i1: true>, nn.state_axes = array<i64: 2>}
// CHECK:       %[[STATE:.*]] = nn.bind_dims %[[ARG]] ["batch", "past"] #[[PAST]]
// CHECK:       %[[SIZE:.*]] = nn.shape_of %[[STATE]] 0 1
// CHECK:       %[[ROWS:.*]] = nn.transpose %{{.*}} [2, 0, 1, 3] : tensor<?x4x1x8xf32> -> tensor<1x?x4x8xf32>
// CHECK:       %[[ALL:.*]] = nn.concat %[[STATE]], %[[ROWS]] axis 0 {nn.append}
// CHECK:       %[[READ:.*]] = nn.transpose %[[ALL]] [1, 2, 0, 3]
// CHECK:       %[[NEG:.*]] = nn.neg %[[READ]]
// CHECK:       return %[[SIZE]], %[[NEG]], %[[ROWS]]
func.func @main(%p: tensor<?x4x?x8xf32> {nn.name = "past", nn.state = 1 : i64}, %n: tensor<?x4x1x8xf32> {nn.name = "new"})
    -> (tensor<1xi64>, tensor<?x4x?x8xf32> {nn.name = "present"}, tensor<?x4x?x8xf32>) {
  %past = nn.bind_dims %p ["batch", "past"] affine_map<()[s0, s1] -> (s0, 4, s1, 8)> : tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  %new = nn.bind_dims %n ["batch"] affine_map<()[s0] -> (s0, 4, 1, 8)> : tensor<?x4x1x8xf32> -> tensor<?x4x1x8xf32>
  %size = nn.shape_of %past 2 3 : tensor<?x4x?x8xf32> -> tensor<1xi64>
  %present = nn.concat %past, %new axis 2 : tensor<?x4x?x8xf32>, tensor<?x4x1x8xf32> -> tensor<?x4x?x8xf32>
  %neg = nn.neg %present : tensor<?x4x?x8xf32> -> tensor<?x4x?x8xf32>
  return %size, %present, %neg : tensor<1xi64>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>
}

// -----

// What comes first moves the rest, so the state is replaced; it still grows.
// CHECK-LABEL: func.func @main
// CHECK-SAME:  nn.state_appends = array<i1: false>, nn.state_axes = array<i64: 0>
// CHECK:       nn.concat %{{.*}}, %{{.*}} axis 0 : tensor<1x8xf32>, tensor<?x8xf32>
func.func @main(%p: tensor<?x8xf32> {nn.state = 0 : i64}, %new: tensor<1x8xf32>) -> tensor<?x8xf32> {
  %past = nn.bind_dims %p ["past"] affine_map<()[s0] -> (s0, 8)> : tensor<?x8xf32> -> tensor<?x8xf32>
  %present = nn.concat %new, %past axis 0 : tensor<1x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %present : tensor<?x8xf32>
}

// -----

// One shape.
// CHECK-LABEL: func.func @main
// CHECK-SAME:  nn.state_appends = array<i1: false>, nn.state_axes = array<i64: -1>
func.func @main(%h: tensor<2x8xf32> {nn.state = 0 : i64}) -> tensor<2x8xf32> {
  %0 = nn.neg %h : tensor<2x8xf32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// Segments of a script hand whole tensors on.
// CHECK-LABEL: func.func @main
// CHECK-SAME:  nn.state_appends = array<i1: false>, nn.state_axes = array<i64: 0>
func.func @main(%c: tensor<i1>, %p: tensor<?x8xf32> {nn.state = 0 : i64}, %new: tensor<1x8xf32>) -> tensor<?x8xf32> {
  %past = nn.bind_dims %p ["past"] affine_map<()[s0] -> (s0, 8)> : tensor<?x8xf32> -> tensor<?x8xf32>
  %rows = nn.if %c : tensor<i1> -> tensor<1x8xf32> then {
    nn.yield %new : tensor<1x8xf32>
  } else {
    %0 = nn.neg %new : tensor<1x8xf32> -> tensor<1x8xf32>
    nn.yield %0 : tensor<1x8xf32>
  }
  %present = nn.concat %past, %rows axis 0 : tensor<?x8xf32>, tensor<1x8xf32> -> tensor<?x8xf32>
  return %present : tensor<?x8xf32>
}

// -----

// Nothing to do.
// CHECK-LABEL: func.func @main
// CHECK-SAME:  (%{{.*}}: tensor<2xf32>) -> tensor<2xf32> {
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
