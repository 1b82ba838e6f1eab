// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The words of formulas in terms of arith, math and, for powers of two, the target's instructions.
#include "lib/Target/CPU/Math/Formula.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel::cpu;

Type Term::typeOf(Type element) const {
  auto vector = dyn_cast<VectorType>(type());
  return vector ? Type(vector.clone(element)) : element;
}

static Term constant(const Term &like, Type element, TypedAttr scalar) {
  OpBuilder &builder = like.formula->builder;
  TypedAttr attribute = scalar;
  if (auto vector = dyn_cast<VectorType>(like.typeOf(element)))
    attribute = DenseElementsAttr::get(vector, Attribute(scalar));
  return {*like.formula, arith::ConstantOp::create(builder, like.formula->location, attribute)};
}

Term Term::like(double number) const {
  return constant(*this, element(), formula->builder.getFloatAttr(element(), number));
}

Term Term::likeInteger(int64_t number) const {
  return constant(*this, element(), formula->builder.getIntegerAttr(element(), number));
}

namespace accel::cpu {

Term operator+(Term a, Term b) {
  return a.isFloat() ? a.binary<arith::AddFOp>(b) : a.binary<arith::AddIOp>(b);
}
Term operator-(Term a, Term b) {
  return a.isFloat() ? a.binary<arith::SubFOp>(b) : a.binary<arith::SubIOp>(b);
}
Term operator*(Term a, Term b) {
  return a.isFloat() ? a.binary<arith::MulFOp>(b) : a.binary<arith::MulIOp>(b);
}
Term operator/(Term a, Term b) { return a.binary<arith::DivFOp>(b); }
Term operator-(Term a) { return a.unary<arith::NegFOp>(); }

Term operator&(Term a, Term b) { return a.binary<arith::AndIOp>(b); }
Term operator|(Term a, Term b) { return a.binary<arith::OrIOp>(b); }
Term operator^(Term a, Term b) { return a.binary<arith::XOrIOp>(b); }
Term operator<<(Term a, int64_t count) { return a.binary<arith::ShLIOp>(a.likeInteger(count)); }
Term operator>>(Term a, int64_t count) { return a.binary<arith::ShRUIOp>(a.likeInteger(count)); }
Term shiftSigned(Term a, int64_t count) { return a.binary<arith::ShRSIOp>(a.likeInteger(count)); }

Term operator<(Term a, Term b) { return a.compare<arith::CmpFOp>(arith::CmpFPredicate::OLT, b); }
Term operator>(Term a, Term b) { return a.compare<arith::CmpFOp>(arith::CmpFPredicate::OGT, b); }
Term operator==(Term a, Term b) { return a.compare<arith::CmpFOp>(arith::CmpFPredicate::OEQ, b); }
Term notEqual(Term a, Term b) { return a.compare<arith::CmpFOp>(arith::CmpFPredicate::UNE, b); }
Term isNegative(Term a) {
  Term bits = a.bits();
  return bits.compare<arith::CmpIOp>(arith::CmpIPredicate::slt, bits.likeInteger(0));
}
Term isZero(Term a) { return a.compare<arith::CmpIOp>(arith::CmpIPredicate::eq, a.likeInteger(0)); }

Term select(Term condition, Term yes, Term no) {
  return {*yes.formula, arith::SelectOp::create(yes.formula->builder, yes.formula->location,
                                                condition.value, yes.value, no.value)};
}

Term fma(Term a, Term b, Term c) {
  if (!a.formula->unit.fma)
    return a * b + c;
  return {*a.formula,
          math::FmaOp::create(a.formula->builder, a.formula->location, a.value, b.value, c.value)};
}

Term abs(Term a) { return a.unary<math::AbsFOp>(); }
Term sqrt(Term a) { return a.unary<math::SqrtOp>(); }
Term floor(Term a) { return a.unary<math::FloorOp>(); }
Term copySign(Term magnitude, Term sign) { return magnitude.binary<math::CopySignOp>(sign); }
Term atMost(Term a, double limit) { return select(a > limit, limit, a); }
Term atLeast(Term a, double limit) { return select(a < limit, limit, a); }

template <typename T> static Term horner(ArrayRef<T> coefficients, Term x) {
  Term sum = x.like(coefficients.back());
  for (T coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, coefficient);
  return sum;
}
Term polynomial(ArrayRef<float> coefficients, Term x) { return horner(coefficients, x); }
Term polynomial(ArrayRef<double> coefficients, Term x) { return horner(coefficients, x); }

Term powerOfTwo(Term shifted) {
  // The exponent's field: the shift leaves its eight bits only.
  return ((shifted.bits() + shifted.bits().likeInteger(127)) << 23).asFloat();
}

/// AVX-512's vscalefps on as many lanes as a register has, 4, 8 or 16.
static Value scalef(Formula &formula, Value a, Value n) {
  OpBuilder &builder = formula.builder;
  Location at = formula.location;
  auto type = cast<VectorType>(a.getType());
  int64_t lanes = type.getNumElements();
  Type mask = builder.getIntegerType(std::max<int64_t>(8, lanes));
  Value all = LLVM::ConstantOp::create(builder, at, mask, builder.getIntegerAttr(mask, -1));
  SmallVector<Value> operands = {a, n, a, all};
  if (lanes == 16) // the wide form has a rounding mode; 4 means the current one
    operands.push_back(LLVM::ConstantOp::create(builder, at, builder.getI32Type(), 4));
  std::string name = "llvm.x86.avx512.mask.scalef.ps." + std::to_string(lanes * 32);
  return LLVM::CallIntrinsicOp::create(builder, at, type, builder.getStringAttr(name), operands)
      .getResult(0);
}

Term scaled(Term a, Term n, Term shifted) {
  Formula &formula = *a.formula;
  auto type = dyn_cast<VectorType>(a.type());
  if (formula.unit.scalef && type && type.getRank() == 1 && !type.isScalable()) {
    int64_t lanes = type.getNumElements();
    if (lanes == 4 || lanes == 8 || lanes == 16)
      return {formula, scalef(formula, a.value, n.value)};
    if (lanes % 16 == 0) {
      Value result = a.value;
      for (int64_t i = 0; i < lanes; i += 16) {
        auto part = [&](Value whole) {
          return vector::ExtractStridedSliceOp::create(formula.builder, formula.location, whole, i,
                                                       16, 1);
        };
        result = vector::InsertStridedSliceOp::create(formula.builder, formula.location,
                                                      scalef(formula, part(a.value), part(n.value)),
                                                      result, i, 1);
      }
      return {formula, result};
    }
  }
  // Two factors, each a normal number, so that the first product is exact and only the second
  // rounds: where the result is subnormal, once.
  Term sum = shifted.bits() + shifted.bits().likeInteger(254);
  Term half = sum >> 1;
  return a * (half << 23).asFloat() * ((sum - half) << 23).asFloat();
}

} // namespace accel::cpu
