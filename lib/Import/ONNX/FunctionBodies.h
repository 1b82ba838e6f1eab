// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bodies of ops that the ONNX standard defines as functions of other ops.
#pragma once
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace accel::onnx_import {

struct FunctionBody {
  llvm::StringLiteral domain, name;
  int64_t since;         ///< First opset of this version of the op.
  llvm::StringRef bytes; ///< A serialized FunctionProto; empty where the body depends on the call.
};

/// Sorted by domain, name and version; generated at build time.
llvm::ArrayRef<FunctionBody> functionBodies();

/// The newest versions that the onnx package of this build knows.
extern const int64_t kNewestIRVersion, kNewestOpset;

} // namespace accel::onnx_import
