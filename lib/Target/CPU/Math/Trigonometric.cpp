// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sine, cosine and tangent: an angle in [-pi/4, pi/4], its quadrant, and two polynomials.
//
// Most angles are reduced by subtracting n pi/2 in parts whose products are exact (Cody and Waite).
// That wears out as n grows. So each vector is asked whether any of its angles is too large, and
// only then the slow way is gone, lane by lane: the product of x's 24 bits with those bits of 2/pi
// that matter modulo 4, in integers (M. Payne, R. Hanek: Radian Reduction for Trigonometric
// Functions, 1983).
#include "lib/Target/CPU/Math/Functions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel::cpu;

/// pi/2 in parts. A fused product is exact in itself; others need factors with few bits. All are
/// positive, so that -0 stays -0.
static constexpr double kFusedParts[] = {0x1.921fb4p+0, 0x1.4442dp-24, 0x1.846988p-48};
static constexpr double kShortParts[] = {0x1.92p+0, 0x1.fb4p-12, 0x1.444p-24, 0x1.68c234p-39};
/// Angles up to here are reduced by them.
static constexpr double kFusedLimit = 0x1p17, kShortLimit = 0x1p13;

/// (sin(r) - r) / r^3, (cos(r) - 1 + r^2 / 2) / r^4 and (tan(r) - r) / r^3 in r^2.
static constexpr float kSin[] = {-0x1.555546p-3f, 0x1.110774p-7f, -0x1.9951e8p-13f};
static constexpr float kCos[] = {0x1.55554ap-5f, -0x1.6c0c28p-10f, 0x1.99e80cp-16f};
static constexpr float kTan[] = {0x1.55556p-2f,  0x1.110d9ap-3f,  0x1.badaep-5f, 0x1.5cb268p-6f,
                                 0x1.63213cp-7f, 0x1.5fc2f6p-14f, 0x1.1f1246p-8f};

namespace {
/// x = quadrant * pi/2 + r + low, modulo 2 pi.
struct Angle {
  Term r, low, quadrant;
};
} // namespace

static Angle reduceNear(Term x) {
  Term shifted = fma(x, 0x1.45f306dc9c883p-1, kShift), n = shifted - kShift;
  bool fused = x.formula->unit.fma;
  ArrayRef<double> parts = fused ? ArrayRef<double>(kFusedParts) : ArrayRef<double>(kShortParts);
  Term sum = x;
  for (double part : parts.drop_back())
    sum = fma(n, -part, sum);
  Term r = fma(n, -parts.back(), sum);
  return {r, fma(n, -parts.back(), sum - r), shifted.bits()};
}

/// The same of a large scalar.
static Angle reduceFar(Term x) {
  OpBuilder &builder = x.formula->builder;
  Type i64 = builder.getI64Type(), i128 = builder.getIntegerType(128),
       i256 = builder.getIntegerType(256);
  // |x| = m * 2^(e - 150). Digit k of 2/pi counts for m * 2^(e - 150 - k), so those before
  // k = e - 151 count for multiples of 4 only; 96 from there on leave an error below 2^-70.
  Term bits = x.bits();
  // Lanes that are not large are computed and dropped; they must not shift too far.
  Term e = ((bits >> 23) & 255).binary<arith::MaxUIOp>(bits.likeInteger(127));
  Term m = (bits & 0x7fffff) | bits.likeInteger(0x800000);
  // 32 zeros and the first 224 digits: digit k lies at bit 224 - k, the window's last is
  // k = e - 151 + 95.
  APInt twoOverPi(256, "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163ab", 16);
  Term digits{*x.formula, arith::ConstantOp::create(builder, x.formula->location,
                                                    builder.getIntegerAttr(i256, twoOverPi))};
  Term last = (bits.likeInteger(280) - e).to<arith::ExtUIOp>(i256);
  Term window = digits.binary<arith::ShRUIOp>(last).to<arith::TruncIOp>(i128);
  // The upper 64 of 96 bits: two of quarter turns, and 62 behind the point.
  Term turn = ((window * m.to<arith::ExtUIOp>(i128)) >> 32).to<arith::TruncIOp>(i64);
  Term quadrant = (turn + turn.likeInteger(int64_t(1) << 61)) >> 62;
  Term fraction = turn - (quadrant << 62);
  Term r = fraction.to<arith::SIToFPOp>(builder.getF64Type()) * 0x1.921fb54442d18p-62;
  Term turns = quadrant.to<arith::TruncIOp>(builder.getI32Type());
  Term negative = isNegative(x);
  turns = select(negative, turns.likeInteger(0) - turns, turns);
  // Infinity has no angle: x - x is NaN for it, and 0 for others.
  r = select(negative, -r, r) + (x - x).extended();
  Term high = r.truncated();
  return {high, (r - high.extended()).truncated(), turns};
}

static Angle reduce(Term x) {
  Formula &formula = *x.formula;
  OpBuilder &builder = formula.builder;
  Location at = formula.location;
  Angle near = reduceNear(x);
  Term isFar = abs(x) > (formula.unit.fma ? kFusedLimit : kShortLimit);
  auto vector = dyn_cast<VectorType>(x.type());
  Value any = isFar.value;
  if (vector)
    any = vector::ReductionOp::create(builder, at, vector::CombiningKind::OR, any);
  std::array<Value, 3> nears = {near.r.value, near.low.value, near.quadrant.value};
  auto ifOp = scf::IfOp::create(builder, at, ValueRange(nears).getTypes(), any,
                                /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(ifOp.elseBlock());
  scf::YieldOp::create(builder, at, nears);
  builder.setInsertionPointToStart(ifOp.thenBlock());
  if (!vector) {
    Angle far = reduceFar(x);
    std::array<Value, 3> values = {far.r.value, far.low.value, far.quadrant.value};
    scf::YieldOp::create(builder, at, values);
  } else {
    auto index = [&](int64_t i) { return arith::ConstantIndexOp::create(builder, at, i); };
    auto lanes =
        scf::ForOp::create(builder, at, index(0), index(vector.getNumElements()), index(1), nears);
    {
      OpBuilder::InsertionGuard inLoop(builder);
      builder.setInsertionPointToStart(lanes.getBody());
      OpFoldResult lane = lanes.getInductionVar();
      Angle far = reduceFar({formula, vector::ExtractOp::create(builder, at, x.value, lane)});
      SmallVector<Value> carried;
      std::array<Value, 3> values = {far.r.value, far.low.value, far.quadrant.value};
      for (auto [value, into] : llvm::zip_equal(values, lanes.getRegionIterArgs()))
        carried.push_back(vector::InsertOp::create(builder, at, value, into, lane));
      scf::YieldOp::create(builder, at, carried);
    }
    SmallVector<Value> results;
    for (auto [far, other] : llvm::zip_equal(lanes.getResults(), nears))
      results.push_back(arith::SelectOp::create(builder, at, isFar.value, far, other));
    scf::YieldOp::create(builder, at, results);
  }
  return {{formula, ifOp.getResult(0)}, {formula, ifOp.getResult(1)}, {formula, ifOp.getResult(2)}};
}

/// The sine of the angle in a quadrant.
static Term sine(Term r, Term quadrant) {
  Term s = r * r;
  // The sign matters for -0, which the sum makes 0.
  Term sine = copySign(fma(r * s, polynomial(kSin, s), r), r);
  Term cosine = fma(s * s, polynomial(kCos, s), fma(s, -0.5, 1.0));
  Term value = select(isZero(quadrant & 1), sine, cosine);
  return (value.bits() ^ ((quadrant & 2) << 30)).asFloat();
}

Term accel::cpu::sin(Term x) {
  Angle angle = reduce(x);
  return sine(angle.r, angle.quadrant);
}

Term accel::cpu::cos(Term x) {
  Angle angle = reduce(x);
  return sine(angle.r, angle.quadrant + angle.quadrant.likeInteger(1));
}

// tan(x) = -1 / tan(x - pi/2)
Term accel::cpu::tan(Term x) {
  Angle angle = reduce(x);
  Term s = angle.r * angle.r;
  Term tangent = angle.r + fma(angle.r * s, polynomial(kTan, s), angle.low);
  tangent = copySign(tangent, angle.r);
  return select(isZero(angle.quadrant & 1), tangent, tangent.like(-1) / tangent);
}
