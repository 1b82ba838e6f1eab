// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Strings are numbers of strings: of those that the module lists, and of those that a run meets.
#pragma once
#include "mlir/IR/BuiltinTypes.h"

namespace accel::nn {

/// Of the module: the strings that constants stand for, by number; the first is the empty one.
inline constexpr llvm::StringLiteral kStringsAttr = "nn.strings";

/// The element type of tensors of strings.
inline mlir::Type stringType(mlir::MLIRContext *context) {
  return mlir::IntegerType::get(context, 64, mlir::IntegerType::Signed);
}
inline bool isString(mlir::Type element) { return element.isSignedInteger(64); }

} // namespace accel::nn
