// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize | FileCheck %s
// Windows at -1, 2 and 5 of an input of 4: the last one starts behind it and does not count.
// CHECK-LABEL: @pool_starts_inside
// CHECK: %[[H:.*]] = arith.constant 2 : index
// CHECK: return %[[H]]
func.func @pool_starts_inside(%a: tensor<1x1x4xf32>) -> index {
  %c2 = arith.constant 2 : index
  %x = tensor.cast %a : tensor<1x1x4xf32> to tensor<1x1x?xf32>
  %y = nn.pool average %x kernel [1] strides [3] dilations [1] pads [1, 1] ceil : tensor<1x1x?xf32> -> tensor<1x1x?xf32>
  %h = tensor.dim %y, %c2 : tensor<1x1x?xf32>
  return %h : index
}

