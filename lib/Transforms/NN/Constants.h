// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which values are known while compiling.
#pragma once
#include "dialects/NN/NNOps.h"

namespace accel::nn {

/// True if a value is a constant, or computed by nn ops from constants only.
bool isConstantExpression(mlir::Value value);

} // namespace accel::nn
