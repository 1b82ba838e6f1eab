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
