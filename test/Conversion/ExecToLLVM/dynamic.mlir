// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-exec-to-llvm -split-input-file | FileCheck %s

exec.kernel @rows {
  llvm.func @rows(%buffers: !llvm.ptr, %dims: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) {
    llvm.return
  }
  llvm.func @rows_grid(%dims: !llvm.ptr) -> i64 {
    %0 = llvm.load %dims : !llvm.ptr -> i64
    llvm.return %0 : i64
  }
}

// Plan: sizes with checks for overflow, output dims, and the arena's offsets by the runtime.
// CHECK-LABEL: llvm.func internal @model.plan(
// CHECK-SAME: %[[SYMBOLS:.*]]: !llvm.ptr, %[[OFFSETS:.*]]: !llvm.ptr, %[[DIMS:.*]]: !llvm.ptr) -> i64
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[SYMBOLS]][0]
// CHECK: %[[N:.*]] = llvm.load %[[AT]]
// CHECK: %[[PAIR:.*]] = "llvm.intr.smul.with.overflow"(%[[N]],
// CHECK: %[[OVERFLOW:.*]] = llvm.extractvalue %[[PAIR]][1]
// CHECK: llvm.or %{{.*}}, %[[OVERFLOW]]
// CHECK: %[[BYTES:.*]] = llvm.extractvalue %[[PAIR]][0]
// CHECK: %[[NEGATIVE:.*]] = llvm.icmp "slt" %[[BYTES]],
// CHECK: llvm.or %{{.*}}, %[[NEGATIVE]]
// CHECK: llvm.cond_br
// CHECK: %[[DIM0:.*]] = llvm.getelementptr %[[DIMS]][0]
// CHECK: llvm.store %[[N]], %[[DIM0]]
// CHECK: %[[VALUE1:.*]] = llvm.getelementptr %[[OFFSETS]][1]
// CHECK: llvm.store %[[N]], %[[VALUE1]]
// CHECK: %[[VALUE2:.*]] = llvm.getelementptr %[[OFFSETS]][2]
// CHECK: llvm.store %[[BYTES]], %[[VALUE2]]
// CHECK: %[[WORK:.*]] = llvm.getelementptr %[[OFFSETS]][3]
// CHECK: %[[SLOTS:.*]] = llvm.mlir.addressof @model.slots
// CHECK: llvm.call @accel_rt_plan_arena(%[[SLOTS]], %{{.*}}, %[[OFFSETS]], %[[OFFSETS]], %[[WORK]])
// CHECK: llvm.mlir.global internal constant @model.slots(dense<[2, 0, 1]> : tensor<3xi32>)
// CHECK: llvm.mlir.global internal constant @model.launches(dense<[0, 2, 0, 1, 1, 2, 2, 1]> : tensor<8xi32>)

// Kernels that are LLVM already come along.
// CHECK: llvm.func hidden @model_rows(%{{.*}}) attributes {dso_local} {
// CHECK: llvm.func hidden @model_rows_grid(%{{.*}}: !llvm.ptr) -> i64 attributes {dso_local} {
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  %x = exec.input 0
  %y = exec.output 0
  %0 = exec.slot 0 size affine_map<()[s0] -> (s0 * 16)> live [0, 1]
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%x) outs(%0)
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%0) outs(%y)
  exec.yield
}

// -----

exec.kernel @rows {
  llvm.func @rows(%buffers: !llvm.ptr, %dims: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) {
    llvm.return
  }
}

// Slots within others: their planner does not see them, and they lie where it puts the others, and so many bytes further.
// CHECK-LABEL: llvm.func internal @model.plan(
// CHECK-SAME: %[[SYMBOLS:.*]]: !llvm.ptr, %[[OFFSETS:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i64
// CHECK: %[[N:.*]] = llvm.load
// CHECK: %[[BEGIN:.*]] = llvm.extractvalue %{{.*}}[0]
// CHECK: %[[ONE:.*]] = llvm.mlir.constant(1 : i32)
// CHECK: %[[BYTES:.*]] = llvm.call @accel_rt_plan_arena(%{{.*}}, %[[ONE]], %[[OFFSETS]], %[[OFFSETS]], %{{.*}})
// CHECK: %[[AT0:.*]] = llvm.getelementptr %[[OFFSETS]][0]
// CHECK: %[[WHOLE:.*]] = llvm.load %[[AT0]]
// CHECK: %[[PART:.*]] = llvm.add %[[WHOLE]], %{{.*}}
// CHECK: %[[AT1:.*]] = llvm.getelementptr %[[OFFSETS]][1]
// CHECK: llvm.store %[[PART]], %[[AT1]]
// CHECK: %[[AT2:.*]] = llvm.getelementptr %[[OFFSETS]][2]
// CHECK: llvm.store %{{.*}}, %[[AT2]]
// CHECK: llvm.return %[[BYTES]]
// CHECK: llvm.mlir.global internal constant @model.slots(dense<[{{[0-9]+}}, 0, 2]> : tensor<3xi32>)
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x16xf32>], input_shapes = [affine_map<()[s0] -> (s0, 16)>],
    output_names = ["y0"], output_types = [tensor<?x16xf32>], output_shapes = [affine_map<()[s0] -> (s0 * 2, 16)>]} {
^bb0(%n: index):
  %x = exec.input 0
  %y = exec.output 0
  %0 = exec.slot 0 size affine_map<()[s0] -> (s0 * 128)> live [0, 2]
  %1 = exec.slot 1 size affine_map<()[s0] -> (s0 * 64)> live [0, 0] within 0 from affine_map<()[s0] -> (s0 * 64)>
  %2 = exec.slot 2 size affine_map<()[s0] -> (s0 * 64)> live [1, 1] within 0 from affine_map<()[s0] -> (0)>
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%x) outs(%1)
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%x) outs(%2)
  exec.launch @rows dims affine_map<()[s0] -> (s0 * 2)> ins(%0) outs(%y)
  exec.yield
}

// -----

exec.kernel @rows {
  llvm.func @rows(%buffers: !llvm.ptr, %dims: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) {
    llvm.return
  }
}

// A part of an output is two values: which output, and the bytes before the part. What reads all of the output needs
// both launches that write its parts.
// CHECK-LABEL: llvm.func internal @model.plan(
// CHECK: llvm.mlir.global internal constant @model.launches(
// CHECK: llvm.mlir.global internal constant @model.operands(dense<[0, 12, 0, 28, 1, 9]> : tensor<6xi64>)
// CHECK: llvm.mlir.global internal constant @model.sources(dense<[6, 6, 6, 8, 10, 11, 0, 1, 0, 1, 2]> : tensor<11xi32>)
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x16xf32>], input_shapes = [affine_map<()[s0] -> (s0, 16)>],
    output_names = ["y0", "y1"], output_types = [tensor<?x16xf32>, tensor<?x16xf32>],
    output_shapes = [affine_map<()[s0] -> (s0 * 2, 16)>, affine_map<()[s0] -> (s0 * 2, 16)>]} {
^bb0(%n: index):
  %x = exec.input 0
  %y = exec.output 0
  %z = exec.output 1
  %1 = exec.output 0 from affine_map<()[s0] -> (0)>
  %2 = exec.output 0 from affine_map<()[s0] -> (s0 * 64)>
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%x) outs(%1)
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%x) outs(%2)
  exec.launch @rows dims affine_map<()[s0] -> (s0 * 2)> ins(%y) outs(%z)
  exec.yield
}
