// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What affine arithmetic cannot say of dims: the least of two, and what is known of their sizes.
#pragma once
#include "dialects/NN/NNDimSum.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include <limits>
#include <utility>

namespace accel::nn {

/// Both ends belong to it; an end that is not known is the type's.
struct Bounds {
  int64_t low = std::numeric_limits<int64_t>::min(), high = std::numeric_limits<int64_t>::max();
  bool operator==(const Bounds &other) const { return low == other.low && high == other.high; }
};
/// Of the size of a dim of which nothing else is known.
inline constexpr Bounds kAnySize{0, std::numeric_limits<int64_t>::max()};

/// A symbol that is defined: the least of two dims over symbols before it.
struct LeastDim {
  unsigned symbol;
  Dim a, b;
};

/// Symbols, of which some are defined and all have bounds. See docs/decisions/dims.md.
class DimTable {
public:
  explicit DimTable(mlir::MLIRContext *context) : context(context) {}

  Dim constant(int64_t value) const { return mlir::getAffineConstantExpr(value, context); }
  /// The dim in its normal form.
  Dim simplify(Dim dim) const;
  /// Two dims of equal definition are the same symbol.
  Dim min(Dim a, Dim b);
  Dim max(Dim a, Dim b) { return simplify(a + b - min(a, b)); }
  /// low where the dim is less, high where it is more.
  Dim clamp(Dim dim, Dim low, Dim high) { return min(max(dim, low), high); }
  /// 1 where a < b, else 0.
  Dim isLess(Dim a, Dim b) { return min(max(b - a, constant(0)), constant(1)); }
  /// 1 where a == b, else 0.
  Dim isEqual(Dim a, Dim b) { return constant(1) - isLess(a, b) - isLess(b, a); }
  /// dim / by, rounded towards 0; `by` is positive.
  Dim divideTowardsZero(Dim dim, int64_t by);

  /// What follows from the symbols' bounds and definitions.
  Bounds bounds(Dim dim) const;
  /// True if a <= b for all sizes.
  bool atMost(Dim a, Dim b) const;

  Bounds boundsOf(unsigned symbol) const;
  void setBounds(unsigned symbol, Bounds bounds) { known[symbol] = bounds; }
  const LeastDim *definitionOf(unsigned symbol) const;
  llvm::ArrayRef<LeastDim> definitions() const { return least; }

  mlir::MLIRContext *context;
  unsigned nextSymbol = 0;

private:
  std::optional<int64_t> upper(const DimSum &sum, unsigned depth) const;
  Bounds factorBounds(Dim factor, unsigned depth) const;

  llvm::SmallVector<LeastDim, 0> least;
  llvm::DenseMap<std::pair<Dim, Dim>, unsigned> byDefinition; ///< index in least
  llvm::DenseMap<unsigned, unsigned> bySymbol;                ///< index in least
  llvm::DenseMap<unsigned, Bounds> known;
};

} // namespace accel::nn
