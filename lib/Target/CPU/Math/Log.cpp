// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Logarithms: the exponent, and a polynomial of the mantissa.
#include "lib/Target/CPU/Math/Functions.h"

using namespace accel::cpu;

static constexpr double kLn2 = 0x1.62e42fefa39efp-1, kLog2e = 0x1.71547652b82fep+0,
                        kLog10e = 0x1.bcb7b1526e50ep-2, kLog10Of2 = 0x1.34413509f79ffp-2;

/// (ln(1 + f) - f) / f^2
static constexpr float kLog[] = {-0x1.fffffap-2f, 0x1.5556f6p-2f, -0x1.0004cap-2f, 0x1.98d22cp-3f,
                                 -0x1.535252p-3f, 0x1.317f5ap-3f, -0x1.255a3cp-3f, 0x1.66d0b6p-4f};

/// The bits of sqrt(1/2), from which mantissas begin.
static constexpr int64_t kLeast = 0x3f3504f3;
static constexpr int64_t kExponentMask = 0xff800000;

Mantissa accel::cpu::splitMantissa(Term y) {
  Term subnormal = y < 0x1p-126;
  Term bits = select(subnormal, y * 0x1p23, y).bits();
  Term above = bits - bits.likeInteger(kLeast);
  Term e = shiftSigned(above, 23).toFloat();
  Term m = (bits - (above & kExponentMask)).asFloat();
  return {select(subnormal, e - 23, e), m - 1};
}

Term accel::cpu::logarithmOr(Term result, Term x) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Term special = select(x < 0, std::numeric_limits<double>::quiet_NaN(), x);
  special = select(x == 0, -infinity, special);
  return select((x > 0) & (x < infinity), result, special);
}

static Term log1pReduced(Term f) { return fma(f * f, polynomial(kLog, f), f); }

Term accel::cpu::log(Term x) {
  Mantissa split = splitMantissa(x);
  return logarithmOr(fma(split.e, kLn2, log1pReduced(split.f)), x);
}

/// base * ln(1 + f) for a base whose float alone is too coarse.
static Term log1pTimes(double base, Term f) {
  Term q = f * f * polynomial(kLog, f);
  double low = base - double(float(base));
  return fma(f, base, fma(q, base, f * low));
}

Term accel::cpu::log2(Term x) {
  Mantissa split = splitMantissa(x);
  return logarithmOr(split.e + log1pTimes(kLog2e, split.f), x);
}

Term accel::cpu::log10(Term x) {
  Mantissa split = splitMantissa(x);
  return logarithmOr(fma(split.e, kLog10Of2, log1pTimes(kLog10e, split.f)), x);
}

Term accel::cpu::log1p(Term x) {
  Term bits = (x + 1).bits();
  Term above = (bits - bits.likeInteger(kLeast)) & kExponentMask;
  // (1 + x) / 2^e - 1 from x itself, so that the bits which 1 + x lost count. 4 / 2^e is a normal
  // number for all e.
  Term power = (bits.likeInteger(0x40800000) - above).asFloat();
  Term f = fma(x * 0.25, power, fma(power, 0.25, -1.0));
  Term result = fma(shiftSigned(above, 23).toFloat(), kLn2, log1pReduced(f));
  // A quarter of a tiny x may be no float.
  result = select(abs(x) < 0x1p-24, x, result);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Term special = select(x < -1, std::numeric_limits<double>::quiet_NaN(), x);
  special = select(x == -1, -infinity, special);
  return select((x > -1) & (x < infinity), result, special);
}
