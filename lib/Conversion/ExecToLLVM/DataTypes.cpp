// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types as models describe them.
#include "lib/Conversion/ExecToLLVM/DataTypes.h"
#include "accel-rt/Model.h"
#include "dialects/NN/NNOps.h"
#include "dialects/NN/NNStrings.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace accel::exec;

std::optional<DataType> accel::exec::dataTypeOf(Type element) {
  using Result = std::optional<DataType>;
  auto type = [](int code, unsigned bits) -> Result {
    return DataType{int8_t(code), int8_t(bits)};
  };
  return llvm::TypeSwitch<Type, Result>(element)
      .Case([&](IntegerType integer) -> Result {
        if (integer.getWidth() > 64)
          return std::nullopt;
        if (integer.getWidth() == 1)
          return type(ACCEL_BOOL, 8);
        return type(integer.isUnsigned() ? ACCEL_UINT : ACCEL_INT, integer.getWidth());
      })
      .Case([&](accel::nn::BoxType) { return type(ACCEL_OPAQUE, 64); })
      .Case([&](ComplexType complex) -> Result {
        if (!isa<Float32Type, Float64Type>(complex.getElementType()))
          return std::nullopt;
        return type(ACCEL_COMPLEX, 2 * complex.getElementType().getIntOrFloatBitWidth());
      })
      .Case<Float16Type, Float32Type, Float64Type>(
          [&](auto number) { return type(ACCEL_FLOAT, number.getIntOrFloatBitWidth()); })
      .Case([&](BFloat16Type) { return type(ACCEL_BFLOAT, 16); })
      .Case([&](Float8E3M4Type) { return type(ACCEL_FLOAT8_E3M4, 8); })
      .Case([&](Float8E4M3Type) { return type(ACCEL_FLOAT8_E4M3, 8); })
      .Case([&](Float8E4M3B11FNUZType) { return type(ACCEL_FLOAT8_E4M3B11FNUZ, 8); })
      .Case([&](Float8E4M3FNType) { return type(ACCEL_FLOAT8_E4M3FN, 8); })
      .Case([&](Float8E4M3FNUZType) { return type(ACCEL_FLOAT8_E4M3FNUZ, 8); })
      .Case([&](Float8E5M2Type) { return type(ACCEL_FLOAT8_E5M2, 8); })
      .Case([&](Float8E5M2FNUZType) { return type(ACCEL_FLOAT8_E5M2FNUZ, 8); })
      .Case([&](Float8E8M0FNUType) { return type(ACCEL_FLOAT8_E8M0FNU, 8); })
      .Case([&](Float6E2M3FNType) { return type(ACCEL_FLOAT6_E2M3FN, 6); })
      .Case([&](Float6E3M2FNType) { return type(ACCEL_FLOAT6_E3M2FN, 6); })
      .Case([&](Float4E2M1FNType) { return type(ACCEL_FLOAT4_E2M1FN, 4); })
      .Default(std::nullopt);
}

static accel_kind tensorKind(Type element) {
  return accel::nn::isString(element) ? ACCEL_STRING_TENSOR : ACCEL_TENSOR;
}

static accel_kind kindOf(accel::nn::BoxType box) {
  switch (box.getKind()) {
  case accel::nn::BoxKind::optional:
    return ACCEL_OPTIONAL;
  case accel::nn::BoxKind::map:
    return ACCEL_MAP;
  default:
    return ACCEL_SEQUENCE;
  }
}

std::optional<PortType> accel::exec::portTypeOf(Type element) {
  PortType port{ACCEL_TENSOR, {}};
  if (auto box = dyn_cast<accel::nn::BoxType>(element)) {
    port.kind = kindOf(box);
    unsigned depth = 0;
    auto nest = [&](accel_kind kind) {
      port.nesting |= uint32_t(kind) << ACCEL_KIND_BITS * depth++;
    };
    while (auto inner = dyn_cast<accel::nn::BoxType>(element)) {
      auto parts = dyn_cast<TupleType>(inner.getHeld());
      // The last place is for what is innermost.
      if (ACCEL_KIND_BITS * (depth + (parts ? 3 : 2)) > 32)
        return std::nullopt;
      nest(kindOf(inner));
      if (parts)
        nest(tensorKind(getElementTypeOrSelf(parts.getType(0))));
      element = getElementTypeOrSelf(parts ? parts.getType(1) : inner.getHeld());
    }
    nest(tensorKind(element));
  }
  if (accel::nn::isString(element)) {
    port.kind = port.kind == ACCEL_TENSOR ? ACCEL_STRING_TENSOR : port.kind;
    port.data = {ACCEL_OPAQUE, int8_t(8 * sizeof(accel_string))};
    return port;
  }
  std::optional<DataType> data = dataTypeOf(element);
  if (!data)
    return std::nullopt;
  port.data = *data;
  return port;
}

std::string accel::exec::dataTypeName(Type element) {
  if (auto box = dyn_cast<accel::nn::BoxType>(element))
    return accel::nn::stringifyBoxKind(box.getKind()).str() + "(" +
           dataTypeName(getElementTypeOrSelf(box.getHeld())) + ")";
  if (auto parts = dyn_cast<TupleType>(element))
    return dataTypeName(getElementTypeOrSelf(parts.getType(0))) + ", " +
           dataTypeName(getElementTypeOrSelf(parts.getType(1)));
  if (accel::nn::isString(element))
    return "string";
  if (auto complex = dyn_cast<ComplexType>(element))
    return "c" + std::to_string(2 * complex.getElementType().getIntOrFloatBitWidth());
  if (element.isUnsignedInteger())
    return "u" + std::to_string(element.getIntOrFloatBitWidth());
  std::string name;
  llvm::raw_string_ostream(name) << element;
  return name;
}
