// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A dim as a sum of products: equal dims look the same, and differences of dims can be judged.
#pragma once
#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/SmallVector.h"

namespace accel::nn {

/// A dim: a constant, or an expression of symbols (symbols only, never dims of an AffineMap).
using Dim = mlir::AffineExpr;

/// The value of a constant dim.
std::optional<int64_t> constantDim(Dim dim);

/// An order of dims that does not depend on addresses: by kind, then by what they hold. Negative,
/// 0 or positive.
int compareDims(Dim a, Dim b);

/// coefficient * product of factors, which are symbols, quotients and remainders, in order.
struct DimTerm {
  llvm::SmallVector<Dim, 2> factors;
  int64_t coefficient = 0;
};

class DimSum {
public:
  /// Divisions by a constant give up what is divisible, so that (4*n + 4) floordiv 4 is n + 1.
  explicit DimSum(Dim dim);
  DimSum(const DimSum &a, int64_t coefficient) : DimSum(a) { scale(coefficient); }

  void add(const DimSum &other, int64_t coefficient = 1);
  void add(DimTerm term);
  void scale(int64_t factor);
  /// The sum as a dim in normal form.
  Dim dim() const;

  mlir::MLIRContext *context;
  int64_t constant = 0;
  llvm::SmallVector<DimTerm, 4> terms; ///< by their factors; no coefficient is 0
  bool overflowed = false;             ///< then nothing else here counts

private:
  explicit DimSum(mlir::MLIRContext *context) : context(context) {}
  static DimSum product(const DimSum &a, const DimSum &b);
  static DimSum quotient(DimSum numerator, const DimSum &divisor);
  static DimSum remainder(DimSum numerator, const DimSum &divisor);
  static DimSum factor(Dim dim);
};

} // namespace accel::nn
