// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The list of all dialects and passes: a new one adds its line here.
#include "lib/InitAll.h"
#include "dialects/Exec/ExecOps.h"
#include "dialects/NN/NNOps.h"
#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"
#include "lib/Conversion/NNToExec/Passes.h"
#include "lib/Conversion/NNToLinalg/NNToLinalg.h"
#include "lib/Pipelines/Pipelines.h"
#include "lib/Target/CPU/Lower.h"
#include "lib/Transforms/Exec/Passes.h"
#include "lib/Transforms/Linalg/Passes.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void accel::registerAll(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<exec::ExecDialect, nn::NNDialect>();
}

void accel::registerAllPasses() {
  mlir::registerAllPasses();
  registerNNTransformsPasses();
  registerNNToExecPasses();
  registerConvertNNToLinalgPass();
  registerLinalgPasses();
  registerCPUPasses();
  exec::registerExecPasses();
  exec::registerExecToLLVMPasses();
  registerPipelines();
}
