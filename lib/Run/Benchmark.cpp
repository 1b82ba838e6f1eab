// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Times of many runs, in one or several contexts.

#include "lib/Run/Benchmark.h"
#include "llvm/Support/Format.h"
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>

using namespace accel::run;
using Clock = std::chrono::steady_clock;

static int64_t nanoseconds(Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

static int64_t allocationsOf(const Context &context) {
  accel_memory_info memory = {};
  memory.size = sizeof memory;
  return accel_get_memory(context.get(), &memory) == ACCEL_OK ? memory.allocations : 0;
}

namespace {
/// One context, its thread and its times.
struct Stream {
  std::unique_ptr<Context> context;
  std::vector<int64_t> runs;
  accel_status status = ACCEL_OK;
  int64_t allocations = 0;
  Clock::time_point start, finish;

  void work(const BenchmarkOptions &options, std::barrier<> &ready);
};
} // namespace

void Stream::work(const BenchmarkOptions &options, std::barrier<> &ready) {
  auto warm = Clock::now() + std::chrono::nanoseconds(int64_t(options.warmUpMs * 1e6));
  do
    status = context->run();
  while (status == ACCEL_OK && Clock::now() < warm);
  allocations = -allocationsOf(*context);
  ready.arrive_and_wait();
  start = finish = Clock::now();
  auto end = start + std::chrono::nanoseconds(int64_t(options.seconds * 1e9));
  while (status == ACCEL_OK && (finish < end || int64_t(runs.size()) < options.iterations)) {
    auto begin = Clock::now();
    status = context->run();
    finish = Clock::now();
    runs.push_back(nanoseconds(finish - begin));
  }
  allocations += allocationsOf(*context);
}

llvm::Expected<Timing> accel::run::measure(const Model &model, const std::vector<Value> &inputs,
                                           int32_t threads, const BenchmarkOptions &options) {
  std::vector<Stream> streams(options.streams);
  for (Stream &stream : streams) {
    auto context = Context::create(model, inputs, threads);
    if (!context)
      return context.takeError();
    stream.context = std::move(*context);
    // Room for a run each 10 us, so that it seldom grows while the clock runs.
    stream.runs.reserve(std::min<size_t>(options.seconds * 1e5 + options.iterations, 1u << 24));
  }
  std::barrier<> ready(options.streams);
  std::vector<std::thread> workers;
  for (size_t i = 1; i < streams.size(); ++i)
    workers.emplace_back([&, i] { streams[i].work(options, ready); });
  streams[0].work(options, ready);
  for (std::thread &worker : workers)
    worker.join();

  Timing timing;
  auto start = streams[0].start, finish = streams[0].finish;
  for (const Stream &stream : streams) {
    if (stream.status != ACCEL_OK)
      return stream.context->error();
    timing.runs.insert(timing.runs.end(), stream.runs.begin(), stream.runs.end());
    timing.allocations += stream.allocations;
    start = std::min(start, stream.start);
    finish = std::max(finish, stream.finish);
  }
  std::sort(timing.runs.begin(), timing.runs.end());
  timing.wallSeconds = static_cast<double>(nanoseconds(finish - start)) * 1e-9;
  return timing;
}

int64_t accel::run::percentile(llvm::ArrayRef<int64_t> ascending, double percent) {
  auto rank = static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(ascending.size())));
  return ascending[std::clamp<size_t>(rank, 1, ascending.size()) - 1];
}

/// 1234567 as "1.235 ms".
static std::string formatTime(int64_t ns) {
  auto time = static_cast<double>(ns);
  const char *units[] = {"ns", "us", "ms", "s"};
  unsigned unit = 0;
  for (; time >= 1000 && unit < 3; ++unit)
    time /= 1000;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.4g %s", time, units[unit]);
  return text;
}

void accel::run::showTiming(const Timing &timing, const BenchmarkOptions &options,
                            llvm::raw_ostream &os) {
  auto count = static_cast<double>(timing.runs.size());
  int64_t sum = std::accumulate(timing.runs.begin(), timing.runs.end(), int64_t(0));
  os << "runs        " << timing.runs.size() << llvm::format(" in %.2f s", timing.wallSeconds)
     << llvm::format(", after %.0f ms of warm-up", options.warmUpMs);
  if (options.streams > 1)
    os << ", " << options.streams << " at a time";
  os << "\nlatency       min " << formatTime(timing.runs.front()) << "  mean "
     << formatTime(static_cast<int64_t>(static_cast<double>(sum) / count)) << "  median "
     << formatTime(percentile(timing.runs, 50)) << "  max " << formatTime(timing.runs.back())
     << '\n';
  os << "            ";
  for (double percent : options.percentiles)
    os << llvm::format("  %g%% ", percent) << formatTime(percentile(timing.runs, percent));
  os << "\nthroughput  " << llvm::format("%.1f", count / std::max(timing.wallSeconds, 1e-9))
     << " runs/s\n";
  if (timing.allocations)
    os << "allocations " << timing.allocations << " while measuring\n";
}
