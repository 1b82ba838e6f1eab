// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles one kernel, and falls back to plain loops where the tuned way fails.
#include "lib/Target/CPU/Pipeline.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace accel::cpu {
namespace {

/// One attempt; MLIR's diagnostics become the error's text, so that a caller may try otherwise
/// without the user seeing messages of a problem that was solved.
Expected<CompiledKernel> attempt(exec::KernelOp kernel, const Target &target,
                                 const KernelOptions &options) {
  std::string notes;
  mlir::ScopedDiagnosticHandler handler(kernel.getContext(),
                                        [&](mlir::Diagnostic &diagnostic) -> mlir::LogicalResult {
                                          raw_string_ostream stream(notes);
                                          stream << (notes.empty() ? "" : "; ") << diagnostic;
                                          return mlir::success();
                                        });
  CompiledKernel compiled;
  compiled.plain = options.plain;
  mlir::OwningOpRef<mlir::ModuleOp> module =
      lowerKernel(kernel, target, options, KernelStage::LLVM, &compiled.scratchBytes);
  if (!module)
    return createStringError(inconvertibleErrorCode(), "cannot lower kernel '%s': %s",
                             kernel.getSymName().str().c_str(), notes.c_str());
  std::string symbol = options.symbolPrefix + "_" + kernel.getSymName().str();
  compiled.items = constantItems(*module, symbol);
  Expected<SmallVector<char, 0>> object =
      emitObject(*module, target, options.optLevel, kernel.getSymName());
  if (!object)
    return object.takeError();
  compiled.object = std::move(*object);
  return compiled;
}

} // namespace

int64_t constantItems(mlir::ModuleOp kernel, StringRef symbol) {
  auto grid = kernel.lookupSymbol<mlir::LLVM::LLVMFuncOp>((symbol + "_grid").str());
  if (!grid || !grid.getBody().hasOneBlock())
    return 0;
  APInt items;
  mlir::Operation *end = grid.getBody().front().getTerminator();
  if (end->getNumOperands() != 1 || !matchPattern(end->getOperand(0), mlir::m_ConstantInt(&items)))
    return 0;
  return items.getSExtValue();
}

Expected<CompiledKernel> compileKernel(exec::KernelOp kernel, const Target &target,
                                       const KernelOptions &options) {
  Expected<CompiledKernel> tuned = attempt(kernel, target, options);
  if (tuned || options.plain)
    return tuned;
  KernelOptions plainOptions = options;
  plainOptions.plain = true;
  Expected<CompiledKernel> plain = attempt(kernel, target, plainOptions);
  std::string whyPlain = toString(tuned.takeError());
  if (!plain) {
    std::string reason = toString(plain.takeError());
    return createStringError(reason == whyPlain ? reason
                                                : whyPlain + "; as plain loops: " + reason);
  }
  plain->whyPlain = std::move(whyPlain);
  return plain;
}

} // namespace accel::cpu
