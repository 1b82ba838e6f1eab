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
  pm.addNestedPass<func::FuncOp>(createNNShareConstants());
  // Folding comes first: it decides which operands are constants, and these decide all that
  // follows.
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addPass(createNNOutline());
  if (optLevel >= 1) {
    // Before layouts, so that what is left behind a convolution can stay in blocks.
    pm.addNestedPass<func::FuncOp>(createNNFoldAffine());
    pm.addNestedPass<func::FuncOp>(createNNWidenHalves());
    pm.addNestedPass<func::FuncOp>(createCSEPass());
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
    // Scales and conditions are constants by now.
    pm.addNestedPass<func::FuncOp>(createNNFuseAttention());
  }
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

void buildKernelsPipeline(OpPassManager &pm, const cpu::Target &target, unsigned optLevel) {
  ConvertNNToExecOptions options;
  if (optLevel >= 1) {
    options.l2Bytes = target.l2Bytes;
    options.flopsPerCycle = 2 * target.fmaPerCycle * target.lanes(32);
  }
  pm.addPass(createConvertNNToExec(options));
}

void buildPlanPipeline(OpPassManager &pm) { pm.addPass(exec::createExecPlanMemory()); }

namespace {
struct Options : PassPipelineOptions<Options> {
  Option<std::string> cpu{*this, "cpu", llvm::cl::init("native"),
                          llvm::cl::desc("the CPU, as accel-compile --cpu takes it")};
  Option<unsigned> optLevel{*this, "O", llvm::cl::init(3), llvm::cl::desc("effort: 0 to 3")};
};
} // namespace

/// From any stage before to kernels: a step that was taken already finds nothing to do.
static void fuse(OpPassManager &pm, const Options &options) {
  llvm::Expected<cpu::Target> target = cpu::Target::parse(options.cpu);
  if (!target)
    llvm::report_fatal_error(target.takeError(), /*gen_crash_diag=*/false);
  buildNNPipeline(pm, *target, options.optLevel);
  buildKernelsPipeline(pm, *target, options.optLevel);
}

void registerPipelines() {
  PassPipelineRegistration<Options>(
      "fuse", "Take a module from any earlier stage to the stage kernels", fuse);
  PassPipelineRegistration<Options>("tile",
                                    "Take a module from any earlier stage to the stage tiled",
                                    [](OpPassManager &pm, const Options &options) {
                                      fuse(pm, options);
                                      LowerKernelsPassOptions how;
                                      how.cpu = options.cpu;
                                      how.plain = options.optLevel == 0;
                                      pm.addPass(createLowerKernelsPass(how));
                                    });
}

} // namespace accel
