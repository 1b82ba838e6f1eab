// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole compiler in order.
#include "lib/Pipelines/Pipelines.h"
#include "lib/Conversion/NNToExec/Passes.h"
#include "lib/Target/CPU/Lower.h"
#include "lib/Transforms/Exec/Passes.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace accel {

void buildNNPipeline(OpPassManager &pm, const cpu::Target &target, unsigned optLevel) {
  // Folding comes first: it decides which operands are constants, and these decide all that
  // follows.
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  if (optLevel >= 1) {
    // Before layouts, so that what is left behind a convolution can stay in blocks.
    pm.addNestedPass<func::FuncOp>(createNNFoldAffine());
    NNLayoutOptions layout;
    layout.lanes = target.lanes(32);
    layout.registers = target.vectorRegisters;
    pm.addNestedPass<func::FuncOp>(createNNLayout(layout));
    pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
    pm.addNestedPass<func::FuncOp>(createCSEPass());
  }
  // After layouts, whose packing of weights is work on constants, too; twice, because results of
  // compiled code are packed as well.
  pm.addNestedPass<func::FuncOp>(createNNEvaluateConstants());
  if (optLevel >= 1) {
    pm.addPass(createCPUEvaluateConstants());
    pm.addNestedPass<func::FuncOp>(createNNEvaluateConstants());
  }
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

void buildKernelsPipeline(OpPassManager &pm) { pm.addPass(createConvertNNToExec()); }

void buildPlanPipeline(OpPassManager &pm) { pm.addPass(exec::createExecPlanMemory()); }

void registerPipelines() {
  // Either may start from any earlier stage: a step that was taken already finds nothing to do.
  auto fuse = [](OpPassManager &pm) {
    buildNNPipeline(pm, cpu::Target::host(), 3);
    buildKernelsPipeline(pm);
  };
  PassPipelineRegistration<>("fuse", "Take a module from any earlier stage to the stage kernels",
                             fuse);
  PassPipelineRegistration<>("tile", "Take a module from any earlier stage to the stage tiled",
                             [fuse](OpPassManager &pm) {
                               fuse(pm);
                               pm.addPass(createLowerKernelsPass());
                             });
}

} // namespace accel
