// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-linalg -cpu-lower-packed-matmul=plain -canonicalize -split-input-file | FileCheck %s --check-prefixes=CHECK,PLAIN
// RUN: accel-opt %s -convert-nn-to-linalg -cpu-lower-packed-matmul -split-input-file | FileCheck %s --check-prefixes=CHECK,TILED

// Column n is in panel n / 8 at n % 8. Without tiling the product is a loop nest; else it stays, and its copy to the
// output is what is tiled.
// PLAIN-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// PLAIN-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2) -> (d1 floordiv 8, d2, d1 mod 8)>
// PLAIN-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: @product
// CHECK-SAME: %[[A:[^:]*]]: tensor<5x4xf32> {{[^%]*}}%[[B:[^:]*]]: tensor<2x4x8xf32> {{[^%]*}}%[[OUT:[^:]*]]: tensor<5x13xf32>
// PLAIN-NOT: nn.packed_matmul
// PLAIN: linalg.fill
// PLAIN: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], #[[RESULT]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[A]], %[[B]]
// TILED: %[[P:.*]] = nn.packed_matmul %[[A]], %[[B]] columns 13
// TILED: %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[P]] : tensor<5x13xf32>) outs(%[[OUT]]
// TILED: return %[[COPY]]
func.func @product(%a: tensor<5x4xf32>, %b: tensor<2x4x8xf32>) -> tensor<5x13xf32> {
  %0 = nn.packed_matmul %a, %b columns 13 : tensor<5x4xf32>, tensor<2x4x8xf32> -> tensor<5x13xf32>
  return %0 : tensor<5x13xf32>
}

// -----

// A product that is used by another op is reached from that op: no copy.
// CHECK-LABEL: @epilogue
// TILED: %[[P:.*]] = nn.packed_matmul
// TILED-NEXT: linalg.generic {{.*}} ins(%[[P]]
// TILED-NOT: linalg.generic
// CHECK: return
func.func @epilogue(%a: tensor<?x4xf32>, %b: tensor<2x4x8xf32>) -> tensor<?x16xf32> {
  %0 = nn.packed_matmul %a, %b columns 16 : tensor<?x4xf32>, tensor<2x4x8xf32> -> tensor<?x16xf32>
  %1 = nn.exp %0 : tensor<?x16xf32> -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}
