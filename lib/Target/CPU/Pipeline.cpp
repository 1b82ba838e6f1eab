// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a kernel in nn ops becomes an LLVM-dialect module, stage by stage.
#include "lib/Target/CPU/Pipeline.h"
#include "dialects/NN/NNOps.h"
#include "lib/Conversion/NNToLinalg/NNToLinalg.h"
#include "lib/Target/CPU/KernelABI.h"
#include "lib/Target/CPU/Lower.h"
#include "lib/Transforms/Linalg/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/IR/ValueBoundsOpInterfaceImpl.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/AllInterfaces.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/IR/TensorInferTypeOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/TensorTilingInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/Vector/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Vector/Transforms/SubsetOpInterfaceImpl.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace accel;
using namespace accel::cpu;

void cpu::registerKernelDialects(DialectRegistry &registry) {
  registry
      .insert<exec::ExecDialect, nn::NNDialect, affine::AffineDialect, arith::ArithDialect,
              bufferization::BufferizationDialect, cf::ControlFlowDialect, func::FuncDialect,
              linalg::LinalgDialect, LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect,
              scf::SCFDialect, tensor::TensorDialect, vector::VectorDialect>();
  affine::registerValueBoundsOpInterfaceExternalModels(registry);
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerAllDialectInterfaceImplementations(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerTilingInterfaceExternalModels(registry);
  tensor::registerSubsetOpInterfaceExternalModels(registry);
  tensor::registerInferTypeOpInterfaceExternalModels(registry);
  vector::registerBufferizableOpInterfaceExternalModels(registry);
  vector::registerSubsetOpInterfaceExternalModels(registry);
  registerConvertMathToLLVMInterface(registry);
  arith::registerConvertArithToLLVMInterface(registry);
}

static LogicalResult run(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
  PassManager passes(module.getContext(), ModuleOp::getOperationName());
  // A pass that breaks the IR is our mistake; it shows in the stage's verification, once.
  passes.enableVerifier(false);
  build(passes);
  if (failed(passes.run(module)))
    return failure();
  return verify(module);
}

/// nn to linalg on tensors, elementwise chains as one op, merged dims.
static LogicalResult toLinalg(ModuleOp module) {
  return run(module, [&](OpPassManager &passes) {
    passes.addPass(createConvertNNToLinalgPass());
    passes.addPass(createCanonicalizerPass());
    passes.addPass(createCSEPass());
    passes.addNestedPass<func::FuncOp>(createLinalgRematerializePass());
    passes.addNestedPass<func::FuncOp>(createLinalgFusePass());
    passes.addPass(createCanonicalizerPass());
    passes.addPass(createCSEPass());
    passes.addNestedPass<func::FuncOp>(createLinalgFlattenPass());
  });
}

static std::vector<std::function<std::unique_ptr<Pass>()>> &addedPasses() {
  static std::vector<std::function<std::unique_ptr<Pass>()>> passes;
  return passes;
}

void cpu::addTuningPass(std::function<std::unique_ptr<Pass>()> make) {
  addedPasses().push_back(std::move(make));
}

/// Work items, register tiles, vectors. The plain way has loops over scalars instead.
static LogicalResult toTiles(ModuleOp module, const Target &target, const KernelOptions &options) {
  std::string cpu = target.str();
  return run(module, [&](OpPassManager &passes) {
    OpPassManager &functions = passes.nest<func::FuncOp>();
    functions.addPass(createLowerPackedMatmulPass({options.plain}));
    functions.addPass(createLinalgTileAttentionPass({cpu, options.plain}));
    if (options.plain)
      return;
    functions.addPass(createLinalgTilePass({cpu}));
    functions.addPass(createCanonicalizerPass());
    functions.addPass(createCSEPass());
    functions.addPass(createLinalgVectorizePass({cpu}));
    functions.addPass(createCanonicalizerPass());
    functions.addPass(createCSEPass());
    functions.addPass(createHoistPass());
    for (const auto &make : addedPasses())
      functions.addPass(make());
  });
}

/// Tensors to memory: the outputs are arguments, what is left goes to scratch.
static LogicalResult toBuffers(ModuleOp module, StringRef symbol, int64_t &scratchBytes) {
  if (failed(run(module, [](OpPassManager &passes) {
        passes.addPass(bufferization::createEmptyTensorEliminationPass());
        passes.addPass(createCanonicalizerPass());
      })))
    return failure();
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.allowReturnAllocsFromLoops = true;
  options.setFunctionBoundaryTypeConversion(bufferization::LayoutMapOption::IdentityLayoutMap);
  bufferization::BufferizationState state;
  if (failed(bufferization::runOneShotModuleBufferize(module, options, state)))
    return failure();
  dropResults(module.lookupSymbol<func::FuncOp>(symbol));
  if (failed(run(module, [](OpPassManager &passes) {
        // A copy of a slice onto itself shows as one once equal slices are one value.
        passes.addPass(createCanonicalizerPass());
        passes.addPass(createCSEPass());
        passes.addPass(createCanonicalizerPass());
        OpPassManager &functions = passes.nest<func::FuncOp>();
        functions.addPass(createSettleCarriedMemoryPass());
        functions.addPass(createCanonicalizerPass());
        functions.addPass(createLowerCopiesPass());
        functions.addPass(createConvertLinalgToLoopsPass());
        passes.addPass(memref::createFoldMemRefAliasOpsPass());
        passes.addPass(createCanonicalizerPass());
        passes.addPass(createCSEPass());
        passes.addNestedPass<func::FuncOp>(createUnrollPass());
        passes.addNestedPass<func::FuncOp>(createPrefetchPass());
        passes.addNestedPass<func::FuncOp>(createPrefetchResultsPass());
        passes.addNestedPass<func::FuncOp>(createPrefetchRowsPass());
        passes.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
      })))
    return failure();
  auto function = module.lookupSymbol<func::FuncOp>(symbol);
  scratchBytes = allocateScratch(function);
  return freeAllocations(function);
}

/// The C signature, then everything to the LLVM dialect.
static LogicalResult toLLVM(ModuleOp module, StringRef name, const Target &target,
                            const KernelOptions &options) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  std::string symbol = options.symbolPrefix.empty() ? name.str() + "_kernel"
                                                    : options.symbolPrefix + "_" + name.str();
  if (failed(makeKernelABI(function, symbol)))
    return failure();
  return run(module, [&](OpPassManager &passes) {
    OpPassManager &functions = passes.nest<func::FuncOp>();
    functions.addPass(createLowerMathPass({target.str(), options.exact}));
    functions.addPass(createLowerVectorsPass());
    functions.addPass(createSplitAddressesPass());
    passes.addPass(createConvertMathToFuncs());
    passes.addPass(createConvertVectorToSCFPass());
    passes.addPass(memref::createExpandStridedMetadataPass());
    passes.addPass(createLowerAffinePass());
    passes.addPass(createCanonicalizerPass());
    passes.addPass(createCSEPass());
    functions.addPass(createLoopInvariantCodeMotionPass());
    passes.addPass(createSCFToControlFlowPass());
    passes.addPass(createConvertMathToLLVMPass());
    passes.addPass(createConvertMathToLibmPass());
    passes.addPass(createConvertVectorToLLVMPass());
    passes.addPass(arith::createArithExpandOpsPass());
    passes.addPass(createFinalizeMemRefToLLVMConversionPass());
    passes.addPass(createArithToLLVMConversionPass());
    passes.addPass(createConvertFuncToLLVMPass());
    passes.addPass(createConvertControlFlowToLLVMPass());
    passes.addPass(createReconcileUnrealizedCastsPass());
    passes.addPass(createCanonicalizerPass());
    passes.addPass(createCSEPass());
  });
}

static constexpr StringLiteral kStageNames[] = {"linalg", "tiled", "buffers", "llvm"};

std::optional<KernelStage> cpu::parseKernelStage(StringRef name) {
  const StringLiteral *found = llvm::find(kStageNames, name);
  if (found == std::end(kStageNames))
    return std::nullopt;
  return static_cast<KernelStage>(found - kStageNames);
}

/// The stage that a kernel is at; none: nn ops.
static std::optional<KernelStage> stageOf(exec::KernelOp kernel) {
  return parseKernelStage(kernel.getStage().value_or(""));
}

OwningOpRef<ModuleOp> cpu::lowerKernel(exec::KernelOp kernel, const Target &target,
                                       const KernelOptions &options, KernelStage stage,
                                       int64_t *scratchBytes) {
  StringRef name = kernel.getSymName();
  OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc(), name);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  for (Operation &op : kernel.getBody().front())
    builder.clone(op);
  std::optional<KernelStage> at = stageOf(kernel);
  auto needs = [&](KernelStage step) { return step <= stage && (!at || step > *at); };
  int64_t bytes = kernel.getScratchBytes().value_or(0);
  if (needs(KernelStage::Linalg) && failed(toLinalg(*module)))
    return nullptr;
  if (needs(KernelStage::Tiled) && failed(toTiles(*module, target, options)))
    return nullptr;
  if (needs(KernelStage::Buffers) && failed(toBuffers(*module, name, bytes)))
    return nullptr;
  if (needs(KernelStage::LLVM) && failed(toLLVM(*module, name, target, options)))
    return nullptr;
  if (scratchBytes)
    *scratchBytes = bytes;
  return module;
}

LogicalResult cpu::lowerKernelInPlace(exec::KernelOp kernel, const Target &target,
                                      const KernelOptions &options, KernelStage stage) {
  if (std::optional<KernelStage> at = stageOf(kernel); at && *at >= stage)
    return success();
  int64_t scratchBytes = 0;
  OwningOpRef<ModuleOp> lowered;
  if (!options.plain) {
    // A failure here is no error yet, so its diagnostics are nobody's business.
    ScopedDiagnosticHandler handler(kernel.getContext(), [](Diagnostic &) { return success(); });
    lowered = lowerKernel(kernel, target, options, stage, &scratchBytes);
  }
  if (!lowered) {
    KernelOptions plain = options;
    plain.plain = true;
    lowered = lowerKernel(kernel, target, plain, stage, &scratchBytes);
  }
  if (!lowered)
    return kernel.emitError("cannot lower kernel '") << kernel.getSymName() << "'";
  Block &body = kernel.getBody().front();
  kernel.setStage(kStageNames[static_cast<unsigned>(stage)]);
  body.clear();
  body.getOperations().splice(body.end(), lowered->getBody()->getOperations());
  if (stage >= KernelStage::Buffers)
    kernel.setScratchBytes(scratchBytes);
  return success();
}
