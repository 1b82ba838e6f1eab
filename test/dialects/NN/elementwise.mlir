// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every row of the table of elementwise ops prints what it parses, and keeps or makes the element type that it should.
// RUN: accel-opt %s | accel-opt | FileCheck %s

// CHECK-LABEL: @floats
func.func @floats(%x: tensor<?x4xf16>) {
  // CHECK: nn.sigmoid %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %0 = nn.sigmoid %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.tanh %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %1 = nn.tanh %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.exp %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %2 = nn.exp %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.log %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %3 = nn.log %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.sqrt %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %4 = nn.sqrt %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.rsqrt %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %5 = nn.rsqrt %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.reciprocal %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %6 = nn.reciprocal %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.erf %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %7 = nn.erf %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.floor %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %8 = nn.floor %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.ceil %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %9 = nn.ceil %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.round %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %10 = nn.round %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.sin %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %11 = nn.sin %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.cos %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %12 = nn.cos %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.tan %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %13 = nn.tan %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.asin %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %14 = nn.asin %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.acos %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %15 = nn.acos %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.atan %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %16 = nn.atan %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.sinh %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %17 = nn.sinh %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.cosh %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %18 = nn.cosh %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.asinh %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %19 = nn.asinh %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.acosh %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %20 = nn.acosh %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.atanh %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %21 = nn.atanh %x : tensor<?x4xf16> -> tensor<?x4xf16>
  // CHECK: nn.softplus %{{.*}} : tensor<?x4xf16> -> tensor<?x4xf16>
  %22 = nn.softplus %x : tensor<?x4xf16> -> tensor<?x4xf16>
  return
}

// CHECK-LABEL: @numbers
func.func @numbers(%x: tensor<?x4xi32>) {
  // CHECK: nn.abs %{{.*}} : tensor<?x4xi32> -> tensor<?x4xi32>
  %0 = nn.abs %x : tensor<?x4xi32> -> tensor<?x4xi32>
  // CHECK: nn.neg %{{.*}} : tensor<?x4xi32> -> tensor<?x4xi32>
  %1 = nn.neg %x : tensor<?x4xi32> -> tensor<?x4xi32>
  // CHECK: nn.sign %{{.*}} : tensor<?x4xi32> -> tensor<?x4xi32>
  %2 = nn.sign %x : tensor<?x4xi32> -> tensor<?x4xi32>
  // CHECK: nn.relu %{{.*}} : tensor<?x4xi32> -> tensor<?x4xi32>
  %3 = nn.relu %x : tensor<?x4xi32> -> tensor<?x4xi32>
  return
}

// CHECK-LABEL: @to_booleans
func.func @to_booleans(%x: tensor<2x?xbf16>) {
  // CHECK: nn.is_nan %{{.*}} : tensor<2x?xbf16> -> tensor<2x?xi1>
  %0 = nn.is_nan %x : tensor<2x?xbf16> -> tensor<2x?xi1>
  // CHECK: nn.is_inf %{{.*}} : tensor<2x?xbf16> -> tensor<2x?xi1>
  %1 = nn.is_inf %x : tensor<2x?xbf16> -> tensor<2x?xi1>
  return
}

// CHECK-LABEL: @binary
func.func @binary(%x: tensor<?x1xf64>, %y: tensor<4xf64>) {
  // CHECK: nn.add %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %0 = nn.add %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.sub %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %1 = nn.sub %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.mul %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %2 = nn.mul %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.div %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %3 = nn.div %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.max %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %4 = nn.max %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.min %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %5 = nn.min %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.pow %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %6 = nn.pow %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.mod %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %7 = nn.mod %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  // CHECK: nn.fmod %{{.*}}, %{{.*}} : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  %8 = nn.fmod %x, %y : tensor<?x1xf64>, tensor<4xf64> -> tensor<?x4xf64>
  return
}

// CHECK-LABEL: @bits
func.func @bits(%x: tensor<?x1xui8>, %y: tensor<4xui8>) {
  // CHECK: nn.and %{{.*}}, %{{.*}} : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  %0 = nn.and %x, %y : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  // CHECK: nn.or %{{.*}}, %{{.*}} : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  %1 = nn.or %x, %y : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  // CHECK: nn.xor %{{.*}}, %{{.*}} : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  %2 = nn.xor %x, %y : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  // CHECK: nn.shift_left %{{.*}}, %{{.*}} : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  %3 = nn.shift_left %x, %y : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  // CHECK: nn.shift_right %{{.*}}, %{{.*}} : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  %4 = nn.shift_right %x, %y : tensor<?x1xui8>, tensor<4xui8> -> tensor<?x4xui8>
  // CHECK: nn.not %{{.*}} : tensor<?x1xui8> -> tensor<?x1xui8>
  %5 = nn.not %x : tensor<?x1xui8> -> tensor<?x1xui8>
  return
}

// CHECK-LABEL: @comparisons
func.func @comparisons(%x: tensor<?x1xi64>, %y: tensor<4xi64>) {
  // CHECK: nn.compare eq %{{.*}}, %{{.*}} : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  %0 = nn.compare eq %x, %y : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  // CHECK: nn.compare ne %{{.*}}, %{{.*}} : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  %1 = nn.compare ne %x, %y : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  // CHECK: nn.compare lt %{{.*}}, %{{.*}} : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  %2 = nn.compare lt %x, %y : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  // CHECK: nn.compare le %{{.*}}, %{{.*}} : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  %3 = nn.compare le %x, %y : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  // CHECK: nn.compare gt %{{.*}}, %{{.*}} : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  %4 = nn.compare gt %x, %y : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  // CHECK: nn.compare ge %{{.*}}, %{{.*}} : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  %5 = nn.compare ge %x, %y : tensor<?x1xi64>, tensor<4xi64> -> tensor<?x4xi1>
  return
}
