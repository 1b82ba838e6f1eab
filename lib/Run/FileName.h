// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// File names made of the names of outputs.
//
#ifndef ACCEL_RUN_FILENAME_H
#define ACCEL_RUN_FILENAME_H

#include "llvm/ADT/StringExtras.h"
#include <string>

namespace accel::run {

/// The name with all but letters, digits, '-', '_' and inner dots made '_': it can neither leave a
/// folder nor hide.
inline std::string fileName(llvm::StringRef name) {
  std::string result;
  for (char c : name)
    result += llvm::isAlnum(c) || c == '-' || c == '_' || (c == '.' && !result.empty()) ? c : '_';
  return result.empty() ? "_" : result.substr(0, 200);
}

} // namespace accel::run

#endif // ACCEL_RUN_FILENAME_H
