// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler would emit for: the elements of x that are positive, as many as there are, and
// their number. It fails for a NaN.

#include "accel-rt/Support.h"

static int64_t plan(const int64_t *symbols, int64_t *offsets, int64_t *output_dims) {
  (void)symbols, (void)offsets;
  output_dims[0] = ACCEL_UNKNOWN_DIM;
  return 0;
}

static int32_t run(accel_frame *frame) {
  const float *x = frame->inputs[0];
  int64_t size = frame->symbols[0], count = 0;
  for (int64_t i = 0; i < size; ++i) {
    if (x[i] != x[i])
      return accel_rt_fail(frame, ACCEL_RUN_FAILED, "node 'Compress_0': element %lld is a NaN", i);
    count += x[i] > 0;
  }
  float *y = accel_rt_output(frame, 0, &count);
  if (!y)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < size; ++i)
    if (x[i] > 0)
      *y++ = x[i];
  *(int64_t *)frame->outputs[1] = count;
  return 0;
}

static const int64_t in_dims[] = {ACCEL_SYMBOL_DIM(0)}, out_dims[] = {ACCEL_UNKNOWN_DIM};
static const accel_symbol symbols[] = {{"n", 0, INT64_MAX}};
static const accel_port inputs[] = {{"x", in_dims, ACCEL_TENSOR, 1, {ACCEL_FLOAT, 32, 1}, 0}};
static const accel_port outputs[] = {{"y", out_dims, ACCEL_TENSOR, 1, {ACCEL_FLOAT, 32, 1}, 0},
                                     {"count", NULL, ACCEL_TENSOR, 0, {ACCEL_INT, 64, 1}, 0}};
static const char metadata[] = "{}";
#define SYMBOLS 1
#include "program.h"
