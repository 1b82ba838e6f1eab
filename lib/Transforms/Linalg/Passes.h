// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes on linalg.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>

namespace accel {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Transforms/Linalg/Passes.h.inc"
} // namespace accel
