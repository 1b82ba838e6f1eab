// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass from nn to exec.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace accel {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Conversion/NNToExec/Passes.h.inc"
} // namespace accel
