// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expand, Slice, Tile, Split, ConstantOfShape: copies of views, in blocks as large as the view has.

#include "lib/Runtime/CPU/Ops/Common.h"

ACCEL_LOCAL void op_fill(void *to, const void *value, int64_t element, int64_t count) {
  if (count <= 0)
    return;
  const uint8_t *bytes = (const uint8_t *)value;
  bool same = true;
  for (int64_t i = 1; i < element; ++i)
    same &= bytes[i] == bytes[0];
  int64_t total = element * count;
  if (same) {
    memset(to, bytes[0], (size_t)total);
    return;
  }
  memcpy(to, value, (size_t)element);
  for (int64_t done = element; done < total;) {
    int64_t more = total - done < done ? total - done : done;
    memcpy((char *)to + done, to, (size_t)more);
    done += more;
  }
}

/// Merges dims that lie one behind the other, so that blocks are long and loops few.
static int32_t merge_dims(int32_t rank, int64_t *dims, int64_t *strides) {
  int32_t merged = 0;
  for (int32_t axis = 0; axis < rank; ++axis) {
    if (dims[axis] == 1)
      continue;
    if (merged && strides[merged - 1] == strides[axis] * dims[axis]) {
      dims[merged - 1] *= dims[axis];
      strides[merged - 1] = strides[axis];
      continue;
    }
    dims[merged] = dims[axis];
    strides[merged] = strides[axis];
    ++merged;
  }
  return merged;
}

#define COPY_ELEMENTS(SIZE)                                                                        \
  for (int64_t i = 0; i < count; ++i)                                                              \
  memcpy(to + i * SIZE, from + i * stride, SIZE)

static void copy_row(char *to, const char *from, int64_t count, int64_t stride, int64_t element) {
  if (stride == element) {
    memcpy(to, from, (size_t)(count * element));
    return;
  }
  if (stride == 0) {
    op_fill(to, from, element, count);
    return;
  }
  switch (element) {
  case 1:
    COPY_ELEMENTS(1);
    break;
  case 2:
    COPY_ELEMENTS(2);
    break;
  case 4:
    COPY_ELEMENTS(4);
    break;
  case 8:
    COPY_ELEMENTS(8);
    break;
  default:
    COPY_ELEMENTS((size_t)element);
    break;
  }
}

ACCEL_LOCAL void op_copy_view(char *to, const char *from, int32_t rank, int64_t *dims,
                              int64_t *strides, int64_t element) {
  for (int32_t axis = 0; axis < rank; ++axis)
    if (dims[axis] == 0)
      return;
  rank = merge_dims(rank, dims, strides);
  if (rank == 0) {
    memcpy(to, from, (size_t)element);
    return;
  }
  // A block without gaps is an element of the dims around it.
  if (rank > 1 && strides[rank - 1] == element)
    element *= dims[--rank];
  int64_t count = dims[rank - 1], stride = strides[rank - 1], row = count * element;
  int64_t at[2 * ACCEL_ARRAY_RANK] = {0};
  for (;;) {
    copy_row(to, from, count, stride, element);
    to += row;
    int32_t axis = rank - 2;
    for (; axis >= 0; --axis) {
      from += strides[axis];
      if (++at[axis] < dims[axis])
        break;
      from -= strides[axis] * dims[axis];
      at[axis] = 0;
    }
    if (axis < 0)
      return;
  }
}

int32_t accel_op_expand(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *shape = call->inputs[1];
  int64_t length = op_count(shape), dims[ACCEL_ARRAY_RANK], strides[ACCEL_ARRAY_RANK];
  if (length > ACCEL_ARRAY_RANK)
    return op_fail(frame, "expected a shape of at most 32 dims, found %lld", length);
  int32_t rank = length > input->rank ? (int32_t)length : input->rank;
  int32_t misfit = op_expect_rank(frame, call, 0, rank);
  if (misfit)
    return misfit;
  int64_t own[ACCEL_ARRAY_RANK];
  op_strides(input, own);
  for (int32_t axis = 0; axis < rank; ++axis) {
    int64_t from = axis - (rank - input->rank), to = axis - (rank - (int32_t)length);
    int64_t size = from < 0 ? 1 : input->dims[from], wanted = to < 0 ? 1 : op_integer(shape, to);
    if (wanted < 0 || (wanted != size && wanted != 1 && size != 1))
      return op_fail(frame,
                     "expected a shape that the input's dims of 1 can be expanded to, found a size "
                     "of %lld",
                     wanted);
    dims[axis] = wanted == 1 ? size : wanted;
    strides[axis] = size == 1 || from < 0 ? 0 : own[from];
  }
  char *data = accel_rt_new_array(frame, &call->outputs[0], input->dtype, rank, dims);
  if (!data)
    return accel_rt_status(frame);
  op_copy_view(data, input->data, rank, dims, strides, op_element_bytes(input->dtype));
  return ACCEL_OK;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

int32_t accel_op_slice(accel_frame *frame, accel_op_call *call) {
  const accel_array *data = call->inputs[0], *starts = call->inputs[1], *ends = call->inputs[2];
  const accel_array *axes = op_input(call, 3), *steps = op_input(call, 4);
  int64_t count = op_count(starts);
  if (op_count(ends) != count || (axes && op_count(axes) != count) ||
      (steps && op_count(steps) != count))
    return op_fail(frame, "expected starts, ends, axes and steps of one length, found %lld starts",
                   count);
  int64_t dims[ACCEL_ARRAY_RANK], strides[ACCEL_ARRAY_RANK];
  op_strides(data, strides);
  memcpy(dims, data->dims, sizeof dims);
  bool done[ACCEL_ARRAY_RANK] = {false};
  const char *from = data->data;
  for (int64_t i = 0; i < count; ++i) {
    int64_t given = axes ? op_integer(axes, i) : i;
    int32_t axis = op_axis(given, data->rank);
    if (axis < 0 || done[axis])
      return op_fail(frame, "expected axes of the input's dims, each once, found %lld", given);
    done[axis] = true;
    int64_t size = data->dims[axis], step = steps ? op_integer(steps, i) : 1;
    if (step == 0)
      return op_fail(frame, "expected steps other than 0, found %lld", step);
    // A start before the first element or an end behind the last one mean those.
    int64_t start = op_integer(starts, i), end = op_integer(ends, i);
    start += start < 0 ? size : 0;
    end += end < 0 ? size : 0;
    int64_t length;
    if (step > 0) {
      start = clamp(start, 0, size);
      end = clamp(end, 0, size);
      length = end > start ? (end - start - 1) / step + 1 : 0;
    } else {
      start = clamp(start, 0, size - 1);
      end = clamp(end, -1, size - 1);
      length = size && start > end
                   ? (int64_t)((uint64_t)(start - end - 1) / (0 - (uint64_t)step)) + 1
                   : 0;
    }
    if (length) // else there is nothing to point at
      from += start * strides[axis];
    dims[axis] = length;
    strides[axis] = length > 1 ? strides[axis] * step : 0;
  }
  char *to = accel_rt_new_array(frame, &call->outputs[0], data->dtype, data->rank, dims);
  if (!to)
    return accel_rt_status(frame);
  op_copy_view(to, from, data->rank, dims, strides, op_element_bytes(data->dtype));
  return ACCEL_OK;
}

int32_t accel_op_tile(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *repeats = call->inputs[1];
  int32_t rank = input->rank;
  if (op_count(repeats) != rank)
    return op_fail(frame, "expected as many repeats as the input has dims, found %lld",
                   op_count(repeats));
  int64_t result[ACCEL_ARRAY_RANK], own[ACCEL_ARRAY_RANK];
  int64_t dims[2 * ACCEL_ARRAY_RANK], strides[2 * ACCEL_ARRAY_RANK];
  op_strides(input, own);
  for (int32_t axis = 0; axis < rank; ++axis) {
    int64_t times = op_integer(repeats, axis);
    if (times < 0 || __builtin_mul_overflow(times, input->dims[axis], &result[axis]))
      return op_fail(
          frame, "expected repeats of 0 or more whose product can be counted, found %lld", times);
    dims[2 * axis] = times;
    strides[2 * axis] = 0;
    dims[2 * axis + 1] = input->dims[axis];
    strides[2 * axis + 1] = own[axis];
  }
  char *to = accel_rt_new_array(frame, &call->outputs[0], input->dtype, rank, result);
  if (!to)
    return accel_rt_status(frame);
  op_copy_view(to, input->data, 2 * rank, dims, strides, op_element_bytes(input->dtype));
  return ACCEL_OK;
}

int32_t accel_op_split(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *sizes = op_input(call, 1);
  int32_t axis = (int32_t)call->ints[0], parts = call->num_outputs;
  int64_t size = input->dims[axis], begin = 0;
  if (sizes && op_count(sizes) != parts)
    return op_fail(frame, "expected a size for each result, found %lld", op_count(sizes));
  int64_t dims[ACCEL_ARRAY_RANK], strides[ACCEL_ARRAY_RANK], view[ACCEL_ARRAY_RANK];
  int64_t each = size / parts + (size % parts != 0);
  for (int32_t part = 0; part < parts; ++part) {
    int64_t left = size - begin;
    int64_t length = sizes ? op_integer(sizes, part) : each < left ? each : left;
    if (length < 0 || length > left || (part + 1 == parts && length != left))
      return op_fail(frame,
                     "expected sizes of 0 or more whose sum is the dim that is split, which "
                     "is %lld",
                     size);
    memcpy(dims, input->dims, sizeof dims);
    memcpy(view, input->dims, sizeof view);
    op_strides(input, strides);
    const char *from = (const char *)input->data + begin * strides[axis];
    dims[axis] = view[axis] = length;
    char *to = accel_rt_new_array(frame, &call->outputs[part], input->dtype, input->rank, dims);
    if (!to)
      return accel_rt_status(frame);
    op_copy_view(to, from, input->rank, view, strides, op_element_bytes(input->dtype));
    begin += length;
  }
  return ACCEL_OK;
}

int32_t accel_op_constant_of_shape(accel_frame *frame, accel_op_call *call) {
  const accel_array *shape = call->inputs[0], *value = call->inputs[1];
  int64_t rank = op_count(shape), dims[ACCEL_ARRAY_RANK];
  if (rank > ACCEL_ARRAY_RANK)
    return op_fail(frame, "expected a shape of at most 32 dims, found %lld", rank);
  int32_t misfit = op_expect_rank(frame, call, 0, rank);
  if (misfit)
    return misfit;
  int32_t status = op_expect_count(frame, value, 1);
  if (status)
    return status;
  for (int32_t axis = 0; axis < rank; ++axis)
    if ((dims[axis] = op_integer(shape, axis)) < 0)
      return op_fail(frame, "expected sizes of 0 or more, found %lld", dims[axis]);
  accel_array *result = &call->outputs[0];
  char *to = accel_rt_new_array(frame, result, value->dtype, (int32_t)rank, dims);
  if (!to)
    return accel_rt_status(frame);
  if (!op_is_empty(result))
    op_fill(to, value->data, op_element_bytes(value->dtype), op_count(result));
  return ACCEL_OK;
}
