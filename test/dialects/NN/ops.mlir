// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op prints what it parses, in both the pretty and the generic form.
// RUN: accel-opt %s | accel-opt | FileCheck %s
// RUN: accel-opt %s -mlir-print-op-generic | accel-opt | FileCheck %s

// CHECK: affine_map<()[s0] -> (s0, 6, 4)>

// CHECK-LABEL: @elementwise
func.func @elementwise(%a: tensor<?x4xf32>, %b: tensor<4xf32>, %p: tensor<?x1xi1>, %i: tensor<4xi64>,
                       %c: tensor<4xui64>, %w: tensor<ui64>) {
  // CHECK: nn.relu %{{.*}} : tensor<?x4xf32> -> tensor<?x4xf32>
  %0 = nn.relu %a : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: nn.add %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %1 = nn.add %a, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  // CHECK: nn.compare lt %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  %2 = nn.compare lt %a, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  // CHECK: nn.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x1xi1>, tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %3 = nn.select %p, %a, %b : tensor<?x1xi1>, tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  // CHECK: nn.cast %{{.*}} {to = f16} : tensor<4xi64> -> tensor<4xf16>
  %4 = nn.cast %i {to = f16} : tensor<4xi64> -> tensor<4xf16>
  // CHECK: nn.is_nan %{{.*}} : tensor<4xf32> -> tensor<4xi1>
  %5 = nn.is_nan %b : tensor<4xf32> -> tensor<4xi1>
  // CHECK: nn.bitcast %{{.*}} {to = i32} : tensor<4xf32> -> tensor<4xi32>
  %6 = nn.bitcast %b {to = i32} : tensor<4xf32> -> tensor<4xi32>
  // CHECK: nn.bitcast %{{.*}} {to = complex<f32>} : tensor<4xui64> -> tensor<4xcomplex<f32>>
  %8 = nn.bitcast %c {to = complex<f32>} : tensor<4xui64> -> tensor<4xcomplex<f32>>
  // CHECK: nn.random_bits %{{.*}}, %{{.*}}, %{{.*}} half 1 : tensor<4xui64>, tensor<ui64>, tensor<ui64> -> tensor<4xui64>
  %7 = nn.random_bits %c, %w, %w half 1 : tensor<4xui64>, tensor<ui64>, tensor<ui64> -> tensor<4xui64>
  return
}

// CHECK-LABEL: @products
func.func @products(%a: tensor<?x5x7xf32>, %b: tensor<7x3xf32>, %packed: tensor<2x7x2xf32>) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : tensor<?x5x7xf32>, tensor<7x3xf32> -> tensor<?x5x3xf32>
  %0 = nn.matmul %a, %b : tensor<?x5x7xf32>, tensor<7x3xf32> -> tensor<?x5x3xf32>
  // CHECK: nn.packed_matmul %{{.*}}, %{{.*}} columns 3 : tensor<?x5x7xf32>, tensor<2x7x2xf32> -> tensor<?x5x3xf32>
  %1 = nn.packed_matmul %a, %packed columns 3 : tensor<?x5x7xf32>, tensor<2x7x2xf32> -> tensor<?x5x3xf32>
  return
}

// CHECK-LABEL: @windows
func.func @windows(%x: tensor<?x4x9x9xf32>, %w: tensor<6x2x3x3xf32>, %bias: tensor<6xf32>,
                   %xb: tensor<?x2x9x9x2xf32>, %wb: tensor<3x2x3x3x2x4xf32>, %bb: tensor<3x4xf32>) {
  // CHECK: nn.conv %{{.*}}, %{{.*}} bias %{{.*}} strides [2, 1] dilations [1, 1] pads [1, 1, 1, 1] group 2 :
  // CHECK-SAME: -> tensor<?x6x5x9xf32>
  %0 = nn.conv %x, %w bias %bias strides [2, 1] dilations [1, 1] pads [1, 1, 1, 1] group 2
    : (tensor<?x4x9x9xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<?x6x5x9xf32>
  // CHECK: nn.blocked_conv %{{.*}}, %{{.*}} bias %{{.*}} strides [1, 1] dilations [2, 2] :
  // CHECK-SAME: -> tensor<?x3x5x5x4xf32>
  %1 = nn.blocked_conv %xb, %wb bias %bb strides [1, 1] dilations [2, 2]
    : (tensor<?x2x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>, tensor<3x4xf32>) -> tensor<?x3x5x5x4xf32>
  // CHECK: nn.pool average %{{.*}} kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] ceil
  // CHECK-SAME: -> tensor<?x4x5x5xf32>
  %2 = nn.pool average %x kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] ceil
    : tensor<?x4x9x9xf32> -> tensor<?x4x5x5xf32>
  return
}

// CHECK-LABEL: @reductions
func.func @reductions(%x: tensor<?x5x7xf32>) {
  // CHECK: nn.reduce mean %{{.*}} axes [1] keepdims : tensor<?x5x7xf32> -> tensor<?x1x7xf32>
  %0 = nn.reduce mean %x axes [1] keepdims : tensor<?x5x7xf32> -> tensor<?x1x7xf32>
  // CHECK: nn.reduce max %{{.*}} axes [0, 2] : tensor<?x5x7xf32> -> tensor<5xf32>
  %1 = nn.reduce max %x axes [0, 2] : tensor<?x5x7xf32> -> tensor<5xf32>
  // CHECK: nn.softmax %{{.*}} axis 2 : tensor<?x5x7xf32> -> tensor<?x5x7xf32>
  %2 = nn.softmax %x axis 2 : tensor<?x5x7xf32> -> tensor<?x5x7xf32>
  // CHECK: nn.log_softmax %{{.*}} axis 0 : tensor<?x5x7xf32> -> tensor<?x5x7xf32>
  %3 = nn.log_softmax %x axis 0 : tensor<?x5x7xf32> -> tensor<?x5x7xf32>
  return
}

// CHECK-LABEL: @shapes
func.func @shapes(%x: tensor<?x6x4xf32>, %i: tensor<2xi64>, %n: index) {
  // CHECK: nn.bind_dims %{{.*}} ["batch"] #{{.*}} : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  %0 = nn.bind_dims %x ["batch"] affine_map<()[s0] -> (s0, 6, 4)> : tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  // CHECK: nn.reshape %{{.*}} to [-1, 24] : tensor<?x6x4xf32> -> tensor<?x24xf32>
  %1 = nn.reshape %x to [-1, 24] : tensor<?x6x4xf32> -> tensor<?x24xf32>
  // CHECK: nn.reshape %{{.*}} to [%{{.*}}, 24] : tensor<?x6x4xf32> -> tensor<?x24xf32>
  %2 = nn.reshape %x to [%n, 24] : tensor<?x6x4xf32> -> tensor<?x24xf32>
  // CHECK: nn.transpose %{{.*}} [2, 0, 1] : tensor<?x6x4xf32> -> tensor<4x?x6xf32>
  %3 = nn.transpose %x [2, 0, 1] : tensor<?x6x4xf32> -> tensor<4x?x6xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} axis 1 : tensor<?x6x4xf32>, tensor<?x6x4xf32> -> tensor<?x12x4xf32>
  %4 = nn.concat %x, %x axis 1 : tensor<?x6x4xf32>, tensor<?x6x4xf32> -> tensor<?x12x4xf32>
  // CHECK: nn.slice %{{.*}} offsets [0, 5, 1] sizes [-1, 3, 2] steps [1, -2, 1] : tensor<?x6x4xf32> -> tensor<?x3x2xf32>
  %5 = nn.slice %x offsets [0, 5, 1] sizes [-1, 3, 2] steps [1, -2, 1] : tensor<?x6x4xf32> -> tensor<?x3x2xf32>
  // CHECK: nn.pad %{{.*}} low [0, 1, 0] high [0, 2, 0] value 1.500000e+00 : f32 : tensor<?x6x4xf32> -> tensor<?x9x4xf32>
  %6 = nn.pad %x low [0, 1, 0] high [0, 2, 0] value 1.5 : f32 : tensor<?x6x4xf32> -> tensor<?x9x4xf32>
  // CHECK: nn.gather %{{.*}}, %{{.*}} axis 1 : tensor<?x6x4xf32>, tensor<2xi64> -> tensor<?x2x4xf32>
  %7 = nn.gather %x, %i axis 1 : tensor<?x6x4xf32>, tensor<2xi64> -> tensor<?x2x4xf32>
  // CHECK: nn.shape_of %{{.*}} 0 2 : tensor<?x6x4xf32> -> tensor<2xi64>
  %8 = nn.shape_of %x 0 2 : tensor<?x6x4xf32> -> tensor<2xi64>
  // CHECK: nn.broadcast %{{.*}} to [3, 1, 6, 4] : tensor<?x6x4xf32> -> tensor<3x?x6x4xf32>
  %9 = nn.broadcast %x to [3, 1, 6, 4] : tensor<?x6x4xf32> -> tensor<3x?x6x4xf32>
  // CHECK: nn.pack %{{.*}} dims [1] blocks [4] order [0, 1, 2] : tensor<?x6x4xf32> -> tensor<?x2x4x4xf32>
  %10 = nn.pack %x dims [1] blocks [4] order [0, 1, 2] : tensor<?x6x4xf32> -> tensor<?x2x4x4xf32>
  // CHECK: nn.unpack %{{.*}} dims [1] blocks [4] order [0, 1, 2] sizes [6] : tensor<?x2x4x4xf32> -> tensor<?x6x4xf32>
  %11 = nn.unpack %10 dims [1] blocks [4] order [0, 1, 2] sizes [6] : tensor<?x2x4x4xf32> -> tensor<?x6x4xf32>
  // CHECK: nn.constant dense<2.000000e+00> : tensor<3xf32>
  %12 = nn.constant dense<2.0> : tensor<3xf32>
  return
}

// CHECK-LABEL: @resize
func.func @resize(%x: tensor<1x6x4x?xf32>, %i: tensor<2x8xi32>, %w: tensor<2x8xf32>, %j: tensor<1x?xi32>, %n: index) {
  // CHECK: nn.iota axis 1 to [3, %{{.*}}] of i64 : tensor<3x?xi64>
  %0 = nn.iota axis 1 to [3, %n] of i64 : tensor<3x?xi64>
  // CHECK: nn.resize %{{.*}} axes [2] indices %{{.*}} weights %{{.*}} : (tensor<1x6x4x?xf32>, tensor<2x8xi32>, tensor<2x8xf32>) -> tensor<1x6x8x?xf32>
  %1 = nn.resize %x axes [2] indices %i weights %w : (tensor<1x6x4x?xf32>, tensor<2x8xi32>, tensor<2x8xf32>) -> tensor<1x6x8x?xf32>
  // CHECK: nn.resize %{{.*}} axes [3, 1] indices %{{.*}}, %{{.*}} : (tensor<1x6x4x?xf32>, tensor<1x?xi32>, tensor<1x?xi32>) -> tensor<1x?x4x?xf32>
  %2 = nn.resize %x axes [3, 1] indices %j, %j : (tensor<1x6x4x?xf32>, tensor<1x?xi32>, tensor<1x?xi32>) -> tensor<1x?x4x?xf32>
  return
}

// CHECK-LABEL: @transposed
func.func @transposed(%x: tensor<1x6x4x?xf32>, %w: tensor<6x2x3x3xf32>, %b: tensor<4xf32>) {
  // CHECK: nn.conv_transpose %{{.*}}, %{{.*}} bias %{{.*}} strides [2, 3] dilations [1, 1] pads [1, 0, 0, 1] output_padding [0, 1] group 2 : (tensor<1x6x4x?xf32>, tensor<6x2x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x?xf32>
  %0 = nn.conv_transpose %x, %w bias %b strides [2, 3] dilations [1, 1] pads [1, 0, 0, 1] output_padding [0, 1] group 2
    : (tensor<1x6x4x?xf32>, tensor<6x2x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x?xf32>
  // CHECK: nn.depth_to_space %{{.*}} blocks [3, 1] crop [0, 0, 2, 0] : tensor<1x6x4x?xf32> -> tensor<1x2x10x?xf32>
  %1 = nn.depth_to_space %x blocks [3, 1] crop [0, 0, 2, 0] : tensor<1x6x4x?xf32> -> tensor<1x2x10x?xf32>
  // CHECK: nn.depth_to_space %{{.*}}, %{{.*}} blocks [1, 2] crop [0, 1, 0, 0] : tensor<1x6x4x?xf32>, tensor<1x6x4x?xf32> -> tensor<1x6x4x?xf32>
  %2 = nn.depth_to_space %x, %x blocks [1, 2] crop [0, 1, 0, 0] : tensor<1x6x4x?xf32>, tensor<1x6x4x?xf32> -> tensor<1x6x4x?xf32>
  return
}

// CHECK-LABEL: @indexed
func.func @indexed(%x: tensor<3x4x5xf32>, %i: tensor<3x4x2xi64>, %u: tensor<3x4x2xf32>, %v: tensor<3x4xf32>) {
  // CHECK: nn.gather_elements %{{.*}}, %{{.*}} axis 2 : tensor<3x4x5xf32>, tensor<3x4x2xi64> -> tensor<3x4x2xf32>
  %0 = nn.gather_elements %x, %i axis 2 : tensor<3x4x5xf32>, tensor<3x4x2xi64> -> tensor<3x4x2xf32>
  // CHECK: nn.gather_nd %{{.*}}, %{{.*}} batch_dims 1 : tensor<3x4x5xf32>, tensor<3x4x2xi64> -> tensor<3x4xf32>
  %1 = nn.gather_nd %x, %i batch_dims 1 : tensor<3x4x5xf32>, tensor<3x4x2xi64> -> tensor<3x4xf32>
  // CHECK: nn.scatter_elements add %{{.*}}, %{{.*}}, %{{.*}} axis 2 : (tensor<3x4x5xf32>, tensor<3x4x2xi64>, tensor<3x4x2xf32>) -> tensor<3x4x5xf32>
  %2 = nn.scatter_elements add %x, %i, %u axis 2 : (tensor<3x4x5xf32>, tensor<3x4x2xi64>, tensor<3x4x2xf32>) -> tensor<3x4x5xf32>
  // CHECK: nn.scatter_nd replace %{{.*}}, %{{.*}}, %{{.*}} : (tensor<3x5xf32>, tensor<3x4x2xi64>, tensor<3x4xf32>) -> tensor<3x5xf32>
  %y = nn.slice %x offsets [0, 0, 0] sizes [3, 1, 5] steps [1, 1, 1] : tensor<3x4x5xf32> -> tensor<3x1x5xf32>
  %z = nn.reshape %y to [3, 5] : tensor<3x1x5xf32> -> tensor<3x5xf32>
  %3 = nn.scatter_nd replace %z, %i, %v : (tensor<3x5xf32>, tensor<3x4x2xi64>, tensor<3x4xf32>) -> tensor<3x5xf32>
  // CHECK: nn.cumulate prod %{{.*}} axis 1 exclusive reverse : tensor<3x4x5xf32> -> tensor<3x4x5xf32>
  %4 = nn.cumulate prod %x axis 1 exclusive reverse : tensor<3x4x5xf32> -> tensor<3x4x5xf32>
  // CHECK: nn.pool_positions %{{.*}}, %{{.*}} kernel [2] strides [1] dilations [1] pads [0, 0] column_major : tensor<3x4x5xf32>, tensor<3x4x4xf32> -> tensor<3x4x4xi64>
  %5 = nn.pool max %x kernel [2] strides [1] dilations [1] pads [0, 0] : tensor<3x4x5xf32> -> tensor<3x4x4xf32>
  %6 = nn.pool_positions %x, %5 kernel [2] strides [1] dilations [1] pads [0, 0] column_major : tensor<3x4x5xf32>, tensor<3x4x4xf32> -> tensor<3x4x4xi64>
  return
}
