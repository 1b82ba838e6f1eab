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
