// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-linalg -canonicalize -linalg-tile-attention=cpu=x86-64-v4 -canonicalize -cse -split-input-file | FileCheck %s
// RUN: accel-opt %s -convert-nn-to-linalg -canonicalize -linalg-tile-attention=plain -canonicalize -split-input-file | FileCheck %s --check-prefix=PLAIN

#q = affine_map<(h, i, j, e, f) -> (i, h * 64 + e)>
#k = affine_map<(h, i, j, e, f) -> (j, h * 64 + e)>
#v = affine_map<(h, i, j, e, f) -> (j, h * 64 + f)>

// Keys are one block: an item holds packed keys and values, and scores of six rows.
// CHECK-LABEL: @one_block
// CHECK:       scf.forall (%{{.*}}) in (12)
// CHECK:         tensor.empty() : tensor<2x64x64xf32>
// CHECK:         tensor.empty() : tensor<1x128x64xf32>
// CHECK:         tensor.empty() : tensor<6x128xf32>
// CHECK:         math.exp
// CHECK-NOT:     tensor<128x128xf32>
// PLAIN-LABEL: @one_block
// PLAIN:       tensor.empty() : tensor<12x128x128xf32>
// PLAIN-NOT:   scf.forall
func.func @one_block(%q: tensor<128x768xf32>, %k: tensor<128x768xf32>, %v: tensor<128x768xf32>) -> tensor<128x12x64xf32> {
  %0 = nn.attention %q, %k, %v sizes [12, 128, 128, 64, 64] maps [#q, #k, #v] order [1, 0, 2] scale 0.125
    : (tensor<128x768xf32>, tensor<128x768xf32>, tensor<128x768xf32>) -> tensor<128x12x64xf32>
  return %0 : tensor<128x12x64xf32>
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>
#m = affine_map<(h, i, j, e, f) -> (0, j)>

// Numbers of rows and keys that only a run knows. One or two rows, and no more scores than stay near: keys are one block,
// read where they lie. Else blocks of 64 keys, then what is left; results are rescaled.
// CHECK-LABEL: @blocks
// CHECK:       %[[START:.*]] = arith.constant -3.40282347E+38 : f32
// CHECK:       scf.forall
// CHECK-DAG:     %[[ROWS:.*]] = arith.cmpi sle, %{{.*}}, %c2
// CHECK-DAG:     %[[KEYS:.*]] = arith.cmpi sle, %{{.*}}, %c4096
// CHECK:         %[[FEW:.*]] = arith.andi %[[ROWS]], %[[KEYS]]
// CHECK:         scf.if %[[FEW]]
// CHECK-NOT:       tensor.empty() : tensor<1x64x64xf32>
// CHECK:           tensor.empty() : tensor<1x4096xf32>
// CHECK:         } else {
// CHECK:           tensor.empty() : tensor<126xf32>
// CHECK:           linalg.fill ins(%[[START]]
// CHECK:           scf.for
// CHECK:             tensor.empty() : tensor<1x64x64xf32>
// CHECK:             tensor.empty() : tensor<6x64xf32>
func.func @blocks(%q: tensor<2x?x64xf32>, %k: tensor<2x?x64xf32>, %v: tensor<2x?x64xf32>, %m: tensor<1x?xf32>) -> tensor<2x?x64xf32> {
  %0 = nn.attention %q, %k, %v mask %m sizes [2, -1, -1, 64, 64] maps [#q, #k, #v, #m] order [0, 1, 2] scale 0.125 empty_rows_zero
    : (tensor<2x?x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>, tensor<1x?xf32>) -> tensor<2x?x64xf32>
  return %0 : tensor<2x?x64xf32>
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>

// One row is not worth packing for.
// CHECK-LABEL: @one_row
// CHECK-NOT:   tensor.empty() : tensor<{{.*}}x64x{{.*}}xf32>
// CHECK:       return
func.func @one_row(%q: tensor<2x1x64xf32>, %k: tensor<2x77x64xf32>, %v: tensor<2x77x64xf32>) -> tensor<2x1x64xf32> {
  %0 = nn.attention %q, %k, %v sizes [2, 1, 77, 64, 64] maps [#q, #k, #v] order [0, 1, 2] scale 0.125
    : (tensor<2x1x64xf32>, tensor<2x77x64xf32>, tensor<2x77x64xf32>) -> tensor<2x1x64xf32>
  return %0 : tensor<2x1x64xf32>
}

// -----

#q = affine_map<(h, i, j, e, f) -> (h, i, e)>
#k = affine_map<(h, i, j, e, f) -> (h, j, e)>
#v = affine_map<(h, i, j, e, f) -> (h, j, f)>

// One row on a number of keys that only a run knows: one block, or where they are too many for it, blocks of 64. In one
// block, one or two keys that are left over from whole vectors are done one by one.
// CHECK-LABEL: @one_row_of_unknown_keys
// CHECK:       %[[KEYS:.*]] = arith.cmpi sle, %{{.*}}, %c4096
// CHECK:       scf.if %[[KEYS]]
// CHECK:         tensor.empty() : tensor<1x4096xf32>
// CHECK:         %[[FEW:.*]] = arith.cmpi sle, %{{.*}}, %c2
// CHECK:         arith.select %[[FEW]]
// CHECK:         scf.for
// CHECK:         scf.for
// CHECK:           linalg.generic {{.*}} outs(%{{.*}} : tensor<1x1xf32>)
// CHECK:         math.exp
// CHECK:       } else {
// CHECK:         tensor.empty() : tensor<1x64xf32>
func.func @one_row_of_unknown_keys(%q: tensor<2x1x64xf32>, %k: tensor<2x?x64xf32>, %v: tensor<2x?x64xf32>) -> tensor<2x1x64xf32> {
  %0 = nn.attention %q, %k, %v sizes [2, 1, -1, 64, 64] maps [#q, #k, #v] order [0, 1, 2] scale 0.125
    : (tensor<2x1x64xf32>, tensor<2x?x64xf32>, tensor<2x?x64xf32>) -> tensor<2x1x64xf32>
  return %0 : tensor<2x1x64xf32>
}
