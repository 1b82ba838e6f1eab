// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass from nn to exec.
#ifndef ACCEL_NN_TO_EXEC_PASSES
#define ACCEL_NN_TO_EXEC_PASSES

include "mlir/Pass/PassBase.td"

def ConvertNNToExec : Pass<"convert-nn-to-exec", "::mlir::ModuleOp"> {
  let summary = "Cut @main into kernels and a program that dispatches them (value form)";
  let description = [{
    A kernel has at most one root, which is any op that is neither elementwise nor a reshape, and the
    elementwise ops around it that need no intermediate result in memory:
    - consumers, while their iteration space is the root's result and nothing else reads what is
      between;
    - producers of a reduction's or softmax's operand;
    - elementwise ops without a root fuse into each other by the same rule.

    Two kernels become one of two stages where a convolution's result is read by windows only (a
    pooling, a depthwise convolution), would not stay in the second cache between them, and few of its
    rows are needed by two work items (docs/decisions/kernels.md).

    Reshapes become `exec.view`, constants `exec.constant`, but splats of elementwise ops are part of
    the kernel's body. Kernels that are equal but for their names and locations are one kernel. Each
    dispatch carries the locations of all ops it covers and, where its shapes are static, `flops` and
    `bytes` of the launch.

    Symbols are those that `nn.bind_dims` names; the attribute `nn.dim_ranges` of @main, a dictionary
    of `array<i64: min, max>`, limits them, and so does what ops demand of their operands; else any
    size will do, but 0 for a symbol that a size is divided by. Sizes that are the least of two
    define further symbols, and what else sizes must have in common becomes `requirements`
    (docs/decisions/dims.md). An op of a kernel carries `exec.shape` where the program knows more of
    its shape than follows from the kernel's dims.

    ```mlir
    func.func @main(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x8xf32> {nn.name = "y"}) {
      %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 8)> : tensor<?x8xf32> -> tensor<?x8xf32>
      %1 = nn.exp %0 : tensor<?x8xf32> -> tensor<?x8xf32>
      %2 = nn.add %1, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
      return %2 : tensor<?x8xf32>
    }
    ```
    becomes `exec.kernel @elementwise_0` and
    ```mlir
    exec.program @main attributes {symbols = ["n"], ...} {
    ^bb0(%n: index, %x: tensor<?x8xf32>):
      %0 = exec.dispatch @elementwise_0 dims(%n) (%x) : (tensor<?x8xf32>) -> tensor<?x8xf32>
      exec.yield %0 : tensor<?x8xf32>
    }
    ```
  }];
  let options = [
    Option<"l2Bytes", "l2-bytes", "uint64_t", "0",
           "second cache of a core, which decides on kernels of two stages; 0: there are none">,
    Option<"flopsPerCycle", "flops-per-cycle", "unsigned", "32", "products and sums a core does">];
  let dependentDialects = ["::accel::exec::ExecDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

#endif // ACCEL_NN_TO_EXEC_PASSES
