// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the time of a run goes: a table and a Chrome trace, by ONNX node.
//
#ifndef ACCEL_RUN_PROFILE_H
#define ACCEL_RUN_PROFILE_H

#include "lib/Run/Context.h"
#include "llvm/Support/raw_ostream.h"

namespace accel::run {

/// The launches of one run.
struct RunProfile {
  std::vector<accel_event> events;
  int64_t startNs = 0, finishNs = 0, dropped = 0;
};

/// Profiles a few runs, after one that warms up.
llvm::Expected<std::vector<RunProfile>> recordRuns(Context &context, int64_t runs);

/// A row for each launch site, the slowest first; times are means over the runs.
void showProfile(const Model &model, const std::vector<RunProfile> &runs, llvm::raw_ostream &os);

/// The runs as a Chrome trace (an array "traceEvents" of complete events, times in us).
llvm::Error writeTrace(llvm::StringRef path, const Model &model,
                       const std::vector<RunProfile> &runs);

} // namespace accel::run

#endif // ACCEL_RUN_PROFILE_H
