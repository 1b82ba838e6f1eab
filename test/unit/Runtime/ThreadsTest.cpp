// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads: the same bits at any count, several callers at once, cancellation, fork.
#include "RuntimeTest.h"
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <xmmintrin.h>

using namespace accel::test;

namespace {

int threadsOfProcess() {
  int count = 0;
  for ([[maybe_unused]] auto &task : std::filesystem::directory_iterator("/proc/self/task"))
    ++count;
  return count;
}

/// y and s of one run, as bytes.
std::vector<float> runFixed(accel_context *context, const std::vector<float> &x) {
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in = input.value(), out[] = {accel_none(), accel_none()};
  EXPECT_EQ(accel_run(context, &in, 1, out, 2), ACCEL_OK) << accel_message(context);
  std::vector<float> result(data<float>(out[0]), data<float>(out[0]) + kRows * kColumns);
  result.insert(result.end(), data<float>(out[1]), data<float>(out[1]) + kRows);
  return result;
}

bool sameBits(const std::vector<float> &a, const std::vector<float> &b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(Threads, AOneThreadContextStartsNone) {
  int before = threadsOfProcess();
  Context context(alpha_fixed_model(), 1);
  runFixed(context, randomFloats(kRows * kColumns, 1));
  EXPECT_EQ(threadsOfProcess(), before);
  EXPECT_EQ(context.profile().threads, 1);
}

TEST(Threads, TheEnvironmentSetsTheDefault) {
  setenv("ACCEL_NUM_THREADS", "3", 1);
  EXPECT_EQ(Context(alpha_fixed_model(), 0).profile().threads, 3);
  EXPECT_EQ(Context(alpha_fixed_model(), 2).profile().threads, 2) << "the option wins";
  setenv("ACCEL_NUM_THREADS", "many", 1);
  int usable = Context(alpha_fixed_model(), 0).profile().threads;
  unsetenv("ACCEL_NUM_THREADS");
  EXPECT_EQ(Context(alpha_fixed_model(), 0).profile().threads, usable);
  EXPECT_GE(usable, 1);
  EXPECT_LE(usable, static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(Threads, SameBitsAtAnyCount) {
  std::vector<float> x = randomFloats(kRows * kColumns, 2);
  std::vector<float> expected = runFixed(Context(alpha_fixed_model(), 1), x);
  expectFixed(x, expected.data(), expected.data() + kRows * kColumns);
  for (int threads : {2, 3, 7}) {
    Context context(alpha_fixed_model(), threads);
    EXPECT_EQ(context.profile().threads, threads);
    accel_set_profiling(context, 1);
    // On a busy machine workers may get no CPU for a while, and are then not waited for.
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    int most = 1;
    for (int i = 0; i < 300 || (most == 1 && std::chrono::steady_clock::now() < deadline); ++i) {
      ASSERT_TRUE(sameBits(runFixed(context, x), expected)) << threads << " threads, run " << i;
      accel_profile profile = context.profile();
      for (int64_t event = 0; event < profile.count; ++event)
        most = std::max(most, profile.events[event].threads);
    }
    EXPECT_GT(most, 1) << "workers took part";
    EXPECT_LE(most, threads);
  }
}

TEST(Threads, ASmallModelWakesNobody) {
  std::vector<float> x = randomFloats(kRows * kColumns, 2);
  Context context(small_fixed_model(), 4);
  accel_set_profiling(context, 1);
  for (int i = 0; i < 20; ++i) {
    std::vector<float> y = runFixed(context, x);
    accel_profile profile = context.profile();
    ASSERT_EQ(profile.wakeups, 0);
    for (int64_t event = 0; event < profile.count; ++event)
      ASSERT_EQ(profile.events[event].threads, 1);
    expectFixed(x, y.data(), y.data() + kRows * kColumns);
  }
}

TEST(Threads, EightCallersAtOnce) {
  std::vector<std::thread> callers;
  std::atomic<int> wrong = 0;
  for (int caller = 0; caller < 8; ++caller)
    callers.emplace_back([&, caller] {
      std::vector<float> x = randomFloats(kRows * kColumns, 10 + caller);
      std::vector<float> expected = runFixed(Context(alpha_fixed_model(), 1), x);
      Context context(alpha_fixed_model(), 1 + caller % 4);
      for (int i = 0; i < 200; ++i)
        wrong += !sameBits(runFixed(context, x), expected);
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, FloatStateOfTheCallerDoesNotMatter) {
  Context context(alpha_dynamic_model(), 3);
  std::vector<float> a(64 * kWidth, 1e-40f), b(64 * kWidth, 1e-41f); // denormals
  Tensor first(a.data(), {64, kWidth}), second(b.data(), {64, kWidth});
  accel_value in[] = {first.value(), second.value()}, out[] = {accel_none(), accel_none()};
  float expected = 2 * a[0] + b[0];
  ASSERT_GT(expected, 0);
  unsigned before = _mm_getcsr(), flushing = before | 0x8040;
  _mm_setcsr(flushing);
  accel_status status = accel_run(context, in, 2, out, 2);
  unsigned after = _mm_getcsr();
  _mm_setcsr(before);
  ASSERT_EQ(status, ACCEL_OK) << context.message();
  EXPECT_EQ(after & 0xffc0, flushing & 0xffc0) << "the caller's state is put back";
  for (int64_t i = 0; i < 64 * kWidth; ++i)
    ASSERT_EQ(data<float>(out[0])[i], expected);
}

TEST(Threads, Cancellation) {
  std::vector<float> x = randomFloats(kRows * kColumns, 3);
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in = input.value();
  // The hook is asked before each of the three launches.
  int asked = 0;
  accel_options hooked = options(2);
  hooked.cancelled = [](void *user) -> int32_t { return ++*static_cast<int *>(user) == 2; };
  hooked.cancelled_user = &asked;
  Context context(alpha_fixed_model(), hooked);
  EXPECT_EQ(accel_run(context, &in, 1, nullptr, 0), ACCEL_CANCELLED);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(context.message(), "model 'alpha_fixed': the run was cancelled");
  accel_value result;
  EXPECT_EQ(accel_result(context, 0, &result), ACCEL_INVALID_ARGUMENT);
  std::vector<float> y = runFixed(context, x);
  EXPECT_EQ(asked, 5);
  expectFixed(x, y.data(), y.data() + kRows * kColumns);

  accel_cancel(context); // none is running: the next one
  EXPECT_EQ(accel_run(context, &in, 1, nullptr, 0), ACCEL_CANCELLED);
  EXPECT_EQ(accel_run(context, &in, 1, nullptr, 0), ACCEL_OK) << context.message();
}

TEST(Threads, CancelFromAnotherThread) {
  Context context(alpha_dynamic_model(), 2);
  std::vector<float> a = randomFloats(64 * kWidth, 4);
  Tensor input(a.data(), {64, kWidth});
  accel_value in[] = {input.value(), input.value()};
  std::atomic<bool> done = false;
  std::thread canceller([&] {
    while (!done)
      accel_cancel(context);
  });
  int cancelled = 0;
  for (int i = 0; i < 100000 && !cancelled; ++i)
    cancelled += accel_run(context, in, 2, nullptr, 0) == ACCEL_CANCELLED;
  done = true;
  canceller.join();
  EXPECT_EQ(cancelled, 1);
  accel_run(context, in, 2, nullptr, 0); // may take the last request
  EXPECT_EQ(accel_run(context, in, 2, nullptr, 0), ACCEL_OK);
}

TEST(Threads, AContextIsForOneCaller) {
  struct Gate {
    std::atomic<int> inside = 0, open = 0;
  } gate;
  accel_options hooked = options(1);
  hooked.cancelled = [](void *user) -> int32_t {
    Gate &gate = *static_cast<Gate *>(user);
    gate.inside = 1;
    while (!gate.open)
      std::this_thread::yield();
    return 0;
  };
  hooked.cancelled_user = &gate;
  Context context(alpha_fixed_model(), hooked);
  std::vector<float> x = randomFloats(kRows * kColumns, 5);
  Tensor input(x.data(), {kRows, kColumns});
  accel_value in = input.value();
  accel_status first = -1;
  std::thread runner([&] { first = accel_run(context, &in, 1, nullptr, 0); });
  while (!gate.inside)
    std::this_thread::yield();
  EXPECT_EQ(accel_run(context, &in, 1, nullptr, 0), ACCEL_BUSY);
  gate.open = 1;
  runner.join();
  EXPECT_EQ(first, ACCEL_OK);
}

TEST(Threads, CallersExecutor) {
  struct Counts {
    int runs = 0, tasks = 0;
  } counts;
  accel_options own = options(3);
  own.executor.user = &counts;
  own.executor.run = [](void *user, int32_t tasks, void (*task)(void *, int32_t), void *argument) {
    Counts &counts = *static_cast<Counts *>(user);
    ++counts.runs;
    counts.tasks += tasks;
    std::vector<std::thread> threads;
    for (int32_t i = 0; i < tasks; ++i)
      threads.emplace_back(task, argument, i);
    for (std::thread &thread : threads)
      thread.join();
  };
  std::vector<float> x = randomFloats(kRows * kColumns, 6);
  std::vector<float> expected = runFixed(Context(alpha_fixed_model(), 1), x);
  Context context(alpha_fixed_model(), own);
  EXPECT_TRUE(sameBits(runFixed(context, x), expected));
  EXPECT_EQ(counts.runs, 3);
  EXPECT_EQ(counts.tasks, 9);
}

TEST(Threads, Profile) {
  accel_options profiled = options(2);
  profiled.profile = 1;
  Context context(alpha_fixed_model(), profiled);
  runFixed(context, randomFloats(kRows * kColumns, 7));
  accel_profile profile = context.profile();
  ASSERT_EQ(profile.count, 3);
  EXPECT_EQ(profile.dropped, 0);
  int64_t last = profile.start_ns;
  for (int i = 0; i < 3; ++i) {
    const accel_event &event = profile.events[i];
    EXPECT_EQ(event.site, i);
    EXPECT_EQ(event.items, i < 2 ? kRows * kColumns / 64 : kRows);
    EXPECT_GE(event.start_ns, last);
    EXPECT_GE(event.finish_ns, event.start_ns);
    last = event.finish_ns;
  }
  EXPECT_LE(last, profile.finish_ns);
  accel_set_profiling(context, 0);
  runFixed(context, randomFloats(kRows * kColumns, 7));
  EXPECT_EQ(context.profile().count, 0);
}

/// Runs body in a child; true if it returned true.
template <class Body> bool inChild(Body body) {
  pid_t child = fork();
  if (child == 0) {
    alarm(20); // a deadlock must not hang the suite
    _exit(body() && !testing::Test::HasFailure() ? 0 : 1);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Threads, Fork) {
  std::vector<float> x = randomFloats(kRows * kColumns, 8);
  std::vector<float> expected = runFixed(Context(alpha_fixed_model(), 1), x);
  Context context(alpha_fixed_model(), 4);
  EXPECT_TRUE(sameBits(runFixed(context, x), expected));
  EXPECT_GE(threadsOfProcess(), 4);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(inChild([&] {
      bool right = threadsOfProcess() == 1 && sameBits(runFixed(context, x), expected);
      right &= threadsOfProcess() >= 4; // a pool of its own
      Context fresh(beta_fixed_model(), 3);
      right &= sameBits(runFixed(fresh, x), expected);
      return right && inChild([&] { return sameBits(runFixed(fresh, x), expected); });
    }));
    EXPECT_TRUE(sameBits(runFixed(context, x), expected)) << "the parent goes on";
  }
}

TEST(Threads, ForkWhileAnotherThreadRuns) {
  std::vector<float> x = randomFloats(kRows * kColumns, 9);
  std::vector<float> expected = runFixed(Context(alpha_fixed_model(), 1), x);
  Context idle(alpha_fixed_model(), 4);
  std::atomic<bool> done = false;
  std::thread runner([&] {
    Context busy(alpha_fixed_model(), 4);
    while (!done)
      EXPECT_TRUE(sameBits(runFixed(busy, x), expected));
  });
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(inChild([&] {
      // malloc is safe in a child of glibc's fork.
      return sameBits(runFixed(idle, x), expected);
    }));
  done = true;
  runner.join();
}

} // namespace
