// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs and their times.

#include "lib/Runtime/Main/Main.h"
#include <time.h>

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

static void run_once(accel_context *context, const accel_value *inputs, int32_t num_inputs,
                     accel_value *outputs, int32_t num_outputs) {
  for (int32_t i = 0; i < num_outputs; ++i)
    outputs[i] = accel_none();
  if (accel_run(context, inputs, num_inputs, outputs, num_outputs))
    die(1, "%s", accel_message(context));
}

static void benchmark(accel_context *context, const arguments *parsed, const accel_value *inputs,
                      int32_t num_inputs, accel_value *outputs, int32_t num_outputs) {
  double start = now_us();
  run_once(context, inputs, num_inputs, outputs, num_outputs);
  double first = now_us() - start;
  for (int64_t i = 0; i < parsed->warm_up; ++i)
    run_once(context, inputs, num_inputs, outputs, num_outputs);
  start = now_us();
  run_once(context, inputs, num_inputs, outputs, num_outputs);
  double guess = now_us() - start;
  int64_t count = parsed->iterations;
  if (!count) {
    count = (int64_t)(1e6 / (guess > 1 ? guess : 1));
    count = count < MIN_ITERATIONS ? MIN_ITERATIONS : count;
  }
  double *times = allocate((size_t)count, sizeof *times), sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    start = now_us();
    run_once(context, inputs, num_inputs, outputs, num_outputs);
    times[i] = now_us() - start;
    sum += times[i];
  }
  qsort(times, (size_t)count, sizeof *times, compare);
  accel_memory_info memory;
  accel_profile profile;
  memset(&memory, 0, sizeof memory);
  memset(&profile, 0, sizeof profile);
  memory.size = sizeof memory;
  profile.size = sizeof profile;
  accel_get_memory(context, &memory);
  accel_get_profile(context, &profile);
  printf("runs    %lld, after %lld to warm up, on %d thread%s\n", (long long)count,
         (long long)parsed->warm_up, profile.threads, profile.threads == 1 ? "" : "s");
  printf("us      median %.2f  mean %.2f  min %.2f  p90 %.2f  p95 %.2f  p99 %.2f  max %.2f\n",
         times[count / 2], sum / (double)count, times[0], times[count * 90 / 100],
         times[count * 95 / 100], times[count * 99 / 100], times[count - 1]);
  printf("first   %.2f us\n", first);
  printf("memory  %lld bytes at most, %lld of them for intermediates\n",
         (long long)memory.peak_bytes, (long long)memory.arena_bytes);
  free(times);
}
