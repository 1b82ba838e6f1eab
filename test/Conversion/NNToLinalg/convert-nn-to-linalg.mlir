// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-linalg -split-input-file | FileCheck %s

// The result is written into a trailing argument; what is between gets a tensor of its own, as large as the dim says.
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @broadcast
// CHECK-SAME: %[[N:.*]]: index {{.*}}, %[[A:.*]]: tensor<?x4xf32> {{.*}}, %[[B:.*]]: tensor<4xf32>
// CHECK-SAME: %[[OUT:.*]]: tensor<?x4xf32> {bufferization.writable = true}
func.func @broadcast(%n: index, %a: tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>}, %b: tensor<4xf32>)
    -> tensor<?x4xf32> {
  // CHECK: %[[TEMPORARY:.*]] = tensor.empty(%[[N]]) : tensor<?x4xf32>
  // CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ALL]], #[[LAST]], #[[ALL]]]
  // CHECK-SAME: ins(%[[A]], %[[B]] : {{.*}}) outs(%[[TEMPORARY]]
  // CHECK: arith.addf
  // CHECK: %[[EXP:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : {{.*}}) outs(%[[OUT]]
  // CHECK: math.exp
  // CHECK: return %[[EXP]]
  %0 = nn.add %a, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %1 = nn.exp %0 : tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

// A boolean takes a byte in memory and a bit in arithmetic; an unsigned integer is signless, its ops are unsigned.
// CHECK-LABEL: @element_types
// CHECK-SAME: %[[P:.*]]: tensor<3xi8> {{.*}}, %[[U:.*]]: tensor<3xi16>
func.func @element_types(%p: tensor<3xi1>, %u: tensor<3xui16>) -> (tensor<3xi1>, tensor<3xui16>) {
  // CHECK: %[[BIT:.*]] = arith.trunci %{{.*}} : i8 to i1
  // CHECK: %[[NOT:.*]] = arith.xori %[[BIT]], %true
  // CHECK: arith.extui %[[NOT]] : i1 to i8
  %0 = nn.not %p : tensor<3xi1> -> tensor<3xi1>
  // CHECK: arith.divui
  %1 = nn.div %u, %u : tensor<3xui16>, tensor<3xui16> -> tensor<3xui16>
  return %0, %1 : tensor<3xi1>, tensor<3xui16>
}

// -----

// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: @matmul
func.func @matmul(%a: tensor<2x5x7xf32>, %b: tensor<7x3xf32>) -> tensor<2x5x3xf32> {
  // CHECK: %[[ZERO:.*]] = linalg.fill
  // CHECK: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #[[RESULT]]],
  // CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction"]
  // CHECK-SAME: outs(%[[ZERO]]
  %0 = nn.matmul %a, %b : tensor<2x5x7xf32>, tensor<7x3xf32> -> tensor<2x5x3xf32>
  return %0 : tensor<2x5x3xf32>
}

// -----

// Batch dims that may be broadcast, which shows at run time only, are chosen in the body. An empty tensor says how far
// the sum goes.
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: @matmul_broadcast
// CHECK-SAME: %[[N:[^:]*]]: index {{[^%]*}}%[[M:[^:]*]]: index {{[^%]*}}%[[A:[^:]*]]: tensor<?x5x7xf32>
// CHECK-SAME: %[[B:[^:]*]]: tensor<?x7x3xf32>
func.func @matmul_broadcast(%n: index, %m: index, %a: tensor<?x5x7xf32> {exec.shape = affine_map<()[s0, s1] -> (s0, 5, 7)>},
                            %b: tensor<?x7x3xf32> {exec.shape = affine_map<()[s0, s1] -> (s1, 7, 3)>}) -> tensor<?x5x3xf32> {
  // CHECK: %[[ONE_A:.*]] = arith.cmpi eq, %[[N]], %c1
  // CHECK: %[[ONE_B:.*]] = arith.cmpi eq, %[[M]], %c1
  // CHECK: %[[EXTENT:.*]] = tensor.empty() : tensor<7xi8>
  // CHECK: linalg.generic {indexing_maps = [#[[K]], #[[RESULT]]]
  // CHECK-SAME: ins(%[[EXTENT]]
  // CHECK: %[[BATCH:.*]] = linalg.index 0
  // CHECK: %[[AT:.*]] = arith.select %[[ONE_A]], %c0{{.*}}, %[[BATCH]]
  // CHECK: tensor.extract %[[A]][%[[AT]],
  // CHECK: arith.select %[[ONE_B]]
  // CHECK: tensor.extract %[[B]]
  %0 = nn.matmul %a, %b : tensor<?x5x7xf32>, tensor<?x7x3xf32> -> tensor<?x5x3xf32>
  return %0 : tensor<?x5x3xf32>
}

// -----

// The largest element starts at -inf and is subtracted before exp. It may leave a NaN out: its exponential makes the row NaN.
// CHECK-LABEL: @softmax
func.func @softmax(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  // CHECK: %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: linalg.fill ins(%[[LOWEST]]
  // CHECK: arith.maxnumf
  // CHECK: arith.subf
  // CHECK: math.exp
  // CHECK: arith.addf
  // CHECK: arith.divf
  %0 = nn.softmax %x axis 1 : tensor<3x5xf32> -> tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

// -----

// What is returned without being computed is copied into the output.
// CHECK-LABEL: @argument
// CHECK-SAME: %[[X:.*]]: tensor<4xf32> {{.*}}, %[[OUT:.*]]: tensor<4xf32>
func.func @argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[COPY:.*]] = linalg.{{.*}} ins(%[[X]] : tensor<4xf32>) outs(%[[OUT]]
  // CHECK: return %[[COPY]]
  return %x : tensor<4xf32>
}

// -----

// Element i of a backward slice is read at 5 - 2 i.
// CHECK: affine_map<()[s0] -> (s0 * -2 + 5)>
// CHECK-LABEL: @slice
func.func @slice(%x: tensor<6xf32>) -> tensor<3xf32> {
  // CHECK: tensor.extract
  %0 = nn.slice %x offsets [5] sizes [3] steps [-2] : tensor<6xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
