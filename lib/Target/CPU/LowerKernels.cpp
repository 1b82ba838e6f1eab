// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-lower-kernels: every exec.kernel of a module to a stage, in place.
#include "lib/Target/CPU/Lower.h"
#include "lib/Target/CPU/Pipeline.h"

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
    std::optional<cpu::Target> target = cpu::Target::parseFor(getOperation(), cpu);
    if (!target)
      return signalPassFailure();
    std::optional<cpu::KernelStage> to = cpu::parseKernelStage(stage);
    if (!to) {
      getOperation().emitError("expected stage linalg, tiled, buffers or llvm, got ") << stage;
      return signalPassFailure();
    }
    cpu::KernelOptions options;
    options.plain = plain;
    for (exec::KernelOp kernel : getOperation().getOps<exec::KernelOp>())
      if (failed(cpu::lowerKernelInPlace(kernel, *target, options, *to)))
        return signalPassFailure();
  }
};
} // namespace
} // namespace accel
