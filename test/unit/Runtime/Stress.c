// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several callers, contexts and cancellations at once, for ThreadSanitizer: the runtime and the
// model are built with it too. Exit status 0 if all results were right and no race was found.

#include "accel-rt/Model.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

ACCEL_DECLARE_MODEL(alpha_dynamic);

enum { CALLERS = 4, RUNS = 150, SMALL_RUNS = 5000, WIDTH = 256, MOST = 64 };

static atomic_int wrong, callers_left;
static accel_context *shared; // two callers quarrel about it

static int check(accel_context *context, int64_t n, float base) {
  static _Thread_local float a[MOST * WIDTH], c[MOST * WIDTH];
  int64_t shape[] = {n, WIDTH};
  for (int64_t i = 0; i < n * WIDTH; ++i)
    a[i] = base + (float)(i % 1000);
  accel_value in[2] = {accel_tensor_value(accel_float32(a, 2, shape)),
                       accel_tensor_value(accel_float32(a, 2, shape))};
  accel_value out[2] = {accel_tensor_value(accel_float32(c, 2, shape)), accel_none()};
  accel_status status = accel_run(context, in, 2, out, 2);
  if (status == ACCEL_BUSY || status == ACCEL_CANCELLED)
    return 0;
  if (status)
    return 1;
  for (int64_t i = 0; i < n * WIDTH; ++i)
    if (c[i] != 3 * a[i])
      return 1;
  return 0;
}

static void *call(void *argument) {
  int number = *(int *)argument;
  accel_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.threads = 1 + number;
  accel_context *context;
  if (accel_create(alpha_dynamic_model(), &options, &context, NULL, 0)) {
    atomic_fetch_add(&wrong, 1);
    atomic_fetch_sub(&callers_left, 1);
    return NULL;
  }
  for (int i = 0; i < RUNS; ++i) {
    wrong += check(context, 1 + (i * 7 + number) % MOST, (float)number);
    if (number < 2)
      wrong += check(shared, 1 + i % MOST, 5);
  }
  // Launches so short that workers often come just as they end.
  for (int i = 0; number == CALLERS - 1 && i < SMALL_RUNS; ++i)
    wrong += check(context, 2, (float)number);
  accel_destroy(context);
  atomic_fetch_sub(&callers_left, 1);
  return NULL;
}

int main(void) {
  pthread_t threads[CALLERS];
  int numbers[CALLERS];
  accel_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.threads = 3;
  if (accel_create(alpha_dynamic_model(), &options, &shared, NULL, 0))
    return 1;
  callers_left = CALLERS;
  for (int i = 0; i < CALLERS; ++i) {
    numbers[i] = i;
    pthread_create(&threads[i], NULL, call, &numbers[i]);
  }
  while (callers_left > 0)
    accel_cancel(shared);
  for (int i = 0; i < CALLERS; ++i)
    pthread_join(threads[i], NULL);
  accel_destroy(shared);
  if (wrong)
    fprintf(stderr, "%d wrong results\n", (int)wrong);
  return wrong != 0;
}
