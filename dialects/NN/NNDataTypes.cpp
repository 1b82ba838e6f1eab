// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types as the runtime numbers them.
#include "dialects/NN/NNDataTypes.h"
#include "dialects/NN/NNOps.h"
#include "include/accel-rt/Model.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace accel::nn;

std::optional<DataType> accel::nn::dataTypeOf(Type element) {
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
      .Case([&](BoxType) { return type(ACCEL_OPAQUE, 64); })
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
