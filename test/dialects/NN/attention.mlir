// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention parses and prints; sizes of its result follow from its operands'.
// RUN: accel-opt %s | accel-opt | FileCheck %s

#q = affine_map<(b, h, i, j, e, f) -> (b, i, h * 8 + e)>
#k = affine_map<(b, h, i, j, e, f) -> (b, j, h * 8 + e + 16)>
#v = affine_map<(b, h, i, j, e, f) -> (b, h, j, f)>
#m = affine_map<(b, h, i, j, e, f) -> (0, j)>

// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1 * 8 + d4)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 8 + d4 + 16)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d3, d5)>
// CHECK-DAG: #[[M:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d3)>
// CHECK-LABEL: @attention
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} sizes [-1, 2, -1, -1, 8, 4] maps [#[[Q]], #[[K]], #[[V]], #[[M]]] order [0, 2, 1, 3] scale 2.500000e-01 empty_rows_zero : (tensor<?x?x16xf32>, tensor<?x?x32xf32>, tensor<?x2x?x4xf32>, tensor<1x?xf32>) -> tensor<?x?x2x4xf32>
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} sizes [3, 2, 5, 7, 8, 4] maps [#[[Q]], #[[K]], #[[V]]] order [1, 0, 2, 3] scale 1.000000e+00 : (tensor<3x5x16xf32>, tensor<3x7x32xf32>, tensor<3x2x7x4xf32>) -> tensor<2x3x5x4xf32>
func.func @attention(%q: tensor<?x?x16xf32>, %k: tensor<?x?x32xf32>, %v: tensor<?x2x?x4xf32>, %m: tensor<1x?xf32>,
                     %a: tensor<3x5x16xf32>, %b: tensor<3x7x32xf32>, %c: tensor<3x2x7x4xf32>) {
  %0 = nn.attention %q, %k, %v mask %m sizes [-1, 2, -1, -1, 8, 4] maps [#q, #k, #v, #m] order [0, 2, 1, 3]
    scale 2.5e-01 empty_rows_zero
    : (tensor<?x?x16xf32>, tensor<?x?x32xf32>, tensor<?x2x?x4xf32>, tensor<1x?xf32>) -> tensor<?x?x2x4xf32>
  %1 = nn.attention %a, %b, %c sizes [3, 2, 5, 7, 8, 4] maps [#q, #k, #v] order [1, 0, 2, 3] scale 1.0
    : (tensor<3x5x16xf32>, tensor<3x7x32xf32>, tensor<3x2x7x4xf32>) -> tensor<2x3x5x4xf32>
  return
}
