// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// x^y = 2^(y log2 |x|). The logarithm and its product are f64, whose bits beyond those of f32 make
// up for the exponent that multiplies their error.
#include "lib/Target/CPU/Math/Functions.h"

using namespace accel::cpu;

/// log2(1 + f) / f
static constexpr double kLog2[] = {
    0x1.71547652ef942p+0, -0x1.7154767bae3ffp-1, 0x1.ec709c00f678p-2,  -0x1.715435ebfa08bp-2,
    0x1.277732cd2e89bp-2, -0x1.ec8d73c4173c8p-3, 0x1.a615cb932bce7p-3, -0x1.6eb02bbb88419p-3,
    0x1.45a28f497156fp-3, -0x1.417fe4abc866p-3,  0x1.3d26095df0004p-3, -0x1.61aca26f5901bp-4};

Term accel::cpu::pow(Term x, Term y) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Term size = abs(x);
  Mantissa split = splitMantissa(size);
  Term f = split.f.extended();
  Term logarithm = fma(f, polynomial(kLog2, f), split.e.extended());
  logarithm = select(size.extended() < infinity, logarithm, size.extended());
  logarithm = select(size == 0, -infinity, logarithm);

  // exp2 takes its argument apart in f64, too.
  constexpr double shift = 0x1.8p52;
  Term t = atLeast(atMost(y.extended() * logarithm, 129), -151);
  Term n = t + shift - shift;
  Term result = exp2Parts(n.truncated(), (t - n).truncated());

  // Negative bases: integers only, and odd ones change the sign. All floats past 2^24 are even.
  Term negative = isNegative(x);
  Term integral = floor(y) == y, half = y * 0.5;
  Term odd = integral & notEqual(floor(half), half);
  Term isNaN = (x < 0) & notEqual(floor(y), y) & (size < infinity);
  result = select(isNaN, std::numeric_limits<double>::quiet_NaN(), result);
  result = select(negative & odd, -result, result);
  Term one = (x == 1) | (y == 0) | ((x == -1) & (abs(y) == infinity));
  return select(one, 1.0, result);
}
