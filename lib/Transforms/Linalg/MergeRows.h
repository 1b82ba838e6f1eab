// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of a picture as one long row, where a kernel treats all positions alike.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace accel::linalg_ext {

/// Merges the two dims before the last one of a kernel's result in all its ops and arguments, if
/// some contraction has an operand that all positions share: 49 positions fill tiles better than 7
/// rows of 7. Nothing happens where some op tells the two dims apart.
void mergeRows(mlir::func::FuncOp function);

} // namespace accel::linalg_ext
