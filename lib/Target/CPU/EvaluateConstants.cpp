// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates what is left of constant arithmetic by compiling it and running it here.
#include "dialects/Exec/ExecOps.h"
#include "dialects/NN/NNOps.h"
#include "include/accel-rt/Support.h"
#include "lib/Conversion/NNToExec/Passes.h"
#include "lib/Driver/Link/Embedded.h"
#include "lib/Target/CPU/Lower.h"
#include "lib/Target/CPU/Pipeline.h"
#include "lib/Transforms/NN/ConstantData.h"
#include "lib/Transforms/NN/Evaluate.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemAlloc.h"
#include "llvm/Support/TargetSelect.h"

namespace accel {
#define GEN_PASS_DEF_CPUEVALUATECONSTANTS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

namespace {

/// 64-byte aligned memory of one tensor.
class Buffer {
public:
  explicit Buffer(size_t bytes)
      : bytes(std::max<size_t>(bytes, 64)), memory(llvm::allocate_buffer(this->bytes, 64)) {}
  Buffer(Buffer &&other) : bytes(other.bytes), memory(std::exchange(other.memory, nullptr)) {}
  ~Buffer() {
    if (memory)
      llvm::deallocate_buffer(memory, bytes, 64);
  }
  char *data() const { return static_cast<char *>(memory); }

private:
  size_t bytes;
  void *memory;
};

/// Runs an exec.program of static shapes without inputs (value form), kernel by kernel.
class ProgramRunner {
public:
  /// The outputs, in order.
  llvm::Expected<SmallVector<ElementsAttr>> run(ModuleOp module, exec::ProgramOp program) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> created = llvm::orc::LLJITBuilder().create();
    if (!created)
      return created.takeError();
    jit = std::move(*created);
    if (llvm::Error error = addBuiltins())
      return std::move(error);
    if (auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
            jit->getDataLayout().getGlobalPrefix()))
      jit->getMainJITDylib().addGenerator(std::move(*process));
    else
      return process.takeError();
    for (auto kernel : module.getOps<exec::KernelOp>())
      if (llvm::Error error = compile(kernel))
        return std::move(error);
    for (Operation &op : program.getBody().front().without_terminator())
      if (llvm::Error error = step(op))
        return std::move(error);
    SmallVector<ElementsAttr> outputs;
    for (Value value : program.getBody().front().getTerminator()->getOperands()) {
      auto type = cast<RankedTensorType>(value.getType());
      nn::NewConstant constant(type);
      std::memcpy(constant.data(), addresses.lookup(value), bytesOf(type));
      outputs.push_back(std::move(constant).finish());
    }
    return outputs;
  }

private:
  struct Kernel {
    accel_kernel_fn fn;
    accel_grid_fn grid;
    int64_t scratchBytes;
  };

  static size_t bytesOf(RankedTensorType type) {
    return type.getNumElements() * nn::elementBytes(type.getElementType());
  }

  /// Conversions that this machine has no instruction for; models are linked with the same ones.
  llvm::Error addBuiltins() {
    const link::embedded::MachineFiles *files =
        link::embedded::machineFiles(jit->getTargetTriple().getArch());
    if (!files)
      return llvm::Error::success();
    auto buffer = llvm::MemoryBuffer::getMemBuffer(files->builtins, "builtins",
                                                   /*RequiresNullTerminator=*/false);
    if (llvm::identify_magic(files->builtins) != llvm::file_magic::archive)
      return jit->addObjectFile(std::move(buffer));
    auto archive = llvm::orc::StaticLibraryDefinitionGenerator::Create(jit->getObjLinkingLayer(),
                                                                       std::move(buffer));
    if (!archive)
      return archive.takeError();
    jit->getMainJITDylib().addGenerator(std::move(*archive));
    return llvm::Error::success();
  }

  llvm::Error compile(exec::KernelOp kernel) {
    cpu::KernelOptions options;
    options.exact = true;
    options.symbolPrefix = "constants";
    llvm::Expected<cpu::CompiledKernel> compiled =
        cpu::compileKernel(kernel, cpu::Target::baseline(), options);
    if (!compiled)
      return compiled.takeError();
    StringRef object(compiled->object.data(), compiled->object.size());
    if (llvm::Error error =
            jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(object, kernel.getSymName())))
      return error;
    std::string symbol = "constants_" + kernel.getSymName().str();
    llvm::Expected<llvm::orc::ExecutorAddr> fn = jit->lookup(symbol);
    if (!fn)
      return fn.takeError();
    llvm::Expected<llvm::orc::ExecutorAddr> grid = jit->lookup(symbol + "_grid");
    if (!grid)
      return grid.takeError();
    kernels[kernel.getSymName()] = {fn->toPtr<accel_kernel_fn>(), grid->toPtr<accel_grid_fn>(),
                                    compiled->scratchBytes};
    return llvm::Error::success();
  }

  char *allocate(Value value) {
    buffers.emplace_back(bytesOf(cast<RankedTensorType>(value.getType())));
    return addresses[value] = buffers.back().data();
  }

  // The sanitizer of function types would read what lies before compiled code.
  __attribute__((no_sanitize("function"))) llvm::Error step(Operation &op) {
    if (auto constant = dyn_cast<exec::ConstantOp>(op)) {
      std::optional<nn::ConstantData> data = nn::ConstantData::get(constant.getValue());
      if (!data)
        return llvm::createStringError("a constant has lost its bytes");
      nn::copyStrided(allocate(constant), nn::rowMajor(data->type.getShape()), data->bytes,
                      data->strides(), data->type.getShape(),
                      nn::elementBytes(data->type.getElementType()));
    } else if (auto concat = dyn_cast<exec::ConcatOp>(op)) {
      char *to = allocate(concat);
      for (Value input : concat.getInputs()) {
        size_t bytes = bytesOf(cast<RankedTensorType>(input.getType()));
        std::memcpy(to, addresses.lookup(input), bytes);
        to += bytes;
      }
    } else if (auto view = dyn_cast<exec::ViewOp>(op)) {
      addresses[view.getResult()] = addresses.lookup(view.getInput());
    } else if (auto dispatch = dyn_cast<exec::DispatchOp>(op)) {
      SmallVector<void *> pointers;
      for (Value input : dispatch.getInputs())
        pointers.push_back(addresses.lookup(input));
      for (Value result : dispatch.getResults())
        pointers.push_back(allocate(result));
      const Kernel &kernel = kernels[dispatch.getKernel()];
      Buffer scratch(kernel.scratchBytes);
      kernel.fn(pointers.data(), nullptr, 0, kernel.grid(nullptr), scratch.data());
    }
    return llvm::Error::success();
  }

  std::unique_ptr<llvm::orc::LLJIT> jit;
  llvm::StringMap<Kernel> kernels;
  DenseMap<Value, char *> addresses;
  SmallVector<Buffer, 0> buffers;
};

/// The ops on constants that have arithmetic in or before themselves: movements of results are left
/// to nn-evaluate-constants.
SmallVector<Operation *> constantArithmetic(Block &block) {
  llvm::SetVector<Operation *> constant;
  for (Operation &op : block) {
    if (!isa<nn::ShapeOpInterface>(op) || isa<nn::ConstantOp>(op) ||
        !cast<RankedTensorType>(op.getResult(0).getType()).hasStaticShape())
      continue;
    if (llvm::all_of(op.getOperands(), [&](Value operand) {
          return matchPattern(operand, m_Constant()) || constant.contains(operand.getDefiningOp());
        }))
      constant.insert(&op);
  }
  llvm::SmallPtrSet<Operation *, 16> needed;
  for (Operation *op : llvm::reverse(constant)) {
    bool feeds =
        llvm::any_of(op->getUsers(), [&](Operation *user) { return needed.contains(user); });
    if (feeds || !nn::isMovement(op))
      needed.insert(op);
  }
  return llvm::to_vector(
      llvm::make_filter_range(constant, [&](Operation *op) { return needed.contains(op); }));
}

class CPUEvaluateConstants : public accel::impl::CPUEvaluateConstantsBase<CPUEvaluateConstants> {
  void getDependentDialects(DialectRegistry &registry) const override {
    cpu::registerKernelDialects(registry);
  }

  LogicalResult initialize(MLIRContext *) override {
    toExec.addPass(createConvertNNToExec());
    return success();
  }

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock())
      return;
    SmallVector<Operation *> ops = constantArithmetic(main.getBody().front());
    if (ops.empty())
      return;
    SmallVector<Value> results;
    for (Operation *op : ops)
      if (llvm::any_of(op->getUsers(),
                       [&](Operation *user) { return !llvm::is_contained(ops, user); }))
        results.push_back(op->getResult(0));

    // A module of their own, inside this one so that a pipeline may run on it.
    OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
    auto module = ModuleOp::create(builder, main.getLoc());
    builder.setInsertionPointToStart(module.getBody());
    auto function =
        func::FuncOp::create(builder, main.getLoc(), "main",
                             builder.getFunctionType({}, ValueRange(results).getTypes()));
    builder.setInsertionPointToStart(function.addEntryBlock());
    IRMapping mapping;
    for (Operation *op : ops) {
      for (Value operand : op->getOperands())
        if (!mapping.contains(operand))
          builder.clone(*operand.getDefiningOp(), mapping);
      builder.clone(*op, mapping);
    }
    SmallVector<Value> returned;
    for (Value result : results)
      returned.push_back(mapping.lookup(result));
    func::ReturnOp::create(builder, main.getLoc(), returned);

    if (failed(runPipeline(toExec, module)))
      return signalPassFailure();
    llvm::Expected<SmallVector<ElementsAttr>> values =
        ProgramRunner().run(module, module.lookupSymbol<exec::ProgramOp>("main"));
    module.erase();
    if (!values) {
      // The run of the model computes what the compiler could not.
      main.emitWarning("cannot evaluate constants while compiling: ")
          << llvm::toString(values.takeError());
      return;
    }
    for (auto [result, value] : llvm::zip_equal(results, *values)) {
      builder.setInsertionPoint(result.getDefiningOp());
      result.replaceAllUsesWith(
          nn::ConstantOp::create(builder, result.getLoc(), result.getType(), value));
    }
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        op->erase();
  }

  OpPassManager toExec{"builtin.module"};
};
} // namespace
