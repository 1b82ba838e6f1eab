// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-evaluate-constants | FileCheck %s

// Expected values are NumPy's.

// CHECK-LABEL: @transpose()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}[4.000000e+00, 7.500000e-01, -1.000000e+00], [-4.000000e+00, -1.750000e+00, 5.000000e-01{{\]\]}}, {{\[\[}}-5.000000e+00, -1.250000e+00, -5.000000e-01], [-5.000000e-01, 6.750000e+00, -7.500000e-01{{\]\]}}]> : tensor<2x2x3xf32>
// CHECK-NEXT:    return %[[C]]
func.func @transpose() -> tensor<2x2x3xf32> {
  %0 = nn.constant dense<[[[4.000000e+00, -5.000000e+00], [7.500000e-01, -1.250000e+00], [-1.000000e+00, -5.000000e-01]], [[-4.000000e+00, -5.000000e-01], [-1.750000e+00, 6.750000e+00], [5.000000e-01, -7.500000e-01]]]> : tensor<2x3x2xf32>
  %r = nn.transpose %0 [2, 0, 1] : tensor<2x3x2xf32> -> tensor<2x2x3xf32>
  return %r : tensor<2x2x3xf32>
}

// A negative step, two bytes an element.
// CHECK-LABEL: @slice()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}0.000000e+00, -1.000000e+00], [-5.000000e-01, -7.500000e-01{{\]\]}}> : tensor<2x2xf16>
// CHECK-NEXT:    return %[[C]]
func.func @slice() -> tensor<2x2xf16> {
  %0 = nn.constant dense<[[-5.000000e-01, -1.250000e+00, -2.000000e+00, -7.500000e-01], [1.000000e+00, -5.000000e-01, 2.000000e+00, -5.000000e-01], [0.000000e+00, 3.000000e+00, 1.000000e+00, -1.000000e+00]]> : tensor<3x4xf16>
  %r = nn.slice %0 offsets [2, 0] sizes [2, 2] steps [-2, 3] : tensor<3x4xf16> -> tensor<2x2xf16>
  return %r : tensor<2x2xf16>
}

// Booleans.
// CHECK-LABEL: @pad()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}true, true, true, true, true], [true, true, false, true, true], [true, false, true, true, true{{\]\]}}> : tensor<3x5xi1>
// CHECK-NEXT:    return %[[C]]
func.func @pad() -> tensor<3x5xi1> {
  %0 = nn.constant dense<[[true, true, false], [true, false, true]]> : tensor<2x3xi1>
  %r = nn.pad %0 low [1, 0] high [0, 2] value true : tensor<2x3xi1> -> tensor<3x5xi1>
  return %r : tensor<3x5xi1>
}

// CHECK-LABEL: @broadcast()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}[0, 0, 0], [-3, -3, -3{{\]\]}}, {{\[\[}}0, 0, 0], [-3, -3, -3{{\]\]}}]> : tensor<2x2x3xi8>
// CHECK-NEXT:    return %[[C]]
func.func @broadcast() -> tensor<2x2x3xi8> {
  %0 = nn.constant dense<[[0], [-3]]> : tensor<2x1xi8>
  %r = nn.broadcast %0 to [2, 2, 3] : tensor<2x1xi8> -> tensor<2x2x3xi8>
  return %r : tensor<2x2x3xi8>
}

// CHECK-LABEL: @concat()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}-5, -8, 0], [1, 2, 7{{\]\]}}> : tensor<2x3xi64>
// CHECK-NEXT:    return %[[C]]
func.func @concat() -> tensor<2x3xi64> {
  %0 = nn.constant dense<[[-5, -8], [1, 2]]> : tensor<2x2xi64>
  %1 = nn.constant dense<[[0], [7]]> : tensor<2x1xi64>
  %r = nn.concat %0, %1 axis 1 : tensor<2x2xi64>, tensor<2x1xi64> -> tensor<2x3xi64>
  return %r : tensor<2x3xi64>
}

// A negative index counts from the end.
// CHECK-LABEL: @gather()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}{{\[\[}}-1.000000e+00, -5.000000e-01], [4.000000e+00, -5.000000e+00{{\]\]}}, {{\[\[}}-1.000000e+00, -5.000000e-01], [7.500000e-01, -1.250000e+00{{\]\]}}], {{\[\[}}[5.000000e-01, -7.500000e-01], [-4.000000e+00, -5.000000e-01{{\]\]}}, {{\[\[}}5.000000e-01, -7.500000e-01], [-1.750000e+00, 6.750000e+00{{\]\]}}{{\]\]}}> : tensor<2x2x2x2xf32>
// CHECK-NEXT:    return %[[C]]
func.func @gather() -> tensor<2x2x2x2xf32> {
  %0 = nn.constant dense<[[[4.000000e+00, -5.000000e+00], [7.500000e-01, -1.250000e+00], [-1.000000e+00, -5.000000e-01]], [[-4.000000e+00, -5.000000e-01], [-1.750000e+00, 6.750000e+00], [5.000000e-01, -7.500000e-01]]]> : tensor<2x3x2xf32>
  %1 = nn.constant dense<[[2, 0], [-1, 1]]> : tensor<2x2xi64>
  %r = nn.gather %0, %1 axis 1 : tensor<2x3x2xf32>, tensor<2x2xi64> -> tensor<2x2x2x2xf32>
  return %r : tensor<2x2x2x2xf32>
}

// A part of a block is filled with zeros.
// CHECK-LABEL: @pack()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}[9.100000e+01, 2.100000e+01, 6.000000e+01, 6.200000e+01], [3.000000e+01, 4.800000e+01, 7.300000e+01, 2.900000e+01], [6.500000e+01, 2.200000e+01, 3.900000e+01, 8.200000e+01{{\]\]}}, {{\[\[}}2.500000e+01, 0.000000e+00, 0.000000e+00, 0.000000e+00], [7.100000e+01, 0.000000e+00, 0.000000e+00, 0.000000e+00], [8.300000e+01, 0.000000e+00, 0.000000e+00, 0.000000e+00{{\]\]}}]> : tensor<2x3x4xf32>
// CHECK-NEXT:    return %[[C]]
func.func @pack() -> tensor<2x3x4xf32> {
  %0 = nn.constant dense<[[9.100000e+01, 2.100000e+01, 6.000000e+01, 6.200000e+01, 2.500000e+01], [3.000000e+01, 4.800000e+01, 7.300000e+01, 2.900000e+01, 7.100000e+01], [6.500000e+01, 2.200000e+01, 3.900000e+01, 8.200000e+01, 8.300000e+01]]> : tensor<3x5xf32>
  %r = nn.pack %0 dims [1] blocks [4] order [1, 0] : tensor<3x5xf32> -> tensor<2x3x4xf32>
  return %r : tensor<2x3x4xf32>
}

// Both dims have a part of a block.
// CHECK-LABEL: @pack_two()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}{{\[\[}}[65, 43], [67, 75{{\]\]}}, {{\[\[}}1, 94], [23, 32{{\]\]}}], {{\[\[}}[81, 87], [0, 0{{\]\]}}, {{\[\[}}90, 38], [0, 0{{\]\]}}{{\]\]}}, {{\[\[}}{{\[\[}}11, 0], [84, 0{{\]\]}}, {{\[\[}}59, 0], [65, 0{{\]\]}}], {{\[\[}}[39, 0], [0, 0{{\]\]}}, {{\[\[}}89, 0], [0, 0{{\]\]}}{{\]\]}}]> : tensor<2x2x2x2x2xi32>
// CHECK-NEXT:    return %[[C]]
func.func @pack_two() -> tensor<2x2x2x2x2xi32> {
  %0 = nn.constant dense<[[[65, 1], [67, 23], [81, 90]], [[43, 94], [75, 32], [87, 38]], [[11, 59], [84, 65], [39, 89]]]> : tensor<3x3x2xi32>
  %r = nn.pack %0 dims [1, 0] blocks [2, 2] order [0, 1, 2] : tensor<3x3x2xi32> -> tensor<2x2x2x2x2xi32>
  return %r : tensor<2x2x2x2x2xi32>
}

// CHECK-LABEL: @unpack()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}[65, 1], [67, 23], [81, 90{{\]\]}}, {{\[\[}}43, 94], [75, 32], [87, 38{{\]\]}}, {{\[\[}}11, 59], [84, 65], [39, 89{{\]\]}}]> : tensor<3x3x2xi32>
// CHECK-NEXT:    return %[[C]]
func.func @unpack() -> tensor<3x3x2xi32> {
  %0 = nn.constant dense<[[[[[65, 43], [67, 75]], [[1, 94], [23, 32]]], [[[81, 87], [0, 0]], [[90, 38], [0, 0]]]], [[[[11, 0], [84, 0]], [[59, 0], [65, 0]]], [[[39, 0], [0, 0]], [[89, 0], [0, 0]]]]]> : tensor<2x2x2x2x2xi32>
  %r = nn.unpack %0 dims [1, 0] blocks [2, 2] order [0, 1, 2] sizes [3, 3] : tensor<2x2x2x2x2xi32> -> tensor<3x3x2xi32>
  return %r : tensor<3x3x2xi32>
}

// Broadcasting in both directions.
// CHECK-LABEL: @arithmetic()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<{{\[\[}}-6.250000e-01, 2.500000e-01], [-2.187500e+00, 8.750000e-01], [1.562500e+00, -6.250000e-01{{\]\]}}> : tensor<3x2xf32>
// CHECK-NEXT:    return %[[C]]
func.func @arithmetic() -> tensor<3x2xf32> {
  %0 = nn.constant dense<[[-5.000000e-01], [-1.750000e+00], [1.250000e+00]]> : tensor<3x1xf32>
  %1 = nn.constant dense<[1.250000e+00, -5.000000e-01]> : tensor<2xf32>
  %r = nn.mul %0, %1 : tensor<3x1xf32>, tensor<2xf32> -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}

// A chain, as batch normalisation gives: 3 * (1 / sqrt(15.75 + 0.25)) - 2.
// CHECK-LABEL: @chain()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<[-1.250000e+00, -1.250000e+00, 1.750000e+00]> : tensor<3xf32>
// CHECK-NEXT:    return %[[C]]
func.func @chain() -> tensor<3xf32> {
  %variance = nn.constant dense<[15.75, 15.75, 0.39]> : tensor<3xf32>
  %epsilon = nn.constant dense<[0.25, 0.25, 0.25]> : tensor<3xf32>
  %scale = nn.constant dense<[3.0, 3.0, 3.0]> : tensor<3xf32>
  %two = nn.constant dense<2.0> : tensor<f32>
  %0 = nn.add %variance, %epsilon : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %1 = nn.sqrt %0 : tensor<3xf32> -> tensor<3xf32>
  %2 = nn.reciprocal %1 : tensor<3xf32> -> tensor<3xf32>
  %3 = nn.mul %scale, %2 : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %4 = nn.sub %3, %two : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  return %4 : tensor<3xf32>
}

// Large splats stay small; a constant with another value at its border does not.
// CHECK-LABEL: @splats
// CHECK-DAG:     nn.constant dense<2.000000e+00> : tensor<250x4096x4xf32>
// CHECK-DAG:     nn.constant dense<4.000000e+00> : tensor<1000x4096xf32>
// CHECK-DAG:     nn.constant dense{{(_resource)?}}<{{[^.]*}}> : tensor<334x4096x3xf32>
func.func @splats() -> (tensor<250x4096x4xf32>, tensor<1000x4096xf32>, tensor<334x4096x3xf32>) {
  %0 = nn.constant dense<2.0> : tensor<4096x1000xf32>
  %1 = nn.pack %0 dims [1] blocks [4] order [1, 0] : tensor<4096x1000xf32> -> tensor<250x4096x4xf32>
  %2 = nn.transpose %0 [1, 0] : tensor<4096x1000xf32> -> tensor<1000x4096xf32>
  %3 = nn.mul %2, %2 : tensor<1000x4096xf32>, tensor<1000x4096xf32> -> tensor<1000x4096xf32>
  %4 = nn.pack %0 dims [1] blocks [3] order [1, 0] : tensor<4096x1000xf32> -> tensor<334x4096x3xf32>
  return %1, %3, %4 : tensor<250x4096x4xf32>, tensor<1000x4096xf32>, tensor<334x4096x3xf32>
}

// What has no one answer everywhere needs compiled code.
// CHECK-LABEL: @stays
// CHECK:         nn.exp
func.func @stays() -> tensor<3xf32> {
  %0 = nn.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %1 = nn.exp %0 : tensor<3xf32> -> tensor<3xf32>
  return %1 : tensor<3xf32>
}

// A resource keeps its bytes behind a reshape, and gives them to a copy.
// CHECK-LABEL: @resource
// CHECK-DAG:     nn.constant dense_resource<weights> : tensor<4xf32>
// CHECK-DAG:     nn.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00{{\]\]}}> : tensor<2x2xf32>
func.func @resource() -> (tensor<4xf32>, tensor<2x2xf32>) {
  %0 = nn.constant dense_resource<weights> : tensor<2x2xf32>
  %1 = nn.reshape %0 to [4] : tensor<2x2xf32> -> tensor<4xf32>
  %2 = nn.transpose %0 [1, 0] : tensor<2x2xf32> -> tensor<2x2xf32>
  return %1, %2 : tensor<4xf32>, tensor<2x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000000803F000000400000404000008040"
    }
  }
#-}

// Without elements.
// CHECK-LABEL: @nothing()
// CHECK-NEXT:    %[[C:.*]] = nn.constant dense<> : tensor<3x0xf32>
// CHECK-NEXT:    return %[[C]]
func.func @nothing() -> tensor<3x0xf32> {
  %0 = nn.constant dense<> : tensor<0x3xf32>
  %r = nn.transpose %0 [1, 0] : tensor<0x3xf32> -> tensor<3x0xf32>
  return %r : tensor<3x0xf32>
}
