// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -linalg-tile-attention=plain -verify-diagnostics -o /dev/null

#q = affine_map<(i, j, e, f) -> (i, e)>
#k = affine_map<(i, j, e, f) -> (j, e)>
#v = affine_map<(i, j, e, f) -> (j, f)>
func.func @no_result(%q: tensor<5x8xf32>) {
  // expected-error @+1 {{expected attention to be a kernel's result}}
  %0 = nn.attention %q, %q, %q sizes [5, 5, 8, 8] maps [#q, #k, #v] order [0, 1] scale 1.0
    : (tensor<5x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<5x8xf32>
  return
}
