// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that a run leaves.
//
#ifndef ACCEL_RUN_WRITEFILE_H
#define ACCEL_RUN_WRITEFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace accel::run {

/// Writes what `write` prints. The error names the file and says what stood in the way.
llvm::Error writeFile(llvm::StringRef path, llvm::function_ref<void(llvm::raw_ostream &)> write);

} // namespace accel::run

#endif // ACCEL_RUN_WRITEFILE_H
