// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The iteration dims of nn.attention, and what its maps may be.
#pragma once
#include "mlir/IR/AffineMap.h"
#include <optional>

namespace accel::nn {

/// On a softmax: why it is no part of an attention, in words for a user.
inline constexpr llvm::StringLiteral kApartAttr = "nn.apart";

/// Numbers of the dims: those of the batch come first.
struct AttentionDims {
  explicit AttentionDims(unsigned count) : batch(count - 4) {}
  unsigned batch; ///< how many there are
  unsigned row() const { return batch; }
  unsigned key() const { return batch + 1; }
  unsigned depth() const { return batch + 2; }
  unsigned column() const { return batch + 3; }
  unsigned count() const { return batch + 4; }
  /// The dims that are not the batch's, of operands 0 (query) to 3 (mask).
  std::pair<unsigned, unsigned> inner(unsigned operand) const {
    switch (operand) {
    case 0:
      return {row(), depth()};
    case 1:
      return {key(), depth()};
    case 2:
      return {key(), column()};
    default:
      return {row(), key()};
    }
  }
};

/// A sum of dims times numbers of 0 or more, and a number.
struct LinearPosition {
  llvm::SmallVector<int64_t> factors; ///< one a dim
  int64_t constant = 0;
};
/// Null where the expression is no such sum.
std::optional<LinearPosition> linearPosition(mlir::AffineExpr expr, unsigned dims);
/// The dim, if the sum is nothing but that.
std::optional<unsigned> onlyDim(const LinearPosition &position);
/// C2 of nn.attention, but for what the operand's size says.
bool isAttentionPosition(const LinearPosition &position, AttentionDims dims, unsigned operand);

} // namespace accel::nn
