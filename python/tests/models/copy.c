// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler would emit for: y = x, of [2, 3] elements of CODE, BITS and BYTES.

#include "accel-rt/Support.h"
#include <string.h>

static int64_t plan(const int64_t *symbols, int64_t *offsets, int64_t *output_dims) {
  (void)symbols, (void)offsets;
  output_dims[0] = 2;
  output_dims[1] = 3;
  return 0;
}

static int32_t run(accel_frame *frame) {
  memcpy(frame->outputs[0], frame->inputs[0], 6 * BYTES);
  return 0;
}

static const int64_t dims[] = {2, 3};
static const accel_port inputs[] = {{"x", dims, ACCEL_TENSOR, 2, {CODE, BITS, 1}, 0}};
static const accel_port outputs[] = {{"y", dims, ACCEL_TENSOR, 2, {CODE, BITS, 1}, 0}};
static const char metadata[] = "{}";
#include "program.h"
