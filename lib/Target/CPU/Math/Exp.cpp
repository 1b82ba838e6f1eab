// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// e^x, 2^x and e^x - 1: an integer power of two times a polynomial.
//
// The reduction subtracts n ln 2 in two parts, of which the first has so few bits that its product
// with n is exact (W. Cody, W. Waite: Software Manual for the Elementary Functions, 1980).
#include "lib/Target/CPU/Math/Functions.h"

using namespace mlir;
using namespace accel::cpu;

static constexpr double kLog2e = 0x1.71547652b82fep+0, kLn2 = 0x1.62e42fefa39efp-1;
static constexpr double kLn2High = 0x1.62e4p-1, kLn2Low = 0x1.7f7d1cp-20;

// Coefficients are made by tools/dev/minimax.py; so are all of these files.
static constexpr float kExp[] = {0x1p+0f,        0x1p+0f,        0x1.fffffcp-2f, 0x1.55548ap-3f,
                                 0x1.55584ep-5f, 0x1.123f22p-7f, 0x1.6acfeep-10f};
static constexpr float kExp2[] = {0x1p+0f,        0x1.62e432p-1f,  0x1.ebfbe6p-3f, 0x1.c6ada8p-5f,
                                  0x1.3b21d6p-7f, 0x1.5fbd04p-10f, 0x1.4bc3d4p-13f};
/// (e^r - 1 - r) / r^2
static constexpr float kExpm1[] = {0x1.fffffep-2f, 0x1.5554a8p-3f, 0x1.555796p-5f, 0x1.122e08p-7f,
                                   0x1.6aba5p-10f};

Exponent accel::cpu::splitExponent(Term x) {
  Term shifted = fma(x, kLog2e, kShift), n = shifted - kShift;
  Term r = fma(n, -kLn2High, x);
  return {n, shifted, fma(n, -kLn2Low, r)};
}

Term accel::cpu::expReduced(Term r) { return polynomial(kExp, r); }

/// 2^(x / unit) by `function`, for which x is cut to where the result is neither 0 nor infinity by
/// its rounding.
///
/// A 0 shall not be computed as a product that underflows, which takes many processors a hundred
/// cycles: scores that a mask takes out of an attention all end there. AVX-512 chooses it, in no
/// more instructions; elsewhere the factors of `scaled` are 0 from 2^-254 on.
template <typename FunctionT>
static Term cut(Term x, double lowest, double highest, double unit, FunctionT function) {
  Term most = atMost(x, highest);
  if (!x.formula->unit.scalef)
    return function(atLeast(most, -254 * unit));
  Term some = x.compare<arith::CmpFOp>(arith::CmpFPredicate::UGE, x.like(lowest));
  return select(some, function(select(some, most, 0)), 0);
}

Term accel::cpu::exp(Term x) {
  return cut(x, -104, 89, kLn2, [](Term x) {
    Exponent split = splitExponent(x);
    return scaled(expReduced(split.r), split.n, split.shifted);
  });
}

Term accel::cpu::exp2(Term x) {
  return cut(x, -151, 129, 1, [](Term x) {
    Term n = x + kShift - kShift;
    return exp2Parts(n, x - n);
  });
}

Term accel::cpu::exp2Parts(Term n, Term r) { return scaled(polynomial(kExp2, r), n, n + kShift); }

Term accel::cpu::expm1Reduced(Term r) { return fma(r * r, polynomial(kExpm1, r), r); }

Term accel::cpu::expm1(Term x) {
  // 2^n (1 + e) - 1 = 2 (2^(n-1) e + (2^(n-1) - 1/2)), where 2^128 is no float.
  Exponent split = splitExponent(atLeast(atMost(x, 89), -20));
  Term power = powerOfTwo(split.shifted - 1);
  Term half = fma(power, expm1Reduced(split.r), power - 0.5);
  return copySign(half + half, x); // of -0
}
