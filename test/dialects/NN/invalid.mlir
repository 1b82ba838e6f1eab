// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every constraint of an nn op, broken once: the diagnostic cites its number.
// RUN: accel-opt %s -split-input-file -verify-diagnostics -o /dev/null

func.func @select(%p: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error @+1 {{C1: expected operands of one element type, got 'f32' and 'f64'}}
  %0 = nn.select %p, %a, %b : tensor<4xi1>, tensor<4xf32>, tensor<4xf64> -> tensor<4xf32>
  return
}

// -----

func.func @bitcast(%a: tensor<4xf32>) {
  // expected-error @+1 {{C1: expected element types of as many bits, got 'f32' and 'i64'}}
  %0 = nn.bitcast %a {to = i64} : tensor<4xf32> -> tensor<4xi64>
  return
}

// -----

func.func @random_bits(%a: tensor<4xui64>) {
  // expected-error @+1 {{C1: expected half to be 0 or 1, got 2}}
  %0 = nn.random_bits %a, %a, %a half 2 : tensor<4xui64>, tensor<4xui64>, tensor<4xui64> -> tensor<4xui64>
  return
}

// -----

func.func @add(%a: tensor<3x4xf32>, %b: tensor<3x5xf32>) {
  // expected-error @+2 {{dims 4 and 5 cannot be broadcast together}}
  // expected-error @+1 {{'nn.add' op failed to infer returned types}}
  %0 = nn.add %a, %b : tensor<3x4xf32>, tensor<3x5xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @add(%a: tensor<4xf32>, %b: tensor<4xi32>) {
  // expected-error @+1 {{requires the same element type for all operands}}
  %0 = nn.add %a, %b : tensor<4xf32>, tensor<4xi32> -> tensor<4xf32>
  return
}

// -----

func.func @relu(%a: tensor<4xf32>) {
  // expected-error @+2 {{inferred type(s) 'tensor<4xf32>' are incompatible with return type(s) of operation 'tensor<5xf32>'}}
  // expected-error @+1 {{'nn.relu' op failed to infer returned types}}
  %0 = nn.relu %a : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

// Complex numbers are moved, not computed with.
func.func @complex(%x: tensor<4xcomplex<f32>>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of real numbers, but got 'tensor<4xcomplex<f32>>'}}
  %0 = nn.add %x, %x : tensor<4xcomplex<f32>>, tensor<4xcomplex<f32>> -> tensor<4xcomplex<f32>>
  return
}

// -----

// No kernel holds them.
func.func @element(%x: tensor<4xi7>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of elements that kernels hold, but got 'tensor<4xi7>'}}
  %0 = nn.transpose %x [0] : tensor<4xi7> -> tensor<4xi7>
  return
}

// -----

func.func @exp(%a: tensor<4xi32>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of floats, but got 'tensor<4xi32>'}}
  %0 = nn.exp %a : tensor<4xi32> -> tensor<4xi32>
  return
}

// -----

func.func @matmul(%a: tensor<4xf32>, %b: tensor<4x4xf32>) {
  // expected-error @+2 {{C1: expected operands of rank 2 or more, got 1 and 2}}
  // expected-error @+1 {{'nn.matmul' op failed to infer returned types}}
  %0 = nn.matmul %a, %b : tensor<4xf32>, tensor<4x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @matmul(%a: tensor<3x4xf32>, %b: tensor<5x6xf32>) {
  // expected-error @+2 {{C2: expected the left operand's last dim to equal the right operand's last but one, got 4 and 5}}
  // expected-error @+1 {{'nn.matmul' op failed to infer returned types}}
  %0 = nn.matmul %a, %b : tensor<3x4xf32>, tensor<5x6xf32> -> tensor<3x6xf32>
  return
}

// -----

func.func @matmul(%a: tensor<2x3x4xf32>, %b: tensor<3x4x6xf32>) {
  // expected-error @+3 {{dims 2 and 3 cannot be broadcast together}}
  // expected-error @+2 {{C3: the operands' leading dims cannot be broadcast together}}
  // expected-error @+1 {{'nn.matmul' op failed to infer returned types}}
  %0 = nn.matmul %a, %b : tensor<2x3x4xf32>, tensor<3x4x6xf32> -> tensor<2x3x6xf32>
  return
}

// -----

func.func @packed_matmul(%a: tensor<3x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+2 {{C1: expected a left operand of rank 2 or more and a static right operand of rank 3}}
  // expected-error @+1 {{'nn.packed_matmul' op failed to infer returned types}}
  %0 = nn.packed_matmul %a, %b columns 6 : tensor<3x4xf32>, tensor<4x6xf32> -> tensor<3x6xf32>
  return
}

// -----

func.func @packed_matmul(%a: tensor<3x4xf32>, %b: tensor<2x5x8xf32>) {
  // expected-error @+2 {{C2: expected the same k in both operands}}
  // expected-error @+1 {{'nn.packed_matmul' op failed to infer returned types}}
  %0 = nn.packed_matmul %a, %b columns 16 : tensor<3x4xf32>, tensor<2x5x8xf32> -> tensor<3x16xf32>
  return
}

// -----

func.func @packed_matmul(%a: tensor<3x4xf32>, %b: tensor<2x4x8xf32>) {
  // expected-error @+2 {{C3: expected columns in 9..16, got 8}}
  // expected-error @+1 {{'nn.packed_matmul' op failed to infer returned types}}
  %0 = nn.packed_matmul %a, %b columns 8 : tensor<3x4xf32>, tensor<2x4x8xf32> -> tensor<3x8xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+2 {{C1: expected input and weight of the same rank, 3 to 5, got 4 and 3}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x4x9x9xf32>, tensor<6x4x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [0, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [1, 1] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C3: expected weight dim 1 times group to be the input's channels and group to divide weight dim 0, got group 4, weight dims 6 and 4, channels 4}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] group 4 : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x9x9xf32>, %w: tensor<6x4x3x3xf32>, %b: tensor<7xf32>) {
  // expected-error @+2 {{C4: expected a bias of one element an output channel}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w bias %b strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x4x9x9xf32>, tensor<6x4x3x3xf32>, tensor<7xf32>) -> tensor<1x6x7x7xf32>
  return
}

// -----

func.func @conv(%x: tensor<1x4x2x9xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{C5: a window of 3 does not fit spatial dim 0 of size 2 with padding 0}}
  // expected-error @+1 {{'nn.conv' op failed to infer returned types}}
  %0 = nn.conv %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : (tensor<1x4x2x9xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x1x7xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<3x2x3x3x8xf32>) {
  // expected-error @+2 {{C1: expected input rank R of 4 to 6, a static weight of rank R+1 and a bias of rank 2}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x2x9x9x2xf32>, tensor<3x2x3x3x8xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<3x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C2: expected 2 positive strides and dilations}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1] dilations [1, 1] : (tensor<1x2x9x9x2xf32>, tensor<3x2x3x3x2x4xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x9x2xf32>, %w: tensor<3x2x3x3x4x4xf32>) {
  // expected-error @+2 {{C3: expected the same blocks in input, weight and bias}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x2x9x9x2xf32>, tensor<3x2x3x3x4x4xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @blocked_conv(%x: tensor<1x2x9x2x2xf32>, %w: tensor<3x2x3x3x2x4xf32>) {
  // expected-error @+2 {{C4: a window of 3 does not fit spatial dim 1 of size 2 with padding 0}}
  // expected-error @+1 {{'nn.blocked_conv' op failed to infer returned types}}
  %0 = nn.blocked_conv %x, %w strides [1, 1] dilations [1, 1] : (tensor<1x2x9x2x2xf32>, tensor<3x2x3x3x2x4xf32>) -> tensor<1x3x7x7x4xf32>
  return
}

// -----

func.func @pool(%x: tensor<1x2x9xf32>) {
  // expected-error @+2 {{C1: expected rank 4 or more, got 3}}
  // expected-error @+1 {{'nn.pool' op failed to infer returned types}}
  %0 = nn.pool max %x kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x9xf32> -> tensor<1x2x9xf32>
  return
}

// -----

func.func @pool(%x: tensor<1x2x9x9xf32>) {
  // expected-error @+2 {{C2: expected 2 positive kernel sizes, strides and dilations and 4 pads of 0 or more}}
  // expected-error @+1 {{'nn.pool' op failed to infer returned types}}
  %0 = nn.pool max %x kernel [0, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x9x9xf32> -> tensor<1x2x9x9xf32>
  return
}

// -----

func.func @pool(%x: tensor<1x2x9x1xf32>) {
  // expected-error @+2 {{C3: a window of 2 does not fit spatial dim 1 of size 1 with padding 0}}
  // expected-error @+1 {{'nn.pool' op failed to infer returned types}}
  %0 = nn.pool max %x kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x2x9x1xf32> -> tensor<1x2x9x1xf32>
  return
}

// -----

func.func @reduce(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct, sorted axes in 0..1}}
  // expected-error @+1 {{'nn.reduce' op failed to infer returned types}}
  %0 = nn.reduce sum %x axes [1, 0] : tensor<3x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reduce(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct, sorted axes in 0..1}}
  // expected-error @+1 {{'nn.reduce' op failed to infer returned types}}
  %0 = nn.reduce sum %x axes [0, 0] : tensor<3x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reduce(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct, sorted axes in 0..1}}
  // expected-error @+1 {{'nn.reduce' op failed to infer returned types}}
  %0 = nn.reduce sum %x axes [2] : tensor<3x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @reduce(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct, sorted axes in 0..1}}
  // expected-error @+1 {{'nn.reduce' op failed to infer returned types}}
  %0 = nn.reduce sum %x axes [-1] : tensor<3x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @softmax(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got 2}}
  // expected-error @+1 {{'nn.softmax' op failed to infer returned types}}
  %0 = nn.softmax %x axis 2 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @log_softmax(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got -1}}
  // expected-error @+1 {{'nn.log_softmax' op failed to infer returned types}}
  %0 = nn.log_softmax %x axis -1 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @bind_dims(%x: tensor<?x4xf32>) {
  // expected-error @+2 {{C1: expected a map of no dims, one symbol a name and one result a dim}}
  // expected-error @+1 {{'nn.bind_dims' op failed to infer returned types}}
  %0 = nn.bind_dims %x ["a", "b"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @bind_dims(%x: tensor<?x4xf32>) {
  // expected-error @+2 {{C1: expected a map of no dims, one symbol a name and one result a dim}}
  // expected-error @+1 {{'nn.bind_dims' op failed to infer returned types}}
  %0 = nn.bind_dims %x ["a"] affine_map<()[s0] -> (s0)> : tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @reshape(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected at most one -1 and one operand a dynamic entry of the shape}}
  // expected-error @+1 {{'nn.reshape' op failed to infer returned types}}
  %0 = nn.reshape %x to [-1, -1] : tensor<3x4xf32> -> tensor<?x?xf32>
  return
}

// -----

func.func @reshape(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C2: cannot reshape 12 elements in blocks of 7}}
  // expected-error @+1 {{'nn.reshape' op failed to infer returned types}}
  %0 = nn.reshape %x to [-1, 7] : tensor<3x4xf32> -> tensor<?x7xf32>
  return
}

// -----

func.func @reshape(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C2: cannot reshape 12 elements to 14}}
  // expected-error @+1 {{'nn.reshape' op failed to infer returned types}}
  %0 = nn.reshape %x to [2, 7] : tensor<3x4xf32> -> tensor<2x7xf32>
  return
}

// -----

func.func @transpose(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected a permutation of 0..1}}
  // expected-error @+1 {{'nn.transpose' op failed to infer returned types}}
  %0 = nn.transpose %x [0, 0] : tensor<3x4xf32> -> tensor<3x3xf32>
  return
}

// -----

func.func @transpose(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected a permutation of 0..1}}
  // expected-error @+1 {{'nn.transpose' op failed to infer returned types}}
  %0 = nn.transpose %x [1, 2] : tensor<3x4xf32> -> tensor<4x3xf32>
  return
}

// -----

func.func @broadcast(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{dims 3 and 2 cannot be broadcast together}}
  // expected-error @+1 {{'nn.broadcast' op failed to infer returned types}}
  %0 = nn.broadcast %x to [2, 4] : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @concat(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected an operand and an axis inside its rank, got axis 2}}
  // expected-error @+1 {{'nn.concat' op failed to infer returned types}}
  %0 = nn.concat %x, %x axis 2 : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @concat(%x: tensor<3x4xf32>, %y: tensor<3xf32>) {
  // expected-error @+2 {{C2: expected operands of one rank, got 2 and 1}}
  // expected-error @+1 {{'nn.concat' op failed to infer returned types}}
  %0 = nn.concat %x, %y axis 0 : tensor<3x4xf32>, tensor<3xf32> -> tensor<6x4xf32>
  return
}

// -----

func.func @concat(%x: tensor<3x4xf32>, %y: tensor<3x5xf32>) {
  // expected-error @+2 {{C2: expected operands that agree in dim 1}}
  // expected-error @+1 {{'nn.concat' op failed to infer returned types}}
  %0 = nn.concat %x, %y axis 0 : tensor<3x4xf32>, tensor<3x5xf32> -> tensor<6x4xf32>
  return
}

// -----

func.func @slice(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected one offset, size and non-zero step a dim}}
  // expected-error @+1 {{'nn.slice' op failed to infer returned types}}
  %0 = nn.slice %x offsets [0, 0] sizes [1, 1] steps [1, 0] : tensor<3x4xf32> -> tensor<1x1xf32>
  return
}

// -----

func.func @slice(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected one offset, size and non-zero step a dim}}
  // expected-error @+1 {{'nn.slice' op failed to infer returned types}}
  %0 = nn.slice %x offsets [0] sizes [1, 1] steps [1, 1] : tensor<3x4xf32> -> tensor<1x1xf32>
  return
}

// -----

func.func @slice(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C2: elements 2..4 of dim 1 lie outside the operand}}
  // expected-error @+1 {{'nn.slice' op failed to infer returned types}}
  %0 = nn.slice %x offsets [0, 2] sizes [1, 3] steps [1, 1] : tensor<3x4xf32> -> tensor<1x3xf32>
  return
}

// -----

func.func @pad(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected one entry of 0 or more a dim in low and high}}
  // expected-error @+1 {{'nn.pad' op failed to infer returned types}}
  %0 = nn.pad %x low [0] high [0, 0] value 0.0 : f32 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @pad(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{C2: expected a value of type 'f32', got 'i32'}}
  %0 = nn.pad %x low [0, 0] high [0, 0] value 0 : i32 : tensor<3x4xf32> -> tensor<3x4xf32>
  return
}

// -----

func.func @gather(%x: tensor<3x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{C1: expected an axis in 0..1, got 2}}
  // expected-error @+1 {{'nn.gather' op failed to infer returned types}}
  %0 = nn.gather %x, %i axis 2 : tensor<3x4xf32>, tensor<2xi64> -> tensor<3x2xf32>
  return
}

// -----

func.func @shape_of(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected 0 <= start <= end <= 2}}
  // expected-error @+1 {{'nn.shape_of' op failed to infer returned types}}
  %0 = nn.shape_of %x 1 3 : tensor<3x4xf32> -> tensor<2xi64>
  return
}

// -----

func.func @pack(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C1: expected distinct dims in 0..1 and a positive block each}}
  // expected-error @+1 {{'nn.pack' op failed to infer returned types}}
  %0 = nn.pack %x dims [1, 1] blocks [2, 2] order [0, 1] : tensor<3x4xf32> -> tensor<3x1x2x2xf32>
  return
}

// -----

func.func @pack(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{C2: expected order to be a permutation of the operand's dims}}
  // expected-error @+1 {{'nn.pack' op failed to infer returned types}}
  %0 = nn.pack %x dims [1] blocks [2] order [1, 1] : tensor<3x4xf32> -> tensor<2x2x2xf32>
  return
}

// -----

func.func @unpack(%x: tensor<3x2x2xf32>) {
  // expected-error @+2 {{C3: expected a size that fills 2 blocks of 2 but for part of the last, got 5}}
  // expected-error @+1 {{'nn.unpack' op failed to infer returned types}}
  %0 = nn.unpack %x dims [1] blocks [2] order [0, 1] sizes [5] : tensor<3x2x2xf32> -> tensor<3x5xf32>
  return
}
