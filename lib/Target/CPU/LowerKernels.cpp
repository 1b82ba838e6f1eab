// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-lower-kernels: every exec.kernel of a module to a stage, in place.
#include "lib/Target/CPU/Lower.h"
#include "lib/Target/CPU/Pipeline.h"
#include "llvm/ADT/StringSwitch.h"

namespace accel {
#define GEN_PASS_DEF_LOWERKERNELSPASS
#include "lib/Target/CPU/Passes.h.inc"

namespace {
struct LowerKernelsPass : impl::LowerKernelsPassBase<LowerKernelsPass> {
  using Base::Base;

  void getDependentDialects(mlir::DialectRegistry &registry) const override {
    cpu::registerKernelDialects(registry);
  }

  void runOnOperation() override {
    llvm::Expected<cpu::Target> target = cpu::Target::parse(cpu);
    if (!target) {
      getOperation().emitError(llvm::toString(target.takeError()));
      return signalPassFailure();
    }
    auto to = llvm::StringSwitch<std::optional<cpu::KernelStage>>(stage)
                  .Case("linalg", cpu::KernelStage::Linalg)
                  .Case("tiled", cpu::KernelStage::Tiled)
                  .Case("buffers", cpu::KernelStage::Buffers)
                  .Case("llvm", cpu::KernelStage::LLVM)
                  .Default(std::nullopt);
    if (!to) {
      getOperation().emitError("expected stage linalg, tiled, buffers or llvm, got ") << stage;
      return signalPassFailure();
    }
    cpu::KernelOptions options;
    options.plain = plain;
    for (exec::KernelOp kernel : llvm::make_early_inc_range(getOperation().getOps<exec::KernelOp>())) {
      if (!kernel.getFunction() || kernel.getStage())
        continue;
      mlir::OwningOpRef<mlir::ModuleOp> lowered = cpu::lowerKernel(kernel, *target, options, *to);
      if (!lowered)
        return signalPassFailure();
      mlir::Block &body = kernel.getBody().front();
      kernel.setStage(stage);
      body.clear();
      body.getOperations().splice(body.end(), lowered->getBody()->getOperations());
    }
  }
};
} // namespace
} // namespace accel
