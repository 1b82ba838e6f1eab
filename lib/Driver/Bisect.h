// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the pass or the kernel that makes a model's outputs differ from those at -O0.
#pragma once
#include "lib/Driver/Options.h"

namespace accel {

/// Compiles and runs the model again and again, in processes of their own, says what it finds, and
/// writes what shows it to the folder options.output. 0 if outputs agree, 2 if they differ, else
/// an exit code of a compile's.
int bisect(const CompileOptions &options);

} // namespace accel
