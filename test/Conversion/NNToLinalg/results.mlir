// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Outputs, element types, and what stays as it is.
// RUN: accel-opt %s -convert-nn-to-linalg -canonicalize -split-input-file | FileCheck %s

// Two results are two trailing arguments, in order; a boolean takes a byte.
// CHECK-LABEL: @two_results
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32> {bufferization.writable = false}
// CHECK-SAME: %[[E:[^:]*]]: tensor<4xf32> {bufferization.writable = true}
// CHECK-SAME: %[[N:[^:]*]]: tensor<4xi8> {bufferization.writable = true}
// CHECK-SAME: -> (tensor<4xf32>, tensor<4xi8>)
// CHECK: %[[R0:.*]] = linalg.generic {{.*}} ins(%[[X]] : {{.*}}) outs(%[[E]]
// CHECK: %[[R1:.*]] = linalg.generic {{.*}} ins(%[[X]] : {{.*}}) outs(%[[N]]
// CHECK: return %[[R0]], %[[R1]]
func.func @two_results(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi1>) {
  %0 = nn.exp %x : tensor<4xf32> -> tensor<4xf32>
  %1 = nn.is_nan %x : tensor<4xf32> -> tensor<4xi1>
  return %0, %1 : tensor<4xf32>, tensor<4xi1>
}

// -----

// A packed product is tiled as it is.
// CHECK-LABEL: @packed_matmul
// CHECK: nn.packed_matmul
func.func @packed_matmul(%a: tensor<2x4xf32>, %b: tensor<2x4x8xf32>) -> tensor<2x13xf32> {
  %0 = nn.packed_matmul %a, %b columns 13 : tensor<2x4xf32>, tensor<2x4x8xf32> -> tensor<2x13xf32>
  return %0 : tensor<2x13xf32>
}

// -----

// Half precision is added up in f32 and rounded once.
// CHECK-LABEL: @half_sum
// CHECK: linalg.fill {{.*}} -> tensor<3xf32>
// CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : f16 to f32
// CHECK: arith.addf %{{.*}}, %[[WIDE]] : f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @half_sum(%x: tensor<3x8xf16>) -> tensor<3xf16> {
  %0 = nn.reduce sum %x axes [1] : tensor<3x8xf16> -> tensor<3xf16>
  return %0 : tensor<3xf16>
}

// -----

// The mean of a dim that is not known divides by what it is.
// CHECK-LABEL: @dynamic_mean
// CHECK-SAME: %[[X:[^:]*]]: tensor<3x?xf32>
// CHECK: %[[N:.*]] = tensor.dim %[[X]], %c1
// CHECK: %[[COUNT:.*]] = arith.sitofp
// CHECK: arith.divf %{{.*}}, %[[COUNT]]
func.func @dynamic_mean(%x: tensor<3x?xf32>) -> tensor<3xf32> {
  %0 = nn.reduce mean %x axes [1] : tensor<3x?xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// A negative index counts from the end, then it is clamped to 0..9.
// CHECK-LABEL: @gather
// CHECK-DAG: %[[TEN:.*]] = arith.constant 10 : index
// CHECK-DAG: %[[NINE:.*]] = arith.constant 9 : index
// CHECK: %[[I:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[I]]
// CHECK: %[[FROM_END:.*]] = arith.addi %[[I]], %[[TEN]]
// CHECK: %[[J:.*]] = arith.select %[[NEGATIVE]], %[[FROM_END]], %[[I]]
// CHECK: %[[K:.*]] = arith.minsi %[[J]], %[[NINE]]
// CHECK: %[[AT:.*]] = arith.maxsi %[[K]]
// CHECK: tensor.extract %{{.*}}[%[[AT]]]
func.func @gather(%x: tensor<10xf32>, %i: tensor<2xi64>) -> tensor<2xf32> {
  %0 = nn.gather %x, %i axis 0 : tensor<10xf32>, tensor<2xi64> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// A transpose is a map.
// CHECK: #[[MAP:.*]] = affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK-LABEL: @transpose
// CHECK: linalg.generic {indexing_maps = [#[[MAP]], #{{.*}}]
func.func @transpose(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %0 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  return %0 : tensor<4x2x3xf32>
}

// -----

// What has no elements is not computed: a slice that begins at the end would be illegal.
// CHECK-LABEL: @empty_result
// CHECK-SAME: %[[OUT:[^:]*]]: tensor<2x0xf32> {bufferization.writable = true}
// CHECK-NEXT: return %[[OUT]]
func.func @empty_result(%x: tensor<2x8xf32>) -> tensor<2x0xf32> {
  %0 = nn.slice %x offsets [0, 8] sizes [2, 0] steps [1, 1] : tensor<2x8xf32> -> tensor<2x0xf32>
  return %0 : tensor<2x0xf32>
}

// -----

// Neither is an empty operand written.
// CHECK-LABEL: @empty_operand
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x8xf32>
// CHECK-NEXT: return %[[X]]
func.func @empty_operand(%x: tensor<2x8xf32>, %e: tensor<2x0xf32>) -> tensor<2x8xf32> {
  %0 = nn.concat %x, %e axis 1 : tensor<2x8xf32>, tensor<2x0xf32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// A sum of nothing is what it starts from.
// CHECK-LABEL: @empty_sum
// CHECK: %[[ZERO:.*]] = linalg.fill
// CHECK-NOT: linalg.generic
// CHECK: return %[[ZERO]]
func.func @empty_sum(%a: tensor<2x0xf32>, %b: tensor<0x3xf32>) -> tensor<2x3xf32> {
  %0 = nn.matmul %a, %b : tensor<2x0xf32>, tensor<0x3xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
