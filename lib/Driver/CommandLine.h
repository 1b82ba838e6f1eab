// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// accel-compile's command line.
#pragma once
#include "lib/Driver/Options.h"
#include "llvm/Support/Error.h"

namespace accel {

/// Reads the command line; prints --help and --version and ends the process for these. Nothing of
/// the files is read, but that the output can be written is checked.
llvm::Expected<CompileOptions> parseCommandLine(int argc, char **argv);

} // namespace accel
