// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a model says of itself as JSON, readable without running it.
#pragma once
#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"

namespace accel::exec {

/// What a run launches or calls at one place.
struct Site {
  llvm::StringRef kernel;
  mlir::Location nodes;
};

std::string metadataText(ProgramOp program, llvm::ArrayRef<Site> sites,
                         const ProgramOptions &options, const LoweredProgram &lowered);

} // namespace accel::exec
