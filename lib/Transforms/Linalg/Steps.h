// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How the values of a linalg.generic's body move along its dims, so that positions which the body
// computes are understood as those of maps are.
#pragma once
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace accel::linalg_ext {

class Steps {
public:
  /// How much a value of the body grows from one element along a dim to the next; null if that is
  /// no constant.
  std::optional<int64_t> along(mlir::linalg::GenericOp op, mlir::Value value, unsigned dim);
  void clear() { known.clear(); }

private:
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, std::optional<int64_t>> known;
};

} // namespace accel::linalg_ext
