// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-fold-affine | FileCheck %s

// Batch normalisation behind a convolution without bias.
// CHECK-LABEL: @conv_bn
// CHECK-SAME:    (%[[X:.*]]: tensor<?x2x5x5xf32>)
// CHECK-DAG:     %[[W:.*]] = nn.constant {{.*}} : tensor<3x2x3x3xf32>
// CHECK-DAG:     %[[S:.*]] = nn.constant dense<{{.*}}2.000000e+00{{.*}}> : tensor<3x1x1x1xf32>
// CHECK-DAG:     %[[T:.*]] = nn.constant dense<[4.000000e+00, 5.000000e+00, 6.000000e+00]> : tensor<3xf32>
// CHECK:         %[[WS:.*]] = nn.mul %[[W]], %[[S]]
// CHECK:         %[[Y:.*]] = nn.conv %[[X]], %[[WS]] bias %[[T]]
// CHECK:         return %[[Y]]
func.func @conv_bn(%x: tensor<?x2x5x5xf32>) -> tensor<?x3x3x3xf32> {
  %w = nn.constant dense<1.0> : tensor<3x2x3x3xf32>
  %s = nn.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32>
  %t = nn.constant dense<[[[[4.0]], [[5.0]], [[6.0]]]]> : tensor<1x3x1x1xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<?x2x5x5xf32>, tensor<3x2x3x3xf32>) -> tensor<?x3x3x3xf32>
  %1 = nn.mul %0, %s : tensor<?x3x3x3xf32>, tensor<3x1x1xf32> -> tensor<?x3x3x3xf32>
  %2 = nn.add %t, %1 : tensor<1x3x1x1xf32>, tensor<?x3x3x3xf32> -> tensor<?x3x3x3xf32>
  return %2 : tensor<?x3x3x3xf32>
}

// A bias is scaled too; a division and a subtraction of one number for all channels fold as well.
// CHECK-LABEL: @conv_bias
// CHECK-DAG:     %[[B1:.*]] = nn.div %[[B:.*]], %[[D:.*]] : tensor<3xf32>, tensor<1xf32> -> tensor<3xf32>
// CHECK-DAG:     %[[B2:.*]] = nn.sub %[[B1]], %{{.*}} : tensor<3xf32>, tensor<1xf32> -> tensor<3xf32>
// CHECK:         nn.conv %{{.*}}, %{{.*}} bias %[[B2]]
// CHECK-NEXT:    return
func.func @conv_bias(%x: tensor<2x2x5x5xf32>) -> tensor<2x3x3x3xf32> {
  %w = nn.constant dense<1.0> : tensor<3x2x3x3xf32>
  %b = nn.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %d = nn.constant dense<3.0> : tensor<f32>
  %0 = nn.conv %x, %w bias %b strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<2x2x5x5xf32>, tensor<3x2x3x3xf32>, tensor<3xf32>) -> tensor<2x3x3x3xf32>
  %1 = nn.div %0, %d : tensor<2x3x3x3xf32>, tensor<f32> -> tensor<2x3x3x3xf32>
  %2 = nn.sub %1, %d : tensor<2x3x3x3xf32>, tensor<f32> -> tensor<2x3x3x3xf32>
  return %2 : tensor<2x3x3x3xf32>
}

// The output channels of a transposed convolution are dim 1 of its weight; of several groups, they are none.
// CHECK-LABEL: @conv_transpose
// CHECK-DAG:     %[[S:.*]] = nn.constant dense<{{.*}}2.000000e+00{{.*}}> : tensor<1x3x1xf32>
// CHECK:         %[[WS:.*]] = nn.mul %{{.*}}, %[[S]] : tensor<2x3x3xf32>, tensor<1x3x1xf32> -> tensor<2x3x3xf32>
// CHECK:         %[[Y:.*]] = nn.conv_transpose %{{.*}}, %[[WS]] strides [2]
// CHECK:         %[[Z:.*]] = nn.conv_transpose {{.*}} group 2
// CHECK:         %[[M:.*]] = nn.mul %[[Z]], %{{.*}}
// CHECK:         return %[[Y]], %[[M]]
func.func @conv_transpose(%x: tensor<1x2x5xf32>) -> (tensor<1x3x11xf32>, tensor<1x6x11xf32>) {
  %w = nn.constant dense<1.0> : tensor<2x3x3xf32>
  %s = nn.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %t = nn.constant dense<[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]> : tensor<6x1xf32>
  %0 = nn.conv_transpose %x, %w strides [2] dilations [1] pads [0, 0] output_padding [0] : (tensor<1x2x5xf32>, tensor<2x3x3xf32>) -> tensor<1x3x11xf32>
  %1 = nn.mul %0, %s : tensor<1x3x11xf32>, tensor<3x1xf32> -> tensor<1x3x11xf32>
  %2 = nn.conv_transpose %x, %w strides [2] dilations [1] pads [0, 0] output_padding [0] group 2 : (tensor<1x2x5xf32>, tensor<2x3x3xf32>) -> tensor<1x6x11xf32>
  %3 = nn.mul %2, %t : tensor<1x6x11xf32>, tensor<6x1xf32> -> tensor<1x6x11xf32>
  return %1, %3 : tensor<1x3x11xf32>, tensor<1x6x11xf32>
}

// (x w + b) * s + t
// CHECK-LABEL: @gemm_bn
// CHECK-DAG:     %[[WS:.*]] = nn.mul %{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
// CHECK-DAG:     %[[BS:.*]] = nn.mul %{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
// CHECK-DAG:     %[[BT:.*]] = nn.add %[[BS]], %{{.*}} : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
// CHECK-DAG:     %[[Y:.*]] = nn.matmul %{{.*}}, %[[WS]]
// CHECK:         %[[Z:.*]] = nn.add %[[Y]], %[[BT]]
// CHECK:         return %[[Z]]
func.func @gemm_bn(%x: tensor<?x2xf32>) -> tensor<?x3xf32> {
  %w = nn.constant dense<1.0> : tensor<2x3xf32>
  %b = nn.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %s = nn.constant dense<[4.0, 5.0, 6.0]> : tensor<3xf32>
  %t = nn.constant dense<[[7.0, 8.0, 9.0]]> : tensor<1x3xf32>
  %0 = nn.matmul %x, %w : tensor<?x2xf32>, tensor<2x3xf32> -> tensor<?x3xf32>
  %1 = nn.add %0, %b : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  %2 = nn.mul %1, %s : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  %3 = nn.add %2, %t : tensor<?x3xf32>, tensor<1x3xf32> -> tensor<?x3xf32>
  return %3 : tensor<?x3xf32>
}

// Not foldable: a second reader, a scale by position, f16.
// CHECK-LABEL: @stays
// CHECK-COUNT-3: nn.mul
func.func @stays(%x: tensor<2x2x3x3xf32>, %h: tensor<2x2xf16>) -> (tensor<2x3x3x3xf32>, tensor<2x3x3x3xf32>, tensor<2x3x3x3xf32>, tensor<2x2xf16>) {
  %w = nn.constant dense<1.0> : tensor<3x2x1x1xf32>
  %s = nn.constant dense<2.0> : tensor<3x1x1xf32>
  %p = nn.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<2x2x3x3xf32>, tensor<3x2x1x1xf32>) -> tensor<2x3x3x3xf32>
  %1 = nn.mul %0, %s : tensor<2x3x3x3xf32>, tensor<3x1x1xf32> -> tensor<2x3x3x3xf32>
  %2 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<2x2x3x3xf32>, tensor<3x2x1x1xf32>) -> tensor<2x3x3x3xf32>
  %3 = nn.mul %2, %p : tensor<2x3x3x3xf32>, tensor<3xf32> -> tensor<2x3x3x3xf32>
  %wh = nn.constant dense<1.0> : tensor<2x2xf16>
  %sh = nn.constant dense<3.0> : tensor<f16>
  %4 = nn.matmul %h, %wh : tensor<2x2xf16>, tensor<2x2xf16> -> tensor<2x2xf16>
  %5 = nn.mul %4, %sh : tensor<2x2xf16>, tensor<f16> -> tensor<2x2xf16>
  return %0, %1, %3, %5 : tensor<2x3x3x3xf32>, tensor<2x3x3x3xf32>, tensor<2x3x3x3xf32>, tensor<2x2xf16>
}

// An addition and a subtraction stay, and the pass comes to an end.
// CHECK-LABEL: @two_signs
// CHECK: nn.add
// CHECK: nn.sub
func.func @two_signs(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %w = nn.constant dense<2.0> : tensor<3x4xf32>
  %b = nn.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %one = nn.constant dense<1.0> : tensor<f32>
  %0 = nn.matmul %x, %w : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  %1 = nn.add %0, %b : tensor<2x4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  %2 = nn.sub %1, %one : tensor<2x4xf32>, tensor<f32> -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
