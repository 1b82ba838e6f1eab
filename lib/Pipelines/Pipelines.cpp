// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole compiler in order.
#include "lib/Pipelines/Pipelines.h"
#include "lib/Conversion/NNToExec/Passes.h"
#include "lib/Target/CPU/Lower.h"
#include "lib/Transforms/Exec/Passes.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace accel {

namespace {
std::vector<std::function<std::unique_ptr<Pass>()>> &addedSteps() {
  static std::vector<std::function<std::unique_ptr<Pass>()>> steps;
  return steps;
}

/// Fills a pipeline with passes that are always needed and with steps that -O0 leaves out.
class Builder {
public:
  Builder(OpPassManager &pm, const PipelineOptions &options)
      : pm(pm), options(options), left(options.optLevel ? options.steps : 0) {}

  void function(std::unique_ptr<Pass> pass) {
    if (!ended)
      pm.addNestedPass<func::FuncOp>(std::move(pass));
  }
  void module(std::unique_ptr<Pass> pass) {
    if (!ended)
      pm.addPass(std::move(pass));
  }
  void functionStep(std::unique_ptr<Pass> pass) {
    if (take(*pass))
      function(std::move(pass));
  }
  void moduleStep(std::unique_ptr<Pass> pass) {
    if (take(*pass))
      module(std::move(pass));
  }

  std::vector<std::string> names;

private:
  bool take(Pass &pass) {
    llvm::raw_string_ostream name(names.emplace_back());
    pass.printAsTextualPipeline(name);
    if (!left) {
      ended |= options.endsThere;
      return false;
    }
    --left;
    return true;
  }

  OpPassManager &pm;
  const PipelineOptions &options;
  unsigned left;
  bool ended = false;
};

void buildNN(Builder &build, const cpu::Target &target) {
  build.function(createNNShareConstants());
  // Folding comes first: it decides which operands are constants, and these decide all that
  // follows.
  build.function(createCanonicalizerPass());
  build.function(createCSEPass());
  build.function(createNNStates());
  build.module(createNNOutline());
  // Before layouts, so that what is left behind a convolution can stay in blocks.
  build.functionStep(createNNFoldAffine());
  build.functionStep(createNNWidenHalves());
  build.functionStep(createCSEPass());
  NNLayoutOptions layout;
  layout.lanes = target.lanes(32);
  layout.registers = target.vectorRegisters;
  build.functionStep(createNNLayout(layout));
  build.functionStep(createCanonicalizerPass());
  build.functionStep(createCSEPass());
  // After layouts, whose packing of weights is work on constants, too; twice, because results of
  // compiled code are packed as well.
  build.function(createNNEvaluateConstants());
  build.moduleStep(createCPUEvaluateConstants());
  build.functionStep(createNNEvaluateConstants());
  // Scales and conditions are constants by now.
  build.functionStep(createNNFuseAttention());
  for (const auto &make : addedSteps())
    build.functionStep(make());
  build.function(createCanonicalizerPass());
  build.function(createCSEPass());
}

std::unique_ptr<Pass> kernelsStep(const cpu::Target &target) {
  ConvertNNToExecOptions options;
  options.l2Bytes = target.l2Bytes;
  options.flopsPerCycle = 2 * target.fmaPerCycle * target.lanes(32);
  return createConvertNNToExec(options);
}
} // namespace

void addOptionalStep(std::function<std::unique_ptr<Pass>()> make) {
  addedSteps().push_back(std::move(make));
}

void buildNNPipeline(OpPassManager &pm, const cpu::Target &target, const PipelineOptions &options) {
  Builder build(pm, options);
  buildNN(build, target);
}

/// The last step: with what the target says, kernels are larger.
void buildKernelsPipeline(OpPassManager &pm, const cpu::Target &target,
                          const PipelineOptions &options) {
  bool isWhole =
      options.optLevel && options.steps >= optionalSteps(target, options.optLevel).size();
  pm.addPass(isWhole ? kernelsStep(target) : createConvertNNToExec());
}

std::vector<std::string> optionalSteps(const cpu::Target &target, unsigned optLevel) {
  if (!optLevel)
    return {};
  OpPassManager unused(ModuleOp::getOperationName());
  PipelineOptions options;
  Builder build(unused, options);
  buildNN(build, target);
  llvm::raw_string_ostream name(build.names.emplace_back());
  kernelsStep(target)->printAsTextualPipeline(name);
  return build.names;
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
  PipelineOptions how;
  how.optLevel = options.optLevel;
  buildNNPipeline(pm, *target, how);
  buildKernelsPipeline(pm, *target, how);
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
