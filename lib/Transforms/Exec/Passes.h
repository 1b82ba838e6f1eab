// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes on programs.
#pragma once
#include "dialects/Exec/ExecOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace accel::exec {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Transforms/Exec/Passes.h.inc"
} // namespace accel::exec
