// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The names of ONNX nodes that locations hold.
#pragma once
#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallVector.h"

namespace accel::exec {

/// Names of the ONNX nodes in a location, each once, in order.
llvm::SmallVector<llvm::StringRef> nodeNames(mlir::Location location);

} // namespace accel::exec
