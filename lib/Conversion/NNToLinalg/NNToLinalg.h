// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass convert-nn-to-linalg.
#pragma once
#include "mlir/Pass/Pass.h"
#include <memory>

namespace accel {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Conversion/NNToLinalg/Passes.h.inc"
} // namespace accel
