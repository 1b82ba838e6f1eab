// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hyperbolic functions and their inverses, from exponentials and logarithms.
#include "lib/Target/CPU/Math/Functions.h"

using namespace accel::cpu;

static constexpr double kLn2 = 0x1.62e42fefa39efp-1;

/// (sinh(x) - x) / x^3 in x^2, up to x = 1.
static constexpr float kSinh[] = {0x1.555556p-3f, 0x1.1110ep-7f, 0x1.a022b6p-13f, 0x1.756dfap-19f};

namespace {
/// e^|x| / 4 and e^-|x| / 4: quarters, since half of the first may be too large for a float where
/// sinh is not.
struct Quarters {
  Term growing, falling;
};
} // namespace

static Quarters quarters(Term x) {
  // Past 89.5 both functions are infinite.
  Exponent split = splitExponent(atMost(abs(x), 89.5));
  Term p = expReduced(split.r);
  // From n = 120 on, the other exponential is lost in the sum.
  Term negated = (2 * kShift - 2) - atMost(split.shifted, kShift + 120);
  return {p * powerOfTwo(split.shifted - 2), powerOfTwo(negated) / p};
}

Term accel::cpu::sinh(Term x) {
  Quarters e = quarters(x);
  Term half = e.growing - e.falling;
  Term t = abs(x), s = x * x;
  return copySign(select(t < 1, fma(t * s, polynomial(kSinh, s), t), half + half), x);
}

Term accel::cpu::cosh(Term x) {
  Quarters e = quarters(x);
  Term half = e.growing + e.falling;
  return half + half;
}

// tanh |x| = (1 - E) / (1 + E) with E = e^(-2|x|). The numerator is computed as such, so that it
// keeps its bits where x is small; the denominator is not 2 less that, which would count the
// numerator's error twice where x is large.
Term accel::cpu::tanh(Term x) {
  Term t = abs(x), w = atMost(t + t, 20);
  Term shifted = fma(w, -0x1.71547652b82fep+0, kShift), n = shifted - kShift;
  // One part of ln 2 is enough: its error times n is small beside 1 / E.
  Term r = fma(n, kLn2, w);
  Term e = -expm1Reduced(-r);
  Term power = powerOfTwo(shifted);
  Term numerator = fma(power, e, 1 - power);
  Term denominator = fma(-power, e, power) + 1;
  return copySign(numerator / denominator, x);
}

/// (asinh(x) - x) / x^3 and (atanh(x) - x) / x^3 in x^2, up to x = 1/2.
static constexpr float kAsinh[] = {-0x1.555536p-3f, 0x1.3324f2p-4f, -0x1.6b95ccp-5f, 0x1.cd6362p-6f,
                                   -0x1.b148fep-7f};
static constexpr float kAtanh[] = {0x1.55553ep-2f, 0x1.99a75p-3f,  0x1.233dbcp-3f,
                                   0x1.e5076cp-4f, 0x1.9ee738p-5f, 0x1.6c024cp-3f};

// asinh |x| = log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))), and ln(2 |x|) where x^2 is too large.
Term accel::cpu::asinh(Term x) {
  Term t = abs(x), s = x * x;
  Term large = t > 0x1p24;
  Term y = fma(t, t / (sqrt(fma(t, t, 1.0)) + 1), t);
  Term far = log1p(select(large, t, y));
  far = select(large, far + kLn2, far);
  return copySign(select(t < 0.5, fma(t * s, polynomial(kAsinh, s), t), far), x);
}

Term accel::cpu::acosh(Term x) {
  Term large = x > 0x1p24;
  Term v = x - 1;
  Term y = v + sqrt(fma(v, v, v + v));
  Term result = log1p(select(large, x, y));
  result = select(large, result + kLn2, result);
  return select(x < 1, std::numeric_limits<double>::quiet_NaN(), result);
}

Term accel::cpu::atanh(Term x) {
  Term t = abs(x), s = x * x;
  Term far = log1p((t + t) / (1 - t)) * 0.5;
  return copySign(select(t < 0.5, fma(t * s, polynomial(kAtanh, s), t), far), x);
}
