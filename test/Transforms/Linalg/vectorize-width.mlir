// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The CPU's table says how wide a vector is; the element type how many elements it has.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-vectorize=cpu=x86-64-v2 -canonicalize | FileCheck %s --check-prefix=V2
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-vectorize=cpu=x86-64-v3 -canonicalize | FileCheck %s --check-prefix=V3
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-vectorize=cpu=x86-64-v4 -canonicalize | FileCheck %s --check-prefix=V4

// V2-LABEL: @f32
// V2-COUNT-4: arith.negf {{.*}} : vector<4xf32>
// V3-LABEL: @f32
// V3-COUNT-2: arith.negf {{.*}} : vector<8xf32>
// V4-LABEL: @f32
// V4-COUNT-1: arith.negf {{.*}} : vector<16xf32>
func.func @f32(%x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = nn.neg %x : tensor<16xf32> -> tensor<16xf32>
  return %0 : tensor<16xf32>
}

// V2-LABEL: @f64
// V2-COUNT-8: arith.negf {{.*}} : vector<2xf64>
// V3-LABEL: @f64
// V3-COUNT-4: arith.negf {{.*}} : vector<4xf64>
// V4-LABEL: @f64
// V4-COUNT-2: arith.negf {{.*}} : vector<8xf64>
func.func @f64(%x: tensor<16xf64>) -> tensor<16xf64> {
  %0 = nn.neg %x : tensor<16xf64> -> tensor<16xf64>
  return %0 : tensor<16xf64>
}

// What becomes f16 at the end of a chain in registers has as many elements as the f32 before.
// V4-LABEL: @narrowed
// V4: arith.truncf {{.*}} : vector<16xf32> to vector<16xf16>
// V4-COUNT-2: vector.transfer_write {{.*}} : vector<16xf16>
func.func @narrowed(%x: tensor<64x32xf32>, %y: tensor<32xf16>) -> tensor<32xf16> {
  %0 = nn.reduce sum %x axes [0] : tensor<64x32xf32> -> tensor<32xf32>
  %1 = nn.cast %0 {to = f16} : tensor<32xf32> -> tensor<32xf16>
  return %1 : tensor<32xf16>
}
