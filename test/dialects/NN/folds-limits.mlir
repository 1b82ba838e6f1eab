// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where folds stop: what they must not change, and the constants that they may compute.
// RUN: accel-opt %s -canonicalize | FileCheck %s

// Integers have one zero, and a scalar broadcasts into any shape.
// CHECK-LABEL: @neutral_integers
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xi32>)
// CHECK-NEXT: return %[[X]]
func.func @neutral_integers(%x: tensor<?x4xi32>) -> tensor<?x4xi32> {
  %zero = nn.constant dense<0> : tensor<i32>
  %one = nn.constant dense<1> : tensor<1x4xi32>
  %0 = nn.add %zero, %x : tensor<i32>, tensor<?x4xi32> -> tensor<?x4xi32>
  %1 = nn.mul %one, %0 : tensor<1x4xi32>, tensor<?x4xi32> -> tensor<?x4xi32>
  %2 = nn.sub %1, %zero : tensor<?x4xi32>, tensor<i32> -> tensor<?x4xi32>
  return %2 : tensor<?x4xi32>
}

// x - -0.0 is 0.0 where x is -0.0; 0 - x is no x; x * -1 is no x.
// CHECK-LABEL: @not_neutral
// CHECK-DAG: nn.sub %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
// CHECK-DAG: nn.sub %{{.*}}, %{{.*}} : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
// CHECK-DAG: nn.mul
func.func @not_neutral(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %minus_zero = nn.constant dense<-0.0> : tensor<f32>
  %zero = nn.constant dense<0.0> : tensor<f32>
  %minus_one = nn.constant dense<-1.0> : tensor<f32>
  %0 = nn.sub %x, %minus_zero : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = nn.sub %zero, %x : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %2 = nn.mul %x, %minus_one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// A constant with a dim that the other operand may have as 1 makes the result larger.
// CHECK-LABEL: @constant_may_broadcast
// CHECK: nn.mul
func.func @constant_may_broadcast(%x: tensor<?x4xf32>) -> tensor<3x4xf32> {
  %one = nn.constant dense<1.0> : tensor<3x1xf32>
  %0 = nn.mul %x, %one : tensor<?x4xf32>, tensor<3x1xf32> -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// Two dynamic dims could trade sizes; an empty tensor's dynamic dim may be anything.
// CHECK-LABEL: @reshape_of_two_dynamic_dims
// CHECK-COUNT-2: nn.reshape
func.func @reshape_of_two_dynamic_dims(%x: tensor<?x?xf32>, %n: index, %m: index, %y: tensor<?x0xf32>)
    -> (tensor<?x?xf32>, tensor<?x0xf32>) {
  %0 = nn.reshape %x to [%n, %m] : tensor<?x?xf32> -> tensor<?x?xf32>
  %1 = nn.reshape %y to [%n, 0] : tensor<?x0xf32> -> tensor<?x0xf32>
  return %0, %1 : tensor<?x?xf32>, tensor<?x0xf32>
}

// A cast to the same type does nothing, a cast there and back rounds.
// CHECK-LABEL: @casts
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[HALF:.*]] = nn.cast %[[X]] {to = f16}
// CHECK-NEXT: %[[BACK:.*]] = nn.cast %[[HALF]] {to = f32}
// CHECK-NEXT: return %[[X]], %[[BACK]]
func.func @casts(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = nn.cast %x {to = f32} : tensor<4xf32> -> tensor<4xf32>
  %1 = nn.cast %x {to = f16} : tensor<4xf32> -> tensor<4xf16>
  %2 = nn.cast %1 {to = f32} : tensor<4xf16> -> tensor<4xf32>
  return %0, %2 : tensor<4xf32>, tensor<4xf32>
}

// A full block has no filling, so that packing undoes unpacking.
// CHECK-LABEL: @pack_of_unpack
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>)
// CHECK-NEXT: return %[[X]]
func.func @pack_of_unpack(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = nn.unpack %x dims [1] blocks [4] order [1, 0] sizes [8] : tensor<2x3x4xf32> -> tensor<3x8xf32>
  %1 = nn.pack %0 dims [1] blocks [4] order [1, 0] : tensor<3x8xf32> -> tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

// The filling of the last block may be anything before, and is 0 after.
// CHECK-LABEL: @pack_fills_with_zeros
// CHECK: nn.unpack
// CHECK: nn.pack
func.func @pack_fills_with_zeros(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = nn.unpack %x dims [1] blocks [4] order [1, 0] sizes [7] : tensor<2x3x4xf32> -> tensor<3x7xf32>
  %1 = nn.pack %0 dims [1] blocks [4] order [1, 0] : tensor<3x7xf32> -> tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

// Unpacking undoes packing, whatever fills the last block; another order is another tensor.
// CHECK-LABEL: @unpack_of_pack
// CHECK-SAME: (%[[X:.*]]: tensor<3x3xf32>)
// CHECK-NEXT: %[[P:.*]] = nn.pack
// CHECK-NEXT: %[[U:.*]] = nn.unpack %[[P]]
// CHECK-NEXT: return %[[X]], %[[U]]
func.func @unpack_of_pack(%x: tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<3x3xf32>) {
  %0 = nn.pack %x dims [1] blocks [3] order [1, 0] : tensor<3x3xf32> -> tensor<1x3x3xf32>
  %1 = nn.unpack %0 dims [1] blocks [3] order [1, 0] sizes [3] : tensor<1x3x3xf32> -> tensor<3x3xf32>
  %2 = nn.reshape %0 to [3, 1, 3] : tensor<1x3x3xf32> -> tensor<3x1x3xf32>
  %3 = nn.pack %x dims [1] blocks [3] order [0, 1] : tensor<3x3xf32> -> tensor<3x1x3xf32>
  %4 = nn.unpack %3 dims [0] blocks [3] order [1, 0] sizes [3] : tensor<3x1x3xf32> -> tensor<3x3xf32>
  return %1, %4 : tensor<3x3xf32>, tensor<3x3xf32>
}

// Negative indices count from the end; indices of rank 2 give a result of rank 2.
// CHECK-LABEL: @gather_matrix
// CHECK: nn.constant dense<{{\[}}[30, 10], [20, 30]]> : tensor<2x2xi64>
// CHECK-NOT: nn.gather
func.func @gather_matrix() -> tensor<2x2xi64> {
  %x = nn.constant dense<[10, 20, 30]> : tensor<3xi64>
  %i = nn.constant dense<[[2, -3], [1, -1]]> : tensor<2x2xi32>
  %y = nn.gather %x, %i axis 0 : tensor<3xi64>, tensor<2x2xi32> -> tensor<2x2xi64>
  return %y : tensor<2x2xi64>
}

// CHECK-LABEL: @gather_before_the_first
// CHECK: nn.gather
func.func @gather_before_the_first() -> tensor<1xi64> {
  %x = nn.constant dense<[1, 2]> : tensor<2xi64>
  %i = nn.constant dense<-3> : tensor<1xi64>
  %y = nn.gather %x, %i axis 0 : tensor<2xi64>, tensor<1xi64> -> tensor<1xi64>
  return %y : tensor<1xi64>
}

// 1,024 integers are joined by a folder, 1,025 are not.
// CHECK-LABEL: @limit
// CHECK-DAG: nn.constant dense<7> : tensor<1024xi64>
// CHECK-DAG: nn.concat %{{.*}} -> tensor<1025xi64>
func.func @limit() -> (tensor<1024xi64>, tensor<1025xi64>) {
  %a = nn.constant dense<7> : tensor<512xi64>
  %b = nn.constant dense<7> : tensor<513xi64>
  %0 = nn.concat %a, %a axis 0 : tensor<512xi64>, tensor<512xi64> -> tensor<1024xi64>
  %1 = nn.concat %a, %b axis 0 : tensor<512xi64>, tensor<513xi64> -> tensor<1025xi64>
  return %0, %1 : tensor<1024xi64>, tensor<1025xi64>
}

// A reshaped constant is a constant of the new shape; a transposed splat too.
// CHECK-LABEL: @constants
// CHECK-DAG: nn.constant dense<{{\[}}[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>
// CHECK-DAG: nn.constant dense<5.000000e-01> : tensor<4x2xf32>
// CHECK-NOT: nn.transpose
func.func @constants() -> (tensor<2x3xi64>, tensor<4x2xf32>) {
  %a = nn.constant dense<[1, 2, 3, 4, 5, 6]> : tensor<6xi64>
  %b = nn.constant dense<0.5> : tensor<2x4xf32>
  %0 = nn.reshape %a to [2, -1] : tensor<6xi64> -> tensor<2x3xi64>
  %1 = nn.transpose %b [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
  return %0, %1 : tensor<2x3xi64>, tensor<4x2xf32>
}
