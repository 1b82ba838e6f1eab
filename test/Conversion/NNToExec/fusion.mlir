// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-exec -split-input-file | FileCheck %s

// A product takes its consumers in; a value with two elementwise readers that meet again (x * sigmoid(x)) too.
// CHECK-DAG:   #[[OUT:.*]] = affine_map<()[s0] -> (s0, 4)>
// CHECK-DAG:   #[[IN:.*]] = affine_map<()[s0] -> (s0, 8)>
// CHECK-LABEL: exec.kernel @matmul_0
// CHECK:         func.func @matmul_0(%[[N:.*]]: index, %[[X:.*]]: tensor<?x8xf32> {exec.shape = #[[IN]]}, %[[W:.*]]: tensor<8x4xf32> {exec.shape = affine_map<()[s0] -> (8, 4)>}, %[[B:.*]]: tensor<4xf32>
// CHECK-SAME:      -> (tensor<?x4xf32> {exec.shape = #[[OUT]]})
// CHECK:           %[[HALF:.*]] = nn.constant dense<5.000000e-01>
// CHECK:           %[[P:.*]] = nn.matmul %[[X]], %[[W]]
// CHECK:           %[[A:.*]] = nn.add %[[P]], %[[B]]
// CHECK:           %[[S:.*]] = nn.sigmoid %[[A]]
// CHECK:           %[[M:.*]] = nn.mul %[[A]], %[[S]]
// CHECK:           %[[R:.*]] = nn.mul %[[M]], %[[HALF]]
// CHECK:           return %[[R]]
// CHECK-LABEL: exec.program @main attributes
// CHECK-SAME:    input_names = ["x"], input_shapes = [#[[IN]]], input_types = [tensor<?x8xf32>]
// CHECK-SAME:    maxima = array<i64: 32>, minima = array<i64: 2>
// CHECK-SAME:    output_names = ["y"]
// CHECK-SAME:    symbols = ["n"]
// CHECK:       ^bb0(%[[N:.*]]: index, %[[X:.*]]: tensor<?x8xf32>):
// CHECK-DAG:     %[[W:.*]] = exec.constant dense<{{.*}}> : tensor<8x4xf32>
// CHECK-DAG:     %[[B:.*]] = exec.constant dense<{{.*}}> : tensor<4xf32>
// CHECK:         %[[Y:.*]] = exec.dispatch @matmul_0 dims(%[[N]]) (%[[X]], %[[W]], %[[B]])
// CHECK:         exec.yield %[[Y]]
module {
  func.func @main(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x4xf32> {nn.name = "y"})
      attributes {nn.dim_ranges = {n = array<i64: 2, 32>}} {
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 8)> : tensor<?x8xf32> -> tensor<?x8xf32>
    %w = nn.constant dense<"0x0000803F000000400000404000008040000080BF000000C0000040C0000080C00000803F000000400000404000008040000080BF000000C0000040C0000080C00000803F000000400000404000008040000080BF000000C0000040C0000080C00000803F000000400000404000008040000080BF000000C0000040C0000080C0"> : tensor<8x4xf32>
    %b = nn.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    %h = nn.constant dense<0.5> : tensor<f32>
    %1 = nn.matmul %0, %w : tensor<?x8xf32>, tensor<8x4xf32> -> tensor<?x4xf32>
    %2 = nn.add %1, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
    %3 = nn.sigmoid %2 : tensor<?x4xf32> -> tensor<?x4xf32>
    %4 = nn.mul %2, %3 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
    %5 = nn.mul %4, %h : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
    return %5 : tensor<?x4xf32>
  }
}

// -----

// A value that an output needs too ends its kernel.
// CHECK:       func.func @matmul_0
// CHECK-NOT:     nn.relu
// CHECK:       func.func @relu_1
// CHECK:       exec.yield %{{.*}}, %{{.*}}
module {
  func.func @main(%x: tensor<3x8xf32>, %w: tensor<8x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
    %1 = nn.matmul %x, %w : tensor<3x8xf32>, tensor<8x4xf32> -> tensor<3x4xf32>
    %2 = nn.relu %1 : tensor<3x4xf32> -> tensor<3x4xf32>
    return %1, %2 : tensor<3x4xf32>, tensor<3x4xf32>
  }
}

// -----

// Of two products that meet, the first takes the sum; producers of a softmax's operand come in.
// CHECK:       func.func @matmul_0
// CHECK-NOT:     nn.add
// CHECK:       func.func @matmul_1
// CHECK:         nn.matmul
// CHECK-NEXT:    nn.add
// CHECK:       func.func @softmax_2
// CHECK:         nn.exp
// CHECK:         nn.softmax
// CHECK:         nn.neg
// CHECK:       exec.program @main
// CHECK:         %[[C:.*]] = exec.constant
// CHECK:         %[[B:.*]] = exec.dispatch @matmul_0 dims() (%[[X:.*]], %[[C]]) {bytes = 1.920000e+02 : f64, flops = 1.280000e+02 : f64}
// CHECK:         exec.dispatch @matmul_1 dims() (%[[X]], %{{.*}}, %[[B]]) {bytes = 2.560000e+02 : f64, flops = 1.440000e+02 : f64}
// CHECK:         exec.view
// CHECK:         exec.dispatch @softmax_2
module {
  func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<16xf32> {
    %c = nn.constant dense<2.0> : tensor<4x4xf32>
    %1 = nn.matmul %x, %w : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
    %2 = nn.matmul %x, %c : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
    %3 = nn.add %1, %2 : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
    %4 = nn.reshape %3 to [16] : tensor<4x4xf32> -> tensor<16xf32>
    %5 = nn.exp %4 : tensor<16xf32> -> tensor<16xf32>
    %6 = nn.softmax %5 axis 0 : tensor<16xf32> -> tensor<16xf32>
    %7 = nn.neg %6 : tensor<16xf32> -> tensor<16xf32>
    return %7 : tensor<16xf32>
  }
}

// -----

// Equal kernels are one. A dim over a symbol that is an argument anyway needs none of its own.
// CHECK:       exec.kernel @pool_0
// CHECK:         func.func @pool_0(%{{.*}}: index, %{{.*}}: tensor<?x3x8x8xf32> {exec.shape = #{{.*}}})
// CHECK:       exec.kernel @transpose_1
// CHECK:       exec.kernel @concat_2
// CHECK:         func.func @concat_2(%{{.*}}: index, %{{.*}}: index,
// CHECK-NOT:   exec.kernel
// CHECK:       exec.program @main
// CHECK:         dispatch @pool_0
// CHECK:         dispatch @pool_0
// CHECK:         dispatch @transpose_1
// CHECK:         %[[N4:.*]] = affine.apply
// CHECK:         exec.view %{{.*}} dims(%[[N4]])
module {
  func.func @main(%x: tensor<?x3x8x8xf32>, %y: tensor<?x3x8x8xf32>) -> tensor<?x12xf32> {
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 3, 8, 8)> : tensor<?x3x8x8xf32> -> tensor<?x3x8x8xf32>
    %1 = nn.bind_dims %y ["n"] affine_map<()[s0] -> (s0, 3, 8, 8)> : tensor<?x3x8x8xf32> -> tensor<?x3x8x8xf32>
    %2 = nn.pool max %0 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<?x3x8x8xf32> -> tensor<?x3x4x4xf32>
    %3 = nn.pool max %1 kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<?x3x8x8xf32> -> tensor<?x3x4x4xf32>
    %4 = nn.transpose %3 [0, 1, 3, 2] : tensor<?x3x4x4xf32> -> tensor<?x3x4x4xf32>
    %5 = nn.reshape %2 to [-1, 12] : tensor<?x3x4x4xf32> -> tensor<?x12xf32>
    %6 = nn.reshape %4 to [-1, 12] : tensor<?x3x4x4xf32> -> tensor<?x12xf32>
    %7 = nn.concat %5, %6 axis 0 : tensor<?x12xf32>, tensor<?x12xf32> -> tensor<?x12xf32>
    %8 = nn.relu %7 : tensor<?x12xf32> -> tensor<?x12xf32>
    return %8 : tensor<?x12xf32>
  }
}

// -----

// An input that nothing reads keeps its dims' names; a size that is divided by may not be 0.
// CHECK:       exec.program @main
// CHECK-SAME:    minima = array<i64: 0, 1>
// CHECK-SAME:    symbols = ["n", "m"]
module {
  func.func @main(%x: tensor<?x2xf32>, %y: tensor<?x6xf32>, %z: tensor<?x6xf32>) -> tensor<?x?xf32> {
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 2)> : tensor<?x2xf32> -> tensor<?x2xf32>
    %1 = nn.bind_dims %y ["m"] affine_map<()[s0] -> (s0, 6)> : tensor<?x6xf32> -> tensor<?x6xf32>
    %2 = nn.bind_dims %z ["n"] affine_map<()[s0] -> (s0, 6)> : tensor<?x6xf32> -> tensor<?x6xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %1, %c0 : tensor<?x6xf32>
    %3 = nn.reshape %2 to [%m, -1] : tensor<?x6xf32> -> tensor<?x?xf32>
    return %3 : tensor<?x?xf32>
  }
}

// -----

// A result whose size alone is asked for is no result: the product takes its consumer in.
// CHECK:       func.func @matmul_0
// CHECK:         nn.matmul
// CHECK-NEXT:    nn.relu
// CHECK:       exec.program @main
// CHECK-NOT:     exec.view
// CHECK:         exec.dispatch @matmul_0
// CHECK-NEXT:    affine.apply
// CHECK-NEXT:    exec.view
module {
  func.func @main(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>) -> tensor<?x2xf32> {
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 8)> : tensor<?x8xf32> -> tensor<?x8xf32>
    %1 = nn.matmul %0, %w : tensor<?x8xf32>, tensor<8x4xf32> -> tensor<?x4xf32>
    %c0 = arith.constant 0 : index
    %2 = nn.reshape %1 to [-1, 2] : tensor<?x4xf32> -> tensor<?x2xf32>
    %d = tensor.dim %2, %c0 : tensor<?x2xf32>
    %3 = nn.relu %1 : tensor<?x4xf32> -> tensor<?x4xf32>
    %4 = nn.reshape %3 to [%d, 2] : tensor<?x4xf32> -> tensor<?x2xf32>
    return %4 : tensor<?x2xf32>
  }
}

// -----

// A normalization of rows is one kernel: both reductions, what is computed once a row, and what they are
// read by.
// CHECK-LABEL: exec.kernel @reduce_0
// CHECK:         nn.reduce mean
// CHECK:         nn.sub
// CHECK:         nn.mul
// CHECK:         nn.reduce mean
// CHECK:         nn.rsqrt
// CHECK:         nn.mul
// CHECK:         nn.mul
// CHECK-NOT:     exec.kernel
// CHECK:       exec.program
func.func @main(%x: tensor<16x64xf32>, %g: tensor<64xf32>) -> tensor<16x64xf32> attributes {nn.input_names = ["x", "g"], nn.output_names = ["y"]} {
  %m = nn.reduce mean %x axes [1] keepdims : tensor<16x64xf32> -> tensor<16x1xf32>
  %d = nn.sub %x, %m : tensor<16x64xf32>, tensor<16x1xf32> -> tensor<16x64xf32>
  %q = nn.mul %d, %d : tensor<16x64xf32>, tensor<16x64xf32> -> tensor<16x64xf32>
  %v = nn.reduce mean %q axes [1] keepdims : tensor<16x64xf32> -> tensor<16x1xf32>
  %r = nn.rsqrt %v : tensor<16x1xf32> -> tensor<16x1xf32>
  %n = nn.mul %d, %r : tensor<16x64xf32>, tensor<16x1xf32> -> tensor<16x64xf32>
  %y = nn.mul %n, %g : tensor<16x64xf32>, tensor<64xf32> -> tensor<16x64xf32>
  return %y : tensor<16x64xf32>
}

// -----

// Two rows would leave threads without work: their statistics are kernels of their own. Each says why it
// ends.
// CHECK-LABEL: exec.kernel @reduce_0 attributes {exec.boundary = "its result is read by sub over another shape"}
// CHECK:       exec.kernel @sub_1
func.func @main(%x: tensor<2x64xf32>) -> tensor<2x64xf32> attributes {nn.input_names = ["x"], nn.output_names = ["y"]} {
  %m = nn.reduce mean %x axes [1] keepdims : tensor<2x64xf32> -> tensor<2x1xf32>
  %d = nn.sub %x, %m : tensor<2x64xf32>, tensor<2x1xf32> -> tensor<2x64xf32>
  return %d : tensor<2x64xf32>
}
