// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every result reaches its output, once. On tensors a copy of an argument folds away, since it is the same value; what
// is returned and is not the output is copied on buffers.
// RUN: accel-opt %s --cpu-lower-kernels="stage=buffers cpu=x86-64-v3" | FileCheck %s
// RUN: accel-opt %s --cpu-lower-kernels="stage=buffers cpu=x86-64-v3 plain" | FileCheck %s

// CHECK-LABEL: func.func @identity
// CHECK-SAME: %[[X:[^:]*]]: memref<4x8xf32> {{[^%]*}}%[[OUT:[^:]*]]: memref<4x8xf32>
// CHECK-NEXT: memref.copy %[[X]], %[[OUT]]
// CHECK-NEXT: return
exec.kernel @identity {
  func.func @identity(%x: tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>})
      -> (tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>}) {
    return %x : tensor<4x8xf32>
  }
}

// CHECK-LABEL: func.func @twice
// CHECK-SAME: %[[X:[^:]*]]: memref<4x8xf32> {{[^%]*}}%[[A:[^:]*]]: memref<4x8xf32> {{[^%]*}}%[[B:[^:]*]]: memref<4x8xf32>
// CHECK-NEXT: memref.copy %[[X]], %[[A]]
// CHECK-NEXT: memref.copy %[[X]], %[[B]]
// CHECK-NEXT: return
exec.kernel @twice {
  func.func @twice(%x: tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>})
      -> (tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>}, tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>}) {
    return %x, %x : tensor<4x8xf32>, tensor<4x8xf32>
  }
}

// CHECK-LABEL: func.func @computed_twice
// CHECK-SAME: %[[X:[^:]*]]: memref<4x8xf32> {{[^%]*}}%[[A:[^:]*]]: memref<4x8xf32> {{[^%]*}}%[[B:[^:]*]]: memref<4x8xf32>
// CHECK: arith.cmpf
// CHECK: memref.copy %[[A]], %[[B]]
// CHECK-NEXT: return
exec.kernel @computed_twice {
  func.func @computed_twice(%x: tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>})
      -> (tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>}, tensor<4x8xf32> {exec.shape = affine_map<() -> (4, 8)>}) {
    %0 = nn.relu %x : tensor<4x8xf32> -> tensor<4x8xf32>
    return %0, %0 : tensor<4x8xf32>, tensor<4x8xf32>
  }
}
