// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the elements of a tensor come from, through ops that only move them.
#pragma once
#include "dialects/NN/NNOps.h"

namespace accel::nn {

/// An element of some tensor, for given dims, is `scale` times the element of `tensor` at
/// `position`, which is affine in these dims.
struct Origin {
  mlir::Value tensor;
  llvm::SmallVector<mlir::AffineExpr> position;
  double scale = 1;
};

/// One op further back: through reshapes, transposes, slices, broadcasts, a constant index, and
/// products with one constant of f32. Null where the tensor is computed, or where the position
/// would not be affine. `sizes` are those of the dims, -1 where only a run knows.
std::optional<Origin> stepBack(const Origin &origin, llvm::ArrayRef<int64_t> sizes,
                               ShapeAnalysis &shapes);

/// The number that all elements of a constant of floats are.
std::optional<double> splatOf(mlir::Value value);

/// `input` and a number, if the op multiplies all elements of a tensor of its own shape by one, or
/// divides them.
struct Scaling {
  mlir::Value input;
  double factor;
};
std::optional<Scaling> matchScaling(mlir::Operation *op);

} // namespace accel::nn
