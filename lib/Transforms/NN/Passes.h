// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes from nn to nn.
#pragma once
#include "dialects/NN/NNOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace accel {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel
