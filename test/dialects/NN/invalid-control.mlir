// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -verify-diagnostics

func.func @if_c1(%c: tensor<2xi1>) {
  // expected-error @below {{C1: expected a condition of one element}}
  nn.if %c : tensor<2xi1> then { nn.yield } else { nn.yield }
  return
}

// -----

func.func @if_c2(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @below {{C2: expected regions without arguments that yield 'tensor<2xf32>'}}
  %0 = nn.if %c : tensor<i1> -> tensor<2xf32> then { nn.yield %x : tensor<2xf32> } else { nn.yield }
  return %0 : tensor<2xf32>
}

// -----

func.func @loop_c1(%n: tensor<2xi64>) {
  // expected-error @below {{C1: expected trips and a condition of one element}}
  nn.loop trips(%n : tensor<2xi64>) do {
  ^bb0(%i: tensor<i64>):
    nn.yield
  }
  return
}

// -----

func.func @loop_c2(%n: tensor<i64>, %x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @below {{C2: expected a region that takes a tensor<i64> and 'tensor<2xf32>', and yields the latter}}
  %0 = nn.loop trips(%n : tensor<i64>) carried(%x : tensor<2xf32>) -> tensor<2xf32> do {
  ^bb0(%i: tensor<i64>, %s: tensor<2xf32>):
    %1 = nn.reshape %s to [2, 1] : tensor<2xf32> -> tensor<2x1xf32>
    nn.yield %1 : tensor<2x1xf32>
  }
  return %0 : tensor<2xf32>
}

// -----

func.func @loop_condition(%c: tensor<i1>) {
  // expected-error @below {{C2: expected a region that yields a condition of one element first}}
  nn.loop while(%c : tensor<i1>) do {
  ^bb0(%i: tensor<i64>):
    nn.yield %i : tensor<i64>
  }
  return
}

// -----

func.func @loop_c3(%n: tensor<i64>, %x: tensor<2xf32>) -> tensor<?xf32> {
  // expected-error @below {{C3: expected 'tensor<?xf32>' to have one dim more than 'tensor<2xf32>'}}
  %0 = nn.loop trips(%n : tensor<i64>) -> tensor<?xf32> do {
  ^bb0(%i: tensor<i64>):
    nn.yield %x : tensor<2xf32>
  }
  return %0 : tensor<?xf32>
}

// -----

func.func @call_c1(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @below {{C1: expected ascending positions, one for each operand}}
  %0 = nn.call "op"(%x, %x) positions [1, 1] : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @loop_c4(%n: tensor<i64>, %x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @below {{C4: expected a dim for each of 'tensor<2xf32>', got affine_map<() -> ()>}}
  %0 = nn.loop trips(%n : tensor<i64>) carried(%x : tensor<2xf32>) {result_shapes = [affine_map<() -> ()>]} -> tensor<2xf32> do {
  ^bb0(%i: tensor<i64>, %s: tensor<2xf32>):
    nn.yield %s : tensor<2xf32>
  }
  return %0 : tensor<2xf32>
}

// -----

func.func @maps_c1(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // expected-error @below {{C1: expected a matrix, and either ints or strings for each column}}
  %0 = nn.maps %x ints [1, 2, 3] : tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
