// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Words to write a function's formula in: arithmetic on a float, or on a vector of them.
//
// A formula emits the same operations whatever the width, so that a scalar, a vector and the tail
// of a loop get the same bits. Nothing in it may be contracted or reordered later: where a product
// is to be fused with a sum, it says so.
#pragma once
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace accel::cpu {

/// What formulas may use of the target.
struct MathUnit {
  bool fma = false;    ///< fused multiply-adds at the cost of a product
  bool scalef = false; ///< AVX-512's product with a power of two
};

/// Where a formula's operations go, and for which target.
struct Formula {
  mlir::OpBuilder &builder;
  mlir::Location location;
  MathUnit unit;
};

/// A value of a formula: a scalar or a vector, of floats, integers or booleans.
class Term {
public:
  Term(Formula &formula, mlir::Value value) : formula(&formula), value(value) {}

  Formula *formula;
  mlir::Value value;

  mlir::Type type() const { return value.getType(); }
  mlir::Type element() const { return mlir::getElementTypeOrSelf(value.getType()); }
  bool isFloat() const { return llvm::isa<mlir::FloatType>(element()); }
  /// This term's type with other elements.
  mlir::Type typeOf(mlir::Type element) const;
  /// A constant of this term's type.
  Term like(double number) const;
  Term likeInteger(int64_t number) const;

  /// A conversion to other elements, by the op of that name.
  template <typename OpT> Term to(mlir::Type element) const {
    return {*formula, OpT::create(formula->builder, formula->location, typeOf(element), value)};
  }
  /// The bits of a 32-bit float, and back.
  Term bits() const { return to<mlir::arith::BitcastOp>(formula->builder.getI32Type()); }
  Term asFloat() const { return to<mlir::arith::BitcastOp>(formula->builder.getF32Type()); }
  /// Conversions by value: between f32 and f64, and of signed integers to f32.
  Term extended() const { return to<mlir::arith::ExtFOp>(formula->builder.getF64Type()); }
  Term truncated() const { return to<mlir::arith::TruncFOp>(formula->builder.getF32Type()); }
  Term toFloat() const { return to<mlir::arith::SIToFPOp>(formula->builder.getF32Type()); }

  template <typename OpT> Term unary() const {
    return {*formula, OpT::create(formula->builder, formula->location, value)};
  }
  template <typename OpT> Term binary(Term other) const {
    return {*formula, OpT::create(formula->builder, formula->location, value, other.value)};
  }
  template <typename OpT, typename PredicateT> Term compare(PredicateT predicate, Term b) const {
    return {*formula, OpT::create(formula->builder, formula->location, predicate, value, b.value)};
  }
};

Term operator+(Term a, Term b);
Term operator-(Term a, Term b);
Term operator*(Term a, Term b);
Term operator/(Term a, Term b);
Term operator-(Term a);
inline Term operator+(Term a, double b) { return a + a.like(b); }
inline Term operator-(Term a, double b) { return a - a.like(b); }
inline Term operator*(Term a, double b) { return a * a.like(b); }
inline Term operator+(double a, Term b) { return b.like(a) + b; }
inline Term operator-(double a, Term b) { return b.like(a) - b; }
inline Term operator/(double a, Term b) { return b.like(a) / b; }

// On integers and booleans; >> brings zeros in.
Term operator&(Term a, Term b);
Term operator|(Term a, Term b);
Term operator^(Term a, Term b);
Term operator<<(Term a, int64_t count);
Term operator>>(Term a, int64_t count);
Term shiftSigned(Term a, int64_t count);
inline Term operator&(Term a, int64_t mask) { return a & a.likeInteger(mask); }

// Ordered: false where one side is NaN.
Term operator<(Term a, Term b);
Term operator>(Term a, Term b);
Term operator==(Term a, Term b);
inline Term operator<(Term a, double b) { return a < a.like(b); }
inline Term operator>(Term a, double b) { return a > a.like(b); }
inline Term operator==(Term a, double b) { return a == a.like(b); }
/// True where one side is NaN.
Term notEqual(Term a, Term b);
Term isZero(Term integer);
/// The sign bit of a 32-bit float.
Term isNegative(Term a);

Term select(Term condition, Term yes, Term no);
inline Term select(Term condition, double yes, Term no) {
  return select(condition, no.like(yes), no);
}
inline Term select(Term condition, Term yes, double no) {
  return select(condition, yes, yes.like(no));
}

/// a * b + c, with one rounding where the target has it cheaply.
Term fma(Term a, Term b, Term c);
inline Term fma(Term a, double b, Term c) { return fma(a, a.like(b), c); }
inline Term fma(Term a, Term b, double c) { return fma(a, b, a.like(c)); }
inline Term fma(Term a, double b, double c) { return fma(a, a.like(b), a.like(c)); }

Term abs(Term a);
Term sqrt(Term a);
Term floor(Term a);
/// |magnitude| with the sign of `sign`.
Term copySign(Term magnitude, Term sign);
/// min and max with a number; NaN stays NaN, in one instruction of x86.
Term atMost(Term a, double limit);
Term atLeast(Term a, double limit);

/// coefficients[0] + x (coefficients[1] + x (...)), by Horner's rule.
Term polynomial(llvm::ArrayRef<float> coefficients, Term x);
Term polynomial(llvm::ArrayRef<double> coefficients, Term x);

/// An integer as a float that has it in its lowest bits, too: 1.5 * 2^23 + n, for |n| < 2^22. The
/// sum with this number rounds to an integer, without a conversion.
inline constexpr double kShift = 0x1.8p23;

/// 2^n for a shifted n (see kShift); n in [-126, 127].
Term powerOfTwo(Term shifted);
/// a * 2^n, rounded once, for a shifted n in [-254, 254] and |a| in [1/2, 2].
Term scaled(Term a, Term n, Term shifted);

} // namespace accel::cpu
