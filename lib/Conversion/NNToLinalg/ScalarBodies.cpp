// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scalar form of every elementwise nn op and of every reduction's combination.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "lib/Conversion/NNToLinalg/Scalar.h"
#include "lib/Conversion/NNToLinalg/SmallFloats.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace accel::nn;

static bool isUnsigned(Type element) { return element.isUnsignedInteger() || element.isInteger(1); }

static Value toFloat(Scalar &s, Value value, FloatType target) {
  auto source = cast<FloatType>(value.getType());
  if (source == target)
    return value;
  if (source.getWidth() < target.getWidth())
    return s.make<arith::ExtFOp>(target, value);
  if (source.getWidth() > target.getWidth())
    return s.make<arith::TruncFOp>(target, value);
  // f16 <-> bf16 through f32.
  return s.make<arith::TruncFOp>(target, s.make<arith::ExtFOp>(s.builder.getF32Type(), value));
}

/// Truncates towards zero; the least integer where `target` has no such number.
static Value toSigned(Scalar &s, Value value, IntegerType target) {
  Type type = value.getType();
  unsigned width = target.getWidth();
  Value good = s.compare(arith::CmpFPredicate::OLT, s.make<math::AbsFOp>(value),
                         s.constant(type, std::ldexp(1.0, width - 1)));
  // A conversion that does not fit would be poison.
  Value number = s.make<arith::FPToSIOp>(target, s.select(good, value, s.constant(type, 0)));
  Value least = arith::ConstantOp::create(
      s.builder, s.location, s.builder.getIntegerAttr(target, APInt::getSignedMinValue(width)));
  return s.select(good, number, least);
}

/// Truncates towards zero and takes the low bits of a wider integer, as C compilers for x86 do and
/// therefore NumPy: what numbers out of range become is not defined by ONNX, but is always the
/// same.
static Value toInteger(Scalar &s, Value value, Type to) {
  auto target = cast<IntegerType>(computeType(to));
  if (cast<FloatType>(value.getType()).getWidth() < 32)
    value = s.make<arith::ExtFOp>(s.builder.getF32Type(), value);
  auto i32 = s.builder.getI32Type(), i64 = s.builder.getI64Type();
  unsigned width = target.getWidth();
  if (width < 32)
    return s.make<arith::TruncIOp>(target, toSigned(s, value, i32));
  if (!isUnsigned(to))
    return toSigned(s, value, target);
  if (width == 32)
    return s.make<arith::TruncIOp>(target, toSigned(s, value, i64));
  // From 2^63 on, what is above it, and the highest bit.
  Value limit = s.constant(value.getType(), std::ldexp(1.0, 63));
  Value large = s.compare(arith::CmpFPredicate::OGE, value, limit);
  Value low = toSigned(s, s.select(large, s.make<arith::SubFOp>(value, limit), value), target);
  Value highest = arith::ConstantOp::create(
      s.builder, s.location, s.builder.getIntegerAttr(target, APInt::getSignedMinValue(width)));
  return s.select(large, s.make<arith::XOrIOp>(low, highest), low);
}

/// A number of type `from` as one of type `to`, for `to`'s storage where that is a small float.
static Value convert(Scalar &s, Value value, Type from, Type to) {
  Type source = computeType(from), target = computeType(to);
  if (to.isInteger(1)) {
    Value zero = s.constant(source, 0);
    if (isa<FloatType>(source))
      return s.compare(arith::CmpFPredicate::UNE, value, zero);
    return source == target ? value : s.compare(arith::CmpIPredicate::ne, value, zero);
  }
  // Rounding to f32 first would round twice.
  if (smallFloat(to) && source.isF64())
    return value;
  if (source == target)
    return value;
  if (isa<FloatType>(source))
    return isa<FloatType>(target) ? toFloat(s, value, cast<FloatType>(target))
                                  : toInteger(s, value, to);
  if (isa<FloatType>(target))
    return isUnsigned(from) ? s.make<arith::UIToFPOp>(target, value)
                            : s.make<arith::SIToFPOp>(target, value);
  unsigned sourceWidth = source.getIntOrFloatBitWidth(),
           targetWidth = target.getIntOrFloatBitWidth();
  if (sourceWidth > targetWidth)
    return s.make<arith::TruncIOp>(target, value);
  return isUnsigned(from) ? s.make<arith::ExtUIOp>(target, value)
                          : s.make<arith::ExtSIOp>(target, value);
}

/// The quotient truncated towards zero, or the remainder: 0 where b is, and where the quotient does
/// not fit it wraps. Processors stop the program there, and LLVM may do anything.
template <typename SignedOp, typename UnsignedOp>
static Value emitDivision(Scalar &s, Value a, Value b, bool isUnsigned) {
  Type type = a.getType();
  Value zero = s.constant(type, 0), one = s.constant(type, 1);
  Value isZero = s.compare(arith::CmpIPredicate::eq, b, zero), unfit = isZero;
  if (!isUnsigned) {
    Value least = arith::ConstantOp::create(
        s.builder, s.location,
        s.builder.getIntegerAttr(type, APInt::getSignedMinValue(type.getIntOrFloatBitWidth())));
    Value wraps =
        s.make<arith::AndIOp>(s.compare(arith::CmpIPredicate::eq, a, least),
                              s.compare(arith::CmpIPredicate::eq, b, s.constant(type, -1)));
    unfit = s.make<arith::OrIOp>(isZero, wraps);
  }
  Value divisor = s.select(unfit, one, b);
  Value result = isUnsigned ? s.make<UnsignedOp>(a, divisor) : s.make<SignedOp>(a, divisor);
  // A remainder of 1 is 0 as it is.
  return std::is_same_v<SignedOp, arith::DivSIOp> ? s.select(isZero, zero, result) : result;
}

static Value emitQuotient(Scalar &s, Value a, Value b, bool isUnsigned) {
  return emitDivision<arith::DivSIOp, arith::DivUIOp>(s, a, b, isUnsigned);
}

static Value emitRemainder(Scalar &s, Value a, Value b, bool isUnsigned) {
  return emitDivision<arith::RemSIOp, arith::RemUIOp>(s, a, b, isUnsigned);
}

/// A shift by less than nothing or by the width and more leaves no bit of a but its sign.
static Value emitShift(Scalar &s, Value a, Value b, bool left, bool isUnsigned) {
  Type type = a.getType();
  Value width = s.constant(type, type.getIntOrFloatBitWidth());
  Value fits = s.compare(arith::CmpIPredicate::ult, b, width);
  if (!left && !isUnsigned) {
    Value most = s.constant(type, type.getIntOrFloatBitWidth() - 1);
    return s.make<arith::ShRSIOp>(a, s.select(fits, b, most));
  }
  Value zero = s.constant(type, 0), by = s.select(fits, b, zero);
  Value shifted = left ? s.make<arith::ShLIOp>(a, by) : s.make<arith::ShRUIOp>(a, by);
  return s.select(fits, shifted, zero);
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
  Value r = emitRemainder(s, a, b, isUnsigned);
  if (isUnsigned)
    return r;
  Value zero = s.constant(type, 0);
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

Value accel::nn::multiplyAdd(OpBuilder &builder, Location location, Value a, Value b, Value sum) {
  Scalar s{builder, location};
  return isa<FloatType>(sum.getType()) ? s.make<arith::AddFOp>(sum, s.make<arith::MulFOp>(a, b))
                                       : s.make<arith::AddIOp>(sum, s.make<arith::MulIOp>(a, b));
}

Value accel::nn::divideBy(OpBuilder &builder, Location location, Value sum, Value count,
                          bool isUnsigned) {
  Scalar s{builder, location};
  Type type = sum.getType();
  if (isa<FloatType>(type))
    return s.make<arith::DivFOp>(sum, s.make<arith::SIToFPOp>(type, count));
  // A count may be more than the type has.
  Type wide = count.getType();
  if (type == wide)
    return emitQuotient(s, sum, count, isUnsigned);
  sum = isUnsigned ? s.make<arith::ExtUIOp>(wide, sum) : s.make<arith::ExtSIOp>(wide, sum);
  return s.make<arith::TruncIOp>(type, emitQuotient(s, sum, count, isUnsigned));
}

TypedAttr accel::nn::neutralElement(OpBuilder &builder, ReduceKind kind, Type element) {
  Type type = accumulatorType(element);
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return builder.getZeroAttr(type);
  case ReduceKind::prod:
    return builder.getOneAttr(type);
  case ReduceKind::max:
  case ReduceKind::min: {
    bool isMax = kind == ReduceKind::max;
    if (auto floatType = dyn_cast<FloatType>(type))
      return builder.getFloatAttr(
          type, APFloat::getInf(floatType.getFloatSemantics(), /*Negative=*/isMax));
    unsigned width = element.getIntOrFloatBitWidth(), room = type.getIntOrFloatBitWidth();
    if (isUnsigned(element))
      return builder.getIntegerAttr(
          type, (isMax ? APInt::getMinValue(width) : APInt::getMaxValue(width)).zext(room));
    return builder.getIntegerAttr(
        type,
        (isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width)).sext(room));
  }
  }
  llvm_unreachable("all kinds of reduction are handled");
}

/// Half a block of Philox4x32-10: ten rounds of two products, whose words are exchanged and mixed
/// with a key that grows. Words lie in the low halves of 64-bit numbers, where a product fits.
static Value emitRandomBits(Scalar &s, Value counter, Value stream, Value key, unsigned half) {
  Type type = counter.getType();
  Value low = s.constant(type, 0xffffffff), by32 = s.constant(type, 32);
  auto lowWord = [&](Value x) { return s.make<arith::AndIOp>(x, low); };
  auto highWord = [&](Value x) { return s.make<arith::ShRUIOp>(x, by32); };
  auto mix = [&](Value a, Value b, Value c) {
    return s.make<arith::XOrIOp>(a, s.make<arith::XOrIOp>(b, c));
  };
  Value words[] = {lowWord(counter), highWord(counter), lowWord(stream), highWord(stream)};
  Value keys[] = {lowWord(key), highWord(key)};
  constexpr double multipliers[] = {0xD2511F53, 0xCD9E8D57}, steps[] = {0x9E3779B9, 0xBB67AE85};
  for (int round = 0; round < 10; ++round) {
    Value first = s.make<arith::MulIOp>(words[0], s.constant(type, multipliers[0]));
    Value second = s.make<arith::MulIOp>(words[2], s.constant(type, multipliers[1]));
    words[0] = mix(highWord(second), words[1], keys[0]);
    words[2] = mix(highWord(first), words[3], keys[1]);
    words[1] = lowWord(second);
    words[3] = lowWord(first);
    for (int i = 0; i < 2; ++i)
      keys[i] = lowWord(s.make<arith::AddIOp>(keys[i], s.constant(type, steps[i])));
  }
  return s.make<arith::OrIOp>(words[2 * half], s.make<arith::ShLIOp>(words[2 * half + 1], by32));
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
        // e / (1 + e) or 1 / (1 + e) with e = exp(-|x|), which does not overflow.
        Value e = s.make<math::ExpOp>(s.make<arith::NegFOp>(s.make<math::AbsFOp>(a)));
        Value negative = s.compare(arith::CmpFPredicate::OLT, a, constant(0));
        return s.make<arith::DivFOp>(s.select(negative, e, constant(1)),
                                     s.make<arith::AddFOp>(e, constant(1)));
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
        return isFloat ? s.make<arith::DivFOp>(a, b) : emitQuotient(s, a, b, unsignedElement);
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
        return isFloat ? s.make<arith::RemFOp>(a, b) : emitRemainder(s, a, b, unsignedElement);
      })
      .Case([&](AndOp) { return s.make<arith::AndIOp>(a, b); })
      .Case([&](OrOp) { return s.make<arith::OrIOp>(a, b); })
      .Case([&](XorOp) { return s.make<arith::XOrIOp>(a, b); })
      .Case([&](ShiftLeftOp) { return emitShift(s, a, b, /*left=*/true, unsignedElement); })
      .Case([&](ShiftRightOp) { return emitShift(s, a, b, /*left=*/false, unsignedElement); })
      .Case([&](CompareOp compare) {
        return emitCompare(s, compare.getKind(), a, b, unsignedElement);
      })
      .Case([&](SelectOp) { return s.select(a, b, arguments[2]); })
      .Case([&](RandomBitsOp random) {
        return emitRandomBits(s, a, b, arguments[2], random.getHalf());
      })
      .Case([&](CastOp cast) { return convert(s, a, element, cast.getTo()); })
      .Default([](Operation *) { return Value(); });
}
