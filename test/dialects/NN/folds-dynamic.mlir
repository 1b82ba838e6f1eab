// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -canonicalize | FileCheck %s
// CHECK-LABEL: @shape_of
// CHECK-NOT: nn.constant dense<>
func.func @shape_of(%x: tensor<3x5xf32>) -> tensor<?xi64> {
  %0 = nn.shape_of %x 0 2 : tensor<3x5xf32> -> tensor<?xi64>
  return %0 : tensor<?xi64>
}
// CHECK-LABEL: @transpose
// CHECK-NOT: nn.constant {{.*}} : tensor<?
func.func @transpose() -> tensor<?x2xf32> {
  %c = nn.constant dense<1.0> : tensor<2x3xf32>
  %0 = nn.transpose %c [1, 0] : tensor<2x3xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
