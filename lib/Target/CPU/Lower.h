// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lowering steps between linalg and LLVM that are the CPU's own.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace accel {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

namespace accel::cpu {
/// Drops the results of a bufferized kernel: its last arguments hold them. What was not computed
/// there is copied (a copy onto itself folds later).
void dropResults(mlir::func::FuncOp function);
} // namespace accel::cpu
