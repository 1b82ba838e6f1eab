// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A user's program with two models, each with its runtime, linked in.

#include "accel-rt/Model.h"
#include <stdio.h>

ACCEL_DECLARE_MODEL(one);
ACCEL_DECLARE_MODEL(two);

static float x[64 * 1024], y[64 * 1024];

static int run(const accel_model *model) {
  accel_context *context;
  accel_options options = {.size = sizeof options, .threads = 3};
  char message[256] = "";
  if (accel_create(model, &options, &context, message, sizeof message) != ACCEL_OK) {
    puts(message);
    return 1;
  }
  for (int i = 0; i < 64 * 1024; ++i)
    x[i] = 0.5f * (float)(i % 77);
  int64_t shape[] = {64, 1024};
  accel_value in = accel_tensor_value(accel_float32(x, 2, shape));
  accel_value out = accel_tensor_value(accel_float32(y, 2, shape));
  int failed = accel_run(context, &in, 1, &out, 1) != ACCEL_OK;
  puts(accel_message(context));
  accel_destroy(context);
  return failed;
}

int main(void) {
  if (run(one_model()))
    return 1;
  printf("%g %g\n", (double)y[5], (double)y[65535]);
  if (run(two_model()))
    return 2;
  printf("%g %g\n", (double)y[5], (double)y[65535]);
  return 0;
}
