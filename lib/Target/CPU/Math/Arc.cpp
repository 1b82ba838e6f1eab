// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inverse trigonometric functions: odd polynomials near 0, and identities that lead there.
#include "lib/Target/CPU/Math/Functions.h"

using namespace accel::cpu;

/// pi / 2 in two floats.
static constexpr double kHigh = 0x1.921fb6p+0, kLow = -0x1.777a5cp-25;

/// (atan(x) - x) / x^3 in x^2, up to 1; (asin(x) - x) / x^3, up to 1/2.
static constexpr float kAtan[] = {-0x1.5554dcp-2f, 0x1.9978ecp-3f, -0x1.230a96p-3f, 0x1.b4dee4p-4f,
                                  -0x1.3551cp-4f,  0x1.61f238p-5f, -0x1.0c1e2cp-6f, 0x1.7eb796p-9f};
static constexpr float kAsin[] = {0x1.5555c8p-3f, 0x1.3301fcp-4f, 0x1.747d04p-5f, 0x1.8c2dbp-6f,
                                  0x1.596d28p-5f};

// atan(t) = pi/2 - atan(1/t)
Term accel::cpu::atan(Term x) {
  Term t = abs(x), large = t > 1;
  Term z = select(large, -1.0, t) / select(large, t, 1.0);
  Term s = z * z;
  Term rest = z * s * polynomial(kAtan, s) + select(large, kLow, z.like(0));
  return copySign(z + rest + select(large, kHigh, z.like(0)), x);
}

namespace {
/// asin(z) = z + rest, of z = sqrt((1 - |x|) / 2) where `large`, else of x's magnitude.
struct ArcSine {
  Term large, z, rest;
};
} // namespace

static ArcSine arcSine(Term x, Term small) {
  Term t = abs(x), large = t > 0.5;
  Term s = select(large, fma(t, -0.5, 0.5), x * x);
  Term z = select(large, sqrt(s), small);
  return {large, z, z * s * polynomial(kAsin, s)};
}

// asin(t) = pi/2 - 2 asin(sqrt((1 - t) / 2))
Term accel::cpu::asin(Term x) {
  auto [large, z, rest] = arcSine(x, abs(x));
  Term zero = z.like(0), factor = select(large, -2.0, z.like(1));
  Term low = fma(rest, factor, select(large, kLow, zero));
  return copySign(fma(z, factor, low) + select(large, kHigh, zero), x);
}

// acos(x) = pi/2 - asin(x); 2 asin(sqrt((1 - x) / 2)) from 1/2 on, and pi less that of -x.
Term accel::cpu::acos(Term x) {
  auto [large, z, rest] = arcSine(x, x);
  Term negative = x < 0, zero = z.like(0);
  Term factor = select(large, select(negative, -2.0, z.like(2)), -1.0);
  Term low = select(large, select(negative, 2 * kLow, zero), kLow);
  Term high = select(large, select(negative, 2 * kHigh, zero), kHigh);
  return fma(z, factor, fma(rest, factor, low)) + high;
}
