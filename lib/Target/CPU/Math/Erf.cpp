// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The error function, without a branch and without an exponential.
//
// erfc has a tail like e^(-t^2), which no polynomial follows. Its fourth root does: z(t) =
// 1 - erfc(t)^(1/4) is a polynomial of degree 10 to 2^-25, weighted by what it costs erf. From it,
// erf(t) = 1 - (1 - z)^4 is two steps of f(z) = 1 - (1 - z)^2 = 2 z - z^2, which never exceed 1
// and wash out z's error where z is near 1. (Abramowitz and Stegun's 7.1.28 has 1 / p(t)^16 in this
// way, for an absolute error.)
//
// Where t is small each rounding of z would show in the result. So the line c t of z (c the float
// next to 2 / sqrt(pi)) is kept apart from the rest d until the last step, and only sums of both
// are rounded: with v = 4 z = c t + d, the first step takes v^2 / 8 from d.
#include "lib/Target/CPU/Math/Functions.h"

using namespace accel::cpu;

static constexpr double kSlope = 0x1.20dd750429b6dp+0;

/// (4 (1 - erfc(t)^(1/4)) - c t) / t
static constexpr float kErf[] = {
    -0x1.4d179ep-24f, 0x1.e8ececp-2f,   -0x1.facf7cp-5f,  -0x1.30dc2p-4f, 0x1.362bdap-8f,
    0x1.03f7aap-7f,   -0x1.e007e8p-11f, -0x1.0bdca4p-11f, 0x1.2b35ep-13f, -0x1.6e791cp-17f};

Term accel::cpu::erf(Term x) {
  // From 3.92 on the nearest float is 1, and at this end the formula gives it.
  Term t = atMost(abs(x), 4.04);
  Term d = t * polynomial(kErf, t);
  Term v = fma(t, kSlope, d);
  d = fma(v * -0.125, v, d);
  v = fma(t, kSlope, d);
  return copySign(fma(v * -0.25, v, v), x);
}
