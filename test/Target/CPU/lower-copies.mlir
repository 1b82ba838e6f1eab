// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -cpu-lower-copies | FileCheck %s

// Rows with a gap between them: a loop nest, not a call.
// CHECK-LABEL: @strided
// CHECK-SAME: (%[[A:[^:]*]]: memref<4x8xf32, strided{{[^%]*}}%[[B:[^:]*]]: memref<4x8xf32>)
// CHECK-NOT: memref.copy
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[A]] : {{.*}}) outs(%[[B]]
// CHECK: ^bb0(%[[IN:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[IN]]
func.func @strided(%a: memref<4x8xf32, strided<[16, 1], offset: 3>>, %b: memref<4x8xf32>) {
  memref.copy %a, %b : memref<4x8xf32, strided<[16, 1], offset: 3>> to memref<4x8xf32>
  return
}

// The destination counts too, and so do strides that are not known.
// CHECK-LABEL: @into_strided
// CHECK-NOT: memref.copy
// CHECK: linalg.generic
func.func @into_strided(%a: memref<?x8xf32>, %b: memref<?x8xf32, strided<[?, 1], offset: ?>>) {
  memref.copy %a, %b : memref<?x8xf32> to memref<?x8xf32, strided<[?, 1], offset: ?>>
  return
}

// Bytes in a row stay a copy of memory.
// CHECK-LABEL: @contiguous
// CHECK: memref.copy
// CHECK-NOT: linalg
func.func @contiguous(%a: memref<4x8xf32>, %b: memref<4x8xf32>) {
  memref.copy %a, %b : memref<4x8xf32> to memref<4x8xf32>
  return
}
