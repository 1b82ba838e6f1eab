// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes on programs.
#ifndef ACCEL_TRANSFORMS_EXEC_PASSES
#define ACCEL_TRANSFORMS_EXEC_PASSES

include "mlir/Pass/PassBase.td"

def ExecPlanMemory : Pass<"exec-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Gives every tensor of a program its bytes: value form to buffer form";
  let description = [{
    Dispatches become launches, and tensors become places:

    * a view of a tensor is the tensor's place;
    * a dispatch's result that the program yields, also through views, is written straight to the
      program's output. What cannot be (an input, a constant, a result that is yielded twice) is
      copied there at the end;
    * constants get offsets in the weights, multiples of 64, in order of first use; equal constants
      get the same;
    * every other result gets a slot of the arena, with the first and last launch that uses it. If
      all sizes are constants, slots get offsets, such that those that live at the same time do not
      overlap; the peak is `arena_bytes` and the lower bound of any plan `live_bytes`.

    * an operand of a concatenation is written where the result has it, as a slot within the result's.
      Copied is what cannot: inputs, constants, outputs and what lies in another concatenation. Where operands
      of one concatenation are the first of a later one's, its result is taken instead, so that the
      concatenations of a dense block lie in one another. A remark says for each what was done.

    * a state with rows behind it (exec.append) is the state's input; the rows are written behind it as an
      output, or copied there before anything reads the result.

    Dispatches whose results nobody uses disappear, and with them the kernels that nobody launches.

    ```mlir
    %0 = exec.dispatch @double dims(%batch) (%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
    %1 = exec.dispatch @double dims(%batch) (%0) : (tensor<?x4xf32>) -> tensor<?x4xf32>
    exec.yield %1 : tensor<?x4xf32>
    ```
    becomes
    ```mlir
    %0 = exec.input 0
    %1 = exec.output 0
    %2 = exec.slot 0 size affine_map<()[s0] -> (s0 * 16)> live[0, 1]
    exec.launch @double dims affine_map<()[s0] -> (s0)> ins(%0) outs(%2)
    exec.launch @double dims affine_map<()[s0] -> (s0)> ins(%2) outs(%1)
    exec.yield
    ```
  }];
  let dependentDialects = ["::accel::exec::ExecDialect"];
}

#endif // ACCEL_TRANSFORMS_EXEC_PASSES
