// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The input is MLIR text, as accel-compile takes it: it must be refused, or be IR that prints as
// what parses again.
#include "dialects/Exec/ExecOps.h"
#include "dialects/NN/NNOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// A context with our dialects and what stands around them; defects of other dialects' parsers are
/// not ours to find. It serves a few runs, since making it takes longer than they do, and what they
/// make stays in it.
static MLIRContext &contextFor(unsigned run) {
  static std::unique_ptr<MLIRContext> context;
  if (run % 256 == 0) {
    context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
    context->loadDialect<accel::nn::NNDialect, accel::exec::ExecDialect, func::FuncDialect>();
  }
  return *context;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static unsigned runs = 0;
  MLIRContext &context = contextFor(runs++);
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return 0;
  std::string printed;
  llvm::raw_string_ostream out(printed);
  module->print(out);
  if (!parseSourceString<ModuleOp>(printed, &context))
    __builtin_trap();
  return 0;
}
