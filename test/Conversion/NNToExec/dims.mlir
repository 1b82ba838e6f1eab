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

// -----

// Which of two dims is the least gives two cases, fourteen of them two to the fourteenth: most are left to the run.
// CHECK-LABEL: module @many_cases
// CHECK: exec.program @main
// CHECK-SAME: requirement_texts = ["node 'some': expected {{.*}}total + 2 to be at most {{.*}}min(n0, 3) + min(n1, 3)
module @many_cases {
  func.func @main(%x0: tensor<?xf32> {nn.name = "x0"}, %x1: tensor<?xf32> {nn.name = "x1"}, %x2: tensor<?xf32> {nn.name = "x2"}, %x3: tensor<?xf32> {nn.name = "x3"}, %x4: tensor<?xf32> {nn.name = "x4"}, %x5: tensor<?xf32> {nn.name = "x5"}, %x6: tensor<?xf32> {nn.name = "x6"}, %x7: tensor<?xf32> {nn.name = "x7"}, %x8: tensor<?xf32> {nn.name = "x8"}, %x9: tensor<?xf32> {nn.name = "x9"}, %x10: tensor<?xf32> {nn.name = "x10"}, %x11: tensor<?xf32> {nn.name = "x11"}, %x12: tensor<?xf32> {nn.name = "x12"}, %x13: tensor<?xf32> {nn.name = "x13"}, %y: tensor<?xf32> {nn.name = "y"}) -> (tensor<?xf32> {nn.name = "z"}) {
    %c0 = arith.constant 0 : index
    %y0 = nn.bind_dims %y ["total"] affine_map<()[s0] -> (s0 + 2)> : tensor<?xf32> -> tensor<?xf32>
    %b0 = nn.bind_dims %x0 ["n0"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d0 = tensor.dim %b0, %c0 : tensor<?xf32>
    %m0 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d0]
    %s0 = nn.slice %b0 offsets [0] sizes [%m0] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b1 = nn.bind_dims %x1 ["n1"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d1 = tensor.dim %b1, %c0 : tensor<?xf32>
    %m1 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d1]
    %s1 = nn.slice %b1 offsets [0] sizes [%m1] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b2 = nn.bind_dims %x2 ["n2"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d2 = tensor.dim %b2, %c0 : tensor<?xf32>
    %m2 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d2]
    %s2 = nn.slice %b2 offsets [0] sizes [%m2] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b3 = nn.bind_dims %x3 ["n3"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d3 = tensor.dim %b3, %c0 : tensor<?xf32>
    %m3 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d3]
    %s3 = nn.slice %b3 offsets [0] sizes [%m3] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b4 = nn.bind_dims %x4 ["n4"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d4 = tensor.dim %b4, %c0 : tensor<?xf32>
    %m4 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d4]
    %s4 = nn.slice %b4 offsets [0] sizes [%m4] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b5 = nn.bind_dims %x5 ["n5"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d5 = tensor.dim %b5, %c0 : tensor<?xf32>
    %m5 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d5]
    %s5 = nn.slice %b5 offsets [0] sizes [%m5] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b6 = nn.bind_dims %x6 ["n6"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d6 = tensor.dim %b6, %c0 : tensor<?xf32>
    %m6 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d6]
    %s6 = nn.slice %b6 offsets [0] sizes [%m6] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b7 = nn.bind_dims %x7 ["n7"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d7 = tensor.dim %b7, %c0 : tensor<?xf32>
    %m7 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d7]
    %s7 = nn.slice %b7 offsets [0] sizes [%m7] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b8 = nn.bind_dims %x8 ["n8"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d8 = tensor.dim %b8, %c0 : tensor<?xf32>
    %m8 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d8]
    %s8 = nn.slice %b8 offsets [0] sizes [%m8] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b9 = nn.bind_dims %x9 ["n9"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d9 = tensor.dim %b9, %c0 : tensor<?xf32>
    %m9 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d9]
    %s9 = nn.slice %b9 offsets [0] sizes [%m9] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b10 = nn.bind_dims %x10 ["n10"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d10 = tensor.dim %b10, %c0 : tensor<?xf32>
    %m10 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d10]
    %s10 = nn.slice %b10 offsets [0] sizes [%m10] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b11 = nn.bind_dims %x11 ["n11"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d11 = tensor.dim %b11, %c0 : tensor<?xf32>
    %m11 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d11]
    %s11 = nn.slice %b11 offsets [0] sizes [%m11] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b12 = nn.bind_dims %x12 ["n12"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d12 = tensor.dim %b12, %c0 : tensor<?xf32>
    %m12 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d12]
    %s12 = nn.slice %b12 offsets [0] sizes [%m12] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %b13 = nn.bind_dims %x13 ["n13"] affine_map<()[s0] -> (s0)> : tensor<?xf32> -> tensor<?xf32>
    %d13 = tensor.dim %b13, %c0 : tensor<?xf32>
    %m13 = affine.min affine_map<()[s0] -> (s0, 3)>()[%d13]
    %s13 = nn.slice %b13 offsets [0] sizes [%m13] steps [1] : tensor<?xf32> -> tensor<?xf32>
    %0 = nn.concat %s0, %s1, %s2, %s3, %s4, %s5, %s6, %s7, %s8, %s9, %s10, %s11, %s12, %s13 axis 0 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
    %n = tensor.dim %y0, %c0 : tensor<?xf32>
    %1 = nn.slice %0 offsets [0] sizes [%n] steps [1] : tensor<?xf32> -> tensor<?xf32> loc("some")
    %2 = nn.add %1, %y0 : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
    return %2 : tensor<?xf32>
  }
}
