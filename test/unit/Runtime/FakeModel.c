// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Three models as the compiler would emit them, written by hand, so that the runtime is tested
// apart from the compiler: <PREFIX>_fixed (static shapes), <PREFIX>_dynamic (a symbol, and an
// output whose size the data decide) and <PREFIX>_kept (states).
//
//   fixed:   x f32[8, 1024]             -> y = sqrt(x * w + 1), s[r] = sum over row r of y
//   dynamic: a f32[n, 256], b f32[n, 256], n in 1..64
//                                       -> c = 2 * a + b, positive i64[?] = where c > 0 (flat)
//   kept:    x f32[n, 3]                -> y f32[3] = sum of all rows in past and x + sum
//            past f32[3, kept] -> present: the rows of x behind it; sum f32[3] -> next: + the rows
//            of x; a first element of -1 fails the run.

#include "accel-rt/Support.h"
#include <math.h>
#include <string.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(suffix) JOIN(PREFIX, suffix)
#define STRING2(a) #a
#define STRING(a) STRING2(a)
#ifndef CPU_FEATURES
#define CPU_FEATURES ACCEL_CPU_SSE3
#endif
#ifndef RT_ABI
#define RT_ABI ACCEL_RT_ABI
#endif
#ifndef WORK // estimated flops of a work item: large, so that launches are worth several threads
#define WORK 1e6
#endif

enum { ROWS = 8, COLUMNS = 1024, PIECE = 64, PIECES = ROWS * COLUMNS / PIECE };
static const accel_dtype f32 = {ACCEL_FLOAT, 32, 1};

static const float weights[COLUMNS] __attribute__((aligned(64))) = {
    [0] = 0.5f, [1] = 1.5f, [7] = 3.25f, [100] = 0.125f, [1023] = 9.0f};

static void affine(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                   void *scratch) {
  (void)dims, (void)scratch;
  const float *x = buffers[0], *w = buffers[1];
  float *t = buffers[2];
  for (int64_t i = begin * PIECE; i < end * PIECE; ++i)
    t[i] = x[i] * w[i % COLUMNS] + 1.0f;
}

/// Goes through scratch, so that threads which shared it would be found out.
static void root(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                 void *scratch) {
  (void)dims;
  const float *t = buffers[0];
  float *y = buffers[1], *piece = scratch;
  for (int64_t item = begin; item < end; ++item) {
    for (int64_t i = 0; i < PIECE; ++i)
      piece[i] = sqrtf(t[item * PIECE + i]);
    for (int64_t i = 0; i < PIECE; ++i)
      y[item * PIECE + i] = piece[i];
  }
}

static void row_sum(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                    void *scratch) {
  (void)dims, (void)scratch;
  const float *y = buffers[0];
  float *s = buffers[1];
  for (int64_t row = begin; row < end; ++row) {
    float sum = 0;
    for (int64_t i = 0; i < COLUMNS; ++i)
      sum += y[row * COLUMNS + i];
    s[row] = sum;
  }
}

static int64_t pieces(const int64_t *dims) { return (void)dims, PIECES; }
static int64_t rows(const int64_t *dims) { return (void)dims, ROWS; }

static const accel_kernel affine_kernel = {affine, pieces, 0, "affine", 0, 0};
static const accel_kernel plain_root = {root, pieces, PIECE * 4, "root_plain", 0, 0};
// A machine without the feature of bit 62, which is none, takes the other one.
static const accel_kernel root_kernel = {0, pieces, PIECE * 4, "root", 1ull << 62, &plain_root};
static const accel_kernel sum_kernel = {row_sum, rows, 0, "row_sum", 0, 0};

static const accel_site fixed_sites[] = {
    {&affine_kernel, "Mul_0\nAdd_1", WORK, PIECE * 12},
    {&root_kernel, "Sqrt_2", WORK, PIECE * 8},
    {&sum_kernel, "ReduceSum_3", WORK, COLUMNS * 4},
};

static int32_t run_fixed(accel_frame *frame) {
  void *t = frame->arena;
  int32_t status;
  void *first[] = {frame->inputs[0], (void *)frame->weights, t};
  if ((status = accel_rt_dispatch(frame, &fixed_sites[0], first, 0)))
    return status;
  void *second[] = {t, frame->outputs[0]};
  if ((status = accel_rt_dispatch(frame, &fixed_sites[1], second, 0)))
    return status;
  void *third[] = {frame->outputs[0], frame->outputs[1]};
  return accel_rt_dispatch(frame, &fixed_sites[2], third, 0);
}

static const int64_t fixed_dims[] = {ROWS, COLUMNS};
static const accel_port fixed_inputs[] = {{"x", fixed_dims, ACCEL_TENSOR, 2, f32, 0}};
static const accel_port fixed_outputs[] = {{"y", fixed_dims, ACCEL_TENSOR, 2, f32, 0},
                                           {"s", fixed_dims, ACCEL_TENSOR, 1, f32, 0}};
static const char metadata[] = "{\"name\": \"fixed\"}";

/// Not const: the offset of the weights is a difference of addresses, which C cannot initialize.
static accel_program fixed_program = {
    .abi = RT_ABI,
    .name = STRING(PREFIX) "_fixed",
    .inputs = fixed_inputs,
    .outputs = fixed_outputs,
    .sites = fixed_sites,
    .num_inputs = 1,
    .num_outputs = 2,
    .num_sites = 3,
    .arena_bytes = ROWS * COLUMNS * 4,
    .scratch_bytes = PIECE * 4,
    .weights_bytes = sizeof weights,
    .run = run_fixed,
    .cpu_features = CPU_FEATURES,
    .target = "x86_64-linux-gnu, x86-64",
    .metadata = metadata,
    .metadata_bytes = sizeof metadata - 1,
};

//===-- Dynamic -----------------------------------------------------------------------------===//

enum { WIDTH = 256 };

static void twice(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                  void *scratch) {
  (void)dims, (void)scratch;
  const float *a = buffers[0];
  float *t = buffers[1];
  for (int64_t i = begin * WIDTH; i < end * WIDTH; ++i)
    t[i] = 2.0f * a[i];
}

static void add(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                void *scratch) {
  (void)dims, (void)scratch;
  const float *t = buffers[0], *b = buffers[1];
  float *c = buffers[2];
  for (int64_t i = begin * WIDTH; i < end * WIDTH; ++i)
    c[i] = t[i] + b[i];
}

static int64_t batch(const int64_t *dims) { return dims[0]; }
static const accel_kernel twice_kernel = {twice, batch, 0, "twice", 0, 0};
static const accel_kernel add_kernel = {add, batch, 0, "add", 0, 0};
static const accel_site dynamic_sites[] = {{&twice_kernel, "Mul_0", WORK, WIDTH * 8},
                                           {&add_kernel, "Add_1", WORK, WIDTH * 12}};

static int64_t plan_dynamic(const int64_t *symbols, int64_t *offsets, int64_t *output_dims) {
  offsets[0] = 64; // so that an offset which is not used would be found out
  output_dims[0] = symbols[0];
  output_dims[1] = WIDTH;
  output_dims[2] = ACCEL_UNKNOWN_DIM;
  return 64 + symbols[0] * WIDTH * 4;
}

static int32_t run_dynamic(accel_frame *frame) {
  int64_t n = frame->symbols[0];
  void *t = (char *)frame->arena + frame->offsets[0];
  int32_t status;
  void *first[] = {frame->inputs[0], t};
  if ((status = accel_rt_dispatch(frame, &dynamic_sites[0], first, &n)))
    return status;
  void *second[] = {t, frame->inputs[1], frame->outputs[0]};
  if ((status = accel_rt_dispatch(frame, &dynamic_sites[1], second, &n)))
    return status;
  const float *c = frame->outputs[0];
  int64_t *found = accel_rt_grow(frame, 0, n * WIDTH * 8, 0), count = 0;
  if (!found)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < n * WIDTH; ++i) {
    if (c[i] == 12345.0f)
      return accel_rt_fail(frame, ACCEL_RUN_FAILED, "node 'Add_1': bad value at %lld", i);
    if (c[i] > 0)
      found[count++] = i;
  }
  int64_t *positive = accel_rt_output(frame, 1, &count);
  if (!positive)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i)
    positive[i] = found[i];
  return 0;
}

static const int64_t dynamic_dims[] = {ACCEL_SYMBOL_DIM(0), WIDTH};
static const int64_t unknown_dims[] = {ACCEL_UNKNOWN_DIM};
static const accel_port dynamic_inputs[] = {{"a", dynamic_dims, ACCEL_TENSOR, 2, f32, 0},
                                            {"b", dynamic_dims, ACCEL_TENSOR, 2, f32, 0}};
static const accel_port dynamic_outputs[] = {
    {"c", dynamic_dims, ACCEL_TENSOR, 2, f32, 0},
    {"positive", unknown_dims, ACCEL_TENSOR, 1, {ACCEL_INT, 64, 1}, 0}};
static const accel_symbol dynamic_symbols[] = {{"n", 1, 64}};

static accel_program dynamic_program = {
    .abi = RT_ABI,
    .name = STRING(PREFIX) "_dynamic",
    .inputs = dynamic_inputs,
    .outputs = dynamic_outputs,
    .symbols = dynamic_symbols,
    .sites = dynamic_sites,
    .num_inputs = 2,
    .num_outputs = 2,
    .num_symbols = 1,
    .num_sites = 2,
    .num_slots = 1,
    .arena_bytes = -1,
    .plan = plan_dynamic,
    .run = run_dynamic,
    .target = "x86_64-linux-gnu, x86-64",
    .metadata = metadata,
    .num_growable = 1,
};

//===-- kept -------------------------------------------------------------------------------===//

static int64_t plan_kept(const int64_t *symbols, int64_t *offsets, int64_t *output_dims) {
  (void)offsets;
  output_dims[0] = 3;
  output_dims[1] = symbols[0]; // rows behind the state
  output_dims[2] = 3;
  output_dims[3] = 3;
  return 0;
}

static int32_t run_kept(accel_frame *frame) {
  int64_t n = frame->symbols[0], kept = frame->symbols[1];
  const float *x = frame->inputs[0], *past = frame->inputs[1], *sum = frame->inputs[2];
  float *y = frame->outputs[0], *rows = frame->outputs[1], *next = frame->outputs[2];
  if (n)
    memcpy(rows, x, (size_t)(n * 3) * sizeof(float));
  memset(y, 0, 3 * sizeof(float));
  // Through the state, where the rows are by now.
  for (int64_t i = 0; i < (kept + n) * 3; ++i)
    y[i % 3] += past[i];
  for (int c = 0; c < 3; ++c) {
    y[c] += sum[c];
    next[c] = sum[c];
    for (int64_t i = 0; i < n; ++i)
      next[c] += x[i * 3 + c];
  }
  if (n && x[0] == -1)
    return accel_rt_fail(frame, ACCEL_RUN_FAILED, "node 'Sum_0': bad value", 0);
  return 0;
}

static const int64_t kept_x[] = {ACCEL_SYMBOL_DIM(0), 3}, kept_past[] = {3, ACCEL_SYMBOL_DIM(1)},
                     kept_rows[] = {ACCEL_SYMBOL_DIM(0), 3}, kept_sum[] = {3};
static const accel_port kept_inputs[] = {{"x", kept_x, ACCEL_TENSOR, 2, f32, 0},
                                         {"past", kept_past, ACCEL_TENSOR, 2, f32, 0},
                                         {"sum", kept_sum, ACCEL_TENSOR, 1, f32, 0}};
static const accel_port kept_outputs[] = {{"y", kept_sum, ACCEL_TENSOR, 1, f32, 0},
                                          {"present", kept_rows, ACCEL_TENSOR, 2, f32, 0},
                                          {"next", kept_sum, ACCEL_TENSOR, 1, f32, 0}};
static const accel_symbol kept_symbols[] = {{"n", 0, INT64_MAX}, {"kept", 0, 1000}};
static const accel_state_info kept_states[] = {{1, ACCEL_STATE_APPENDS}, {-1, 0}};

static accel_program kept_program = {
    .abi = RT_ABI,
    .name = STRING(PREFIX) "_kept",
    .inputs = kept_inputs,
    .outputs = kept_outputs,
    .symbols = kept_symbols,
    .num_inputs = 1,
    .num_outputs = 1,
    .num_symbols = 2,
    .arena_bytes = -1,
    .plan = plan_kept,
    .run = run_kept,
    .target = "x86_64-linux-gnu, x86-64",
    .metadata = metadata,
    .num_states = 2,
    .states = kept_states,
};

//===-- What a library exports --------------------------------------------------------------===//

static const accel_model fixed_model = {&accel_rt_api, &fixed_program};
static const accel_model dynamic_model = {&accel_rt_api, &dynamic_program};
static const accel_model kept_model = {&accel_rt_api, &kept_program};

__attribute__((visibility("default"))) const accel_model *NAME(_fixed_model)(void);
const accel_model *NAME(_fixed_model)(void) {
  fixed_program.weights_offset =
      (const char *)weights - (const char *)&fixed_program.weights_offset;
  return &fixed_model;
}

__attribute__((visibility("default"))) const accel_model *NAME(_dynamic_model)(void);
const accel_model *NAME(_dynamic_model)(void) { return &dynamic_model; }

__attribute__((visibility("default"))) const accel_model *NAME(_kept_model)(void);
const accel_model *NAME(_kept_model)(void) { return &kept_model; }

// The name for generic loaders is one per library, so weak, and the fixed model's.
__attribute__((visibility("default"), weak)) const accel_model *
generic(void) __asm__(ACCEL_MODEL_SYMBOL);
const accel_model *generic(void) { return NAME(_fixed_model)(); }
