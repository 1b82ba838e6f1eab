// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a model says of itself as JSON, readable without running it.
#pragma once
#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"
#include "lib/Conversion/ExecToLLVM/LaunchTable.h"

namespace accel::exec {

std::string metadataText(ProgramOp program, const LaunchTable &table, const ProgramOptions &options,
                         const LoweredProgram &lowered);

} // namespace accel::exec
