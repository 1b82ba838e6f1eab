// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions of f32 that formulas exist for; the accuracy of each is in
// docs/decisions/math.md.
#pragma once
#include "lib/Target/CPU/Math/Formula.h"

namespace accel::cpu {

// Exp.cpp
Term exp(Term x);
Term exp2(Term x);
Term expm1(Term x);

/// x = n ln 2 + r, with |r| <= ln 2 / 2; for |x| < 2^11.
struct Exponent {
  Term n, shifted, r;
};
Exponent splitExponent(Term x);
/// 2^(n + r) for an integer n in [-151, 129] and |r| <= 1/2.
Term exp2Parts(Term n, Term r);
/// e^r and e^r - 1 for |r| <= ln 2 / 2.
Term expReduced(Term r);
Term expm1Reduced(Term r);

// Hyperbolic.cpp
Term sinh(Term x);
Term cosh(Term x);
Term tanh(Term x);
Term asinh(Term x);
Term acosh(Term x);
Term atanh(Term x);

// Log.cpp
Term log(Term x);
Term log2(Term x);
Term log10(Term x);
Term log1p(Term x);

/// y = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for a positive and finite y.
struct Mantissa {
  Term e, f;
};
Mantissa splitMantissa(Term y);
/// `result` where x is a positive number, and what a logarithm is elsewhere.
Term logarithmOr(Term result, Term x);

// Erf.cpp
Term erf(Term x);

// Trigonometric.cpp
Term sin(Term x);
Term cos(Term x);
Term tan(Term x);

// Arc.cpp
Term asin(Term x);
Term acos(Term x);
Term atan(Term x);

// Pow.cpp
Term pow(Term x, Term y);

} // namespace accel::cpu
