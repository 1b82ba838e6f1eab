// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How floats of 8 bits and fewer are read and written. Everything is selects and integer arithmetic
// on all lanes of a vector; what a format has is asked of APFloat.
#include "lib/Conversion/NNToLinalg/SmallFloats.h"
#include "lib/Conversion/NNToLinalg/Scalar.h"
#include <cmath>

using namespace mlir;
using namespace accel::nn;

namespace {
/// A format: sign, exponent and mantissa from the left; a sign only where zero has one, or NaN is
/// it.
struct Format {
  explicit Format(FloatType type) : semantics(type.getFloatSemantics()), width(type.getWidth()) {
    mantissa = APFloat::semanticsPrecision(semantics) - 1;
    // Exponent 0 is for subnormal numbers where there is a mantissa.
    bias = (mantissa ? 1 : 0) - APFloat::semanticsMinExponent(semantics);
    largest = APFloat::getLargest(semantics).bitcastToAPInt().getZExtValue();
  }
  uint64_t sign() const { return uint64_t(1) << (width - 1); }
  bool hasInf() const { return APFloat::semanticsHasInf(semantics); }
  bool hasNaN() const { return APFloat::semanticsHasNaN(semantics); }
  uint64_t inf() const { return APFloat::getInf(semantics).bitcastToAPInt().getZExtValue(); }
  uint64_t nan() const {
    return hasNaN() ? APFloat::getNaN(semantics).bitcastToAPInt().getZExtValue() : sign();
  }
  /// NaN has the bits of -0.
  bool nanIsNegativeZero() const { return hasNaN() && nan() == sign(); }
  /// Only an exponent, as in the scales of microscaling formats.
  bool isPowerOfTwo() const { return mantissa == 0; }

  const llvm::fltSemantics &semantics;
  unsigned width, mantissa;
  int64_t bias;
  uint64_t largest;
};

/// The machine's type that a format is read from or written to.
struct Machine {
  explicit Machine(FloatType type) : type(type) {
    const llvm::fltSemantics &semantics = type.getFloatSemantics();
    mantissa = APFloat::semanticsPrecision(semantics) - 1;
    bias = APFloat::semanticsMaxExponent(semantics);
    integer = IntegerType::get(type.getContext(), type.getWidth());
  }
  /// The bits of 2^exponent.
  uint64_t power(int64_t exponent) const { return uint64_t(exponent + bias) << mantissa; }
  FloatType type;
  IntegerType integer;
  unsigned mantissa;
  int64_t bias;
};

using P = arith::CmpIPredicate;

/// Integer arithmetic of one width, with constants.
struct Bits : Scalar {
  Bits(OpBuilder &builder, Location location, IntegerType type)
      : Scalar{builder, location}, type(type) {}
  Value number(uint64_t value) {
    return arith::ConstantOp::create(
        builder, location,
        builder.getIntegerAttr(type, APInt(type.getWidth(), value, false, /*implicitTrunc=*/true)));
  }
  Value add(Value a, Value b) { return make<arith::AddIOp>(a, b); }
  Value sub(Value a, Value b) { return make<arith::SubIOp>(a, b); }
  Value both(Value a, uint64_t b) { return make<arith::AndIOp>(a, number(b)); }
  Value either(Value a, Value b) { return make<arith::OrIOp>(a, b); }
  Value left(Value a, uint64_t by) { return make<arith::ShLIOp>(a, number(by)); }
  Value right(Value a, uint64_t by) { return make<arith::ShRUIOp>(a, number(by)); }
  Value is(P predicate, Value a, uint64_t b) { return compare(predicate, a, number(b)); }
  Value asInteger(Value value) { return make<arith::BitcastOp>(type, value); }
  IntegerType type;
};
} // namespace

FloatType accel::nn::smallFloat(Type element) {
  auto type = dyn_cast<FloatType>(element);
  return type && type.getWidth() <= 8 ? type : FloatType();
}

Value accel::nn::decodeSmallFloat(OpBuilder &builder, Location location, Value bits,
                                  FloatType type) {
  Format from(type);
  Machine to(Float32Type::get(type.getContext()));
  Bits b(builder, location, to.integer);
  Value all = b.make<arith::ExtUIOp>(to.integer, bits);
  if (from.width < 8)
    all = b.both(all, 2 * from.sign() - 1);
  Value quiet = b.number(0x7fc00000);
  if (from.isPowerOfTwo()) {
    // 2^-127, the least, has no exponent of its own in f32.
    Value value = b.select(b.is(P::eq, all, 0), b.number(uint64_t(1) << (to.mantissa - 1)),
                           b.left(all, to.mantissa));
    value = b.select(b.is(P::eq, all, from.nan()), quiet, value);
    return b.make<arith::BitcastOp>(to.type, value);
  }
  // A larger bias; below the least exponent, multiples of the smallest value.
  Value size = b.both(all, from.sign() - 1);
  Value normal = b.add(b.left(size, to.mantissa - from.mantissa), b.number(to.power(-from.bias)));
  Value least = b.constant(to.type, std::ldexp(1.0, 1 - from.bias - int64_t(from.mantissa)));
  Value tiny = b.asInteger(b.make<arith::MulFOp>(b.make<arith::SIToFPOp>(to.type, size), least));
  Value value = b.select(b.is(P::ult, size, uint64_t(1) << from.mantissa), tiny, normal);
  if (from.hasInf()) {
    Value special = b.either(b.left(size, to.mantissa - from.mantissa), b.number(0x7f800000));
    value = b.select(b.is(P::uge, size, from.inf()), special, value);
  } else if (from.nanIsNegativeZero()) {
    value = b.select(b.is(P::eq, all, from.nan()), quiet, value);
  } else if (from.hasNaN()) {
    value = b.select(b.is(P::eq, size, from.nan()), quiet, value);
  }
  Value sign = b.left(b.both(all, from.sign()), to.type.getWidth() - from.width);
  return b.make<arith::BitcastOp>(to.type, b.either(value, sign));
}

/// The exponent alone: what is not a positive finite number is NaN.
static Value encodePowerOfTwo(Bits &b, Value bits, const Machine &from, const Format &to) {
  // From 1.5 of a power on, the next one is as near.
  Value half = b.right(b.both(bits, uint64_t(1) << (from.mantissa - 1)), from.mantissa - 1);
  Value normal =
      b.add(b.sub(b.right(bits, from.mantissa), b.number(uint64_t(from.bias - to.bias))), half);
  uint64_t least = from.type.isF32() ? uint64_t(1) << (from.mantissa - 1) : from.power(-to.bias);
  uint64_t next = from.power(1 - to.bias);
  Value tiny = b.make<arith::ExtUIOp>(b.type, b.is(P::uge, bits, least + (next - least) / 2));
  Value code = b.select(b.is(P::ult, bits, next), tiny, normal);
  // As integers, negative numbers and NaN are larger than infinity.
  Value good = b.make<arith::AndIOp>(
      b.compare(P::ult, b.sub(bits, b.number(1)), b.number(from.power(from.bias + 1) - 1)),
      b.is(P::ule, code, to.largest));
  return b.select(good, code, b.number(to.nan()));
}

Value accel::nn::encodeSmallFloat(OpBuilder &builder, Location location, Value value,
                                  FloatType type) {
  Format to(type);
  Machine from(cast<FloatType>(value.getType()));
  Bits b(builder, location, from.integer);
  Value bits = b.asInteger(value);
  auto narrow = [&](Value code) { return b.make<arith::TruncIOp>(builder.getI8Type(), code); };
  if (to.isPowerOfTwo())
    return narrow(encodePowerOfTwo(b, bits, from, to));
  unsigned width = from.type.getWidth(), dropped = from.mantissa - to.mantissa;
  Value size = b.both(bits, (uint64_t(1) << (width - 1)) - 1);
  // Half of what is dropped is added, less one where the rest is even.
  Value odd = b.both(b.right(size, dropped), 1);
  Value rebased = b.add(size, b.number(uint64_t(to.bias - from.bias) << from.mantissa));
  Value normal =
      b.right(b.add(rebased, b.add(odd, b.number((uint64_t(1) << (dropped - 1)) - 1))), dropped);
  // Below the least exponent, adding a number whose last place is the smallest value rounds to it.
  Value large = b.number(from.power(int64_t(from.mantissa) + 1 - to.bias - int64_t(to.mantissa)));
  auto asFloat = [&](Value x) { return b.make<arith::BitcastOp>(from.type, x); };
  Value tiny = b.sub(b.asInteger(b.make<arith::AddFOp>(asFloat(size), asFloat(large))), large);
  Value code = b.select(b.is(P::ult, size, from.power(1 - to.bias)), tiny, normal);
  uint64_t beyond = to.hasInf() ? to.inf() : to.hasNaN() ? to.nan() : to.largest;
  code = b.select(b.is(P::ugt, code, to.largest), b.number(beyond), code);
  Value sign = b.left(b.right(bits, width - 1), to.width - 1);
  Value isNaN = b.is(P::ugt, size, from.power(from.bias + 1));
  if (to.hasNaN() && !to.nanIsNegativeZero()) {
    code = b.select(isNaN, b.number(to.nan()), code);
    return narrow(b.either(code, sign));
  }
  // No zero has a sign where NaN is what would be -0.
  if (to.nanIsNegativeZero())
    sign = b.select(b.is(P::eq, code, 0), b.number(0), sign);
  return narrow(b.select(isNaN, b.number(to.nan()), b.either(code, sign)));
}
