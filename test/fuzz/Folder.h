// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A folder of this process, for what a fuzz target must give as files.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <string>

namespace accel::fuzz {

/// Made at the first call, removed when the process ends in order.
const std::string &folder();

/// Writes a file of the folder anew; its path.
std::string writeFile(llvm::StringRef name, llvm::StringRef bytes);

} // namespace accel::fuzz
