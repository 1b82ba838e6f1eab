// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Det: determinants of matrices, by elimination with the largest pivot of each column.

#include "lib/Runtime/CPU/Ops/Common.h"

static double magnitude(double x) { return x < 0 ? -x : x; }

/// Of an n x n matrix, which is overwritten.
static double determinant(double *a, int64_t n) {
  double result = 1;
  for (int64_t column = 0; column < n; ++column) {
    int64_t pivot = column;
    for (int64_t row = column + 1; row < n; ++row)
      if (magnitude(a[row * n + column]) > magnitude(a[pivot * n + column]))
        pivot = row;
    double *top = a + column * n;
    if (pivot != column) {
      result = -result;
      for (int64_t i = column; i < n; ++i) {
        double value = top[i];
        top[i] = a[pivot * n + i];
        a[pivot * n + i] = value;
      }
    }
    result *= top[column];
    if (top[column] == 0)
      return result; // 0, or NaN
    for (int64_t row = column + 1; row < n; ++row) {
      double *below = a + row * n, factor = below[column] / top[column];
      for (int64_t i = column + 1; i < n; ++i)
        below[i] -= factor * top[i];
    }
  }
  return result;
}

int32_t accel_op_det(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  int32_t rank = input->rank;
  int64_t n = input->dims[rank - 1];
  if (input->dims[rank - 2] != n)
    return op_fail(frame, "expected square matrices, found such with %lld columns", n);
  accel_array *result = &call->outputs[0];
  if (!accel_rt_new_array(frame, result, input->dtype, rank - 2, input->dims))
    return accel_rt_status(frame);
  int64_t count = op_is_empty(result) ? 0 : op_count(result), bytes;
  if (__builtin_mul_overflow(n * (int64_t)sizeof(double), n, &bytes))
    return op_fail(frame, "expected matrices that fit into memory, found %lld columns", n);
  double *matrix = accel_rt_scratch(frame, bytes);
  if (!matrix)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i) {
    op_load_f64(matrix, input, i * n * n, n * n);
    double value = determinant(matrix, n);
    op_store_f64(result, i, &value, 1);
  }
  return ACCEL_OK;
}
