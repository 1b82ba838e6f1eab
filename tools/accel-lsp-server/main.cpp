// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// accel-lsp-server: tells editors about MLIR files with our dialects.
#include "lib/InitAll.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/LogicalResult.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  accel::registerAll(registry);
  return llvm::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
