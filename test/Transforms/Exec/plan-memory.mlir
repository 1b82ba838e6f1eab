// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s --exec-plan-memory --split-input-file --mlir-print-local-scope | FileCheck %s

exec.kernel @double {
  func.func @double(%b: index, %x: tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>}) {
    return %x : tensor<?x4xf32>
  }
}

// The last result is written to the output, through the view; the two before get slots.
// CHECK-LABEL: exec.program @dynamic
// CHECK-SAME: weight_bytes = 0
// CHECK: %[[IN:.*]] = exec.input 0
// CHECK: %[[OUT:.*]] = exec.output 0
// CHECK: %[[A:.*]] = exec.slot 0 size affine_map<()[s0] -> (s0 * 32)> live[0, 1]
// CHECK: %[[B:.*]] = exec.slot 1 size affine_map<()[s0] -> (s0 * 32)> live[1, 2]
// CHECK: exec.launch @double dims affine_map<()[s0] -> (s0 * 2)> ins(%[[IN]]) outs(%[[A]])
// CHECK: exec.launch @double dims affine_map<()[s0] -> (s0 * 2)> ins(%[[A]]) outs(%[[B]])
// CHECK: exec.launch @double dims affine_map<()[s0] -> (s0 * 2)> ins(%[[B]]) outs(%[[OUT]]) {flops = 1.000000e+00 : f64}
// CHECK: exec.yield
exec.program @dynamic attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x"], input_types = [tensor<?x8xf32>],
    input_shapes = [affine_map<()[s0] -> (s0, 8)>],
    output_names = ["y"], output_types = [tensor<?x8xf32>],
    output_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
^bb0(%n: index, %x: tensor<?x8xf32>):
  %m = affine.apply affine_map<()[s0] -> (s0 * 2)>()[%n]
  %0 = exec.view %x dims(%m) : tensor<?x8xf32> -> tensor<?x4xf32>
  %1 = exec.dispatch @double dims(%m) (%0) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %2 = exec.dispatch @double dims(%m) (%1) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %3 = exec.dispatch @double dims(%m) (%2) {flops = 1.0 : f64} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %4 = exec.view %3 dims(%n) : tensor<?x4xf32> -> tensor<?x8xf32>
  exec.yield %4 : tensor<?x8xf32>
}

// -----

exec.kernel @double {
  func.func private @double(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}

// What no dispatch writes, and what is yielded a second time, is copied at the end.
// CHECK-LABEL: exec.program @copies
// CHECK: %[[X:.*]] = exec.input 0
// CHECK: %[[Y0:.*]] = exec.output 0
// CHECK: %[[W:.*]] = exec.weight at 0 dense<1.500000e+00> : tensor<2x4xf32>
// CHECK-NEXT: exec.launch @double dims affine_map<() -> ()> ins(%[[X]]) outs(%[[Y0]])
// CHECK-NEXT: %[[Y1:.*]] = exec.output 1
// CHECK-NEXT: exec.copy %[[Y1]], %[[X]] size affine_map<() -> (32)>
// CHECK-NEXT: %[[Y2:.*]] = exec.output 2
// CHECK-NEXT: exec.copy %[[Y2]], %[[W]] size affine_map<() -> (32)>
// CHECK-NEXT: %[[Y3:.*]] = exec.output 3
// CHECK-NEXT: exec.copy %[[Y3]], %[[Y0]] size affine_map<() -> (32)>
// CHECK-NEXT: exec.yield
exec.program @copies attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0", "y1", "y2", "y3"], output_types = [tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>, affine_map<() -> (2, 4)>, affine_map<() -> (2, 4)>, affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  %w = exec.constant dense<1.5> : tensor<2x4xf32>
  %0 = exec.dispatch @double dims() (%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  exec.yield %0, %x, %w, %0 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

exec.kernel @add {
  func.func private @add(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>}, tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}
// CHECK-NOT: exec.kernel @unused
exec.kernel @unused {
  func.func private @unused(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}

// Equal constants share bytes, in order of first use; unused dispatches, their kernels and their
// constants are gone; slots that do not live together share bytes.
// CHECK-LABEL: exec.program @sharing
// CHECK-SAME: arena_bytes = 128
// CHECK-SAME: live_bytes = 128
// CHECK-SAME: weight_bytes = 128
// CHECK: %[[X:.*]] = exec.input 0
// CHECK: %[[Y:.*]] = exec.output 0
// CHECK: %[[B:.*]] = exec.weight at 0 dense<2.000000e+00>
// CHECK: %[[A:.*]] = exec.weight at 64 dense<1.000000e+00>
// CHECK-NOT: exec.weight
// CHECK: %[[S0:.*]] = exec.slot 0 size affine_map<() -> (32)> live[0, 1] at 0
// CHECK: %[[S1:.*]] = exec.slot 1 size affine_map<() -> (32)> live[1, 2] at 64
// CHECK: %[[S2:.*]] = exec.slot 2 size affine_map<() -> (32)> live[2, 3] at 0
// CHECK: exec.launch @add dims affine_map<() -> ()> ins(%[[X]], %[[B]]) outs(%[[S0]])
// CHECK: exec.launch @add dims affine_map<() -> ()> ins(%[[S0]], %[[A]]) outs(%[[S1]])
// CHECK: exec.launch @add dims affine_map<() -> ()> ins(%[[S1]], %[[B]]) outs(%[[S2]])
// CHECK: exec.launch @add dims affine_map<() -> ()> ins(%[[S2]], %[[S2]]) outs(%[[Y]])
exec.program @sharing attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  %a = exec.constant dense<1.0> : tensor<2x4xf32>
  %b = exec.constant dense<2.0> : tensor<2x4xf32>
  %c = exec.constant dense<3.0> : tensor<2x4xf32>
  %b2 = exec.constant dense<2.0> : tensor<2x4xf32>
  %0 = exec.dispatch @add dims() (%x, %b) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = exec.dispatch @add dims() (%0, %a) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %dead = exec.dispatch @unused dims() (%c) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = exec.dispatch @add dims() (%1, %b2) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %3 = exec.dispatch @add dims() (%2, %2) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  exec.yield %3 : tensor<2x4xf32>
}

// -----

exec.kernel @join {
  func.func private @join(tensor<2x0xf32> {exec.shape = affine_map<() -> (2, 0)>},
                          tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}

// A constant without elements has a place of its own: the next one is not taken for it.
// CHECK-LABEL: exec.program @empty
// CHECK-SAME: weight_bytes = 128
// CHECK-DAG: %[[E:.*]] = exec.weight at 0 dense<0.000000e+00> : tensor<2x0xf32>
// CHECK-DAG: %[[W:.*]] = exec.weight at 64 dense<1.500000e+00> : tensor<2x4xf32>
// CHECK: exec.launch @join {{.*}} ins(%[[E]], %[[W]])
exec.program @empty attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = [], input_types = [], input_shapes = [],
    output_names = ["y"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.constant dense<0.0> : tensor<2x0xf32>
  %1 = exec.constant dense<1.5> : tensor<2x4xf32>
  %2 = exec.dispatch @join dims() (%0, %1) : (tensor<2x0xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  exec.yield %2 : tensor<2x4xf32>
}

// -----

exec.kernel @grow {
  func.func private @grow(tensor<16xf32> {exec.shape = affine_map<() -> (16)>}) -> (tensor<16xf32> {exec.shape = affine_map<() -> (16)>})
}
exec.kernel @shrink {
  func.func private @shrink(tensor<32xf32> {exec.shape = affine_map<() -> (32)>}) -> (tensor<16xf32> {exec.shape = affine_map<() -> (16)>})
}
exec.kernel @end {
  func.func private @end(tensor<48xf32> {exec.shape = affine_map<() -> (48)>}) -> (tensor<16xf32> {exec.shape = affine_map<() -> (16)>})
}

// A dense block: what is joined first lies in what is joined last, as do all of their operands.
// CHECK-LABEL: exec.program @dense
// CHECK-SAME: arena_bytes = 192
// CHECK: %[[ALL:.*]] = exec.slot 0 size affine_map<() -> (192)> live[0, 3] at 0
// CHECK: %[[TWO:.*]] = exec.slot {{.*}} size affine_map<() -> (128)> live[0, 2] at 0 within 0
// CHECK: %[[A:.*]] = exec.slot {{.*}} size affine_map<() -> (64)> live[0, 1] at 0 within
// CHECK: exec.launch @grow {{.*}} ins(%{{.*}}) outs(%[[A]])
// CHECK: exec.launch @grow {{.*}} ins(%[[A]]) outs(%[[B:.*]])
// CHECK: exec.launch @shrink {{.*}} ins(%[[TWO]]) outs(%[[C:.*]])
// CHECK: exec.launch @end {{.*}} ins(%[[ALL]])
// CHECK-NOT: exec.copy
exec.program @dense attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x"], input_types = [tensor<16xf32>], input_shapes = [affine_map<() -> (16)>],
    output_names = ["y"], output_types = [tensor<16xf32>], output_shapes = [affine_map<() -> (16)>]} {
^bb0(%x: tensor<16xf32>):
  %a = exec.dispatch @grow dims() (%x) : (tensor<16xf32>) -> tensor<16xf32>
  %b = exec.dispatch @grow dims() (%a) : (tensor<16xf32>) -> tensor<16xf32>
  %two = exec.concat %a, %b : (tensor<16xf32>, tensor<16xf32>) -> tensor<32xf32>
  %c = exec.dispatch @shrink dims() (%two) : (tensor<32xf32>) -> tensor<16xf32>
  %all = exec.concat %a, %b, %c : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<48xf32>
  %y = exec.dispatch @end dims() (%all) : (tensor<48xf32>) -> tensor<16xf32>
  exec.yield %y : tensor<16xf32>
}

// -----

exec.kernel @grow {
  func.func private @grow(tensor<16xf32> {exec.shape = affine_map<() -> (16)>}) -> (tensor<16xf32> {exec.shape = affine_map<() -> (16)>})
}
exec.kernel @end {
  func.func private @end(tensor<64xf32> {exec.shape = affine_map<() -> (64)>}) -> (tensor<16xf32> {exec.shape = affine_map<() -> (16)>})
}

// An input, a constant and a second appearance are copied, each in a step of its own.
// CHECK-LABEL: exec.program @copied
// CHECK: %[[X:.*]] = exec.input 0
// CHECK: %[[W:.*]] = exec.weight at 0
// CHECK: exec.slot 0 size affine_map<() -> (256)> live[0, 4] at 0
// CHECK: %[[D:.*]] = exec.slot 1 size affine_map<() -> (64)> live[3, 3] at 192 within 0
// CHECK: %[[C:.*]] = exec.slot 2 size affine_map<() -> (64)> live[2, 2] at 128 within 0
// CHECK: %[[B:.*]] = exec.slot 3 size affine_map<() -> (64)> live[1, 1] at 64 within 0
// CHECK: %[[A:.*]] = exec.slot 4 size affine_map<() -> (64)> live[0, 3] at 0 within 0
// CHECK: exec.launch @grow {{.*}} outs(%[[A]])
// CHECK-NEXT: exec.copy %[[B]], %[[X]] size affine_map<() -> (64)>
// CHECK-NEXT: exec.copy %[[C]], %[[W]] size affine_map<() -> (64)>
// CHECK-NEXT: exec.copy %[[D]], %[[A]] size affine_map<() -> (64)>
// CHECK-NEXT: exec.launch @end
exec.program @copied attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x"], input_types = [tensor<16xf32>], input_shapes = [affine_map<() -> (16)>],
    output_names = ["y"], output_types = [tensor<16xf32>], output_shapes = [affine_map<() -> (16)>]} {
^bb0(%x: tensor<16xf32>):
  %w = exec.constant dense<2.0> : tensor<16xf32>
  %a = exec.dispatch @grow dims() (%x) : (tensor<16xf32>) -> tensor<16xf32>
  %v = exec.view %a dims() : tensor<16xf32> -> tensor<4x4xf32>
  %all = exec.concat %a, %x, %w, %v : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<4x4xf32>) -> tensor<64xf32>
  %y = exec.dispatch @end dims() (%all) : (tensor<64xf32>) -> tensor<16xf32>
  exec.yield %y : tensor<16xf32>
}

// -----

exec.kernel @rows {
  func.func private @rows(index, tensor<?x16xf32> {exec.shape = affine_map<()[s0] -> (s0, 16)>}) -> (tensor<?x16xf32> {exec.shape = affine_map<()[s0] -> (s0, 16)>})
}

// Places within a slot that a run's plan places; one is a part of a part. An input is copied, as elsewhere.
// CHECK-LABEL: exec.program @parts
// CHECK: %[[X:.*]] = exec.input 0
// CHECK: %[[ALL:.*]] = exec.slot 0 size affine_map<()[s0, s1] -> (s0 * 64 + s1 * 64 + s0 * 64)> live[0, 3]
// CHECK: %[[LAST:.*]] = exec.slot 1 size affine_map<()[s0, s1] -> (s0 * 64)> live[2, 2] within 0 from affine_map<()[s0, s1] -> (s0 * 64 + s1 * 64)>
// CHECK: %[[TWO:.*]] = exec.slot 2 size affine_map<()[s0, s1] -> (s0 * 64 + s1 * 64)> live[0, 1] within 0 from affine_map<()[s0, s1] -> (0)>
// CHECK: %[[B:.*]] = exec.slot 3 size affine_map<()[s0, s1] -> (s1 * 64)> live[1, 1] within 2 from affine_map<()[s0, s1] -> (s0 * 64)>
// CHECK: %[[A:.*]] = exec.slot 4 size affine_map<()[s0, s1] -> (s0 * 64)> live[0, 0] within 2 from affine_map<()[s0, s1] -> (0)>
// CHECK: exec.launch @rows {{.*}} outs(%[[A]])
// CHECK: exec.launch @rows {{.*}} outs(%[[B]])
// CHECK: exec.copy %[[LAST]], %[[X]] size affine_map<()[s0, s1] -> (s0 * 64)>
// CHECK: exec.launch @rows {{.*}} ins(%[[ALL]])
exec.program @parts attributes {
    symbols = ["n", "m"], minima = array<i64: 0, 0>, maxima = array<i64: 9, 9>,
    input_names = ["x", "y"], input_types = [tensor<?x16xf32>, tensor<?x16xf32>],
    input_shapes = [affine_map<()[s0, s1] -> (s0, 16)>, affine_map<()[s0, s1] -> (s1, 16)>],
    output_names = ["z"], output_types = [tensor<?x16xf32>],
    output_shapes = [affine_map<()[s0, s1] -> (s0 * 2 + s1, 16)>]} {
^bb0(%n: index, %m: index, %x: tensor<?x16xf32>, %y: tensor<?x16xf32>):
  %a = exec.dispatch @rows dims(%n) (%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %b = exec.dispatch @rows dims(%m) (%y) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %two = exec.concat %a, %b : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  %all = exec.concat %two, %x : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  %rows = affine.apply affine_map<()[s0, s1] -> (s0 * 2 + s1)>()[%n, %m]
  %z = exec.dispatch @rows dims(%rows) (%all) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  exec.yield %z : tensor<?x16xf32>
}

// -----

exec.kernel @rows {
  func.func private @rows(index, tensor<?x16xf32> {exec.shape = affine_map<()[s0] -> (s0, 16)>}) -> (tensor<?x16xf32> {exec.shape = affine_map<()[s0] -> (s0, 16)>})
}

// Places within an output: of a concatenation in another one that is an output. What is an output itself is copied.
// CHECK-LABEL: exec.program @output
// CHECK: %[[Z:.*]] = exec.output 0{{$}}
// CHECK: %[[B:.*]] = exec.output 1{{$}}
// CHECK: %[[LAST:.*]] = exec.output 0 from affine_map<()[s0] -> (s0 * 128)>
// CHECK: exec.output 0 from affine_map<()[s0] -> (0)>
// CHECK: %[[SECOND:.*]] = exec.output 0 from affine_map<()[s0] -> (s0 * 64)>
// CHECK: %[[FIRST:.*]] = exec.output 0 from affine_map<()[s0] -> (0)>
// CHECK-NOT: exec.slot
// CHECK: exec.launch @rows {{.*}} outs(%[[FIRST]])
// CHECK: exec.launch @rows {{.*}} ins(%[[FIRST]]) outs(%[[SECOND]])
// CHECK: exec.launch @rows {{.*}} ins(%[[SECOND]]) outs(%[[B]])
// CHECK: exec.copy %[[LAST]], %[[B]] size affine_map<()[s0] -> (s0 * 64)>
exec.program @output attributes {
    symbols = ["n"], minima = array<i64: 0>, maxima = array<i64: 9>,
    input_names = ["x"], input_types = [tensor<?x16xf32>], input_shapes = [affine_map<()[s0] -> (s0, 16)>],
    output_names = ["z", "b"], output_types = [tensor<?x16xf32>, tensor<?x16xf32>],
    output_shapes = [affine_map<()[s0] -> (s0 * 3, 16)>, affine_map<()[s0] -> (s0, 16)>]} {
^bb0(%n: index, %x: tensor<?x16xf32>):
  %a = exec.dispatch @rows dims(%n) (%x) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %c = exec.dispatch @rows dims(%n) (%a) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %two = exec.concat %a, %c : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  %b = exec.dispatch @rows dims(%n) (%c) : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %z = exec.concat %two, %b : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  exec.yield %z, %b : tensor<?x16xf32>, tensor<?x16xf32>
}
