// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The input is an ONNX file. It must be imported, as IR that verifies, or refused with a reason.
#include "lib/Import/ONNX/Import.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "test/fuzz/Folder.h"
#include "llvm/Support/raw_ostream.h"

using namespace accel;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = fuzz::writeFile("model.onnx", {reinterpret_cast<const char *>(data), size});
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic &) { return mlir::success(); });
  ImportReport report;
  mlir::OwningOpRef<mlir::ModuleOp> module = importONNX(context, path, {}, report);
  // What users see of a report must be made of it too.
  std::string text;
  llvm::raw_string_ostream out(text);
  report.printText(out);
  report.printJSON(out);
  if (module ? mlir::failed(mlir::verify(*module)) : !report.hasErrors())
    __builtin_trap();
  return 0;
}
