// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DFT, STFT, MelWeightMatrix. A transform of n elements takes n log n steps for any n: by the prime
// factors of n where they are small, else by Bluestein's algorithm.

#include "lib/Runtime/CPU/Ops/Levels.h"
#include <math.h>

enum { MOST_LANES = 16, MOST_FACTORS = 64, LARGEST_RADIX = 31, MOST_SHARES = 64 };

typedef struct transform {
  int64_t size;
  const void *roots; ///< e^(-2 pi i k / size), both parts
  int64_t factors[MOST_FACTORS];
  int32_t num_factors;
  int64_t lanes; ///< signals at a time
} transform;

/// Strides are in numbers. A signal is the number outer * inner count + inner.
typedef struct spectrum {
  const void *x, *window;
  void *to, *memory;
  int64_t signals, inner, length, given, wanted;
  int64_t x_outer, x_inner, x_step, to_outer, to_inner, to_step;
  bool is_complex, inverse;
  bool is_hermitian; ///< the input is half of the spectrum of real signals
  transform plan;
  const void *chirp; ///< NULL: the plan is of `length`
  int64_t shares;
} spectrum;

/// e^(-2 pi i k / n), from angles of up to an eighth of a turn.
static void root_of_unity(int64_t k, int64_t n, double *real, double *imaginary) {
  int64_t quarter = 4 * k / n, rest = 4 * k - quarter * n;
  const double turn = 1.5707963267948966;
  bool far = 2 * rest > n;
  double angle = turn * (double)(far ? n - rest : rest) / (double)n;
  double c = far ? sin(angle) : cos(angle), s = far ? cos(angle) : sin(angle);
  const double parts[4][2] = {{c, s}, {-s, c}, {-c, -s}, {s, -c}};
  *real = parts[quarter & 3][0];
  *imaginary = -parts[quarter & 3][1];
}

/// False if there is a prime factor that is too large.
static bool factorize(transform *t, int64_t n) {
  t->size = n;
  t->num_factors = 0;
  for (int64_t radix = 4; n > 1; radix = radix == 4 ? 2 : radix == 2 ? 3 : radix + 2) {
    if (radix > LARGEST_RADIX)
      return false;
    for (; n % radix == 0; n /= radix)
      t->factors[t->num_factors++] = radix;
  }
  return true;
}

#define FOR_FLOATS "lib/Runtime/CPU/Ops/Spectrum.inc"
#include "lib/Runtime/CPU/Ops/ForFloats.h"

static int32_t run_transforms(accel_frame *frame, spectrum *s, bool is_double) {
  int64_t real = is_double ? (int64_t)sizeof(double) : (int64_t)sizeof(float), size = s->length;
  bool direct = factorize(&s->plan, size);
  if (!direct) {
    for (size = 1; size < 2 * s->length - 1; size *= 2)
      ;
    factorize(&s->plan, size);
  }
  // Few signals are transformed one by one: their elements are vectors enough after two steps.
  int64_t lanes = s->plan.lanes = s->signals < MOST_LANES / 2 ? 1 : MOST_LANES;
  int64_t blocks = (s->signals + lanes - 1) / lanes;
  s->shares = blocks < MOST_SHARES ? blocks : MOST_SHARES;
  s->memory = accel_rt_scratch(frame, s->shares * 4 * size * lanes * real);
  void *roots = s->memory ? accel_rt_scratch(frame, 2 * size * real) : NULL;
  void *chirp = roots && !direct ? accel_rt_scratch(frame, 2 * (s->length + size) * real) : NULL;
  if (!roots || (!direct && !chirp))
    return accel_rt_status(frame);
  if (is_double)
    prepare_f64(s, roots, chirp, s->memory);
  else
    prepare_f32(s, roots, chirp, s->memory);
  double steps = 0;
  for (int32_t f = 0; f < s->plan.num_factors; ++f)
    steps += s->plan.factors[f] > 4 ? (double)s->plan.factors[f] : 2;
  double block_ns = (double)(size * lanes) * (1 + steps * (direct ? 0.3 : 0.6));
  accel_loop_fn body =
      is_double ? transform_items_f64_for_machine() : transform_items_f32_for_machine();
  return accel_rt_parallel(frame, body, s, s->shares,
                           block_ns * (double)blocks / (double)s->shares);
}

static int32_t check_length(accel_frame *frame, int64_t length) {
  if (length >= 1 && length <= 1 << 28)
    return ACCEL_OK;
  return op_fail(frame, "expected a transform of 1 to 2^28 elements, found %lld", length);
}

/// Numbers of an element of a signal: 1 or 2.
static int32_t check_parts(accel_frame *frame, int64_t parts) {
  if (parts == 1 || parts == 2)
    return ACCEL_OK;
  return op_fail(frame, "expected real (1) or complex (2) numbers in the last dim, found %lld",
                 parts);
}

/// The optional operand's one number.
static int32_t read_number(accel_frame *frame, const accel_array *array, int64_t *to) {
  if (!array)
    return ACCEL_OK;
  int32_t status = op_expect_count(frame, array, 1);
  if (!status)
    *to = op_integer(array, 0);
  return status;
}

int32_t accel_op_dft(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0];
  spectrum s = {.x = x->data, .inverse = call->ints[0]};
  int64_t axis = call->ints[2], parts = x->dims[x->rank - 1];
  bool onesided = call->ints[1];
  int32_t status = read_number(frame, op_input(call, 2), &axis);
  if (!status)
    status = check_parts(frame, parts);
  if (status)
    return status;
  int32_t at = op_axis(axis, x->rank);
  if (at < 0 || at == x->rank - 1)
    return op_fail(frame, "expected an axis of the signals, found %lld", axis);
  s.is_hermitian = s.inverse && onesided;
  s.is_complex = parts == 2;
  int64_t have = x->dims[at];
  s.length = s.is_hermitian ? 2 * (have - 1) : have;
  status = read_number(frame, op_input(call, 1), &s.length);
  if (!status)
    status = check_length(frame, s.length);
  if (status)
    return status;
  int64_t dims[ACCEL_ARRAY_RANK], half = s.length / 2 + 1, to_parts = s.is_hermitian ? 1 : 2;
  memcpy(dims, x->dims, sizeof dims);
  s.wanted = dims[at] = onesided && !s.inverse ? half : s.length;
  dims[x->rank - 1] = to_parts;
  accel_array *result = &call->outputs[0];
  s.to = accel_rt_new_array(frame, result, x->dtype, x->rank, dims);
  if (!s.to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  int64_t most = s.is_hermitian ? half : s.length;
  s.given = have < most ? have : most;
  s.inner = op_product(dims, at + 1, x->rank - 1);
  s.signals = op_product(dims, 0, at) * s.inner;
  s.x_inner = parts;
  s.x_step = s.inner * parts;
  s.x_outer = have * s.x_step;
  s.to_inner = to_parts;
  s.to_step = s.inner * to_parts;
  s.to_outer = s.wanted * s.to_step;
  return run_transforms(frame, &s, x->dtype.bits == 64);
}

int32_t accel_op_stft(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *window = op_input(call, 2);
  int64_t step = 0, parts = x->rank == 3 ? x->dims[2] : 1, samples = x->dims[1];
  spectrum s = {.x = x->data, .window = window ? window->data : NULL};
  s.length = window ? window->dims[0] : samples;
  int64_t length = s.length;
  int32_t status = read_number(frame, call->inputs[1], &step);
  if (!status)
    status = read_number(frame, op_input(call, 3), &length);
  if (!status)
    status = check_length(frame, length);
  if (!status)
    status = check_parts(frame, parts);
  if (status)
    return status;
  if (window && length != s.length)
    return op_fail(frame, "expected a window of frame_length elements, found %lld", s.length);
  s.length = s.given = length;
  if (step < 1)
    return op_fail(frame, "expected a frame_step of 1 or more, found %lld", step);
  if (samples < length)
    return op_fail(frame, "expected a signal that is not shorter than a frame, found %lld",
                   samples);
  s.wanted = call->ints[0] ? length / 2 + 1 : length;
  s.inner = (samples - length) / step + 1;
  int64_t dims[4] = {x->dims[0], s.inner, s.wanted, 2};
  accel_array *result = &call->outputs[0];
  s.to = accel_rt_new_array(frame, result, x->dtype, 4, dims);
  if (!s.to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  s.is_complex = parts == 2;
  s.signals = dims[0] * s.inner;
  s.x_outer = samples * parts;
  s.x_inner = step * parts;
  s.x_step = parts;
  s.to_outer = s.inner * s.wanted * 2;
  s.to_inner = s.wanted * 2;
  s.to_step = 2;
  return run_transforms(frame, &s, x->dtype.bits == 64);
}

int32_t accel_op_mel_weight_matrix(accel_frame *frame, accel_op_call *call) {
  int64_t numbers[3] = {0, 0, 0};
  double edges[2];
  for (int32_t i = 0; i < 5; ++i) {
    int32_t status = op_expect_count(frame, call->inputs[i], 1);
    if (status)
      return status;
    if (i < 3)
      numbers[i] = op_integer(call->inputs[i], 0);
    else
      op_load_f64(&edges[i - 3], call->inputs[i], 0, 1);
  }
  int64_t bins = numbers[0], length = numbers[1], rate = numbers[2], rows = length / 2 + 1;
  if (bins < 0 || bins > INT32_MAX || rate < 1)
    return op_fail(frame, "expected num_mel_bins and a sample_rate that are positive, found %lld",
                   bins < 0 || bins > INT32_MAX ? bins : rate);
  int32_t status = check_length(frame, length);
  if (status)
    return status;
  int64_t dims[2] = {rows, bins};
  const accel_dtype f64 = {ACCEL_FLOAT, 64, 1};
  double *to = accel_rt_new_array(frame, &call->outputs[0], f64, 2, dims);
  if (!to)
    return accel_rt_status(frame);
  memset(to, 0, (size_t)(rows * bins) * sizeof *to);
  const double ln10 = 2.302585092994046;
  double low = 2595 * log1p(edges[0] / 700) / ln10, high = 2595 * log1p(edges[1] / 700) / ln10;
  double step = (high - low) / (double)(bins + 2);
  int64_t at[3]; // where a triangle begins, peaks and ends
  for (int64_t bin = -2; bin < bins; ++bin) {
    double hertz = 700 * expm1(((double)(bin + 2) * step + low) / 2595 * ln10);
    double place = floor((double)(length + 1) * hertz / (double)rate);
    if (!(place >= 0 && place < (double)rows) && !(bin == bins - 1 && place == (double)rows))
      return op_fail(frame, "expected edges from 0 up to half of the sample rate, which is %lld",
                     rate);
    at[0] = at[1], at[1] = at[2], at[2] = (int64_t)place;
    if (bin < 0)
      continue;
    if (at[1] == at[0])
      to[at[1] * bins + bin] = 1;
    else
      for (int64_t row = at[0]; row <= at[1]; ++row)
        to[row * bins + bin] = (double)(row - at[0]) / (double)(at[1] - at[0]);
    for (int64_t row = at[1]; row < at[2]; ++row)
      to[row * bins + bin] = (double)(at[2] - row) / (double)(at[2] - at[1]);
  }
  return ACCEL_OK;
}
