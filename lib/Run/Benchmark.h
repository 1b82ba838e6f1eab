// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Times of many runs.
//
#ifndef ACCEL_RUN_BENCHMARK_H
#define ACCEL_RUN_BENCHMARK_H

#include "lib/Run/Context.h"
#include "lib/Run/Options.h"
#include "llvm/Support/raw_ostream.h"

namespace accel::run {

/// What was measured.
struct Timing {
  std::vector<int64_t> runs; ///< ns of each, in ascending order
  double wallSeconds = 0;    ///< from the first measured run to the last
  int64_t allocations = 0;   ///< of all contexts, while it was measured
};

/// Runs the model in as many contexts at a time as options.streams says, first to warm up, then
/// until both the iterations and the time are reached.
llvm::Expected<Timing> measure(const Model &model, const std::vector<Value> &inputs,
                               int32_t threads, const BenchmarkOptions &options);

/// The smallest run that percent of all runs do not exceed.
int64_t percentile(llvm::ArrayRef<int64_t> ascending, double percent);

void showTiming(const Timing &timing, const BenchmarkOptions &options, llvm::raw_ostream &os);

} // namespace accel::run

#endif // ACCEL_RUN_BENCHMARK_H
