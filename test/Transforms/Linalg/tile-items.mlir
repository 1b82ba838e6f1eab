// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work of many items is cut, whichever tile it has; a reduction over a dim that is not known is tiled.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v4 -canonicalize -split-input-file | FileCheck %s
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v3 -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: @one_panel
// CHECK: scf.forall
func.func @one_panel(%a: tensor<4096x64xf32>, %b: tensor<64x32xf32>) -> tensor<4096x32xf32> {
  %0 = nn.matmul %a, %b : tensor<4096x64xf32>, tensor<64x32xf32> -> tensor<4096x32xf32>
  return %0 : tensor<4096x32xf32>
}

// -----

// CHECK-LABEL: @blocked_conv
// CHECK: scf.forall
func.func @blocked_conv(%x: tensor<1x2x30x30x16xf32>, %w: tensor<2x2x3x3x16x32xf32>) -> tensor<1x2x28x28x32xf32> {
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1]
    : (tensor<1x2x30x30x16xf32>, tensor<2x2x3x3x16x32xf32>) -> tensor<1x2x28x28x32xf32>
  return %0 : tensor<1x2x28x28x32xf32>
}

// -----

// CHECK-LABEL: @dynamic_k
// CHECK: tensor.dim %{{.*}}, %c1
// CHECK: scf.forall
func.func @dynamic_k(%a: tensor<?x?xf32>, %b: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = nn.matmul %a, %b : tensor<?x?xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// Nothing to compute: nothing is cut.
// CHECK-LABEL: @no_elements
// CHECK-NOT: scf.forall
func.func @no_elements(%x: tensor<3x0x5xi64>, %y: tensor<3x0x5xi64>) -> tensor<3x0x5xi64> {
  %0 = nn.add %x, %y : tensor<3x0x5xi64>, tensor<3x0x5xi64> -> tensor<3x0x5xi64>
  return %0 : tensor<3x0x5xi64>
}
