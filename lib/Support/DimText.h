// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dims as text, for messages and metadata.
#pragma once
#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <string>

namespace accel {

/// An expression of symbols as text; `nameOf` writes a symbol. An inner expression has parentheses.
std::string dimText(mlir::AffineExpr dim, llvm::function_ref<std::string(unsigned symbol)> nameOf);

} // namespace accel
