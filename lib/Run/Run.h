// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What accel-run does, in order.
//
#ifndef ACCEL_RUN_RUN_H
#define ACCEL_RUN_RUN_H

#include "lib/Run/Options.h"
#include "llvm/Support/raw_ostream.h"

namespace accel::run {

/// Loads the model, makes its inputs, runs it, and shows, writes, compares and times what the
/// options ask for. False if the outputs differ from the reference.
llvm::Expected<bool> runModel(Options options, llvm::raw_ostream &os);

} // namespace accel::run

#endif // ACCEL_RUN_RUN_H
