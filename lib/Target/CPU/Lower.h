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
/// Makes each returned tensor end in its output argument, by a copy that bufferization elides where
/// the tensor was computed there.
void writeIntoOutputs(mlir::func::FuncOp function);
/// Drops the results of a bufferized kernel: they are its last arguments.
void dropResults(mlir::func::FuncOp function);
} // namespace accel::cpu
