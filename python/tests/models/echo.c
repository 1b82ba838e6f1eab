// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler would emit for: y = x, where x is a value of KIND with elements of CODE and
// BITS that is not a tensor.

#include "accel-rt/Support.h"

static int64_t plan(const int64_t *symbols, int64_t *offsets, int64_t *output_dims) {
  (void)symbols, (void)offsets, (void)output_dims;
  return 0;
}

static int32_t run(accel_frame *frame) {
  // What an output points to must outlive the run: here it is the caller's own input.
  *(accel_value *)frame->outputs[0] = *(const accel_value *)frame->inputs[0];
  return 0;
}

static const int64_t dims[] = {ACCEL_UNKNOWN_DIM};
static const accel_port inputs[] = {{"x", dims, KIND, 0, {CODE, BITS, 1}, 0}};
static const accel_port outputs[] = {{"y", dims, KIND, 0, {CODE, BITS, 1}, 0}};
static const char metadata[] = "{}";
#include "program.h"
