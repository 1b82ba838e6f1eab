// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names that a mistyped one may have meant.
#pragma once
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace accel {

/// At most three of the names, the likeliest first: those that few edits lead to, or that hold the
/// name or are held by it.
std::vector<std::string> nearMatches(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> names);

} // namespace accel
