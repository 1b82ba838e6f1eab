// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types as the runtime numbers them.
#pragma once
#include "mlir/IR/Types.h"
#include <optional>

namespace accel::nn {

/// accel_dtype without lanes.
struct DataType {
  int8_t code; ///< accel_dtype_code
  int8_t bits;
};

/// None for types that no argument of a model can have.
std::optional<DataType> dataTypeOf(mlir::Type element);

} // namespace accel::nn
