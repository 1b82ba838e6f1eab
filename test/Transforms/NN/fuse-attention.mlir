// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -nn-fuse-attention -split-input-file | FileCheck %s

// Heads split from rows, a mask that is added, and heads merged again: no transpose is left.
// CHECK-DAG:   #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d2, d1 * 64 + d4)>
// CHECK-DAG:   #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 64 + d4)>
// CHECK-DAG:   #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 * 64 + d5)>
// CHECK-DAG:   #[[M:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, 0, 0, d3)>
// CHECK-LABEL: @heads
// CHECK-SAME:  (%[[Q0:.*]]: tensor<?x?x768xf32>, %[[K0:.*]]: tensor<?x?x768xf32>, %[[V0:.*]]: tensor<?x?x768xf32>, %[[M0:.*]]: tensor<?x1x1x?xf32>)
// CHECK:       %[[QB:.*]] = nn.bind_dims %[[Q0]]
// CHECK:       %[[A:.*]] = nn.attention %[[Q0]], %[[K0]], %[[V0]] mask %[[M0]] sizes [-1, 12, -1, -1, 64, 64]
// CHECK-SAME:    maps [#[[Q]], #[[K]], #[[V]], #[[M]]] order [0, 2, 1, 3] scale 1.250000e-01 :
// CHECK-NEXT:  %[[R:.*]] = nn.reshape %[[A]]
// CHECK-NEXT:  return %[[R]]
func.func @heads(%q0: tensor<?x?x768xf32>, %k0: tensor<?x?x768xf32>, %v0: tensor<?x?x768xf32>, %m0: tensor<?x1x1x?xf32>) -> tensor<?x?x768xf32> {
  %q = nn.bind_dims %q0 ["b", "s"] affine_map<()[s0, s1] -> (s0, s1, 768)> : tensor<?x?x768xf32> -> tensor<?x?x768xf32>
  %k = nn.bind_dims %k0 ["b", "t"] affine_map<()[s0, s1] -> (s0, s1, 768)> : tensor<?x?x768xf32> -> tensor<?x?x768xf32>
  %v = nn.bind_dims %v0 ["b", "t"] affine_map<()[s0, s1] -> (s0, s1, 768)> : tensor<?x?x768xf32> -> tensor<?x?x768xf32>
  %m = nn.bind_dims %m0 ["b", "t"] affine_map<()[s0, s1] -> (s0, 1, 1, s1)> : tensor<?x1x1x?xf32> -> tensor<?x1x1x?xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x768xf32>
  %s = tensor.dim %q, %c1 : tensor<?x?x768xf32>
  %t = tensor.dim %k, %c1 : tensor<?x?x768xf32>
  %q1 = nn.reshape %q to [%b, %s, 12, 64] : tensor<?x?x768xf32> -> tensor<?x?x12x64xf32>
  %k1 = nn.reshape %k to [%b, %t, 12, 64] : tensor<?x?x768xf32> -> tensor<?x?x12x64xf32>
  %v1 = nn.reshape %v to [%b, %t, 12, 64] : tensor<?x?x768xf32> -> tensor<?x?x12x64xf32>
  %q2 = nn.transpose %q1 [0, 2, 1, 3] : tensor<?x?x12x64xf32> -> tensor<?x12x?x64xf32>
  %k2 = nn.transpose %k1 [0, 2, 3, 1] : tensor<?x?x12x64xf32> -> tensor<?x12x64x?xf32>
  %v2 = nn.transpose %v1 [0, 2, 1, 3] : tensor<?x?x12x64xf32> -> tensor<?x12x?x64xf32>
  %eight = nn.constant dense<8.0> : tensor<f32>
  %p = nn.matmul %q2, %k2 : tensor<?x12x?x64xf32>, tensor<?x12x64x?xf32> -> tensor<?x12x?x?xf32>
  %d = nn.div %p, %eight : tensor<?x12x?x?xf32>, tensor<f32> -> tensor<?x12x?x?xf32>
  %a = nn.add %d, %m : tensor<?x12x?x?xf32>, tensor<?x1x1x?xf32> -> tensor<?x12x?x?xf32>
  %w = nn.softmax %a axis 3 : tensor<?x12x?x?xf32> -> tensor<?x12x?x?xf32>
  %o = nn.matmul %w, %v2 : tensor<?x12x?x?xf32>, tensor<?x12x?x64xf32> -> tensor<?x12x?x64xf32>
  %o1 = nn.transpose %o [0, 2, 1, 3] : tensor<?x12x?x64xf32> -> tensor<?x?x12x64xf32>
  %o2 = nn.reshape %o1 to [%b, %s, 768] : tensor<?x?x12x64xf32> -> tensor<?x?x768xf32>
  return %o2 : tensor<?x?x768xf32>
}

// -----

// One tensor of queries, keys and values; scales on both sides; a mask that is chosen; rows of NaN are zero.
// CHECK-DAG:   #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d2, d1 * 64 + d4)>
// CHECK-DAG:   #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d3, d1 * 64 + d4 + 128)>
// CHECK-DAG:   #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (0, d3, d1 * 64 + d5 + 256)>
// CHECK-DAG:   #[[M:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d2, d3)>
// CHECK-LABEL: @fused
// CHECK-SAME:  (%[[X:.*]]: tensor<1x16x384xf32>, %[[C:.*]]: tensor<16x16xi1>)
// CHECK-DAG:   %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<f32>
// CHECK-DAG:   %[[LOW:.*]] = nn.constant dense<0xFF800000> : tensor<f32>
// CHECK:       %[[M0:.*]] = nn.select %[[C]], %[[LOW]], %[[ZERO]]
// CHECK:       %[[A:.*]] = nn.attention %[[X]], %[[X]], %[[X]] mask %[[M0]] sizes [1, 2, 16, 16, 64, 64]
// CHECK-SAME:    maps [#[[Q]], #[[K]], #[[V]], #[[M]]] order [0, 1, 2, 3] scale 1.250000e-01 empty_rows_zero :
// CHECK-NEXT:  return %[[A]]
func.func @fused(%x: tensor<1x16x384xf32>, %mask: tensor<16x16xi1>) -> tensor<1x2x16x64xf32> {
  %q = nn.slice %x offsets [0, 0, 0] sizes [1, 16, 128] steps [1, 1, 1] : tensor<1x16x384xf32> -> tensor<1x16x128xf32>
  %k = nn.slice %x offsets [0, 0, 128] sizes [1, 16, 128] steps [1, 1, 1] : tensor<1x16x384xf32> -> tensor<1x16x128xf32>
  %v = nn.slice %x offsets [0, 0, 256] sizes [1, 16, 128] steps [1, 1, 1] : tensor<1x16x384xf32> -> tensor<1x16x128xf32>
  %q1 = nn.reshape %q to [1, 16, 2, 64] : tensor<1x16x128xf32> -> tensor<1x16x2x64xf32>
  %k1 = nn.reshape %k to [1, 16, 2, 64] : tensor<1x16x128xf32> -> tensor<1x16x2x64xf32>
  %v1 = nn.reshape %v to [1, 16, 2, 64] : tensor<1x16x128xf32> -> tensor<1x16x2x64xf32>
  %q2 = nn.transpose %q1 [0, 2, 1, 3] : tensor<1x16x2x64xf32> -> tensor<1x2x16x64xf32>
  %k2 = nn.transpose %k1 [0, 2, 3, 1] : tensor<1x16x2x64xf32> -> tensor<1x2x64x16xf32>
  %v2 = nn.transpose %v1 [0, 2, 1, 3] : tensor<1x16x2x64xf32> -> tensor<1x2x16x64xf32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %quarter = nn.constant dense<0.25> : tensor<1xf32>
  %q3 = nn.mul %q2, %half : tensor<1x2x16x64xf32>, tensor<f32> -> tensor<1x2x16x64xf32>
  %k3 = nn.mul %quarter, %k2 : tensor<1xf32>, tensor<1x2x64x16xf32> -> tensor<1x2x64x16xf32>
  %p = nn.matmul %q3, %k3 : tensor<1x2x16x64xf32>, tensor<1x2x64x16xf32> -> tensor<1x2x16x16xf32>
  %low = nn.constant dense<0xFF800000> : tensor<f32>
  %a = nn.select %mask, %low, %p : tensor<16x16xi1>, tensor<f32>, tensor<1x2x16x16xf32> -> tensor<1x2x16x16xf32>
  %w = nn.softmax %a axis 3 : tensor<1x2x16x16xf32> -> tensor<1x2x16x16xf32>
  %n = nn.is_nan %w : tensor<1x2x16x16xf32> -> tensor<1x2x16x16xi1>
  %zero = nn.constant dense<0.0> : tensor<f32>
  %z = nn.select %n, %zero, %w : tensor<1x2x16x16xi1>, tensor<f32>, tensor<1x2x16x16xf32> -> tensor<1x2x16x16xf32>
  %o = nn.matmul %z, %v2 : tensor<1x2x16x16xf32>, tensor<1x2x16x64xf32> -> tensor<1x2x16x64xf32>
  return %o : tensor<1x2x16x64xf32>
}

// -----

// Parts of a transposed tensor by a constant index; one batch dim.
// CHECK-DAG:   #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, 0, d0 * 8 + d3)>
// CHECK-DAG:   #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d2, 1, d0 * 8 + d3)>
// CHECK-DAG:   #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d2, 2, d0 * 8 + d4)>
// CHECK-LABEL: @indexed
// CHECK-SAME:  (%[[X:.*]]: tensor<9x3x16xf32>)
// CHECK:       nn.attention %[[X]], %[[X]], %[[X]] sizes [2, 9, 9, 8, 8] maps [#[[Q]], #[[K]], #[[V]]]
// CHECK-SAME:    order [1, 0, 2] scale 1.000000e+00 :
func.func @indexed(%x: tensor<9x3x16xf32>) -> tensor<9x2x8xf32> {
  %t = nn.transpose %x [1, 0, 2] : tensor<9x3x16xf32> -> tensor<3x9x16xf32>
  %i0 = nn.constant dense<0> : tensor<i64>
  %i1 = nn.constant dense<1> : tensor<i64>
  %i2 = nn.constant dense<-1> : tensor<1xi64>
  %q = nn.gather %t, %i0 axis 0 : tensor<3x9x16xf32>, tensor<i64> -> tensor<9x16xf32>
  %k = nn.gather %t, %i1 axis 0 : tensor<3x9x16xf32>, tensor<i64> -> tensor<9x16xf32>
  %v = nn.gather %t, %i2 axis 0 : tensor<3x9x16xf32>, tensor<1xi64> -> tensor<1x9x16xf32>
  %q1 = nn.reshape %q to [9, 2, 8] : tensor<9x16xf32> -> tensor<9x2x8xf32>
  %k1 = nn.reshape %k to [9, 2, 8] : tensor<9x16xf32> -> tensor<9x2x8xf32>
  %v1 = nn.reshape %v to [9, 2, 8] : tensor<1x9x16xf32> -> tensor<9x2x8xf32>
  %q2 = nn.transpose %q1 [1, 0, 2] : tensor<9x2x8xf32> -> tensor<2x9x8xf32>
  %k2 = nn.transpose %k1 [1, 2, 0] : tensor<9x2x8xf32> -> tensor<2x8x9xf32>
  %v2 = nn.transpose %v1 [1, 0, 2] : tensor<9x2x8xf32> -> tensor<2x9x8xf32>
  %p = nn.matmul %q2, %k2 : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %w = nn.softmax %p axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v2 : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  %o1 = nn.transpose %o [1, 0, 2] : tensor<2x9x8xf32> -> tensor<9x2x8xf32>
  return %o1 : tensor<9x2x8xf32>
}

// -----

// CHECK-LABEL: @half
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because its elements are not f32"
// CHECK-NOT:   nn.attention
func.func @half(%q: tensor<2x9x8xf16>, %k: tensor<2x8x9xf16>, %v: tensor<2x9x8xf16>) -> tensor<2x9x8xf16> {
  %c = nn.constant dense<0.5> : tensor<f16>
  %p = nn.matmul %q, %k : tensor<2x9x8xf16>, tensor<2x8x9xf16> -> tensor<2x9x9xf16>
  %a = nn.mul %p, %c : tensor<2x9x9xf16>, tensor<f16> -> tensor<2x9x9xf16>
  %w = nn.softmax %a axis 2 : tensor<2x9x9xf16> -> tensor<2x9x9xf16>
  %o = nn.matmul %w, %v : tensor<2x9x9xf16>, tensor<2x9x8xf16> -> tensor<2x9x8xf16>
  return %o : tensor<2x9x8xf16>
}

// -----

// CHECK-LABEL: @axis
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because it does not go along the last dim"
// CHECK-NOT:   nn.attention
func.func @axis(%q: tensor<2x9x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>) -> tensor<2x9x8xf32> {
  %c = nn.constant dense<0.5> : tensor<f32>
  %p = nn.matmul %q, %k : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %a = nn.mul %p, %c : tensor<2x9x9xf32>, tensor<f32> -> tensor<2x9x9xf32>
  %w = nn.softmax %a axis 1 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o : tensor<2x9x8xf32>
}

// -----

// CHECK-LABEL: @twice
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because scores are masked twice"
// CHECK-NOT:   nn.attention
func.func @twice(%q: tensor<2x9x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>, %m: tensor<9x9xf32>) -> tensor<2x9x8xf32> {
  %c = nn.constant dense<0.5> : tensor<f32>
  %p = nn.matmul %q, %k : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %a0 = nn.add %p, %m : tensor<2x9x9xf32>, tensor<9x9xf32> -> tensor<2x9x9xf32>
  %a = nn.add %a0, %m : tensor<2x9x9xf32>, tensor<9x9xf32> -> tensor<2x9x9xf32>
  %w = nn.softmax %a axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o : tensor<2x9x8xf32>
}

// -----

// CHECK-LABEL: @scaled_behind
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because scores are scaled behind the mask"
// CHECK-NOT:   nn.attention
func.func @scaled_behind(%q: tensor<2x9x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>, %m: tensor<9x9xf32>) -> tensor<2x9x8xf32> {
  %c = nn.constant dense<0.5> : tensor<f32>
  %p = nn.matmul %q, %k : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %a0 = nn.add %p, %m : tensor<2x9x9xf32>, tensor<9x9xf32> -> tensor<2x9x9xf32>
  %a = nn.mul %a0, %c : tensor<2x9x9xf32>, tensor<f32> -> tensor<2x9x9xf32>
  %w = nn.softmax %a axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o : tensor<2x9x8xf32>
}

// -----

// CHECK-LABEL: @not_low
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because what is put in a masked score's place is not low enough to be added"
// CHECK-NOT:   nn.attention
func.func @not_low(%q: tensor<2x9x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>, %m: tensor<9x9xi1>) -> tensor<2x9x8xf32> {
  %c = nn.constant dense<0.5> : tensor<f32>
  %p = nn.matmul %q, %k : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %low = nn.constant dense<-1.0e4> : tensor<f32>
  %a = nn.select %m, %p, %low : tensor<9x9xi1>, tensor<2x9x9xf32>, tensor<f32> -> tensor<2x9x9xf32>
  %w = nn.softmax %a axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o : tensor<2x9x8xf32>
}

// -----

// CHECK-LABEL: @computed
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because scores come from tanh"
// CHECK-NOT:   nn.attention
func.func @computed(%q: tensor<2x9x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>) -> tensor<2x9x8xf32> {
  %c = nn.constant dense<0.5> : tensor<f32>
  %p = nn.matmul %q, %k : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %a = nn.tanh %p : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %w = nn.softmax %a axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o : tensor<2x9x8xf32>
}

// -----

// CHECK-LABEL: @input
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because its operand is an input"
// CHECK-NOT:   nn.attention
func.func @input(%q: tensor<2x9x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>, %s: tensor<2x9x9xf32>) -> tensor<2x9x8xf32> {
  %c = nn.constant dense<0.5> : tensor<f32>
  %p = nn.matmul %q, %k : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %a = nn.mul %p, %c : tensor<2x9x9xf32>, tensor<f32> -> tensor<2x9x9xf32>
  %w = nn.softmax %s axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o : tensor<2x9x8xf32>
}

// -----

// CHECK-LABEL: @read_elsewhere
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because scores are read elsewhere, too"
// CHECK-NOT:   nn.attention
func.func @read_elsewhere(%q: tensor<2x9x8xf32>, %k: tensor<2x8x9xf32>, %v: tensor<2x9x8xf32>) -> (tensor<2x9x8xf32>, tensor<2x9x9xf32>) {
  %c = nn.constant dense<0.5> : tensor<f32>
  %p = nn.matmul %q, %k : tensor<2x9x8xf32>, tensor<2x8x9xf32> -> tensor<2x9x9xf32>
  %a = nn.mul %p, %c : tensor<2x9x9xf32>, tensor<f32> -> tensor<2x9x9xf32>
  %w = nn.softmax %a axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o, %a : tensor<2x9x8xf32>, tensor<2x9x9xf32>
}

// -----

// Keys that lie with their positions outermost, as a state does, and whose heads an exporter merged with the batch.
// CHECK-DAG:   #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d0, d1, d4)>
// CHECK-LABEL: @merged_with_batch
// CHECK-SAME:  %[[K0:.*]]: tensor<?x?x12x64xf32>
// CHECK:       nn.attention %{{.*}}, %{{.*}}, %{{.*}} sizes [-1, 12, 1, -1, 64, 64] maps [#{{.*}}, #[[K]], #{{.*}}]
func.func @merged_with_batch(%k0: tensor<?x?x12x64xf32>, %q0: tensor<?x12x1x64xf32>) -> tensor<?x12x1x64xf32> {
  %k = nn.bind_dims %k0 ["t", "b"] affine_map<()[s0, s1] -> (s0, s1, 12, 64)> : tensor<?x?x12x64xf32> -> tensor<?x?x12x64xf32>
  %q = nn.bind_dims %q0 ["b"] affine_map<()[s0] -> (s0, 12, 1, 64)> : tensor<?x12x1x64xf32> -> tensor<?x12x1x64xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c12 = arith.constant 12 : index
  %t = tensor.dim %k, %c0 : tensor<?x?x12x64xf32>
  %b = tensor.dim %k, %c1 : tensor<?x?x12x64xf32>
  %bh = arith.muli %b, %c12 : index
  %k1 = nn.transpose %k [1, 2, 0, 3] : tensor<?x?x12x64xf32> -> tensor<?x12x?x64xf32>
  %k2 = nn.reshape %k1 to [%bh, %t, 64] : tensor<?x12x?x64xf32> -> tensor<?x?x64xf32>
  %k3 = nn.transpose %k2 [0, 2, 1] : tensor<?x?x64xf32> -> tensor<?x64x?xf32>
  %k4 = nn.reshape %k3 to [%b, 12, 64, %t] : tensor<?x64x?xf32> -> tensor<?x12x64x?xf32>
  %s = nn.matmul %q, %k4 : tensor<?x12x1x64xf32>, tensor<?x12x64x?xf32> -> tensor<?x12x1x?xf32>
  %p = nn.softmax %s axis 3 : tensor<?x12x1x?xf32> -> tensor<?x12x1x?xf32>
  %o = nn.matmul %p, %k1 : tensor<?x12x1x?xf32>, tensor<?x12x?x64xf32> -> tensor<?x12x1x64xf32>
  return %o : tensor<?x12x1x64xf32>
}

// -----

// CHECK-LABEL: @one_element
// CHECK-NOT:   nn.attention
// CHECK:       nn.softmax {{.*}}nn.apart = "no attention, because heads have one element"
func.func @one_element(%q: tensor<2x9x1xf32>, %k: tensor<2x1x9xf32>, %v: tensor<2x9x8xf32>) -> tensor<2x9x8xf32> {
  %s = nn.matmul %q, %k : tensor<2x9x1xf32>, tensor<2x1x9xf32> -> tensor<2x9x9xf32>
  %w = nn.softmax %s axis 2 : tensor<2x9x9xf32> -> tensor<2x9x9xf32>
  %o = nn.matmul %w, %v : tensor<2x9x9xf32>, tensor<2x9x8xf32> -> tensor<2x9x8xf32>
  return %o : tensor<2x9x8xf32>
}
