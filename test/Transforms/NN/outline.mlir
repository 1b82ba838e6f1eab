// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -nn-outline -mlir-print-local-scope | FileCheck %s

// What is computed before a branch, in it and behind it are segments; each has its own constants.
// CHECK-LABEL: func.func private @segment_0(%arg0: tensor<4xf32> {nn.name = "{{.*}}"})
// CHECK-SAME:    attributes {nn.segment}
// CHECK:         nn.exp
// CHECK-LABEL: func.func private @segment_1
// CHECK:         %[[W:.*]] = nn.constant dense<2.000000e+00>
// CHECK:         nn.add %{{.*}}, %[[W]]
// CHECK-LABEL: func.func private @segment_2
// CHECK:         nn.neg
// CHECK-LABEL: func.func @main
// CHECK-SAME:    attributes {nn.script}
// CHECK-NOT:     nn.constant
// CHECK:         %[[A:.*]] = call @segment_0(%arg0)
// CHECK:         %[[B:.*]] = nn.if %arg1 : tensor<i1> -> tensor<4xf32> then {
// CHECK:           nn.yield %[[A]]
// CHECK:         } else {
// CHECK:           %[[N:.*]] = func.call @segment_2(%[[A]])
// CHECK:           nn.yield %[[N]]
// CHECK:         %[[R:.*]] = call @segment_1(%[[B]])
// CHECK:         return %[[R]]
func.func @main(%x: tensor<4xf32>, %c: tensor<i1>) -> tensor<4xf32> {
  %w = nn.constant dense<2.0> : tensor<4xf32>
  %0 = nn.exp %x : tensor<4xf32> -> tensor<4xf32>
  %1 = nn.if %c : tensor<i1> -> tensor<4xf32> then {
    nn.yield %0 : tensor<4xf32>
  } else {
    %2 = nn.neg %0 : tensor<4xf32> -> tensor<4xf32>
    nn.yield %2 : tensor<4xf32>
  }
  %3 = nn.add %1, %w : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// -----

// What an iteration need not compute is computed once; weights that are prepared stay constants.
// CHECK-LABEL: func.func private @segment_0
// CHECK:         nn.exp
// CHECK-LABEL: func.func private @segment_1
// CHECK:         %[[W:.*]] = nn.constant
// CHECK:         %[[T:.*]] = nn.transpose %[[W]]
// CHECK:         nn.matmul %{{.*}}, %[[T]]
// CHECK-LABEL: func.func @main
// CHECK:         %[[E:.*]] = call @segment_0(%arg1)
// CHECK:         nn.loop trips(%arg2 : tensor<i64>) carried(%arg0 : tensor<1x2xf32>) -> tensor<1x2xf32>, tensor<?x1x2xf32> do {
// CHECK-NEXT:    ^bb0(%[[I:.*]]: tensor<i64>, %[[H:.*]]: tensor<1x2xf32>):
// CHECK-NEXT:      %[[N:.*]] = func.call @segment_1(%[[H]], %[[E]])
// CHECK-NEXT:      nn.yield %[[N]], %[[N]]
func.func @main(%h: tensor<1x2xf32>, %x: tensor<1x2xf32>, %n: tensor<i64>) -> (tensor<1x2xf32>, tensor<?x1x2xf32>) {
  %w = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %r:2 = nn.loop trips(%n : tensor<i64>) carried(%h : tensor<1x2xf32>) -> tensor<1x2xf32>, tensor<?x1x2xf32> do {
  ^bb0(%i: tensor<i64>, %s: tensor<1x2xf32>):
    %t = nn.transpose %w [1, 0] : tensor<2x2xf32> -> tensor<2x2xf32>
    %e = nn.exp %x : tensor<1x2xf32> -> tensor<1x2xf32>
    %p = nn.matmul %s, %t : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
    %a = nn.add %p, %e : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32>
    nn.yield %a, %a : tensor<1x2xf32>, tensor<1x2xf32>
  }
  return %r#0, %r#1 : tensor<1x2xf32>, tensor<?x1x2xf32>
}

// -----

// Sizes that a call gives are named in what follows; equal ones have one name.
// CHECK-LABEL: func.func private @segment_0
// CHECK:         %[[X:.*]] = nn.bind_dims %arg0 ["size1"] affine_map<()[s0] -> (2, s0)>
// CHECK:         %[[A:.*]] = nn.add %[[X]], %[[X]]
// CHECK:         tensor.dim %[[A]]
// CHECK-LABEL: func.func @main
// CHECK:         %[[C:.*]] = nn.call "nonzero"(%arg0)
// CHECK:         call @segment_0(%[[C]])
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x?xi64> {
  %c1 = arith.constant 1 : index
  %0 = nn.call "nonzero"(%x) : (tensor<2x3xf32>) -> tensor<2x?xi64>
  %1 = nn.add %0, %0 : tensor<2x?xi64>, tensor<2x?xi64> -> tensor<2x?xi64>
  %d = tensor.dim %1, %c1 : tensor<2x?xi64>
  %2 = nn.reshape %1 to [2, %d] : tensor<2x?xi64> -> tensor<2x?xi64>
  return %2 : tensor<2x?xi64>
}

// -----

// A function of one segment stays as it is.
// CHECK-LABEL: func.func @main
// CHECK-NOT:   nn.script
// CHECK:         nn.exp
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.exp %x : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// What follows from constants and is an output, too, is computed once for that and copied for the rest.
// CHECK-LABEL: func.func private @segment_0
// CHECK:         %[[E:.*]] = nn.abs
// CHECK:         return %[[E]]
// CHECK-LABEL: func.func private @segment_1
// CHECK:         %[[E:.*]] = nn.abs
// CHECK:         %[[N:.*]] = nn.neg %[[E]]
// CHECK:         nn.add %{{.*}}, %[[N]]
// CHECK-LABEL: func.func @main
// CHECK:         %[[FIRST:.*]] = call @segment_0()
// CHECK:         %[[CALL:.*]] = nn.call "nonzero"
// CHECK:         %[[SECOND:.*]] = call @segment_1(%[[CALL]])
// CHECK:         return %[[FIRST]], %[[SECOND]]
func.func @main(%x: tensor<2x3xf32>) -> (tensor<1xi64>, tensor<2x?xi64>) {
  %w = nn.constant dense<-2> : tensor<1xi64>
  %0 = nn.abs %w : tensor<1xi64> -> tensor<1xi64>
  %1 = nn.neg %0 : tensor<1xi64> -> tensor<1xi64>
  %2 = nn.call "nonzero"(%x) : (tensor<2x3xf32>) -> tensor<2x?xi64>
  %4 = nn.add %2, %1 : tensor<2x?xi64>, tensor<1xi64> -> tensor<2x?xi64>
  return %0, %4 : tensor<1xi64>, tensor<2x?xi64>
}
