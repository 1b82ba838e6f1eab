// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints of attention, each broken. Dims: head, row, key, depth, column.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @maps(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>) {
  // expected-error @+2 {{C1: expected 4 sizes or more and 3 maps, got 5 and 2}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 5, 7, 8, 8] maps [#q, #k] order [0, 1, 2] scale 1.0
    : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x8xf32>) -> tensor<2x5x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @size(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>) {
  // expected-error @+2 {{C1: expected sizes that are positive or -1, got 0}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 0, 7, 8, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x8xf32>) -> tensor<2x0x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @rank(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>) {
  // expected-error @+2 {{C1: expected map 0 from 5 dims to the operand's 3}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 5, 7, 8, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x8xf32>) -> tensor<2x5x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j * 2, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @step(%q: tensor<2x5x8xf32>, %k: tensor<2x14x8xf32>) {
  // expected-error @+2 {{C2: expected map 1 to add a constant, multiples of batch dims and at most one dim of the operand's own}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 5, 7, 8, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<2x5x8xf32>, tensor<2x14x8xf32>, tensor<2x14x8xf32>) -> tensor<2x5x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, i, f)>
func.func @other_dim(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>) {
  // expected-error @+2 {{C2: expected map 2 to add a constant}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 5, 7, 8, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x8xf32>) -> tensor<2x5x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (i, h * 8 + e + 1)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @outside(%q: tensor<5x16xf32>, %k: tensor<2x7x8xf32>) {
  // expected-error @+2 {{C2: map 0 reads up to element 17 of a dim of 16}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 5, 7, 8, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<5x16xf32>, tensor<2x7x8xf32>, tensor<2x7x8xf32>) -> tensor<2x5x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @depth(%q: tensor<2x5x?xf32>, %k: tensor<2x7x?xf32>) {
  // expected-error @+2 {{C3: expected depth and column to be known}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 5, 7, -1, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<2x5x?xf32>, tensor<2x7x?xf32>, tensor<2x7x?xf32>) -> tensor<2x5x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @keys(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>, %v: tensor<2x6x8xf32>) {
  // expected-error @+2 {{C3: expected one size for dim 2, got 7 and 6}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %v sizes [2, 5, -1, 8, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x6x8xf32>) -> tensor<2x5x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i + 1, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @unknown(%q: tensor<2x?x8xf32>, %k: tensor<2x7x8xf32>) {
  // expected-error @+2 {{C3: the size of dim 1 is that of no operand's dim}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, -1, 7, 8, 8] maps [#q, #k, #v] order [0, 1, 2] scale 1.0
    : (tensor<2x?x8xf32>, tensor<2x7x8xf32>, tensor<2x7x8xf32>) -> tensor<2x?x8xf32>
  return
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
func.func @order(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>) {
  // expected-error @+2 {{C4: expected an order of 3 dims}}
  // expected-error @+1 {{'nn.attention' op failed to infer returned types}}
  %0 = nn.attention %q, %k, %k sizes [2, 5, 7, 8, 8] maps [#q, #k, #v] order [0, 1, 1] scale 1.0
    : (tensor<2x5x8xf32>, tensor<2x7x8xf32>, tensor<2x7x8xf32>) -> tensor<2x5x8xf32>
  return
}
