// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scalar form of every elementwise nn op and of every reduction's combination.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace accel::nn;

namespace {
/// Small vocabulary for formulas on scalars.
struct Scalar {
  OpBuilder &builder;
  Location location;
  Value constant(Type type, double value) {
    if (isa<FloatType>(type))
      return arith::ConstantOp::create(builder, location, builder.getFloatAttr(type, value));
    return arith::ConstantOp::create(builder, location,
                                     builder.getIntegerAttr(type, int64_t(value)));
  }
  template <typename OpT, typename... Args> Value make(Args &&...args) {
    return OpT::create(builder, location, std::forward<Args>(args)...).getResult();
  }
  Value select(Value condition, Value a, Value b) { return make<arith::SelectOp>(condition, a, b); }
  Value compare(arith::CmpFPredicate p, Value a, Value b) { return make<arith::CmpFOp>(p, a, b); }
  Value compare(arith::CmpIPredicate p, Value a, Value b) { return make<arith::CmpIOp>(p, a, b); }
};
} // namespace

static bool isUnsigned(Type element) { return element.isUnsignedInteger() || element.isInteger(1); }

static Value convert(Scalar &s, Value value, Type from, Type to) {
  Type source = computeType(from), target = computeType(to);
  if (to.isInteger(1)) {
    Value zero = s.constant(source, 0);
    if (isa<FloatType>(source))
      return s.compare(arith::CmpFPredicate::UNE, value, zero);
    return source == target ? value : s.compare(arith::CmpIPredicate::ne, value, zero);
  }
  if (source == target)
    return value;
  auto sourceFloat = dyn_cast<FloatType>(source), targetFloat = dyn_cast<FloatType>(target);
  if (sourceFloat && targetFloat) {
    if (sourceFloat.getWidth() < targetFloat.getWidth())
      return s.make<arith::ExtFOp>(target, value);
    if (sourceFloat.getWidth() > targetFloat.getWidth())
      return s.make<arith::TruncFOp>(target, value);
    // f16 <-> bf16 through f32.
    return s.make<arith::TruncFOp>(target, s.make<arith::ExtFOp>(s.builder.getF32Type(), value));
  }
  if (sourceFloat)
    return isUnsigned(to) ? s.make<arith::FPToUIOp>(target, value)
                          : s.make<arith::FPToSIOp>(target, value);
  if (targetFloat)
    return isUnsigned(from) ? s.make<arith::UIToFPOp>(target, value)
                            : s.make<arith::SIToFPOp>(target, value);
  unsigned sourceWidth = source.getIntOrFloatBitWidth(),
           targetWidth = target.getIntOrFloatBitWidth();
  if (sourceWidth > targetWidth)
    return s.make<arith::TruncIOp>(target, value);
  return isUnsigned(from) ? s.make<arith::ExtUIOp>(target, value)
                          : s.make<arith::ExtSIOp>(target, value);
}

/// a mod b with the sign of b: r = a rem b, corrected where the signs differ.
static Value emitMod(Scalar &s, Value a, Value b, bool isUnsigned) {
  Type type = a.getType();
  if (isa<FloatType>(type)) {
    Value r = s.make<arith::RemFOp>(a, b), zero = s.constant(type, 0);
    Value wrong =
        s.make<arith::AndIOp>(s.compare(arith::CmpFPredicate::ONE, r, zero),
                              s.make<arith::XOrIOp>(s.compare(arith::CmpFPredicate::OLT, r, zero),
                                                    s.compare(arith::CmpFPredicate::OLT, b, zero)));
    return s.select(wrong, s.make<arith::AddFOp>(r, b), r);
  }
  if (isUnsigned)
    return s.make<arith::RemUIOp>(a, b);
  Value r = s.make<arith::RemSIOp>(a, b), zero = s.constant(type, 0);
  Value wrong =
      s.make<arith::AndIOp>(s.compare(arith::CmpIPredicate::ne, r, zero),
                            s.make<arith::XOrIOp>(s.compare(arith::CmpIPredicate::slt, r, zero),
                                                  s.compare(arith::CmpIPredicate::slt, b, zero)));
  return s.select(wrong, s.make<arith::AddIOp>(r, b), r);
}

static Value emitSign(Scalar &s, Value x, bool isUnsigned) {
  Type type = x.getType();
  Value zero = s.constant(type, 0), one = s.constant(type, 1), minus = s.constant(type, -1);
  if (isa<FloatType>(type)) {
    Value result = s.select(s.compare(arith::CmpFPredicate::OGT, x, zero), one, x);
    return s.select(s.compare(arith::CmpFPredicate::OLT, x, zero), minus, result);
  }
  if (isUnsigned)
    return s.select(s.compare(arith::CmpIPredicate::ne, x, zero), one, zero);
  Value result = s.select(s.compare(arith::CmpIPredicate::sgt, x, zero), one, zero);
  return s.select(s.compare(arith::CmpIPredicate::slt, x, zero), minus, result);
}

static Value emitCompare(Scalar &s, CompareKind kind, Value a, Value b, bool isUnsigned) {
  if (isa<FloatType>(a.getType())) {
    static constexpr arith::CmpFPredicate table[] = {
        arith::CmpFPredicate::OEQ, arith::CmpFPredicate::UNE, arith::CmpFPredicate::OLT,
        arith::CmpFPredicate::OLE, arith::CmpFPredicate::OGT, arith::CmpFPredicate::OGE};
    return s.compare(table[unsigned(kind)], a, b);
  }
  static constexpr arith::CmpIPredicate table[][2] = {
      {arith::CmpIPredicate::eq, arith::CmpIPredicate::eq},
      {arith::CmpIPredicate::ne, arith::CmpIPredicate::ne},
      {arith::CmpIPredicate::slt, arith::CmpIPredicate::ult},
      {arith::CmpIPredicate::sle, arith::CmpIPredicate::ule},
      {arith::CmpIPredicate::sgt, arith::CmpIPredicate::ugt},
      {arith::CmpIPredicate::sge, arith::CmpIPredicate::uge}};
  return s.compare(table[unsigned(kind)][isUnsigned], a, b);
}

Value accel::nn::emitCombine(OpBuilder &builder, Location location, ReduceKind kind, Value a,
                             Value b, bool isUnsigned) {
  Scalar s{builder, location};
  bool isFloat = isa<FloatType>(a.getType());
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return isFloat ? s.make<arith::AddFOp>(a, b) : s.make<arith::AddIOp>(a, b);
  case ReduceKind::prod:
    return isFloat ? s.make<arith::MulFOp>(a, b) : s.make<arith::MulIOp>(a, b);
  case ReduceKind::max:
    return isFloat      ? s.make<arith::MaximumFOp>(a, b)
           : isUnsigned ? s.make<arith::MaxUIOp>(a, b)
                        : s.make<arith::MaxSIOp>(a, b);
  case ReduceKind::min:
    return isFloat      ? s.make<arith::MinimumFOp>(a, b)
           : isUnsigned ? s.make<arith::MinUIOp>(a, b)
                        : s.make<arith::MinSIOp>(a, b);
  }
  llvm_unreachable("all kinds of reduction are handled");
}

TypedAttr accel::nn::neutralElement(OpBuilder &builder, ReduceKind kind, Type element,
                                    bool isUnsigned) {
  unsigned width = element.getIntOrFloatBitWidth();
  auto floatType = dyn_cast<FloatType>(element);
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return builder.getZeroAttr(element);
  case ReduceKind::prod:
    return builder.getOneAttr(element);
  case ReduceKind::max:
  case ReduceKind::min: {
    bool isMax = kind == ReduceKind::max;
    if (floatType)
      return builder.getFloatAttr(
          element, APFloat::getInf(floatType.getFloatSemantics(), /*Negative=*/isMax));
    APInt value = isUnsigned
                      ? (isMax ? APInt::getMinValue(width) : APInt::getMaxValue(width))
                      : (isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width));
    return builder.getIntegerAttr(element, value);
  }
  }
  llvm_unreachable("all kinds of reduction are handled");
}

Value accel::nn::emitScalar(OpBuilder &builder, Operation *op, ValueRange arguments) {
  Scalar s{builder, op->getLoc()};
  Value a = arguments[0], b = arguments.size() > 1 ? arguments[1] : Value();
  Type element = elementTypeOf(op->getOperand(0)), type = a.getType();
  bool isFloat = isa<FloatType>(type), unsignedElement = isUnsigned(element);
  auto constant = [&](double value) { return s.constant(type, value); };
  auto unary = [&](auto *tag) { return s.make<std::remove_pointer_t<decltype(tag)>>(a); };
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](AbsOp) {
        return isFloat ? s.make<math::AbsFOp>(a) : unsignedElement ? a : s.make<math::AbsIOp>(a);
      })
      .Case([&](NegOp) {
        return isFloat ? s.make<arith::NegFOp>(a) : s.make<arith::SubIOp>(constant(0), a);
      })
      .Case([&](SignOp) { return emitSign(s, a, unsignedElement); })
      .Case([&](ReluOp) {
        // Not maximumf, whose NaN fix-ups cost two instructions: "x < 0 ? 0 : x" keeps NaN too.
        if (isFloat)
          return s.select(s.compare(arith::CmpFPredicate::OLT, a, constant(0)), constant(0), a);
        return unsignedElement ? a : s.make<arith::MaxSIOp>(a, constant(0));
      })
      .Case([&](SigmoidOp) {
        Value e = s.make<math::ExpOp>(s.make<arith::NegFOp>(a));
        return s.make<arith::DivFOp>(constant(1), s.make<arith::AddFOp>(e, constant(1)));
      })
      .Case([&](SoftplusOp) {
        // max(x, 0) + ln(1 + exp(-|x|)) does not overflow.
        Value e = s.make<math::ExpOp>(s.make<arith::NegFOp>(s.make<math::AbsFOp>(a)));
        return s.make<arith::AddFOp>(s.make<arith::MaximumFOp>(a, constant(0)),
                                     s.make<math::Log1pOp>(e));
      })
      .Case([&](TanhOp) { return unary((math::TanhOp *)nullptr); })
      .Case([&](ExpOp) { return unary((math::ExpOp *)nullptr); })
      .Case([&](LogOp) { return unary((math::LogOp *)nullptr); })
      .Case([&](SqrtOp) { return unary((math::SqrtOp *)nullptr); })
      .Case([&](RsqrtOp) { return s.make<arith::DivFOp>(constant(1), s.make<math::SqrtOp>(a)); })
      .Case([&](ReciprocalOp) { return s.make<arith::DivFOp>(constant(1), a); })
      .Case([&](ErfOp) { return unary((math::ErfOp *)nullptr); })
      .Case([&](FloorOp) { return unary((math::FloorOp *)nullptr); })
      .Case([&](CeilOp) { return unary((math::CeilOp *)nullptr); })
      .Case([&](RoundOp) { return unary((math::RoundEvenOp *)nullptr); })
      .Case([&](SinOp) { return unary((math::SinOp *)nullptr); })
      .Case([&](CosOp) { return unary((math::CosOp *)nullptr); })
      .Case([&](TanOp) { return unary((math::TanOp *)nullptr); })
      .Case([&](AsinOp) { return unary((math::AsinOp *)nullptr); })
      .Case([&](AcosOp) { return unary((math::AcosOp *)nullptr); })
      .Case([&](AtanOp) { return unary((math::AtanOp *)nullptr); })
      .Case([&](SinhOp) { return unary((math::SinhOp *)nullptr); })
      .Case([&](CoshOp) { return unary((math::CoshOp *)nullptr); })
      .Case([&](AsinhOp) { return unary((math::AsinhOp *)nullptr); })
      .Case([&](AcoshOp) { return unary((math::AcoshOp *)nullptr); })
      .Case([&](AtanhOp) { return unary((math::AtanhOp *)nullptr); })
      .Case([&](NotOp) { return s.make<arith::XOrIOp>(a, constant(-1)); })
      .Case([&](IsNaNOp) { return s.compare(arith::CmpFPredicate::UNO, a, a); })
      .Case([&](IsInfOp) {
        Value infinity = s.constant(type, std::numeric_limits<double>::infinity());
        return s.compare(arith::CmpFPredicate::OEQ, s.make<math::AbsFOp>(a), infinity);
      })
      .Case([&](AddOp) {
        return isFloat ? s.make<arith::AddFOp>(a, b) : s.make<arith::AddIOp>(a, b);
      })
      .Case([&](SubOp) {
        return isFloat ? s.make<arith::SubFOp>(a, b) : s.make<arith::SubIOp>(a, b);
      })
      .Case([&](MulOp) {
        return isFloat ? s.make<arith::MulFOp>(a, b) : s.make<arith::MulIOp>(a, b);
      })
      .Case([&](DivOp) {
        return isFloat           ? s.make<arith::DivFOp>(a, b)
               : unsignedElement ? s.make<arith::DivUIOp>(a, b)
                                 : s.make<arith::DivSIOp>(a, b);
      })
      .Case([&](MaxOp) {
        return emitCombine(builder, s.location, ReduceKind::max, a, b, unsignedElement);
      })
      .Case([&](MinOp) {
        return emitCombine(builder, s.location, ReduceKind::min, a, b, unsignedElement);
      })
      .Case(
          [&](PowOp) { return isFloat ? s.make<math::PowFOp>(a, b) : s.make<math::IPowIOp>(a, b); })
      .Case([&](ModOp) { return emitMod(s, a, b, unsignedElement); })
      .Case([&](FmodOp) {
        return isFloat           ? s.make<arith::RemFOp>(a, b)
               : unsignedElement ? s.make<arith::RemUIOp>(a, b)
                                 : s.make<arith::RemSIOp>(a, b);
      })
      .Case([&](AndOp) { return s.make<arith::AndIOp>(a, b); })
      .Case([&](OrOp) { return s.make<arith::OrIOp>(a, b); })
      .Case([&](XorOp) { return s.make<arith::XOrIOp>(a, b); })
      .Case([&](ShiftLeftOp) { return s.make<arith::ShLIOp>(a, b); })
      .Case([&](ShiftRightOp) { return s.make<arith::ShRUIOp>(a, b); })
      .Case([&](CompareOp compare) {
        return emitCompare(s, compare.getKind(), a, b, unsignedElement);
      })
      .Case([&](SelectOp) { return s.select(a, b, arguments[2]); })
      .Case([&](CastOp cast) { return convert(s, a, element, cast.getTo()); })
      .Default([](Operation *) { return Value(); });
}
