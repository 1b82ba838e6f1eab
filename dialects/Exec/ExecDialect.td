// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The exec dialect: where and when a network is computed.
#ifndef ACCEL_EXEC_DIALECT
#define ACCEL_EXEC_DIALECT

include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/OpBase.td"

def Exec_Dialect : Dialect {
  let name = "exec";
  let cppNamespace = "::accel::exec";
  let summary = "Which kernel runs when, in which bytes of which arena";
  let description = [{
    A module of two kinds of ops: `exec.kernel`s, each a function that one device runs as one
    launch, and one `exec.program`, which launches them. A program has two forms. In the *value*
    form it dispatches kernels on tensors; NNToExec makes it. In the *buffer* form tensors have
    become inputs, outputs, weights and slots of an arena, and dispatches have become launches;
    the planner makes it, ExecToLLVM consumes it.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect"];
  let useDefaultTypePrinterParser = 1;
}

// I64Attr's getters return uint64_t, which compares badly.
def Exec_IntAttr : TypedSignlessIntegerAttrBase<I64, "int64_t", "64-bit integer">;

#endif // ACCEL_EXEC_DIALECT
