// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The types of elements in memory, arithmetic and sums.
#include "lib/Conversion/NNToLinalg/ElementTypes.h"
#include "lib/Conversion/NNToLinalg/Scalar.h"
#include "lib/Conversion/NNToLinalg/SmallFloats.h"

using namespace mlir;
using namespace accel::nn;

static bool isUnsigned(Type element) { return element.isUnsignedInteger() || element.isInteger(1); }

/// An integer that takes a byte but has fewer bits.
static IntegerType subByte(Type element) {
  auto type = dyn_cast<IntegerType>(element);
  return type && type.getWidth() < 8 ? type : IntegerType();
}

static IntegerType signless(Type element, unsigned width) {
  return IntegerType::get(element.getContext(), width);
}

Type accel::nn::storageType(Type element) {
  if (auto complex = dyn_cast<ComplexType>(element))
    return signless(element, 2 * complex.getElementType().getIntOrFloatBitWidth());
  if (smallFloat(element) || subByte(element))
    return signless(element, 8);
  return computeType(element);
}

Type accel::nn::computeType(Type element) {
  if (smallFloat(element))
    return Float32Type::get(element.getContext());
  if (isa<ComplexType>(element))
    return storageType(element);
  auto integer = dyn_cast<IntegerType>(element);
  return integer ? signless(element, integer.getWidth()) : element;
}

Type accel::nn::accumulatorType(Type element) {
  auto type = dyn_cast<FloatType>(element);
  return type && type.getWidth() < 32 ? Type(Float32Type::get(element.getContext()))
                                      : storageType(element);
}

bool accel::nn::sumsInPlace(Type element) {
  return accumulatorType(element) == computeType(element) &&
         computeType(element) == storageType(element);
}

Value accel::nn::fromStorage(OpBuilder &builder, Location location, Value value, Type element) {
  if (FloatType type = smallFloat(element))
    return decodeSmallFloat(builder, location, value, type);
  return subByte(element)
             ? arith::TruncIOp::create(builder, location, computeType(element), value).getResult()
             : value;
}

Value accel::nn::toStorage(OpBuilder &builder, Location location, Value value, Type element) {
  if (FloatType type = smallFloat(element))
    return encodeSmallFloat(builder, location, value, type);
  return subByte(element)
             ? arith::ExtUIOp::create(builder, location, storageType(element), value).getResult()
             : value;
}

Value accel::nn::toAccumulator(OpBuilder &builder, Location location, Value value, Type element) {
  Value exact = fromStorage(builder, location, value, element);
  Scalar s{builder, location};
  Type type = accumulatorType(element);
  if (exact.getType() == type)
    return exact;
  if (isa<FloatType>(type))
    return s.make<arith::ExtFOp>(type, exact);
  return isUnsigned(element) ? s.make<arith::ExtUIOp>(type, exact)
                             : s.make<arith::ExtSIOp>(type, exact);
}

Value accel::nn::fromAccumulator(OpBuilder &builder, Location location, Value value, Type element) {
  Scalar s{builder, location};
  Type type = computeType(element);
  if (value.getType() != type)
    value = isa<FloatType>(type) ? s.make<arith::TruncFOp>(type, value)
                                 : s.make<arith::TruncIOp>(type, value);
  return toStorage(builder, location, value, element);
}

DenseElementsAttr accel::nn::storageConstant(DenseElementsAttr elements) {
  Type element = elements.getElementType(), storage = storageType(element);
  if (element == storage)
    return elements;
  // Bits of booleans are the only ones that do not lie as in memory.
  if (element.isInteger(1))
    return cast<DenseIntElementsAttr>(elements).mapValues(storage,
                                                          [](const APInt &v) { return v.zext(8); });
  return DenseElementsAttr::getFromRawBuffer(elements.getType().clone(storage),
                                             elements.getRawData());
}

TypedAttr accel::nn::storageConstant(TypedAttr element) {
  auto type = RankedTensorType::get({}, element.getType());
  return storageConstant(DenseElementsAttr::get(type, Attribute(element)))
      .getSplatValue<TypedAttr>();
}
