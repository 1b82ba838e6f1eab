// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The normal form of dims.
#include "dialects/NN/NNDimSum.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <limits>
#include <numeric>

using namespace mlir;
using namespace accel::nn;

/// Products of longer sums stay as they are.
static constexpr size_t kMaxTerms = 32;

std::optional<int64_t> accel::nn::constantDim(Dim dim) {
  if (auto constant = dyn_cast<AffineConstantExpr>(dim))
    return constant.getValue();
  return std::nullopt;
}

static int compareNumbers(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

int accel::nn::compareDims(Dim a, Dim b) {
  if (a == b)
    return 0;
  // Symbols, then operations, then constants.
  auto rank = [](Dim dim) {
    return isa<AffineSymbolExpr>(dim) ? 0 : isa<AffineConstantExpr>(dim) ? 2 : 1;
  };
  if (int order = compareNumbers(rank(a), rank(b)))
    return order;
  if (auto symbol = dyn_cast<AffineSymbolExpr>(a))
    return compareNumbers(symbol.getPosition(), cast<AffineSymbolExpr>(b).getPosition());
  if (auto constant = dyn_cast<AffineConstantExpr>(a))
    return compareNumbers(constant.getValue(), cast<AffineConstantExpr>(b).getValue());
  if (int order = compareNumbers(int64_t(a.getKind()), int64_t(b.getKind())))
    return order;
  auto left = cast<AffineBinaryOpExpr>(a), right = cast<AffineBinaryOpExpr>(b);
  int order = compareDims(left.getLHS(), right.getLHS());
  return order ? order : compareDims(left.getRHS(), right.getRHS());
}

static int compareFactors(ArrayRef<Dim> a, ArrayRef<Dim> b) {
  if (int order = compareNumbers(a.size(), b.size()))
    return order;
  for (auto [x, y] : llvm::zip_equal(a, b))
    if (int order = compareDims(x, y))
      return order;
  return 0;
}

void DimSum::add(DimTerm term) {
  if (term.coefficient == 0)
    return;
  overflowed |= term.coefficient == std::numeric_limits<int64_t>::min();
  if (term.factors.empty()) {
    overflowed |= llvm::AddOverflow(constant, term.coefficient, constant);
    return;
  }
  auto *at = llvm::lower_bound(terms, term, [](const DimTerm &a, const DimTerm &b) {
    return compareFactors(a.factors, b.factors) < 0;
  });
  if (at == terms.end() || at->factors != term.factors) {
    terms.insert(at, std::move(term));
    return;
  }
  overflowed |= llvm::AddOverflow(at->coefficient, term.coefficient, at->coefficient);
  if (at->coefficient == 0)
    terms.erase(at);
}

void DimSum::scale(int64_t by) {
  if (by == 0)
    terms.clear();
  for (DimTerm &term : terms)
    overflowed |= llvm::MulOverflow(term.coefficient, by, term.coefficient);
  overflowed |= llvm::MulOverflow(constant, by, constant);
}

void DimSum::add(const DimSum &other, int64_t coefficient) {
  overflowed |= other.overflowed;
  DimSum scaled(other, coefficient);
  overflowed |= scaled.overflowed;
  add(DimTerm{{}, scaled.constant});
  for (DimTerm &term : scaled.terms)
    add(std::move(term));
}

DimSum DimSum::factor(Dim dim) {
  DimSum sum(dim.getContext());
  if (std::optional<int64_t> value = constantDim(dim))
    sum.constant = *value;
  else
    sum.terms.push_back({{dim}, 1});
  return sum;
}

DimSum DimSum::product(const DimSum &a, const DimSum &b) {
  DimSum sum(a.context);
  auto withConstant = [](const DimSum &sum) {
    SmallVector<DimTerm, 4> terms(sum.terms);
    if (sum.constant)
      terms.push_back({{}, sum.constant});
    return terms;
  };
  SmallVector<DimTerm, 4> left = withConstant(a), right = withConstant(b);
  if (left.size() * right.size() > kMaxTerms)
    return factor(a.dim() * b.dim());
  sum.overflowed = a.overflowed || b.overflowed;
  for (const DimTerm &x : left)
    for (const DimTerm &y : right) {
      DimTerm term{x.factors, 0};
      llvm::append_range(term.factors, y.factors);
      llvm::sort(term.factors, [](Dim p, Dim q) { return compareDims(p, q) < 0; });
      sum.overflowed |= llvm::MulOverflow(x.coefficient, y.coefficient, term.coefficient);
      sum.add(std::move(term));
    }
  return sum;
}

/// Takes the factors of one product out of each term; false where a term lacks one.
static bool divideExactly(DimSum &sum, const DimTerm &by) {
  if (sum.constant)
    return false;
  for (DimTerm &term : sum.terms) {
    if (term.coefficient % by.coefficient)
      return false;
    term.coefficient /= by.coefficient;
    for (Dim factor : by.factors) {
      auto *at = llvm::find(term.factors, factor);
      if (at == term.factors.end())
        return false;
      term.factors.erase(at);
    }
  }
  return true;
}

DimSum DimSum::quotient(DimSum numerator, const DimSum &divisor) {
  MLIRContext *context = numerator.context;
  if (!divisor.terms.empty() || divisor.constant <= 0) {
    DimSum exact = numerator;
    if (divisor.terms.size() == 1 && divisor.constant == 0 &&
        divideExactly(exact, divisor.terms.front())) {
      DimSum sum(context);
      for (DimTerm &term : exact.terms)
        sum.add(std::move(term));
      return sum;
    }
    return factor(numerator.dim().floorDiv(divisor.dim()));
  }
  // Whole multiples of the divisor come out.
  int64_t by = divisor.constant, common = by;
  DimSum whole(context), rest(context);
  for (DimTerm &term : numerator.terms) {
    if (term.coefficient % by == 0) {
      term.coefficient /= by;
      whole.add(std::move(term));
      continue;
    }
    common = std::gcd(common, term.coefficient);
    rest.add(std::move(term));
  }
  whole.constant = llvm::divideFloorSigned(numerator.constant, by);
  rest.constant = llvm::mod(numerator.constant, by);
  whole.overflowed = numerator.overflowed;
  if (rest.terms.empty())
    return whole;
  // (2*n + 1) floordiv 4 is n floordiv 2.
  for (DimTerm &term : rest.terms)
    term.coefficient /= common;
  rest.constant /= common;
  by /= common;
  // (n floordiv 2 + 1) floordiv 2 is (n + 2) floordiv 4.
  if (rest.terms.size() == 1 && rest.terms[0].coefficient == 1 &&
      rest.terms[0].factors.size() == 1) {
    auto inner = dyn_cast<AffineBinaryOpExpr>(rest.terms[0].factors[0]);
    std::optional<int64_t> step = inner && inner.getKind() == AffineExprKind::FloorDiv
                                      ? constantDim(inner.getRHS())
                                      : std::nullopt;
    int64_t product, shift;
    if (step && *step > 0 && !llvm::MulOverflow(*step, by, product) &&
        !llvm::MulOverflow(*step, rest.constant, shift)) {
      DimSum all(inner.getLHS());
      all.add(DimTerm{{}, shift});
      DimSum divided = quotient(all, factor(getAffineConstantExpr(product, context)));
      whole.add(divided);
      return whole;
    }
  }
  if (by == 1)
    whole.add(rest);
  else
    whole.add(factor(rest.dim().floorDiv(by)));
  return whole;
}

DimSum DimSum::remainder(DimSum numerator, const DimSum &divisor) {
  if (!divisor.terms.empty() || divisor.constant <= 0)
    return factor(numerator.dim() % divisor.dim());
  DimSum rest(numerator.context);
  rest.overflowed = numerator.overflowed;
  for (DimTerm &term : numerator.terms)
    if (term.coefficient % divisor.constant)
      rest.add(std::move(term));
  rest.constant = llvm::mod(numerator.constant, divisor.constant);
  return factor(rest.dim() % divisor.constant);
}

DimSum::DimSum(Dim dim) : context(dim.getContext()) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(dim);
  if (!binary) {
    *this = factor(dim);
    return;
  }
  DimSum left(binary.getLHS()), right(binary.getRHS());
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    left.add(right);
    *this = std::move(left);
    return;
  case AffineExprKind::Mul:
    *this = product(left, right);
    return;
  case AffineExprKind::FloorDiv:
    *this = quotient(std::move(left), right);
    return;
  case AffineExprKind::CeilDiv:
    // Of a positive divisor, as all are.
    left.add(right);
    left.add(DimTerm{{}, -1});
    *this = quotient(std::move(left), right);
    return;
  case AffineExprKind::Mod:
    *this = remainder(std::move(left), right);
    return;
  default:
    llvm_unreachable("dims are expressions of symbols");
  }
}

Dim DimSum::dim() const {
  Dim sum;
  for (const DimTerm &term : terms) {
    Dim product;
    for (Dim factor : term.factors)
      product = product ? product * factor : factor;
    product = product * term.coefficient;
    sum = sum ? sum + product : product;
  }
  if (!sum)
    return getAffineConstantExpr(constant, context);
  return constant ? sum + constant : sum;
}
