// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-exec -split-input-file | FileCheck %s

// The first 5 rows, of which there may be less: the program defines min(n, 5), and all kernels take it as a dim.
// CHECK-DAG: #[[N4:.*]] = affine_map<()[s0, s1] -> (s0, 4)>
// CHECK-DAG: #[[M4:.*]] = affine_map<()[s0, s1] -> (s1, 4)>
// CHECK-DAG: #[[LEAST:.*]] = affine_map<()[s0] -> (s0, 5)>
// CHECK-LABEL: module @first
// CHECK: func.func @slice_0(%{{.*}}: index, %[[M:.*]]: index, %{{.*}}: tensor<?x4xf32> {exec.shape = #[[N4]]}) -> (tensor<?x4xf32> {exec.shape = #[[M4]]})
// CHECK: nn.slice %{{.*}} offsets [0, 0] sizes [%[[M]], 4] steps [1, 1]
// CHECK: exec.program @main
// CHECK-SAME: derived = [#[[LEAST]]]
// CHECK-SAME: maxima = array<i64: 9223372036854775807>
// CHECK-SAME: output_shapes = [#[[M4]]]
// CHECK: ^bb0(%[[N:.*]]: index, %[[L:.*]]: index, %[[X:.*]]: tensor<?x4xf32>):
// CHECK: exec.dispatch @slice_0 dims(%[[N]], %[[L]]) (%[[X]])
module @first {
  func.func @main(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
    %n = tensor.dim %0, %c0 : tensor<?x4xf32>
    %m = affine.min affine_map<()[s0] -> (s0, 5)>()[%n]
    %1 = nn.slice %0 offsets [0, 0] sizes [%m, 4] steps [1, 1] : tensor<?x4xf32> -> tensor<?x4xf32>
    return %1 : tensor<?x4xf32>
  }
}

// -----

// A table of 9 rows is cut to the length of the input and added to it: no input has more than 9 rows. So both have the
// same dims, and one kernel does all.
// CHECK-LABEL: module @table
// CHECK: func.func @slice_0(%[[N:.*]]: index, %{{.*}}: tensor<9x4xf32> {exec.shape = {{.*}}}, %{{.*}}: tensor<?x4xf32> {exec.shape = #[[N4:.*]]}) -> (tensor<?x4xf32> {exec.shape = #[[N4]]})
// CHECK: nn.slice {{.*}} sizes [%[[N]], 4]
// CHECK-NEXT: nn.add
// CHECK-NEXT: nn.add
// CHECK: exec.program @main
// CHECK-NOT: derived
// CHECK-SAME: maxima = array<i64: 9>
// CHECK-NOT: requirements
module @table {
  func.func @main(%x: tensor<?x4xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
    %n = tensor.dim %0, %c0 : tensor<?x4xf32>
    %m = affine.min affine_map<()[s0] -> (s0, 9)>()[%n]
    %w = nn.constant dense<[[1., 2., 3., 4.], [5., 6., 7., 8.], [1., 2., 3., 4.], [5., 6., 7., 8.], [1., 2., 3., 4.], [5., 6., 7., 8.], [1., 2., 3., 4.], [5., 6., 7., 8.], [9., 9., 9., 9.]]> : tensor<9x4xf32>
    %1 = nn.slice %w offsets [0, 0] sizes [%m, 4] steps [1, 1] : tensor<9x4xf32> -> tensor<?x4xf32>
    %2 = nn.add %1, %0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
    %3 = nn.add %2, %0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
    return %3 : tensor<?x4xf32>
  }
}

// -----

// What only a run can tell is checked there; the text names the node.
// CHECK-DAG: #[[EQUAL:.*]] = affine_map<()[s0, s1] -> (s0 - s1, -s0 + s1)>
// CHECK-DAG: #[[SEVEN:.*]] = affine_map<()[s0, s1] -> (s0 * -8 + s0 * s0 + 7, s0 * 8 - s0 * s0 - 7)>
// CHECK-LABEL: module @checks
// CHECK: exec.program @main
// CHECK-SAME: requirement_texts = ["node 'joined': expected dims that meet a and b to be equal", "node 'sum': expected dims that meet a and 7 to be equal, or one of them 1"]
// CHECK-SAME: requirements = [#[[EQUAL]], #[[SEVEN]]]
module @checks {
  func.func @main(%x: tensor<?x4xf32> {nn.name = "x"}, %y: tensor<?x4xf32> {nn.name = "y"}, %z: tensor<7x1xf32> {nn.name = "z"})
      -> (tensor<7x8xf32> {nn.name = "s"}) {
    %0 = nn.bind_dims %x ["a"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
    %1 = nn.bind_dims %y ["b"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
    %2 = nn.concat %0, %1 axis 1 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32> loc("joined")
    %3 = nn.add %2, %z : tensor<?x8xf32>, tensor<7x1xf32> -> tensor<7x8xf32> loc("sum")
    return %3 : tensor<7x8xf32>
  }
}

// -----

// A window that must fit is a least size of the input, and the windows behind it fit then.
// CHECK-LABEL: module @fits
// CHECK: exec.program @main
// CHECK-SAME: minima = array<i64: 7>
// CHECK-NOT: requirements
module @fits {
  func.func @main(%x: tensor<1x1x?xf32> {nn.name = "x"}) -> (tensor<1x1x?xf32> {nn.name = "y"}) {
    %0 = nn.bind_dims %x ["w"] affine_map<()[s0] -> (1, 1, s0)> : tensor<1x1x?xf32> -> tensor<1x1x?xf32>
    %1 = nn.pool max %0 kernel [3] strides [2] dilations [1] pads [0, 0] : tensor<1x1x?xf32> -> tensor<1x1x?xf32>
    %2 = nn.pool max %1 kernel [3] strides [2] dilations [1] pads [0, 0] : tensor<1x1x?xf32> -> tensor<1x1x?xf32>
    return %2 : tensor<1x1x?xf32>
  }
}

// -----

// The kernel of a fused op knows that its operands have one shape, though the dims alone do not say so.
// CHECK-LABEL: module @same
// CHECK: func.func @pool_2(
// CHECK-NEXT: nn.pool max {{.*}} {exec.shape = #{{.*}}}
// CHECK-NEXT: nn.add %{{[^{]*$}}
// CHECK: minima = array<i64: 0, 4>
module @same {
  func.func @main(%x: tensor<?x1x?xf32> {nn.name = "x"}) -> (tensor<?x1x?xf32> {nn.name = "y"}) {
    %c0 = arith.constant 0 : index
    %0 = nn.bind_dims %x ["n", "w"] affine_map<()[s0, s1] -> (s0, 1, s1)> : tensor<?x1x?xf32> -> tensor<?x1x?xf32>
    %1 = nn.pool max %0 kernel [2] strides [2] dilations [1] pads [0, 0] : tensor<?x1x?xf32> -> tensor<?x1x?xf32>
    %2 = nn.pool max %1 kernel [2] strides [2] dilations [1] pads [0, 0] : tensor<?x1x?xf32> -> tensor<?x1x?xf32>
    %3 = nn.pool average %1 kernel [2] strides [2] dilations [1] pads [0, 0] : tensor<?x1x?xf32> -> tensor<?x1x?xf32>
    %4 = nn.add %2, %3 : tensor<?x1x?xf32>, tensor<?x1x?xf32> -> tensor<?x1x?xf32>
    return %4 : tensor<?x1x?xf32>
  }
}
