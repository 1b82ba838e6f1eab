// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the LLVM dialect to LLVM IR, assembly and objects.
#include "lib/Target/CPU/Pipeline.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

namespace accel::cpu {
namespace {

Error failure(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

/// LLVM's passes by level. Loops are tiled, unrolled and vectorised before they come here, and
/// LLVM's whole pipeline costs more time than code generation: so only what cleans up after
/// lowering.
StringRef passPipeline(unsigned optLevel) {
  switch (optLevel) {
  case 0:
    return "";
  case 1:
    return "function(sroa,early-cse,simplifycfg)";
  default:
    return "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,"
           "loop-mssa(loop-rotate,licm),gvn,instcombine<no-verify-fixpoint>,simplifycfg,"
           // Addresses that differ by a constant share a register, where strides are of the run.
           "separate-const-offset-from-gep,early-cse)";
  }
}

Error runPasses(Module &module, TargetMachine &machine, unsigned optLevel) {
  StringRef pipeline = passPipeline(optLevel);
  if (pipeline.empty())
    return Error::success();
  PassBuilder builder(&machine);
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager sccs;
  ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  ModulePassManager passes;
  if (Error error = builder.parsePassPipeline(passes, pipeline))
    return error;
  passes.run(module, modules);
  return Error::success();
}

/// Stores vectors of three bytes one by one: of a vector that was truncated from 64-bit integers,
/// LLVM 22 stores wrong bytes on aarch64 (combineI8TruncStore takes the elements for i32).
void splitStoresOfThreeBytes(Module &module) {
  auto *type = FixedVectorType::get(Type::getInt8Ty(module.getContext()), 3);
  for (Function &function : module)
    for (Instruction &instruction : make_early_inc_range(instructions(function))) {
      auto *store = dyn_cast<StoreInst>(&instruction);
      if (!store || store->getValueOperand()->getType() != type)
        continue;
      IRBuilder<> builder(store);
      for (unsigned i = 0; i < 3; ++i)
        builder.CreateStore(
            builder.CreateExtractElement(store->getValueOperand(), i),
            builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), store->getPointerOperand(), i));
      store->eraseFromParent();
    }
}

/// Keeps the errors that code generation reports, which would otherwise end the process.
class KeepErrors : public DiagnosticHandler {
public:
  explicit KeepErrors(std::string &text) : text(text) {}
  bool handleDiagnostics(const DiagnosticInfo &info) override {
    if (info.getSeverity() != DS_Error)
      return true;
    raw_string_ostream stream(text);
    DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    return true;
  }

private:
  std::string &text;
};

/// One translation: owns what LLVM needs, and says what went wrong.
class Emission {
public:
  Expected<Module *> translate(mlir::ModuleOp source, const Target &target, unsigned optLevel,
                               StringRef identifier) {
    mlir::DialectRegistry registry;
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
    source.getContext()->appendDialectRegistry(registry);

    Expected<std::unique_ptr<TargetMachine>> made = target.createMachine(optLevel);
    if (!made)
      return made.takeError();
    machine = std::move(*made);
    context.setDiagnosticHandler(std::make_unique<KeepErrors>(errors));

    {
      mlir::ScopedDiagnosticHandler handler(source.getContext(), [&](mlir::Diagnostic &diagnostic) {
        raw_string_ostream(errors) << (errors.empty() ? "" : "; ") << diagnostic;
        return mlir::success();
      });
      module = mlir::translateModuleToLLVMIR(source, context, identifier);
    }
    if (!module)
      return failure("cannot translate " + identifier + " to LLVM IR: " + errors);
    module->setSourceFileName(identifier); // becomes a file symbol, so it must hold no path
    module->setTargetTriple(Triple(target.triple));
    module->setDataLayout(machine->createDataLayout());
    module->setPICLevel(PICLevel::BigPIC);
    for (Function &function : *module)
      if (!function.isDeclaration())
        function.setDoesNotThrow(); // nothing of ours unwinds, so no tables for it
    if (Error error = runPasses(*module, *machine, optLevel))
      return std::move(error);
    if (module->getTargetTriple().isAArch64())
      splitStoresOfThreeBytes(*module);
    return module.get();
  }

  Error generate(SmallVectorImpl<char> &into, CodeGenFileType type) {
    raw_svector_ostream stream(into);
    legacy::PassManager passes;
    if (machine->addPassesToEmitFile(passes, stream, nullptr, type))
      return failure("LLVM cannot write this kind of file for " + module->getTargetTriple().str());
    passes.run(*module);
    if (!errors.empty())
      return failure("cannot generate code for " + module->getName() + ": " + errors);
    return Error::success();
  }

private:
  std::string errors;
  LLVMContext context;
  std::unique_ptr<TargetMachine> machine;
  std::unique_ptr<Module> module;
};

} // namespace

Expected<SmallVector<char, 0>> emitObject(mlir::ModuleOp module, const Target &target,
                                          unsigned optLevel, StringRef identifier) {
  Emission emission;
  if (Expected<Module *> translated = emission.translate(module, target, optLevel, identifier);
      !translated)
    return translated.takeError();
  SmallVector<char, 0> object;
  if (Error error = emission.generate(object, CodeGenFileType::ObjectFile))
    return std::move(error);
  return object;
}

Expected<std::string> emitText(mlir::ModuleOp module, const Target &target, unsigned optLevel,
                               StringRef identifier, bool assembly) {
  Emission emission;
  Expected<Module *> translated = emission.translate(module, target, optLevel, identifier);
  if (!translated)
    return translated.takeError();
  if (!assembly) {
    std::string text;
    raw_string_ostream stream(text);
    (*translated)->print(stream, nullptr);
    return text;
  }
  SmallVector<char, 0> text;
  if (Error error = emission.generate(text, CodeGenFileType::AssemblyFile))
    return std::move(error);
  return std::string(text.begin(), text.end());
}

} // namespace accel::cpu
