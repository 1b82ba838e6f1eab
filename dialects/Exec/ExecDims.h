// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes in a program: affine expressions of its symbols as index values, and back.
#pragma once
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace accel::exec {

/// An index value for an expression whose symbol i is symbols[i]: the symbol itself, an
/// arith.constant or an affine.apply.
mlir::Value buildDim(mlir::OpBuilder &builder, mlir::Location location, mlir::AffineExpr dim,
                     mlir::ValueRange symbols);

/// The expression that an index value of a program holds, in the program's symbols (its leading
/// block arguments); null where it is none.
mlir::AffineExpr dimOf(mlir::Value index);

/// The results of a map without dims, with expressions in place of its symbols.
llvm::SmallVector<mlir::AffineExpr> composeDims(mlir::AffineMap map,
                                                llvm::ArrayRef<mlir::AffineExpr> symbols);

/// Bytes of one element: types narrower than a byte take one.
int64_t elementBytes(mlir::Type type);

/// Bytes of a tensor with these dims.
mlir::AffineExpr tensorBytes(llvm::ArrayRef<mlir::AffineExpr> dims, mlir::Type elementType);

} // namespace accel::exec
