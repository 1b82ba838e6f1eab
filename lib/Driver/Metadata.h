// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a library came from, and its signature.
#pragma once
#include "dialects/Exec/ExecOps.h"
#include "lib/Driver/Link/Header.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace accel {

/// SHA-256 in hexadecimal digits of the files' bytes, one after the other.
llvm::Expected<std::string> hashFiles(llvm::ArrayRef<std::string> paths);

/// What the C++ header needs to know.
link::ModelSignature signatureOf(exec::ProgramOp program, llvm::StringRef name,
                                 llvm::StringRef prefix);

} // namespace accel
