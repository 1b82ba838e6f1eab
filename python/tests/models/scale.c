// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler would emit for: y = x * k, sum = the sums of y's rows; x is [batch, 4], k a
// scalar.

#include "accel-rt/Support.h"

static void multiply(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                     void *scratch) {
  const float *x = buffers[0], *k = buffers[1];
  float *y = buffers[2], *sum = buffers[3];
  (void)dims, (void)scratch;
  for (int64_t i = begin; i < end; ++i) {
    sum[i] = 0;
    for (int64_t j = 0; j < 4; ++j)
      sum[i] += y[4 * i + j] = x[4 * i + j] * *k;
  }
}

static int64_t grid(const int64_t *dims) { return dims[0]; }

static const accel_kernel kernel = {multiply, grid, 0, "multiply", 0, NULL};
static const accel_site sites[] = {{&kernel, "Mul_0\nReduceSum_1", 8, 36}};

static int64_t plan(const int64_t *symbols, int64_t *offsets, int64_t *output_dims) {
  (void)offsets;
  output_dims[0] = output_dims[2] = symbols[0];
  output_dims[1] = 4;
  return 0;
}

static int32_t run(accel_frame *frame) {
  void *buffers[] = {frame->inputs[0], frame->inputs[1], frame->outputs[0], frame->outputs[1]};
  return accel_rt_dispatch(frame, &sites[0], buffers, frame->symbols);
}

static const int64_t rows[] = {ACCEL_SYMBOL_DIM(0), 4};
static const accel_symbol symbols[] = {{"batch", 0, 1000}};
static const accel_port inputs[] = {{"x", rows, ACCEL_TENSOR, 2, {ACCEL_FLOAT, 32, 1}, 0},
                                    {"k", NULL, ACCEL_TENSOR, 0, {ACCEL_FLOAT, 32, 1}, 0}};
static const accel_port outputs[] = {{"y", rows, ACCEL_TENSOR, 2, {ACCEL_FLOAT, 32, 1}, 0},
                                     {"sum", rows, ACCEL_TENSOR, 1, {ACCEL_FLOAT, 32, 1}, 0}};
static const char metadata[] = "{\"graph_name\": \"scale\", \"producer_name\": \"hand\"}";
#define SYMBOLS 1
#define SITES sites
#include "program.h"
