// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions over axes that the run gives. The input is read once from front to back (twice for
// LogSumExp); each row goes to accumulators whose strides are 0 along the axes that vanish.

#include "lib/Runtime/CPU/Ops/Common.h"
#include <math.h>

/// An accumulator: f64 for floats, 64 bits for integers.
typedef union accumulator {
  double number;
  uint64_t integer;
} accumulator;

typedef struct reduction {
  int64_t kind;
  bool is_float, is_signed;
  int64_t terms; ///< of each result
} reduction;

enum { REDUCE_CHUNK = 256 };

static bool is_extreme(int64_t kind) {
  return kind == ACCEL_REDUCE_MAX || kind == ACCEL_REDUCE_MIN;
}

static accumulator identity(const reduction *r, accel_dtype dtype) {
  accumulator result = {.integer = 0};
  bool most = r->kind == ACCEL_REDUCE_MIN;
  if (r->kind == ACCEL_REDUCE_PROD)
    if (r->is_float)
      result.number = 1;
    else
      result.integer = 1;
  else if (!is_extreme(r->kind))
    result.integer = 0; // also 0.0
  else if (r->is_float)
    result.number = most ? INFINITY : -INFINITY;
  else if (dtype.code == ACCEL_BOOL)
    result.integer = most;
  else if (r->is_signed)
    result.integer = most ? (UINT64_MAX >> 1) >> (64 - dtype.bits) : UINT64_MAX << (dtype.bits - 1);
  else
    result.integer = most ? UINT64_MAX >> (64 - dtype.bits) : 0;
  return result;
}

/// For each element VALUE of a row, into ITS accumulator.
#define REDUCE_ROW(STATEMENT)                                                                      \
  for (int64_t i = 0; i < count; ++i, to += step) {                                                \
    STATEMENT;                                                                                     \
  }                                                                                                \
  break

static void reduce_numbers(int64_t kind, accumulator *to, int64_t step, const double *from,
                           int64_t count) {
  switch (kind) {
  case ACCEL_REDUCE_MAX: // a NaN stays
    REDUCE_ROW(if (from[i] > to->number || from[i] != from[i]) to->number = from[i]);
  case ACCEL_REDUCE_MIN:
    REDUCE_ROW(if (from[i] < to->number || from[i] != from[i]) to->number = from[i]);
  case ACCEL_REDUCE_PROD:
    REDUCE_ROW(to->number *= from[i]);
  case ACCEL_REDUCE_L1:
    REDUCE_ROW(to->number += fabs(from[i]));
  case ACCEL_REDUCE_L2:
  case ACCEL_REDUCE_SUM_SQUARE:
    REDUCE_ROW(to->number += from[i] * from[i]);
  default:
    REDUCE_ROW(to->number += from[i]);
  }
}

static void reduce_integers(int64_t kind, bool is_signed, accumulator *to, int64_t step,
                            const uint64_t *from, int64_t count) {
  const uint64_t flip = is_signed ? (uint64_t)1 << 63 : 0;
  switch (kind) {
  case ACCEL_REDUCE_MAX:
    REDUCE_ROW(if ((from[i] ^ flip) > (to->integer ^ flip)) to->integer = from[i]);
  case ACCEL_REDUCE_MIN:
    REDUCE_ROW(if ((from[i] ^ flip) < (to->integer ^ flip)) to->integer = from[i]);
  case ACCEL_REDUCE_PROD:
    REDUCE_ROW(to->integer *= from[i]);
  case ACCEL_REDUCE_L1:
    REDUCE_ROW(to->integer += is_signed && (int64_t)from[i] < 0 ? 0 - from[i] : from[i]);
  case ACCEL_REDUCE_L2:
  case ACCEL_REDUCE_SUM_SQUARE:
    REDUCE_ROW(to->integer += from[i] * from[i]);
  default:
    REDUCE_ROW(to->integer += from[i]);
  }
}

/// Adds exp(element - its maximum), where the maximum is a number that exists.
static void reduce_exp(accumulator *to, const accumulator *most, int64_t step, const double *from,
                       int64_t count) {
  for (int64_t i = 0; i < count; ++i, to += step, most += step)
    to->number += exp(from[i] - (isfinite(most->number) ? most->number : 0));
}

/// Walks the input; strides are those of the results, in elements.
static void reduce_all(const reduction *r, const accel_array *data, const int64_t *strides,
                       accumulator *results, const accumulator *most) {
  int32_t last = data->rank - 1;
  int64_t row = data->rank ? data->dims[last] : 1, step = data->rank ? strides[last] : 0;
  int64_t count = op_count(data), at[ACCEL_ARRAY_RANK] = {0}, to = 0;
  double numbers[REDUCE_CHUNK];
  uint64_t integers[REDUCE_CHUNK];
  for (int64_t begin = 0; begin < count; begin += row) {
    for (int64_t done = 0; done < row; done += REDUCE_CHUNK) {
      int64_t length = row - done < REDUCE_CHUNK ? row - done : REDUCE_CHUNK;
      accumulator *into = results + to + done * step;
      if (r->is_float)
        op_load_f64(numbers, data, begin + done, length);
      else
        op_load_i64(integers, data, begin + done, length);
      if (most)
        reduce_exp(into, most + to + done * step, step, numbers, length);
      else if (r->is_float)
        reduce_numbers(r->kind, into, step, numbers, length);
      else
        reduce_integers(r->kind, r->is_signed, into, step, integers, length);
    }
    for (int32_t axis = last - 1; axis >= 0; --axis) {
      to += strides[axis];
      if (++at[axis] < data->dims[axis])
        break;
      to -= strides[axis] * data->dims[axis];
      at[axis] = 0;
    }
  }
}

/// What a type of integers can hold of a number; NaN is 0.
static uint64_t integer_of(double number, bool is_signed) {
  if (is_signed)
    return number >= 0x1p63    ? INT64_MAX
           : number >= -0x1p63 ? (uint64_t)(int64_t)number
           : number < 0        ? (uint64_t)INT64_MIN
                               : 0;
  return number >= 0x1p64 ? UINT64_MAX : number > 0 ? (uint64_t)number : 0;
}

/// What is left to do with the sum of a result.
static accumulator finish(const reduction *r, accumulator value, double most) {
  double number = r->is_float    ? value.number
                  : r->is_signed ? (double)(int64_t)value.integer
                                 : (double)value.integer;
  switch (r->kind) {
  case ACCEL_REDUCE_MEAN:
    if (!r->is_float) {
      if (r->terms)
        value.integer = r->is_signed ? (uint64_t)((int64_t)value.integer / r->terms)
                                     : value.integer / (uint64_t)r->terms;
      return value;
    }
    number /= (double)r->terms;
    break;
  case ACCEL_REDUCE_L2:
    number = sqrt(number);
    break;
  case ACCEL_REDUCE_LOG_SUM:
    number = log(number);
    break;
  case ACCEL_REDUCE_LOG_SUM_EXP:
    number = log(number) + (isfinite(most) ? most : 0);
    break;
  default:
    return value;
  }
  if (r->is_float)
    value.number = number;
  else
    value.integer = integer_of(number, r->is_signed);
  return value;
}

int32_t accel_op_reduce(accel_frame *frame, accel_op_call *call) {
  const accel_array *data = call->inputs[0], *axes = op_input(call, 1);
  bool keep = call->ints[1], noop = call->ints[2], marked[ACCEL_ARRAY_RANK];
  if (axes && op_count(axes) == 0)
    axes = NULL;
  if (axes) {
    int32_t status = op_mark_axes(frame, axes, data->rank, marked);
    if (status)
      return status;
  } else {
    for (int32_t axis = 0; axis < data->rank; ++axis)
      marked[axis] = !noop;
  }
  int64_t dims[ACCEL_ARRAY_RANK], strides[ACCEL_ARRAY_RANK], stride = 1;
  int32_t rank = 0;
  reduction r = {.kind = call->ints[0],
                 .is_float = op_is_float(data->dtype),
                 .is_signed = data->dtype.code == ACCEL_INT,
                 .terms = 1};
  for (int32_t axis = 0; axis < data->rank; ++axis) {
    if (!marked[axis] || keep)
      dims[rank++] = marked[axis] ? 1 : data->dims[axis];
    if (marked[axis] && __builtin_mul_overflow(r.terms, data->dims[axis], &r.terms))
      r.terms = INT64_MAX; // of an empty tensor
  }
  int32_t misfit = op_expect_rank(frame, call, 3, rank);
  if (misfit)
    return misfit;
  accel_array *result = &call->outputs[0];
  if (!accel_rt_new_array(frame, result, data->dtype, rank, dims))
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  for (int32_t axis = data->rank - 1; axis >= 0; --axis) {
    strides[axis] = marked[axis] ? 0 : stride;
    stride *= marked[axis] ? 1 : data->dims[axis];
  }
  int64_t count = op_count(result), bytes;
  if (__builtin_mul_overflow(count, (int64_t)sizeof(accumulator), &bytes))
    return op_fail(frame, "expected fewer elements, found %lld", count);
  bool by_exp = r.kind == ACCEL_REDUCE_LOG_SUM_EXP;
  accumulator *sums = accel_rt_scratch(frame, bytes), *most = NULL;
  if (sums && by_exp)
    most = accel_rt_scratch(frame, bytes);
  if (!sums || (by_exp && !most))
    return accel_rt_status(frame);
  accumulator start = identity(&r, data->dtype);
  for (int64_t i = 0; i < count; ++i)
    sums[i] = start;
  if (by_exp) {
    reduction extreme = r;
    extreme.kind = ACCEL_REDUCE_MAX;
    extreme.is_float = true;
    for (int64_t i = 0; i < count; ++i)
      most[i].number = -INFINITY;
    reduce_all(&extreme, data, strides, most, NULL);
    reduce_all(&extreme, data, strides, sums, most);
    r.is_float = true; // what the sums are; stored as the type wants
  } else {
    reduce_all(&r, data, strides, sums, NULL);
  }
  for (int64_t i = 0; i < count; ++i) {
    accumulator value = finish(&r, sums[i], by_exp ? most[i].number : 0);
    if (op_is_float(data->dtype)) {
      op_store_f64(result, i, &value.number, 1);
      continue;
    }
    uint64_t integer = by_exp ? integer_of(value.number, r.is_signed) : value.integer;
    op_store_i64(result, i, &integer, 1);
  }
  return ACCEL_OK;
}
