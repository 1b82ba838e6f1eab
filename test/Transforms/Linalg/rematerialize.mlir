// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -linalg-rematerialize | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// Each reader of a difference to a row's number gets its own.
// CHECK-LABEL: @difference
// CHECK-COUNT-2: arith.subf
// CHECK: arith.mulf
// CHECK: arith.negf
func.func @difference(%x: tensor<4x64xf32>, %m: tensor<4xf32>, %o: tensor<4x64xf32>, %s: tensor<4xf32>) -> (tensor<4xf32>, tensor<4x64xf32>) {
  %0 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %m : tensor<4x64xf32>, tensor<4xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.subf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<4x64xf32>) outs(%s : tensor<4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %q = arith.mulf %a, %a : f32
    %d = arith.addf %c, %q : f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = arith.negf %a : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  return %1, %2 : tensor<4xf32>, tensor<4x64xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// A sum of two tensors would be read twice, and an exponential computed twice: they are kept.
// CHECK-LABEL: @costly
// CHECK-COUNT-1: arith.addf
// CHECK-NOT: arith.addf
// CHECK-COUNT-1: math.exp
// CHECK-NOT: math.exp
// CHECK: return
func.func @costly(%x: tensor<4x64xf32>, %y: tensor<4x64xf32>, %o: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x64xf32>) {
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<4x64xf32>, tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.addf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = math.exp %a : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %1 : tensor<4x64xf32>, tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.mulf %a, %b : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = arith.negf %a : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  return %2, %3 : tensor<4x64xf32>, tensor<4x64xf32>
}
