// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass around lowerProgram, for looking at and testing what it makes.
#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace accel::exec {
#define GEN_PASS_DEF_CONVERTEXECTOLLVM
#include "lib/Conversion/ExecToLLVM/Passes.h.inc"
} // namespace accel::exec

using namespace mlir;
using namespace accel::exec;

namespace {

struct ConvertExecToLLVMPass : accel::exec::impl::ConvertExecToLLVMBase<ConvertExecToLLVMPass> {
  using ConvertExecToLLVMBase::ConvertExecToLLVMBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    ProgramOptions options;
    options.prefix = prefix;
    options.name = name;
    FailureOr<LoweredProgram> lowered = lowerProgram(module, options);
    if (failed(lowered))
      return signalPassFailure();
    for (KernelOp kernel : module.getOps<KernelOp>())
      takeFunctions(kernel, *lowered->module);
    module.getBody()->clear();
    module.getBody()->getOperations().splice(module.getBody()->end(),
                                             lowered->module->getBody()->getOperations());
  }

  /// Moves a kernel's llvm.funcs to where they were declared.
  void takeFunctions(KernelOp kernel, ModuleOp lowered) {
    for (auto function : llvm::make_early_inc_range(kernel.getOps<LLVM::LLVMFuncOp>())) {
      std::string symbol = prefix + "_" + function.getSymName().str();
      auto declared = lowered.lookupSymbol<LLVM::LLVMFuncOp>(symbol);
      if (!declared || !declared.isExternal())
        continue;
      declared.erase();
      function->moveBefore(lowered.getBody(), lowered.getBody()->end());
      function.setSymName(symbol);
      function.setVisibility_(LLVM::Visibility::Hidden);
      function.setDsoLocal(true);
    }
  }
};

} // namespace
