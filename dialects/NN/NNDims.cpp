// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The least of two dims in normal form, and bounds by intervals and by cases.
#include "dialects/NN/NNDims.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace accel::nn;

static constexpr int64_t kLow = std::numeric_limits<int64_t>::min(),
                         kHigh = std::numeric_limits<int64_t>::max();
/// Cases that a proof may split in, one inside the other.
static constexpr unsigned kMaxDepth = 6;

Dim DimTable::simplify(Dim dim) const {
  if (!isa<AffineBinaryOpExpr>(dim))
    return dim;
  DimSum sum(dim);
  return sum.overflowed ? dim : sum.dim();
}

// --- the least of two ---

Bounds DimTable::boundsOf(unsigned symbol) const {
  if (auto at = known.find(symbol); at != known.end())
    return at->second;
  return kAnySize;
}

const LeastDim *DimTable::definitionOf(unsigned symbol) const {
  auto at = bySymbol.find(symbol);
  return at == bySymbol.end() ? nullptr : &least[at->second];
}

/// The definition of a dim that is no more than a defined symbol.
static const LeastDim *definitionOf(const DimTable &table, Dim dim) {
  auto symbol = dyn_cast<AffineSymbolExpr>(dim);
  return symbol ? table.definitionOf(symbol.getPosition()) : nullptr;
}

Dim DimTable::min(Dim a, Dim b) {
  if (atMost(a, b))
    return simplify(a);
  if (atMost(b, a))
    return simplify(b);
  DimSum difference(a);
  difference.add(DimSum(b), -1);
  // What both have in common stays outside, so that min(n + 1, 6) is min(n, 5) + 1.
  int64_t scale = 1;
  Dim common = constant(0), left = a, right = b;
  if (!difference.overflowed) {
    DimSum positive(constant(0)), negative(constant(0));
    int64_t divisor = difference.constant;
    for (const DimTerm &term : difference.terms) {
      divisor = std::gcd(divisor, term.coefficient);
      DimTerm part = term;
      part.coefficient = std::abs(part.coefficient);
      (term.coefficient > 0 ? positive : negative).add(part);
    }
    (difference.constant > 0 ? positive : negative).constant = std::abs(difference.constant);
    DimSum outside(a);
    outside.add(positive, -1);
    common = outside.dim();
    // min(4*n, 8) is 4*min(n, 2).
    scale = std::max<int64_t>(1, divisor);
    for (DimSum *side : {&positive, &negative}) {
      side->constant /= scale;
      for (DimTerm &term : side->terms)
        term.coefficient /= scale;
    }
    left = positive.dim();
    right = negative.dim();
    // Of three dims, the one that is never the least goes.
    for (int side = 0; side < 2; ++side) {
      if (const LeastDim *inner = ::definitionOf(*this, left)) {
        LeastDim parts = *inner;
        for (int part = 0; part < 2; ++part) {
          if (atMost(right, parts.b))
            return simplify(min(parts.a, right) * scale + common);
          std::swap(parts.a, parts.b);
        }
      }
      std::swap(left, right);
    }
  }
  if (compareDims(left, right) > 0)
    std::swap(left, right);
  auto [entry, isNew] = byDefinition.try_emplace({left, right}, least.size());
  if (isNew) {
    bySymbol[nextSymbol] = least.size();
    least.push_back({nextSymbol, left, right});
    Bounds x = bounds(left), y = bounds(right);
    known[nextSymbol] = {std::min(x.low, y.low), std::min(x.high, y.high)};
    ++nextSymbol;
  }
  Dim symbol = getAffineSymbolExpr(least[entry->second].symbol, context);
  return simplify(symbol * scale + common);
}

Dim DimTable::divideTowardsZero(Dim dim, int64_t by) {
  Dim zero = constant(0);
  return simplify(max(dim, zero).floorDiv(by) - max(-dim, zero).floorDiv(by));
}

// --- bounds ---

static int64_t narrow(__int128 value) {
  return value <= kLow ? kLow : value >= kHigh ? kHigh : int64_t(value);
}

/// One end of an interval times another's; an end that is not known times 0 is 0.
static __int128 productOfEnds(int64_t a, int64_t b) { return __int128(a) * b; }

static Bounds multiply(Bounds a, Bounds b) {
  __int128 ends[] = {productOfEnds(a.low, b.low), productOfEnds(a.low, b.high),
                     productOfEnds(a.high, b.low), productOfEnds(a.high, b.high)};
  return {narrow(*std::min_element(ends, ends + 4)), narrow(*std::max_element(ends, ends + 4))};
}

static Bounds addBounds(Bounds a, Bounds b) {
  return {a.low == kLow || b.low == kLow ? kLow : narrow(__int128(a.low) + b.low),
          a.high == kHigh || b.high == kHigh ? kHigh : narrow(__int128(a.high) + b.high)};
}

static int64_t floorDivideEnd(int64_t end, int64_t by) {
  return end == kLow || end == kHigh ? end : llvm::divideFloorSigned(end, by);
}

Bounds DimTable::factorBounds(Dim factor, unsigned depth) const {
  if (auto symbol = dyn_cast<AffineSymbolExpr>(factor))
    return boundsOf(symbol.getPosition());
  if (std::optional<int64_t> value = constantDim(factor))
    return {*value, *value};
  auto binary = cast<AffineBinaryOpExpr>(factor);
  auto ofDim = [&](Dim dim) {
    DimSum sum(dim), negative(sum, -1);
    std::optional<int64_t> high = depth ? upper(sum, depth - 1) : std::nullopt,
                           low = depth ? upper(negative, depth - 1) : std::nullopt;
    return Bounds{low ? -*low : kLow, high.value_or(kHigh)};
  };
  Bounds left = ofDim(binary.getLHS()), right = ofDim(binary.getRHS());
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return addBounds(left, right);
  case AffineExprKind::Mul:
    return multiply(left, right);
  case AffineExprKind::Mod:
    // Divisors are positive, or the run fails.
    return {0, right.high == kHigh ? kHigh : std::max<int64_t>(0, right.high - 1)};
  case AffineExprKind::FloorDiv:
    if (right.low < 1)
      right.low = 1;
    return {floorDivideEnd(left.low, left.low < 0 ? right.low : right.high),
            floorDivideEnd(left.high, left.high < 0 ? right.high : right.low)};
  default:
    return {};
  }
}

/// What a sum is at most: nullopt if there is no such number.
std::optional<int64_t> DimTable::upper(const DimSum &sum, unsigned depth) const {
  if (sum.overflowed)
    return std::nullopt;
  // Intervals.
  __int128 total = sum.constant;
  bool isBounded = true;
  for (const DimTerm &term : sum.terms) {
    Bounds product{term.coefficient, term.coefficient};
    for (Dim factor : term.factors)
      product = multiply(product, factorBounds(factor, depth));
    isBounded &= product.high != kHigh;
    total += product.high;
  }
  std::optional<int64_t> best;
  if (isBounded && narrow(total) != kHigh)
    best = narrow(total);
  if (depth == 0)
    return best;
  auto improve = [&](std::optional<int64_t> other) {
    if (other && (!best || *other < *best))
      best = other;
  };
  auto without = [&](const DimTerm &term) {
    DimSum rest = sum;
    rest.add(DimTerm{term.factors, -term.coefficient});
    return rest;
  };
  // The least of two is one of them and no more than either. Which one it is comes first: in each
  // of these cases, another may be taken for either of its two.
  const DimTerm *chosen = nullptr;
  for (const DimTerm &term : sum.terms)
    if (term.factors.size() == 1 && ::definitionOf(*this, term.factors[0]) &&
        (!chosen || term.coefficient < 0 || chosen->coefficient > 0))
      chosen = &term;
  if (chosen) {
    const LeastDim *defined = ::definitionOf(*this, chosen->factors[0]);
    DimSum first = without(*chosen), second = first;
    first.add(DimSum(defined->a), chosen->coefficient);
    second.add(DimSum(defined->b), chosen->coefficient);
    std::optional<int64_t> x = upper(first, depth - 1), y = upper(second, depth - 1);
    if (chosen->coefficient > 0) {
      improve(x);
      improve(y);
    } else if (x && y) {
      improve(std::max(*x, *y));
    }
    return best;
  }
  // c * (x floordiv c) lies in x - c + 1 .. x.
  for (const DimTerm &term : sum.terms) {
    if (term.factors.size() != 1)
      continue;
    auto binary = dyn_cast<AffineBinaryOpExpr>(term.factors[0]);
    std::optional<int64_t> by = binary && binary.getKind() == AffineExprKind::FloorDiv
                                    ? constantDim(binary.getRHS())
                                    : std::nullopt;
    if (!by || *by < 1)
      continue;
    DimSum whole = without(term);
    whole.scale(*by);
    DimSum numerator(binary.getLHS());
    if (term.coefficient < 0)
      numerator.add(DimTerm{{}, 1 - *by});
    whole.add(numerator, term.coefficient);
    if (std::optional<int64_t> scaled = upper(whole, depth - 1))
      improve(llvm::divideFloorSigned(*scaled, *by));
    break;
  }
  return best;
}

Bounds DimTable::bounds(Dim dim) const {
  DimSum sum(dim), negative(sum, -1);
  std::optional<int64_t> high = upper(sum, kMaxDepth), low = upper(negative, kMaxDepth);
  return {low ? -*low : kLow, high.value_or(kHigh)};
}

bool DimTable::atMost(Dim a, Dim b) const {
  DimSum difference(a);
  difference.add(DimSum(b), -1);
  std::optional<int64_t> most = upper(difference, kMaxDepth);
  return most && *most <= 0;
}
