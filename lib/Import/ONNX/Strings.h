// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which ops take tensors of strings.
#pragma once
#include "lib/Import/ONNX/Node.h"

namespace accel::onnx_import {

/// An error if an operand of the node is of strings and the op takes none there: numbers stand for
/// strings, and arithmetic on them would mean nothing.
llvm::LogicalResult checkStrings(Node &node, llvm::StringRef domain);

} // namespace accel::onnx_import
