// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -verify-diagnostics

// KernelOp C1
// expected-error @below {{C1: expected a function named like the kernel}}
exec.kernel @double {
  func.func private @other()
}

// -----

// KernelOp C2: a tensor without its shape
// expected-error @below {{C2: expected an exec.shape of 1 symbols and 2 results on argument 1}}
exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32>)
}

// -----

// KernelOp C2: a shape of another rank
// expected-error @below {{C2: expected an exec.shape of 1 symbols and 2 results on result 0}}
exec.kernel @rows {
  func.func private @rows(index) -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0)>})
}

// -----

// KernelOp C2: dims after tensors
// expected-error @below {{C2: expected index arguments before tensors}}
exec.kernel @rows {
  func.func private @rows(tensor<4xf32> {exec.shape = affine_map<() -> (4)>}, index)
}

// -----

// ProgramOp C1
// expected-error @below {{C1: expected as many names as types and shapes}}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0", "x1"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  exec.yield
}

// -----

// ProgramOp C2: a missing argument
// expected-error @below {{C2: expected one block argument a symbol and, in the value form, one an input}}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<?x4xf32>, %z: tensor<?x4xf32>):
  exec.yield %x : tensor<?x4xf32>
}

// -----

// ProgramOp C2: an argument of another type
// expected-error @below {{C2: expected block argument 1 of type 'tensor<?x4xf32>', got 'tensor<4x?xf32>'}}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<4x?xf32>):
  exec.yield %x : tensor<4x?xf32>
}

// -----

// ProgramOp C3
// expected-error @below {{C3: expected an exec.yield of the outputs}}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  exec.yield %x, %x : tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

// ProgramOp C4
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.slot 0 size affine_map<() -> (32)> live [0, 0]
  // expected-error @below {{C4: expected number 1, got 2}}
  %1 = exec.slot 2 size affine_map<() -> (32)> live [0, 0]
  exec.yield
}

// -----

// ProgramOp C5
exec.kernel @double {
  func.func private @double(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %x = exec.input 0
  %0 = exec.slot 0 size affine_map<() -> (32)> live [0, 0]
  %y = exec.output 0
  exec.launch @double dims affine_map<() -> ()> ins(%x) outs(%0)
  // expected-error @below {{C5: expected slot 0 to live at launch 1, got [0, 0]}}
  exec.launch @double dims affine_map<() -> ()> ins(%0) outs(%y)
  exec.yield
}

// -----

// ProgramOp C6
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.slot 0 size affine_map<() -> (96)> live [0, 2] at 64
  %1 = exec.slot 1 size affine_map<() -> (128)> live [3, 4] at 0
  // expected-error @below {{C6: expected bytes of its own, got some of slot 0, which lives at the same time}}
  %2 = exec.slot 2 size affine_map<() -> (32)> live [2, 2] at 128
  exec.yield
}

// -----

// ProgramOp C6
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.slot 0 size affine_map<() -> (256)> live [0, 2] at 64
  // expected-error @below {{C6: expected to lie and live within slot 0}}
  %1 = exec.slot 1 size affine_map<() -> (128)> live [0, 2] at 256 within 0
  exec.yield
}

// -----

// ProgramOp C6
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.slot 0 size affine_map<() -> (256)> live [1, 2] at 64
  // expected-error @below {{C6: expected to lie and live within slot 0}}
  %1 = exec.slot 1 size affine_map<() -> (128)> live [0, 2] at 64 within 0
  exec.yield
}

// -----

// ProgramOp C6
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  // expected-error @below {{C6: expected to be within a slot before it that has an offset}}
  %0 = exec.slot 0 size affine_map<() -> (128)> live [0, 2] at 64 within 0
  exec.yield
}

// -----

// ProgramOp C6: parts of one slot have bytes of their own, too
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.slot 0 size affine_map<() -> (256)> live [0, 2] at 64
  %1 = exec.slot 1 size affine_map<() -> (128)> live [0, 1] at 64 within 0
  // expected-error @below {{C6: expected bytes of its own, got some of slot 1, which lives at the same time}}
  %2 = exec.slot 2 size affine_map<() -> (128)> live [1, 2] at 128 within 0
  exec.yield
}

// -----

// SlotOp C4
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.slot 0 size affine_map<() -> (256)> live [0, 2] at 64
  // expected-error @below {{C4: expected an offset of a slot within another, or from where it is}}
  %1 = exec.slot 1 size affine_map<() -> (128)> live [0, 1] within 0
  exec.yield
}

// -----

// SlotOp C4: of what
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  // expected-error @below {{C4: expected a slot within another, from a byte of 0 symbols, got affine_map<() -> (64)>}}
  %0 = exec.slot 0 size affine_map<() -> (128)> live [0, 1] from affine_map<() -> (64)>
  exec.yield
}

// -----

// SlotOp C4: the arena's planner places the first slots
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x16xf32>], input_shapes = [affine_map<()[s0] -> (s0, 16)>],
    output_names = ["y0"], output_types = [tensor<?x16xf32>], output_shapes = [affine_map<()[s0] -> (s0, 16)>]} {
^bb0(%n: index):
  %0 = exec.slot 0 size affine_map<()[s0] -> (s0 * 128)> live [0, 2]
  %1 = exec.slot 1 size affine_map<()[s0] -> (s0 * 64)> live [0, 1] within 0 from affine_map<()[s0] -> (s0 * 64)>
  // expected-error @below {{C4: expected slots within others behind all that are not}}
  %2 = exec.slot 2 size affine_map<()[s0] -> (s0 * 64)> live [0, 1]
  exec.yield
}

// -----

// ProgramOp C6: a part that a run places outlives what it lies in
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x16xf32>], input_shapes = [affine_map<()[s0] -> (s0, 16)>],
    output_names = ["y0"], output_types = [tensor<?x16xf32>], output_shapes = [affine_map<()[s0] -> (s0, 16)>]} {
^bb0(%n: index):
  %0 = exec.slot 0 size affine_map<()[s0] -> (s0 * 128)> live [0, 2]
  // expected-error @below {{C6: expected to lie and live within slot 0}}
  %1 = exec.slot 1 size affine_map<()[s0] -> (s0 * 64)> live [0, 3] within 0 from affine_map<()[s0] -> (s0 * 64)>
  exec.yield
}

// -----

// ConcatOp C1
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  // expected-error @below {{C1: expected operands that together have the elements of 'tensor<3x4xf32>'}}
  %0 = exec.concat %x, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
  exec.yield %x : tensor<2x4xf32>
}

// -----

// ProgramOp C7
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %0 = exec.weight at 64 dense<1.0> : tensor<9xf32>
  %1 = exec.weight at 0 dense<2.0> : tensor<16xf32>
  // expected-error @below {{C7: expected bytes of its own, got some of the weight at 64}}
  %2 = exec.weight at 64 dense<1.0> : tensor<8xf32>
  exec.yield
}

// -----

// DispatchOp C1: no kernel
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  // expected-error @below {{C1: no exec.kernel named missing}}
  %0 = exec.dispatch @missing dims() (%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  exec.yield %0 : tensor<2x4xf32>
}

// -----

// DispatchOp C1: other types
exec.kernel @double {
  func.func private @double(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  // expected-error @below {{C1: expected operands and results of the kernel's types}}
  %0 = exec.dispatch @double dims() (%x, %x) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  exec.yield %0 : tensor<2x4xf32>
}

// -----

// ViewOp C1
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<?x4xf32>):
  // expected-error @below {{C1: expected 1 dims, got 0}}
  %0 = exec.view %x dims() : tensor<?x4xf32> -> tensor<?x2xf32>
  exec.yield %x : tensor<?x4xf32>
}

// -----

// ViewOp C2: elements of another type
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  // expected-error @below {{C2: expected as many elements of the same type, got 'tensor<2x4xf32>' and 'tensor<8xi32>'}}
  %0 = exec.view %x dims() : tensor<2x4xf32> -> tensor<8xi32>
  exec.yield %x : tensor<2x4xf32>
}

// -----

// ViewOp C2: fewer elements
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
^bb0(%x: tensor<2x4xf32>):
  // expected-error @below {{C2: expected as many elements of the same type, got 'tensor<2x4xf32>' and 'tensor<7xf32>'}}
  %0 = exec.view %x dims() : tensor<2x4xf32> -> tensor<7xf32>
  exec.yield %x : tensor<2x4xf32>
}

// -----

// InputOp C1
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  // expected-error @below {{C1: expected an index less than 1, the number of inputs, got 1}}
  %x = exec.input 1
  exec.yield
}

// -----

// OutputOp C1
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  // expected-error @below {{C1: expected an index less than 1, the number of outputs, got -1}}
  %x = exec.output -1
  exec.yield
}

// -----

// WeightOp C1
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  // expected-error @below {{C1: expected a multiple of 64, got 32}}
  %w = exec.weight at 32 dense<1.0> : tensor<4xf32>
  exec.yield
}

// -----

// SlotOp C1
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  // expected-error @below {{C1: expected a size of 1 symbols and 1 result, got affine_map<() -> (32)>}}
  %0 = exec.slot 0 size affine_map<() -> (32)> live [0, 0]
  exec.yield
}

// -----

// SlotOp C2
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  // expected-error @below {{C2: expected 0 <= first <= last, got [2, 1]}}
  %0 = exec.slot 0 size affine_map<() -> (32)> live [2, 1]
  exec.yield
}

// -----

// SlotOp C3: an offset for a size that is not known
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  // expected-error @below {{C3: expected an offset that is a multiple of 64 and a constant size}}
  %0 = exec.slot 0 size affine_map<()[s0] -> (s0 * 16)> live [0, 0] at 64
  exec.yield
}

// -----

// SlotOp C3: not aligned
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  // expected-error @below {{C3: expected an offset that is a multiple of 64 and a constant size}}
  %0 = exec.slot 0 size affine_map<() -> (16)> live [0, 0] at 16
  exec.yield
}

// -----

// LaunchOp C1
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %x = exec.input 0
  %y = exec.output 0
  // expected-error @below {{C1: no exec.kernel named missing}}
  exec.launch @missing dims affine_map<() -> ()> ins(%x) outs(%y)
  exec.yield
}

// -----

// LaunchOp C2: symbols
exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  %x = exec.input 0
  %y = exec.output 0
  // expected-error @below {{C2: expected dims of 1 symbols, got affine_map<() -> (2)>}}
  exec.launch @rows dims affine_map<() -> (2)> ins(%x) outs(%y)
  exec.yield
}

// -----

// LaunchOp C2: dims
exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  %x = exec.input 0
  %y = exec.output 0
  // expected-error @below {{C2: expected 1 dims for the kernel, got 2}}
  exec.launch @rows dims affine_map<()[s0] -> (s0, s0)> ins(%x) outs(%y)
  exec.yield
}

// -----

// LaunchOp C3
exec.kernel @rows {
  func.func private @rows(index, tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
      -> (tensor<?x4xf32> {exec.shape = affine_map<()[s0] -> (s0, 4)>})
}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index):
  %x = exec.input 0
  %y = exec.output 0
  // expected-error @below {{C3: expected 1 inputs and 1 outputs for the kernel, got 2 and 1}}
  exec.launch @rows dims affine_map<()[s0] -> (s0)> ins(%x, %x) outs(%y)
  exec.yield
}

// -----

// LaunchOp C4
exec.kernel @double {
  func.func private @double(tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
      -> (tensor<2x4xf32> {exec.shape = affine_map<() -> (2, 4)>})
}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %x = exec.input 0
  // expected-error @below {{C4: expected to write to outputs and slots only}}
  exec.launch @double dims affine_map<() -> ()> ins(%x) outs(%x)
  exec.yield
}

// -----

// CopyOp C1
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %x = exec.input 0
  %y = exec.output 0
  // expected-error @below {{C1: expected a size of 0 symbols and 1 result, got affine_map<() -> (32, 32)>}}
  exec.copy %y, %x size affine_map<() -> (32, 32)>
  exec.yield
}

// -----

// CopyOp C2
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>,
    input_names = ["x0"], input_types = [tensor<2x4xf32>], input_shapes = [affine_map<() -> (2, 4)>],
    output_names = ["y0"], output_types = [tensor<2x4xf32>], output_shapes = [affine_map<() -> (2, 4)>]} {
  %x = exec.input 0
  %w = exec.weight at 0 dense<1.0> : tensor<8xf32>
  // expected-error @below {{C2: expected to write to an output or a slot}}
  exec.copy %w, %x size affine_map<() -> (32)>
  exec.yield
}

// -----

// ProgramOp C8: a definition over its own symbol
// expected-error @below {{C8: expected derived symbol 1 to be the least of results over 1 symbols, got affine_map<()[s0, s1] -> (s0, s1)>}}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>, derived = [affine_map<()[s0, s1] -> (s0, s1)>],
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0, s1] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0, s1] -> (s0, 4)>]} {
^bb0(%n: index, %m: index, %x: tensor<?x4xf32>):
  exec.yield %x : tensor<?x4xf32>
}

// -----

// ProgramOp C9: a text too few
// expected-error @below {{C9: expected a text for each of 1 requirements, got 0}}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>, requirements = [affine_map<()[s0] -> (s0 - 2)>],
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<?x4xf32>):
  exec.yield %x : tensor<?x4xf32>
}

// -----

// ProgramOp C9: a requirement of fewer symbols
// expected-error @below {{C9: expected requirements over 1 symbols, got affine_map<() -> (2)>}}
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>, requirements = [affine_map<() -> (2)>], requirement_texts = ["two"],
    input_names = ["x0"], input_types = [tensor<?x4xf32>], input_shapes = [affine_map<()[s0] -> (s0, 4)>],
    output_names = ["y0"], output_types = [tensor<?x4xf32>], output_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
^bb0(%n: index, %x: tensor<?x4xf32>):
  exec.yield %x : tensor<?x4xf32>
}

// -----

// OutputOp C2
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>,
    input_names = ["x0"], input_types = [tensor<?x16xf32>], input_shapes = [affine_map<()[s0] -> (s0, 16)>],
    output_names = ["y0"], output_types = [tensor<?x16xf32>], output_shapes = [affine_map<()[s0] -> (s0, 16)>]} {
^bb0(%n: index):
  // expected-error @below {{C2: expected a byte of 1 symbols, got affine_map<() -> (64)>}}
  %0 = exec.output 0 from affine_map<() -> (64)>
  exec.yield
}

// -----

// ProgramOp C10: more states than outputs
// expected-error @below {{C10: expected 2 states to have as many inputs, outputs and state_appends, got 1, 1 and 2}}
exec.program @main attributes {
    symbols = [], minima = array<i64>, maxima = array<i64>, state_axes = array<i64: 0, 0>, state_appends = array<i1: true, true>,
    input_names = ["x0"], input_types = [tensor<4xf32>], input_shapes = [affine_map<() -> (4)>],
    output_names = ["y0"], output_types = [tensor<4xf32>], output_shapes = [affine_map<() -> (4)>]} {
^bb0(%x: tensor<4xf32>):
  exec.yield %x : tensor<4xf32>
}

// -----

// AppendOp C1: the rows are not what the state gets
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>, state_axes = array<i64: 0>, state_appends = array<i1: true>,
    input_names = ["x", "p"], input_types = [tensor<1xf32>, tensor<?xf32>],
    input_shapes = [affine_map<()[s0] -> (1)>, affine_map<()[s0] -> (s0)>],
    output_names = ["y", "q"], output_types = [tensor<?xf32>, tensor<1xf32>],
    output_shapes = [affine_map<()[s0] -> (s0 + 1)>, affine_map<()[s0] -> (1)>]} {
^bb0(%n: index, %x: tensor<1xf32>, %p: tensor<?xf32>):
  %c = exec.constant dense<1.0> : tensor<1xf32>
  // expected-error @below {{C1: expected the input and the output of a state that is appended to}}
  %q = exec.append %p, %c dims(%n) : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
  exec.yield %q, %x : tensor<?xf32>, tensor<1xf32>
}

// -----

// AppendOp C2: a dim too few
exec.program @main attributes {
    symbols = ["n"], minima = array<i64: 1>, maxima = array<i64: 9>, state_axes = array<i64: 0>, state_appends = array<i1: true>,
    input_names = ["x", "p"], input_types = [tensor<1xf32>, tensor<?xf32>],
    input_shapes = [affine_map<()[s0] -> (1)>, affine_map<()[s0] -> (s0)>],
    output_names = ["y", "q"], output_types = [tensor<?xf32>, tensor<1xf32>],
    output_shapes = [affine_map<()[s0] -> (s0 + 1)>, affine_map<()[s0] -> (1)>]} {
^bb0(%n: index, %x: tensor<1xf32>, %p: tensor<?xf32>):
  // expected-error @below {{C2: expected 1 dims, got 0}}
  %q = exec.append %p, %x dims() : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
  exec.yield %q, %x : tensor<?xf32>, tensor<1xf32>
}
