// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole compiler in order.
#include "lib/Pipelines/Pipelines.h"
#include "lib/Conversion/NNToExec/Passes.h"
#include "lib/Target/CPU/Lower.h"
#include "lib/Transforms/Exec/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace accel {

void buildNNPipeline(OpPassManager &pm, unsigned optLevel) {
  // Folding comes first: it decides which operands are constants, and these decide layouts.
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

void buildKernelsPipeline(OpPassManager &pm) { pm.addPass(createConvertNNToExec()); }

void buildPlanPipeline(OpPassManager &pm) { pm.addPass(exec::createExecPlanMemory()); }

void registerPipelines() {
  // Either may start from any earlier stage: a step that was taken already finds nothing to do.
  PassPipelineRegistration<>("fuse", "Take a module from any earlier stage to the stage kernels",
                             [](OpPassManager &pm) {
                               buildNNPipeline(pm, 3);
                               buildKernelsPipeline(pm);
                             });
  PassPipelineRegistration<>("tile", "Take a module from any earlier stage to the stage tiled",
                             [](OpPassManager &pm) {
                               buildNNPipeline(pm, 3);
                               buildKernelsPipeline(pm);
                               pm.addPass(createLowerKernelsPass());
                             });
}

} // namespace accel
