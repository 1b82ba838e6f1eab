// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -linalg-fuse | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#sum = affine_map<(d0, d1) -> (d1)>

// A sum goes on in blocks once all that it reads is computed in it.
// CHECK-LABEL: @sum
// CHECK-COUNT-1: linalg.generic {{.*}} attrs = {exec.sum_block = 512 : i64}
// CHECK: math.exp
// CHECK-NEXT: arith.negf
// CHECK-NEXT: arith.addf
func.func @sum(%x: tensor<1000x3xf32>, %o: tensor<1000x3xf32>, %s: tensor<3xf32>) -> tensor<3xf32> {
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1000x3xf32>) outs(%o : tensor<1000x3xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = math.exp %a : f32
    linalg.yield %d : f32
  } -> tensor<1000x3xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1000x3xf32>) outs(%o : tensor<1000x3xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = arith.negf %a : f32
    linalg.yield %d : f32
  } -> tensor<1000x3xf32>
  %2 = linalg.generic {indexing_maps = [#id, #sum], iterator_types = ["reduction", "parallel"]}
      ins(%1 : tensor<1000x3xf32>) outs(%s : tensor<3xf32>) attrs = {exec.sum_block = 512 : i64} {
  ^bb0(%a: f32, %c: f32):
    %d = arith.addf %c, %a : f32
    linalg.yield %d : f32
  } -> tensor<3xf32>
  return %2 : tensor<3xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#sum = affine_map<(d0, d1) -> (d1)>
#none = affine_map<(d0, d1) -> ()>

// A number that moves into the op leaves another op in its place, too.
// CHECK-LABEL: @constant
// CHECK: linalg.generic {{.*}} attrs = {exec.sum_block = 512 : i64}
// CHECK: arith.mulf %{{.*}}, %cst
func.func @constant(%x: tensor<1000x3xf32>, %s: tensor<3xf32>) -> tensor<3xf32> {
  %two = arith.constant dense<2.0> : tensor<f32>
  %0 = linalg.generic {indexing_maps = [#id, #none, #sum], iterator_types = ["reduction", "parallel"]}
      ins(%x, %two : tensor<1000x3xf32>, tensor<f32>) outs(%s : tensor<3xf32>) attrs = {exec.sum_block = 512 : i64} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.mulf %a, %b : f32
    %e = arith.addf %c, %d : f32
    linalg.yield %e : f32
  } -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// What two ops read is computed once. Ops without such attributes fuse as before.
// CHECK-LABEL: @shared
// CHECK: math.exp
// CHECK: linalg.generic {{.*}} attrs = {exec.sum_block = 512 : i64}
// CHECK-NOT: math.exp
// CHECK: linalg.generic
// CHECK: arith.negf
// CHECK-NEXT: math.absf
// CHECK: return
func.func @shared(%x: tensor<4x64xf32>, %o: tensor<4x64xf32>, %s: tensor<4xf32>) -> (tensor<4xf32>, tensor<4x64xf32>) {
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = math.exp %a : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<4x64xf32>) outs(%s : tensor<4xf32>) attrs = {exec.sum_block = 512 : i64} {
  ^bb0(%a: f32, %c: f32):
    %d = arith.addf %c, %a : f32
    linalg.yield %d : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = arith.negf %a : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  %3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%2 : tensor<4x64xf32>) outs(%o : tensor<4x64xf32>) {
  ^bb0(%a: f32, %c: f32):
    %d = math.absf %a : f32
    linalg.yield %d : f32
  } -> tensor<4x64xf32>
  return %1, %3 : tensor<4xf32>, tensor<4x64xf32>
}
