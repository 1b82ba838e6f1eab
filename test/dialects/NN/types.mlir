// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s | accel-opt | FileCheck %s
// RUN: accel-opt %s --mlir-print-op-generic | accel-opt | FileCheck %s
// Strings and boxes as element types.

// CHECK-LABEL: func.func @types
// CHECK-SAME: tensor<?x2xsi64>
// CHECK-SAME: tensor<?x!nn.box<sequence, tensor<?x3xf32>>>
// CHECK-SAME: tensor<?x!nn.box<optional, tensor<?x!nn.box<sequence, f32>>>>
// CHECK-SAME: tensor<1x!nn.box<tensor, tensor<*xsi64>>>
// CHECK-SAME: tensor<2x!nn.box<map, tuple<tensor<?xsi64>, tensor<?xf32>>>>
func.func @types(%strings: tensor<?x2xsi64>, %sequence: tensor<?x!nn.box<sequence, tensor<?x3xf32>>>,
                 %optional: tensor<?x!nn.box<optional, tensor<?x!nn.box<sequence, f32>>>>,
                 %unranked: tensor<1x!nn.box<tensor, tensor<*xsi64>>>,
                 %map: tensor<2x!nn.box<map, tuple<tensor<?xsi64>, tensor<?xf32>>>>) -> (tensor<2x?xsi64>, tensor<i64>, tensor<?x2xi1>) {
  // CHECK: nn.transpose {{.*}} -> tensor<2x?xsi64>
  %0 = nn.transpose %strings [1, 0] : tensor<?x2xsi64> -> tensor<2x?xsi64>
  // CHECK: nn.call "sequence_length"({{.*}}) : (tensor<?x!nn.box<sequence, tensor<?x3xf32>>>) -> tensor<i64>
  %1 = nn.call "sequence_length"(%sequence) : (tensor<?x!nn.box<sequence, tensor<?x3xf32>>>) -> tensor<i64>
  // CHECK: nn.compare eq {{.*}} : tensor<?x2xsi64>, tensor<?x2xsi64> -> tensor<?x2xi1>
  %2 = nn.compare eq %strings, %strings : tensor<?x2xsi64>, tensor<?x2xsi64> -> tensor<?x2xi1>
  return %0, %1, %2 : tensor<2x?xsi64>, tensor<i64>, tensor<?x2xi1>
}
