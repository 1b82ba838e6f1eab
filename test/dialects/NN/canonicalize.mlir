// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: @transposes
// CHECK-NEXT:    nn.transpose %{{.*}} [2, 0, 1]
// CHECK-NEXT:    return
func.func @transposes(%x: tensor<2x?x4xf32>) -> tensor<4x2x?xf32> {
  %0 = nn.transpose %x [0, 2, 1] : tensor<2x?x4xf32> -> tensor<2x4x?xf32>
  %1 = nn.transpose %0 [1, 0, 2] : tensor<2x4x?xf32> -> tensor<4x2x?xf32>
  return %1 : tensor<4x2x?xf32>
}

// CHECK-LABEL: @there_and_back
// CHECK-SAME:    (%[[X:.*]]: tensor
// CHECK-NEXT:    return %[[X]]
func.func @there_and_back(%x: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {
  %0 = nn.transpose %x [0, 2, 1] : tensor<2x?x4xf32> -> tensor<2x4x?xf32>
  %1 = nn.transpose %0 [0, 2, 1] : tensor<2x4x?xf32> -> tensor<2x?x4xf32>
  return %1 : tensor<2x?x4xf32>
}

// CHECK-LABEL: @unit_dims
// CHECK-DAG:     %[[D:.*]] = tensor.dim %[[X:.*]], %c0
// CHECK-DAG:     %[[E:.*]] = tensor.dim %[[X]], %c2
// CHECK:         nn.reshape %[[X]] to [1, %[[D]], %[[E]], 1, 5]
func.func @unit_dims(%x: tensor<?x1x?x5x1xf32>) -> tensor<1x?x?x1x5xf32> {
  %0 = nn.transpose %x [1, 0, 2, 4, 3] : tensor<?x1x?x5x1xf32> -> tensor<1x?x?x1x5xf32>
  return %0 : tensor<1x?x?x1x5xf32>
}

// CHECK-LABEL: @reshapes
// CHECK-NEXT:    nn.reshape %{{.*}} to [-1, 6]
// CHECK-NEXT:    return
func.func @reshapes(%x: tensor<?x2x3xf32>) -> tensor<?x6xf32> {
  %0 = nn.reshape %x to [-1] : tensor<?x2x3xf32> -> tensor<?xf32>
  %1 = nn.reshape %0 to [-1, 6] : tensor<?xf32> -> tensor<?x6xf32>
  return %1 : tensor<?x6xf32>
}

// CHECK-LABEL: @same_shape
// CHECK-NEXT:    return %{{.*}} : tensor<?x6xf32>
func.func @same_shape(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %0 = nn.reshape %x to [-1, 2, 3] : tensor<?x6xf32> -> tensor<?x2x3xf32>
  %1 = nn.reshape %0 to [-1, 6] : tensor<?x2x3xf32> -> tensor<?x6xf32>
  return %1 : tensor<?x6xf32>
}

// CHECK-LABEL: @powers
// CHECK:         %[[X2:.*]] = nn.mul %[[X:.*]], %[[X]]
// CHECK:         %[[C:.*]] = nn.mul %[[X]], %[[X]]
// CHECK:         %[[X3:.*]] = nn.mul %[[C]], %[[X]]
// CHECK:         return %[[X2]], %[[X3]]
func.func @powers(%x: tensor<?x6xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
  %two = nn.constant dense<2.0> : tensor<f32>
  %three = nn.constant dense<3.0> : tensor<1xf32>
  %0 = nn.pow %x, %two : tensor<?x6xf32>, tensor<f32> -> tensor<?x6xf32>
  %1 = nn.pow %x, %three : tensor<?x6xf32>, tensor<1xf32> -> tensor<?x6xf32>
  return %0, %1 : tensor<?x6xf32>, tensor<?x6xf32>
}

// 1/8 is exact, 1/10 is not.
// CHECK-LABEL: @divisions
// CHECK-DAG:     %[[R:.*]] = nn.constant dense<1.250000e-01>
// CHECK-DAG:     %[[TEN:.*]] = nn.constant dense<1.000000e+01>
// CHECK:         nn.mul %{{.*}}, %[[R]]
// CHECK:         nn.div %{{.*}}, %[[TEN]]
func.func @divisions(%x: tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %eight = nn.constant dense<8.0> : tensor<f32>
  %ten = nn.constant dense<10.0> : tensor<f32>
  %0 = nn.div %x, %eight : tensor<6xf32>, tensor<f32> -> tensor<6xf32>
  %1 = nn.div %x, %ten : tensor<6xf32>, tensor<f32> -> tensor<6xf32>
  return %0, %1 : tensor<6xf32>, tensor<6xf32>
}

// x + 0.0 is 0.0 where x is -0.0: it stays. A constant that makes the result larger stays too.
// CHECK-LABEL: @neutral
// CHECK-SAME:    (%[[X:[^:]*]]: tensor<6xf32>, %[[Y:[^:]*]]: tensor<?xf32>)
// CHECK:         %[[A:.*]] = nn.add %[[X]]
// CHECK:         %[[B:.*]] = nn.mul %[[Y]]
// CHECK:         return %[[A]], %[[X]], %[[B]]
func.func @neutral(%x: tensor<6xf32>, %y: tensor<?xf32>) -> (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %minus = nn.constant dense<-0.0> : tensor<f32>
  %one = nn.constant dense<1.0> : tensor<6xf32>
  %0 = nn.add %x, %zero : tensor<6xf32>, tensor<f32> -> tensor<6xf32>
  %1 = nn.add %x, %minus : tensor<6xf32>, tensor<f32> -> tensor<6xf32>
  %2 = nn.sub %1, %zero : tensor<6xf32>, tensor<f32> -> tensor<6xf32>
  %3 = nn.mul %2, %one : tensor<6xf32>, tensor<6xf32> -> tensor<6xf32>
  %4 = nn.mul %y, %one : tensor<?xf32>, tensor<6xf32> -> tensor<6xf32>
  return %0, %3, %4 : tensor<6xf32>, tensor<6xf32>, tensor<6xf32>
}

// CHECK-LABEL: @broadcast_operand
// CHECK-NEXT:    nn.add %{{.*}}, %{{.*}} : tensor<2x6xf32>, tensor<6xf32>
func.func @broadcast_operand(%x: tensor<2x6xf32>, %y: tensor<6xf32>) -> tensor<2x6xf32> {
  %0 = nn.broadcast %y to [2, 6] : tensor<6xf32> -> tensor<2x6xf32>
  %1 = nn.add %x, %0 : tensor<2x6xf32>, tensor<2x6xf32> -> tensor<2x6xf32>
  return %1 : tensor<2x6xf32>
}

// -----

// Zeros around a convolution's input are its padding; others are not.
// CHECK-LABEL: @pad_conv
// CHECK: nn.conv %arg0, %arg1 strides [1, 1] dilations [1, 1] pads [1, 3, 0, 1]
// CHECK: %[[P:.*]] = nn.pad %arg0
// CHECK: nn.conv %[[P]]
func.func @pad_conv(%x: tensor<1x2x5x5xf32>, %w: tensor<4x2x1x1xf32>) -> (tensor<1x4x6x9xf32>, tensor<1x4x6x8xf32>) {
  %0 = nn.pad %x low [0, 0, 1, 2] high [0, 0, 0, 1] value 0.0 : f32 : tensor<1x2x5x5xf32> -> tensor<1x2x6x8xf32>
  %1 = nn.conv %0, %w strides [1, 1] dilations [1, 1] pads [0, 1, 0, 0] : (tensor<1x2x6x8xf32>, tensor<4x2x1x1xf32>) -> tensor<1x4x6x9xf32>
  %2 = nn.pad %x low [0, 0, 1, 2] high [0, 0, 0, 1] value 1.0 : f32 : tensor<1x2x5x5xf32> -> tensor<1x2x6x8xf32>
  %3 = nn.conv %2, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x2x6x8xf32>, tensor<4x2x1x1xf32>) -> tensor<1x4x6x8xf32>
  return %1, %3 : tensor<1x4x6x9xf32>, tensor<1x4x6x8xf32>
}
