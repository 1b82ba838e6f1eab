// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The three ways of evaluating an op on constants.
#pragma once
#include "lib/Transforms/NN/ConstantData.h"

namespace accel::nn {

/// True of ops that move elements without arithmetic.
bool isMovement(mlir::Operation *op);
/// The result of such an op; null where an operand cannot be used.
mlir::ElementsAttr evaluateMovement(mlir::Operation *op, llvm::ArrayRef<ConstantData> inputs);

/// The result of an elementwise op that IEEE 754 or two's complement defines to the bit, so that it
/// needs no compiled code to be the same everywhere; null for other ops and types.
mlir::ElementsAttr evaluateExact(mlir::Operation *op, llvm::ArrayRef<ConstantData> inputs);

} // namespace accel::nn
