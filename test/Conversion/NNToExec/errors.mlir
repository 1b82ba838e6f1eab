// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-exec -split-input-file -verify-diagnostics

// Nothing names dim 0 of the input.
module {
  // expected-error @below {{expected sizes that follow from the dims of the model's inputs, but dim 0 of 'tensor<?x8xf32>' is only known when the model runs}}
  func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
    return %x : tensor<?x8xf32>
  }
}

// -----

// expected-error @below {{expected a function @main of one block}}
module {
}

// -----

// Two nodes that no size suits.
module {
  func.func @main(%x: tensor<?xf32> {nn.name = "x"}) -> tensor<?xf32> {
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    // expected-note @below {{but here it is 6 or more}}
    %1 = nn.slice %0 offsets [2] sizes [4] steps [1] : tensor<?xf32> -> tensor<4xf32>
    %c0 = arith.constant 0 : index
    %n = tensor.dim %0, %c0 : tensor<?xf32>
    %w = nn.constant dense<[1., 2., 3.]> : tensor<3xf32>
    // expected-error @below {{expected dim 'n' to be at most 3}}
    %2 = nn.slice %w offsets [0] sizes [%n] steps [1] : tensor<3xf32> -> tensor<?xf32>
    %3 = nn.concat %1, %2 axis 0 : tensor<4xf32>, tensor<?xf32> -> tensor<?xf32>
    return %3 : tensor<?xf32>
  }
}

// -----

// The range that was given leaves no size that fits.
module {
  // expected-note @below {{but here it is 600 or more}}
  func.func @main(%x: tensor<?xf32> {nn.name = "x"}) -> tensor<?xf32> attributes {nn.dim_ranges = {n = array<i64: 600, 700>}} {
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %c0 = arith.constant 0 : index
    %n = tensor.dim %0, %c0 : tensor<?xf32>
    %w = nn.constant dense<1.0> : tensor<512xf32>
    // expected-error @below {{expected dim 'n' to be at most 512}}
    %1 = nn.slice %w offsets [0] sizes [%n] steps [1] : tensor<512xf32> -> tensor<?xf32>
    return %1 : tensor<?xf32>
  }
}

// -----

module {
  func.func @main(%x: tensor<?xf32> {nn.name = "x"}, %y: tensor<?xf32> {nn.name = "y"}) -> tensor<?xf32>
      attributes {nn.dim_ranges = {n = array<i64: 6, 9>, m = array<i64: 2, 5>}} {
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %1 = nn.bind_dims %y ["m"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    // expected-error @below {{expected dims that meet n and m to be equal, or one of them 1, which no sizes give that the dims of the model's inputs may have}}
    %2 = nn.add %0, %1 : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
    return %2 : tensor<?xf32>
  }
}
