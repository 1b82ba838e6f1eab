// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reshape, Squeeze, Unsqueeze: the same elements under other dims, without a copy.

#include "lib/Runtime/CPU/Ops/Common.h"

ACCEL_LOCAL int32_t op_mark_axes(accel_frame *frame, const accel_array *axes, int32_t rank,
                                 bool *marked) {
  memset(marked, 0, (size_t)rank * sizeof *marked);
  int64_t count = op_count(axes);
  for (int64_t i = 0; i < count; ++i) {
    int64_t given = op_integer(axes, i);
    int32_t axis = op_axis(given, rank);
    if (axis < 0)
      return op_fail(frame, "expected axes of the input's dims, found %lld", given);
    if (marked[axis])
      return op_fail(frame, "expected each axis once, found %lld again", given);
    marked[axis] = true;
  }
  return ACCEL_OK;
}

int32_t accel_op_reshape(accel_frame *frame, accel_op_call *call) {
  const accel_array *data = call->inputs[0], *shape = call->inputs[1];
  bool zero_means_zero = call->ints[0];
  int64_t rank = op_count(shape), dims[ACCEL_ARRAY_RANK];
  if (rank > ACCEL_ARRAY_RANK)
    return op_fail(frame, "expected a shape of at most 32 dims, found %lld", rank);
  int32_t misfit = op_expect_rank(frame, call, 1, rank);
  if (misfit)
    return misfit;
  int32_t open = -1;
  int64_t known = 1;
  bool empty = false, overflow = false;
  for (int32_t axis = 0; axis < rank; ++axis) {
    int64_t dim = op_integer(shape, axis);
    if (dim == 0 && !zero_means_zero) {
      if (axis >= data->rank)
        return op_fail(frame,
                       "expected a shape whose 0 at %lld stands for a dim of the input, which has "
                       "fewer",
                       axis);
      dim = data->dims[axis];
    }
    if (dim < -1 || (dim == -1 && open >= 0))
      return op_fail(frame, "expected a shape of sizes and at most one -1, found %lld", dim);
    dims[axis] = dim;
    if (dim == -1) {
      open = axis;
      continue;
    }
    empty |= dim == 0;
    if (dim)
      overflow |= __builtin_mul_overflow(known, dim, &known);
  }
  int64_t count = op_count(data);
  if (empty)
    known = 0;
  else if (overflow)
    return op_fail(frame, "expected a shape of %lld elements, found more than can be counted",
                   count);
  if (open >= 0) {
    if (known == 0 || count % known)
      return op_fail(frame,
                     "expected a shape whose -1 can stand for a size, found other dims that do not "
                     "divide %lld elements",
                     count);
    dims[open] = count / known;
  } else if (known != count) {
    return op_fail(frame, "expected a shape of as many elements as the input has, found %lld",
                   known);
  }
  accel_rt_share_array(frame, &call->outputs[0], data, (int32_t)rank, dims);
  return ACCEL_OK;
}

int32_t accel_op_squeeze(accel_frame *frame, accel_op_call *call) {
  const accel_array *data = call->inputs[0], *axes = op_input(call, 1);
  bool marked[ACCEL_ARRAY_RANK];
  if (axes) {
    int32_t status = op_mark_axes(frame, axes, data->rank, marked);
    if (status)
      return status;
  }
  int64_t dims[ACCEL_ARRAY_RANK];
  int32_t rank = 0;
  for (int32_t axis = 0; axis < data->rank; ++axis) {
    bool vanishes = axes ? marked[axis] : data->dims[axis] == 1;
    if (vanishes && data->dims[axis] != 1)
      return op_fail(frame, "expected a dim of 1 to squeeze, found %lld", data->dims[axis]);
    if (!vanishes)
      dims[rank++] = data->dims[axis];
  }
  int32_t misfit = op_expect_rank(frame, call, 0, rank);
  if (misfit)
    return misfit;
  accel_rt_share_array(frame, &call->outputs[0], data, rank, dims);
  return ACCEL_OK;
}

int32_t accel_op_unsqueeze(accel_frame *frame, accel_op_call *call) {
  const accel_array *data = call->inputs[0], *axes = call->inputs[1];
  int64_t rank = data->rank + op_count(axes);
  if (rank > ACCEL_ARRAY_RANK)
    return op_fail(frame, "expected at most 32 dims, found %lld", rank);
  int32_t misfit = op_expect_rank(frame, call, 0, rank);
  if (misfit)
    return misfit;
  bool marked[ACCEL_ARRAY_RANK];
  int32_t status = op_mark_axes(frame, axes, (int32_t)rank, marked);
  if (status)
    return status;
  int64_t dims[ACCEL_ARRAY_RANK];
  for (int32_t axis = 0, from = 0; axis < rank; ++axis)
    dims[axis] = marked[axis] ? 1 : data->dims[from++];
  accel_rt_share_array(frame, &call->outputs[0], data, (int32_t)rank, dims);
  return ACCEL_OK;
}

int32_t accel_op_extent(accel_frame *frame, accel_op_call *call) {
  const accel_array *size = call->inputs[0];
  int32_t status = op_expect_count(frame, size, 1);
  if (status)
    return status;
  int64_t count;
  if (!op_as_integer(size, 0, &count))
    return op_fail(frame, "expected a size that is a number, found another", 0);
  if (count < 0 || count > INT32_MAX)
    return op_fail(frame, "expected a size in 0..2^31, found %lld", count);
  static const accel_dtype bit = {ACCEL_BOOL, 8, 1};
  if (!accel_rt_new_array(frame, &call->outputs[0], bit, 1, &count))
    return accel_rt_status(frame);
  return ACCEL_OK;
}
