// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From programs to the LLVM dialect.
#ifndef ACCEL_CONVERSION_EXECTOLLVM_PASSES
#define ACCEL_CONVERSION_EXECTOLLVM_PASSES

include "mlir/Pass/PassBase.td"

def ConvertExecToLLVM : Pass<"convert-exec-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Turns a program in buffer form into the tables and functions that the runtime wants";
  let description = [{
    What the driver does by `lowerProgram` (ExecToLLVM.h), on the module itself. Kernels that have
    been lowered to `llvm.func`s in their `exec.kernel` become functions of the module; the others
    are declared.
  }];
  let options = [
    Option<"prefix", "prefix", "std::string", "\"model\"", "Prefix of the model's symbols">,
    Option<"name", "name", "std::string", "\"model\"", "The model's name">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // ACCEL_CONVERSION_EXECTOLLVM_PASSES
