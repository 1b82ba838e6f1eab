// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// accel-opt: runs passes on MLIR text, for tests and for looking at what the compiler does.
#include "lib/InitAll.h"
#include "lib/Support/Completion.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  accel::registerAll(registry);
  accel::registerAllPasses();
  llvm::cl::AddExtraVersionPrinter(
      [](llvm::raw_ostream &out) { out << "accel-opt of Accel " ACCEL_VERSION "\n"; });
  accel::CompletionOption completion("accel-opt", {"mlir", "mlirbc"});
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Accel's optimizer driver\n", registry));
}
