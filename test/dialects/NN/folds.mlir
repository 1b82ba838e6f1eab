// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape arithmetic that exporters write folds away; ops that do nothing go; large constants stay.
// RUN: accel-opt %s -canonicalize | FileCheck %s

// Shape, Gather, Concat: as in Flatten by an older exporter.
// CHECK-LABEL: @shape_arithmetic
func.func @shape_arithmetic(%x: tensor<3x5x7xf32>) -> (tensor<2xi64>, tensor<2xi64>) {
  // CHECK-DAG: %[[BOTH:.*]] = nn.constant dense<[5, -1]> : tensor<2xi64>
  // CHECK-DAG: %[[LAST:.*]] = nn.constant dense<[7, 3]> : tensor<2xi64>
  // CHECK-NOT: nn.concat
  // CHECK: return %[[BOTH]], %[[LAST]]
  %shape = nn.shape_of %x 0 3 : tensor<3x5x7xf32> -> tensor<3xi64>
  %one = nn.constant dense<1> : tensor<1xi64>
  %five = nn.gather %shape, %one axis 0 : tensor<3xi64>, tensor<1xi64> -> tensor<1xi64>
  %rest = nn.constant dense<-1> : tensor<1xi64>
  %both = nn.concat %five, %rest axis 0 : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %ends = nn.constant dense<[-1, 0]> : tensor<2xi64>
  %last = nn.gather %shape, %ends axis 0 : tensor<3xi64>, tensor<2xi64> -> tensor<2xi64>
  return %both, %last : tensor<2xi64>, tensor<2xi64>
}

// CHECK-LABEL: @slice_backwards
func.func @slice_backwards() -> tensor<2xi64> {
  // CHECK: nn.constant dense<[40, 20]>
  %x = nn.constant dense<[10, 20, 30, 40]> : tensor<4xi64>
  %y = nn.slice %x offsets [3] sizes [2] steps [-2] : tensor<4xi64> -> tensor<2xi64>
  return %y : tensor<2xi64>
}

// CHECK-LABEL: @do_nothing
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf32>
func.func @do_nothing(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  // CHECK-NEXT: return %[[X]]
  %0 = nn.reshape %x to [3, 4] : tensor<3x4xf32> -> tensor<3x4xf32>
  %1 = nn.transpose %0 [0, 1] : tensor<3x4xf32> -> tensor<3x4xf32>
  %2 = nn.concat %1 axis 0 : tensor<3x4xf32> -> tensor<3x4xf32>
  %3 = nn.slice %2 offsets [0, 0] sizes [3, 4] steps [1, 1] : tensor<3x4xf32> -> tensor<3x4xf32>
  return %3 : tensor<3x4xf32>
}

// CHECK-LABEL: @reshape_of_reshape
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf32>
func.func @reshape_of_reshape(%x: tensor<3x4xf32>) -> tensor<2x6xf32> {
  // CHECK-NEXT: %[[Y:.*]] = nn.reshape %[[X]] to [2, 6]
  // CHECK-NEXT: return %[[Y]]
  %0 = nn.reshape %x to [12] : tensor<3x4xf32> -> tensor<12xf32>
  %1 = nn.reshape %0 to [2, 6] : tensor<12xf32> -> tensor<2x6xf32>
  return %1 : tensor<2x6xf32>
}

// A dynamic shape is not known while compiling.
// CHECK-LABEL: @dynamic_stays
func.func @dynamic_stays(%x: tensor<?x4xf32>) -> (tensor<2xi64>, tensor<1xi64>) {
  // CHECK-DAG: nn.shape_of %{{.*}} 0 2
  // CHECK-DAG: nn.constant dense<4> : tensor<1xi64>
  %0 = nn.shape_of %x 0 2 : tensor<?x4xf32> -> tensor<2xi64>
  %1 = nn.shape_of %x 1 2 : tensor<?x4xf32> -> tensor<1xi64>
  return %0, %1 : tensor<2xi64>, tensor<1xi64>
}

// An index outside the axis is not folded: it is an error that belongs to the user.
// CHECK-LABEL: @gather_outside
func.func @gather_outside() -> tensor<1xi64> {
  // CHECK: nn.gather
  %x = nn.constant dense<[1, 2]> : tensor<2xi64>
  %i = nn.constant dense<2> : tensor<1xi64>
  %y = nn.gather %x, %i axis 0 : tensor<2xi64>, tensor<1xi64> -> tensor<1xi64>
  return %y : tensor<1xi64>
}

// Weights are not folded by folders, whatever the op.
// CHECK-LABEL: @weights_stay
func.func @weights_stay() -> tensor<2x2xf32> {
  // CHECK: nn.transpose
  %x = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y = nn.transpose %x [1, 0] : tensor<2x2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// CHECK-LABEL: @iota
func.func @iota() -> (tensor<2x3xi64>, tensor<2x3xi32>) {
  // CHECK-DAG: nn.constant dense<{{\[\[}}0, 1, 2], [0, 1, 2]]> : tensor<2x3xi64>
  // CHECK-DAG: nn.constant dense<{{\[\[}}0, 0, 0], [1, 1, 1]]> : tensor<2x3xi32>
  %0 = nn.iota axis 1 to [2, 3] of i64 : tensor<2x3xi64>
  %1 = nn.iota axis 0 to [2, 3] of i32 : tensor<2x3xi32>
  return %0, %1 : tensor<2x3xi64>, tensor<2x3xi32>
}
