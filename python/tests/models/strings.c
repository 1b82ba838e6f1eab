// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler would emit for: y = x, of strings [n, m].

#include "accel-rt/Support.h"
#include <string.h>

static int64_t plan(const int64_t *sizes, int64_t *offsets, int64_t *output_dims) {
  (void)offsets;
  output_dims[0] = sizes[0];
  output_dims[1] = sizes[1];
  return 0;
}

static int32_t run(accel_frame *frame) {
  // Within a run, strings are numbers.
  memcpy(frame->outputs[0], frame->inputs[0],
         (size_t)(frame->symbols[0] * frame->symbols[1]) * sizeof(int64_t));
  return 0;
}

static const int64_t dims[] = {ACCEL_SYMBOL_DIM(0), ACCEL_SYMBOL_DIM(1)};
#define PORT(name) {name, dims, ACCEL_STRING_TENSOR, 2, {ACCEL_OPAQUE, 128, 1}, 0}
static const accel_port inputs[] = {PORT("x")};
static const accel_port outputs[] = {PORT("y")};
#define SYMBOLS 2
static const accel_symbol symbols[] = {{"n", 0, INT64_MAX}, {"m", 0, INT64_MAX}};
#define STRINGS 1
static const accel_string strings[] = {{"", 0}};
static const char metadata[] = "{}";
#include "program.h"
