// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model as the compiler emits it, with the real runtime: y = x * w, both f32[64, 1024], where w
// is what the linker puts at <PREFIX>_weights.

#include "accel-rt/Support.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(suffix) JOIN(PREFIX, suffix)

extern const float NAME(_weights)[] __attribute__((visibility("hidden")));

enum { ROWS = 64, COLUMNS = 1024 };

static void multiply(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                     void *scratch) {
  (void)dims, (void)scratch;
  const float *x = buffers[0], *w = buffers[1];
  float *y = buffers[2];
  for (int64_t i = begin * COLUMNS; i < end * COLUMNS; ++i)
    y[i] = x[i] * w[i];
}

static int64_t rows(const int64_t *dims) { return (void)dims, ROWS; }
static const accel_kernel kernel = {multiply, rows, 0, "multiply", 0, 0};
// So much work that it pays on all threads.
static const accel_site site = {&kernel, "Mul_0", 1e7, COLUMNS * 12};

static int32_t run(accel_frame *frame) {
  void *buffers[] = {frame->inputs[0], (void *)frame->weights, frame->outputs[0]};
  return accel_rt_dispatch(frame, &site, buffers, 0);
}

static const int64_t dims[] = {ROWS, COLUMNS};
static const accel_port input = {"x", dims, ACCEL_TENSOR, 2, {ACCEL_FLOAT, 32, 1}, 0};
static const accel_port output = {"y", dims, ACCEL_TENSOR, 2, {ACCEL_FLOAT, 32, 1}, 0};

/// Not const: C cannot initialize with a difference of addresses.
static accel_program program = {
    .abi = ACCEL_RT_ABI,
    .name = "scale",
    .inputs = &input,
    .outputs = &output,
    .sites = &site,
    .num_inputs = 1,
    .num_outputs = 1,
    .num_sites = 1,
    .weights_bytes = ROWS * COLUMNS * 4,
    .run = run,
    .target = "x86_64-linux-gnu, x86-64",
    .metadata = "{}",
    .metadata_bytes = 2,
};
static const accel_model model = {&accel_rt_api, &program};

__attribute__((visibility("default"))) const accel_model *NAME(_model)(void);
const accel_model *NAME(_model)(void) {
  program.weights_offset = (const char *)NAME(_weights) - (const char *)&program.weights_offset;
  return &model;
}

// As emitted code has it; in an object the linker makes it local.
__attribute__((visibility("default"), weak)) const accel_model *
accel_model_alias(void) __asm__("accel_model");
const accel_model *accel_model_alias(void) { return NAME(_model)(); }
