// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s --convert-nn-to-exec --split-input-file | FileCheck %s

// A concatenation along the outermost dim that is not 1 is a matter of where its operands lie.
// CHECK-NOT: exec.kernel @concat
// CHECK-LABEL: exec.program @main
// CHECK: %[[A:.*]] = exec.dispatch @softmax
// CHECK: %[[ALL:.*]] = exec.concat %[[A]], %{{.*}} : (tensor<1x4x8xf32>, tensor<1x2x8xf32>) -> tensor<1x6x8xf32>
// CHECK: exec.dispatch @{{.*}}(%[[ALL]])
func.func @main(%x: tensor<1x4x8xf32>, %y: tensor<1x2x8xf32>) -> tensor<1x6x8xf32> {
  %0 = nn.softmax %x axis 2 : tensor<1x4x8xf32> -> tensor<1x4x8xf32>
  %1 = nn.concat %0, %y axis 1 : tensor<1x4x8xf32>, tensor<1x2x8xf32> -> tensor<1x6x8xf32>
  %2 = nn.softmax %1 axis 2 : tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  return %2 : tensor<1x6x8xf32>
}

// -----

// Rows of the result are parts of several operands.
// CHECK: exec.kernel @concat_{{.*}}they do not lie one behind the other in the result
func.func @main(%x: tensor<3x4xf32>, %y: tensor<3x2xf32>) -> tensor<3x6xf32> {
  %0 = nn.softmax %x axis 1 : tensor<3x4xf32> -> tensor<3x4xf32>
  %1 = nn.concat %0, %y axis 1 : tensor<3x4xf32>, tensor<3x2xf32> -> tensor<3x6xf32>
  %2 = nn.softmax %1 axis 1 : tensor<3x6xf32> -> tensor<3x6xf32>
  return %2 : tensor<3x6xf32>
}

// -----

// The result may be an output.
// CHECK-NOT: exec.kernel @concat
// CHECK: %[[ALL:.*]] = exec.concat %{{.*}}, %{{.*}} : (tensor<4x4xf32>, tensor<1x4xf32>) -> tensor<5x4xf32>
// CHECK: exec.view %[[ALL]]
func.func @main(%x: tensor<4x4xf32>, %y: tensor<1x4xf32>) -> tensor<20xf32> {
  %0 = nn.softmax %x axis 1 : tensor<4x4xf32> -> tensor<4x4xf32>
  %1 = nn.concat %0, %y axis 0 : tensor<4x4xf32>, tensor<1x4xf32> -> tensor<5x4xf32>
  %2 = nn.reshape %1 to [20] : tensor<5x4xf32> -> tensor<20xf32>
  return %2 : tensor<20xf32>
}

// -----

// CHECK: exec.kernel @concat_{{.*}}they are inputs and constants
func.func @main(%x: tensor<4x4xf32>, %y: tensor<1x4xf32>) -> tensor<5x4xf32> {
  %1 = nn.concat %x, %y axis 0 : tensor<4x4xf32>, tensor<1x4xf32> -> tensor<5x4xf32>
  %2 = nn.softmax %1 axis 1 : tensor<5x4xf32> -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}

// -----

// So it is where sizes depend on dims.
// CHECK-NOT: exec.kernel @concat
// CHECK: exec.concat %{{.*}}, %{{.*}} : (tensor<1x?x16xf32>, tensor<1x?x16xf32>) -> tensor<1x?x16xf32>
func.func @main(%in: tensor<1x?x16xf32>) -> tensor<1x?x16xf32> {
  %x = nn.bind_dims %in ["n"] affine_map<()[s0] -> (1, s0, 16)> : tensor<1x?x16xf32> -> tensor<1x?x16xf32>
  %0 = nn.softmax %x axis 2 : tensor<1x?x16xf32> -> tensor<1x?x16xf32>
  %1 = nn.concat %0, %x axis 1 : tensor<1x?x16xf32>, tensor<1x?x16xf32> -> tensor<1x?x16xf32>
  %2 = nn.softmax %1 axis 2 : tensor<1x?x16xf32> -> tensor<1x?x16xf32>
  return %2 : tensor<1x?x16xf32>
}

// -----

// The number of pieces is not known to be 1.
// CHECK: exec.kernel @concat_{{.*}}they do not lie one behind the other in the result
func.func @main(%in: tensor<?x4x16xf32>) -> tensor<?x8x16xf32> {
  %x = nn.bind_dims %in ["n"] affine_map<()[s0] -> (s0, 4, 16)> : tensor<?x4x16xf32> -> tensor<?x4x16xf32>
  %0 = nn.softmax %x axis 2 : tensor<?x4x16xf32> -> tensor<?x4x16xf32>
  %1 = nn.concat %0, %x axis 1 : tensor<?x4x16xf32>, tensor<?x4x16xf32> -> tensor<?x8x16xf32>
  %2 = nn.softmax %1 axis 2 : tensor<?x8x16xf32> -> tensor<?x8x16xf32>
  return %2 : tensor<?x8x16xf32>
}

// -----

// CHECK: exec.kernel @concat_{{.*}}one would begin at a byte that may be no multiple of 64
func.func @main(%in: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %x = nn.bind_dims %in ["n"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
  %0 = nn.softmax %x axis 1 : tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.concat %0, %x axis 0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.softmax %1 axis 1 : tensor<?x4xf32> -> tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// -----

// CHECK: exec.kernel @concat_{{.*}}one would begin at byte 48, which is no multiple of 64
func.func @main(%x: tensor<3x4xf32>, %y: tensor<2x4xf32>) -> tensor<5x4xf32> {
  %0 = nn.softmax %x axis 1 : tensor<3x4xf32> -> tensor<3x4xf32>
  %1 = nn.concat %0, %y axis 0 : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<5x4xf32>
  %2 = nn.softmax %1 axis 1 : tensor<5x4xf32> -> tensor<5x4xf32>
  return %2 : tensor<5x4xf32>
}
