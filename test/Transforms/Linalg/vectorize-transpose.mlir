// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands that lie across: squares of vectors are read, shuffled and written.
// RUN: accel-opt %s -convert-nn-to-linalg -linalg-tile=cpu=x86-64-v3 -canonicalize -cse -linalg-vectorize=cpu=x86-64-v3 -canonicalize -split-input-file | FileCheck %s

// A square of 8 by 8 takes 3 rounds of 8 shuffles.
// CHECK-LABEL: @square
// CHECK-COUNT-8: vector.transfer_read {{.*}} vector<8xf32>
// CHECK-COUNT-24: vector.shuffle
// CHECK-COUNT-8: vector.transfer_write {{.*}} vector<8xf32>
// CHECK-NOT: vector.from_elements
// CHECK: return
func.func @square(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = nn.transpose %x [1, 0] : tensor<8x8xf32> -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// -----

// Channels out of blocks of 16: positions are a vector of the result, channels one of the operand. The
// last positions are fewer than a vector.
// CHECK-LABEL: @unpack
// CHECK: vector.transfer_read {{.*}} vector<8xf32>
// CHECK: vector.transfer_write {{.*}} vector<8xf32>
// CHECK: vector.transfer_write {{.*}} vector<3xf32>
// CHECK-NOT: vector.from_elements
// CHECK: return
func.func @unpack(%x: tensor<1x2x11x16xf32>) -> tensor<1x32x11xf32> {
  %0 = nn.unpack %x dims [1] blocks [16] order [0, 1, 2] sizes [32] : tensor<1x2x11x16xf32> -> tensor<1x32x11xf32>
  return %0 : tensor<1x32x11xf32>
}

// -----

// Into blocks likewise; blocks of channels that do not fill them are gathered, with zeros after the last.
// CHECK-LABEL: @pack
// CHECK-NOT: vector.from_elements
// CHECK: vector.shuffle
// CHECK: return
func.func @pack(%x: tensor<1x32x16xf32>) -> tensor<1x2x16x16xf32> {
  %0 = nn.pack %x dims [1] blocks [16] order [0, 1, 2] : tensor<1x32x16xf32> -> tensor<1x2x16x16xf32>
  return %0 : tensor<1x2x16x16xf32>
}
