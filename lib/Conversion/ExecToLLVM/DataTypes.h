// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types as models describe them.
#pragma once
#include "accel-rt/Model.h"
#include "dialects/NN/NNDataTypes.h"
#include "mlir/IR/Types.h"
#include <optional>
#include <string>

namespace accel::exec {

using nn::DataType;
using nn::dataTypeOf;

/// What callers pass for elements of this type: tensors, or values of another kind.
struct PortType {
  accel_kind kind;
  DataType data;        ///< of the innermost elements
  uint32_t nesting = 0; ///< accel_port.flags
};
std::optional<PortType> portTypeOf(mlir::Type element);

/// "f32", "i64", "u8", "bf16", "i1", "f8E4M3FN", "c64", "string", ...
std::string dataTypeName(mlir::Type element);

} // namespace accel::exec
