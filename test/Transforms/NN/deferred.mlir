// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-share-constants -cse -nn-evaluate-constants -canonicalize -cse --split-input-file | FileCheck %s

// Constants of equal bytes are one; what is made of them, too. A large result is not made here.
// CHECK-LABEL: @packed()
// CHECK-NEXT: %[[C:.*]] = nn.constant #nn.deferred<"nn.pack" [dense_resource<a> : tensor<3x2xf32>] {blocks = array<i64: 8192>, dims = array<i64: 1>, order = array<i64: 0, 1>}> : tensor<3x1x8192xf32>
// CHECK-NEXT: return %[[C]], %[[C]]
func.func @packed() -> (tensor<3x1x8192xf32>, tensor<3x1x8192xf32>) {
  %0 = nn.constant dense_resource<a> : tensor<3x2xf32>
  %1 = nn.constant dense_resource<b> : tensor<3x2xf32>
  %2 = nn.pack %0 dims [1] blocks [8192] order [0, 1] : tensor<3x2xf32> -> tensor<3x1x8192xf32>
  %3 = nn.pack %1 dims [1] blocks [8192] order [0, 1] : tensor<3x2xf32> -> tensor<3x1x8192xf32>
  return %2, %3 : tensor<3x1x8192xf32>, tensor<3x1x8192xf32>
}

{-#
  dialect_resources: {
    builtin: {
      a: "0x400000000000803F0000004000004040000080400000A0400000C040",
      b: "0x400000000000803F0000004000004040000080400000A0400000C040"
    }
  }
#-}

// -----

// Arithmetic that is defined to the bit, and an op on a deferred constant. A small result of one is made.
// CHECK-LABEL: @chain()
// CHECK-DAG: %[[SUM:.*]] = nn.constant #nn.deferred<"nn.transpose" [#nn.deferred<"nn.add" [#nn.deferred<"nn.pad" [dense<{{.*}}> : tensor<2x3xf32>] {high = array<i64: 8190, 0>, {{.*}}}> : tensor<8192x3xf32>, dense<{{.*}}> : tensor<3xf32>] {}> : tensor<8192x3xf32>] {permutation = array<i64: 1, 0>}> : tensor<3x8192xf32>
// CHECK-DAG: %[[SMALL:.*]] = nn.constant dense<{{\[\[}}3.000000e+00, 5.000000e+00], [1.200000e+01, 1.400000e+01], [2.500000e+01, 2.700000e+01]]> : tensor<3x2xf32>
// CHECK: return %[[SUM]], %[[SMALL]]
func.func @chain() -> (tensor<3x8192xf32>, tensor<3x2xf32>) {
  %0 = nn.constant dense<[[1.0, 2.0, 5.0], [3.0, 4.0, 7.0]]> : tensor<2x3xf32>
  %1 = nn.constant dense<[2.0, 10.0, 20.0]> : tensor<3xf32>
  %2 = nn.pad %0 low [0, 0] high [8190, 0] value 0.000000e+00 : f32 : tensor<2x3xf32> -> tensor<8192x3xf32>
  %3 = nn.add %2, %1 : tensor<8192x3xf32>, tensor<3xf32> -> tensor<8192x3xf32>
  %4 = nn.transpose %3 [1, 0] : tensor<8192x3xf32> -> tensor<3x8192xf32>
  %5 = nn.slice %4 offsets [0, 0] sizes [3, 2] steps [1, 1] : tensor<3x8192xf32> -> tensor<3x2xf32>
  return %4, %5 : tensor<3x8192xf32>, tensor<3x2xf32>
}

// -----

// Splats stay splats.
// CHECK-LABEL: @splat()
// CHECK-NEXT: nn.constant dense<5.000000e-01> : tensor<64x64x4x64xf32>
func.func @splat() -> tensor<64x64x4x64xf32> {
  %0 = nn.constant dense<0.5> : tensor<4096x1024xf32>
  %1 = nn.reshape %0 to [64, 64, 16, 64] : tensor<4096x1024xf32> -> tensor<64x64x16x64xf32>
  %2 = nn.slice %1 offsets [0, 0, 0, 0] sizes [64, 64, 4, 64] steps [1, 1, 1, 1] : tensor<64x64x16x64xf32> -> tensor<64x64x4x64xf32>
  return %2 : tensor<64x64x4x64xf32>
}

// What would be computed again and again is computed at once.
// CHECK-LABEL: @doubled
// CHECK-NOT:     nn.deferred
// CHECK:         nn.constant dense_resource<{{.*}}> : tensor<8192x3xf32>
func.func @doubled() -> tensor<8192x3xf32> {
  %w = nn.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %0 = nn.pad %w low [0, 0] high [8190, 0] value 0.0 : f32 : tensor<2x3xf32> -> tensor<8192x3xf32>
  %1 = nn.mul %0, %0 : tensor<8192x3xf32>, tensor<8192x3xf32> -> tensor<8192x3xf32>
  %2 = nn.mul %1, %1 : tensor<8192x3xf32>, tensor<8192x3xf32> -> tensor<8192x3xf32>
  %3 = nn.mul %2, %2 : tensor<8192x3xf32>, tensor<8192x3xf32> -> tensor<8192x3xf32>
  %4 = nn.mul %3, %3 : tensor<8192x3xf32>, tensor<8192x3xf32> -> tensor<8192x3xf32>
  %5 = nn.mul %4, %4 : tensor<8192x3xf32>, tensor<8192x3xf32> -> tensor<8192x3xf32>
  %6 = nn.mul %5, %5 : tensor<8192x3xf32>, tensor<8192x3xf32> -> tensor<8192x3xf32>
  return %6 : tensor<8192x3xf32>
}
