// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sequences and optional values: arrays of boxes. What is in a box is shared, never copied.

#include "lib/Runtime/CPU/Ops/Common.h"

static const accel_dtype op_box = {ACCEL_OPAQUE, 64, 1};

/// A new sequence of that length; NULL on failure.
static int64_t *new_sequence(accel_frame *frame, accel_array *result, int64_t length) {
  return accel_rt_new_array(frame, result, op_box, 1, &length);
}

/// The place that a position -length..length-1 means; -1 after an error. Without a position, the
/// one behind the last, which only `may_end` allows otherwise.
static int64_t place_of(accel_frame *frame, const accel_array *position, int64_t length,
                        bool may_end) {
  int64_t given = op_integer(position, 0), place = given < 0 ? given + length : given;
  if (place >= 0 && place < length + may_end)
    return place;
  op_fail(frame, "expected a position within the sequence, found %lld", given);
  return -1;
}

int32_t accel_op_sequence_construct(accel_frame *frame, accel_op_call *call) {
  int64_t *to = new_sequence(frame, &call->outputs[0], call->num_inputs);
  for (int32_t i = 0; to && i < call->num_inputs; ++i)
    if ((to[i] = accel_rt_box(frame, call->inputs[i])) < 0)
      return accel_rt_status(frame);
  return to ? ACCEL_OK : accel_rt_status(frame);
}

int32_t accel_op_sequence_insert(accel_frame *frame, accel_op_call *call) {
  const accel_array *sequence = call->inputs[0], *item = call->inputs[1],
                    *position = op_input(call, 2);
  int64_t length = sequence->dims[0], place = length;
  if (position && (place = place_of(frame, position, length, true)) < 0)
    return accel_rt_status(frame);
  int64_t *to = new_sequence(frame, &call->outputs[0], length + 1);
  if (!to)
    return accel_rt_status(frame);
  const int64_t *from = sequence->data;
  memcpy(to, from, (size_t)place * sizeof *to);
  memcpy(to + place + 1, from + place, (size_t)(length - place) * sizeof *to);
  to[place] = call->ints[0] ? *(const int64_t *)item->data : accel_rt_box(frame, item);
  return to[place] < 0 ? accel_rt_status(frame) : ACCEL_OK;
}

int32_t accel_op_sequence_erase(accel_frame *frame, accel_op_call *call) {
  const accel_array *sequence = call->inputs[0], *position = op_input(call, 1);
  int64_t length = sequence->dims[0], place = length - 1;
  if (!position && !length)
    return op_fail(frame, "expected a sequence of one element or more, found an empty one", 0);
  if (position && (place = place_of(frame, position, length, false)) < 0)
    return accel_rt_status(frame);
  int64_t *to = new_sequence(frame, &call->outputs[0], length - 1);
  if (!to)
    return accel_rt_status(frame);
  const int64_t *from = sequence->data;
  memcpy(to, from, (size_t)place * sizeof *to);
  memcpy(to + place, from + place + 1, (size_t)(length - 1 - place) * sizeof *to);
  return ACCEL_OK;
}

int32_t accel_op_sequence_length(accel_frame *frame, accel_op_call *call) {
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, 0, NULL);
  if (!to)
    return accel_rt_status(frame);
  *to = call->inputs[0]->dims[0];
  return ACCEL_OK;
}

/// Fails unless an element has the type that the compiler was told.
static int32_t expect_type(accel_frame *frame, const accel_array *array, int64_t type) {
  if (op_type(array->dtype) == type)
    return ACCEL_OK;
  return op_fail(frame,
                 "expected an element of the type that the model declares, found one of "
                 "%lld bits",
                 array->dtype.bits);
}

/// The array in a box, which must have a type, a rank, and some dims, that the compiler was told.
static int32_t open_box(accel_frame *frame, int64_t box, int64_t type, const int64_t *expected,
                        int32_t rank, accel_array *result) {
  const accel_array *array = accel_rt_boxed(frame, box);
  int32_t status = expect_type(frame, array, type);
  if (status)
    return status;
  if (array->rank != rank)
    return op_fail(frame,
                   "expected an element of the rank that the model declares, found rank %lld",
                   array->rank);
  for (int32_t axis = 0; axis < rank; ++axis)
    if (expected[axis] >= 0 && array->dims[axis] != expected[axis])
      return op_fail(
          frame, "expected an element of the shape that the model declares, found a dim of %lld",
          array->dims[axis]);
  accel_rt_share_array(frame, result, array, rank, array->dims);
  return ACCEL_OK;
}

int32_t accel_op_sequence_at(accel_frame *frame, accel_op_call *call) {
  const accel_array *sequence = call->inputs[0], *position = op_input(call, 1);
  int64_t length = sequence->dims[0], place = 0;
  if (!position && !length)
    return op_fail(frame, "expected an optional value that is there, found none", 0);
  if (position && (place = place_of(frame, position, length, false)) < 0)
    return accel_rt_status(frame);
  int64_t box = ((const int64_t *)sequence->data)[place];
  if (!call->ints[0])
    return open_box(frame, box, call->ints[1], call->ints + 2, call->num_ints - 2,
                    &call->outputs[0]);
  int64_t *to = new_sequence(frame, &call->outputs[0], 1);
  if (!to)
    return accel_rt_status(frame);
  *to = box;
  return ACCEL_OK;
}

int32_t accel_op_split_to_sequence(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *split = op_input(call, 1);
  int32_t axis = (int32_t)call->ints[0], rank = input->rank;
  bool keeps_dim = call->ints[1] || split; // parts of several rows have no less dims
  int64_t size = input->dims[axis], step = split ? 0 : 1, parts = size;
  if (split && split->rank == 0) {
    step = op_integer(split, 0);
    if (step < 1)
      return op_fail(frame, "expected parts of 1 or more, found %lld", step);
    parts = size / step + (size % step != 0);
  } else if (split) {
    int64_t sum = 0;
    parts = op_count(split);
    for (int64_t i = 0; i < parts; ++i) {
      int64_t part = op_integer(split, i);
      if (part < 0 || part > size - sum)
        return op_fail(frame, "expected parts that add up to the dim, found one of %lld", part);
      sum += part;
    }
    if (sum != size)
      return op_fail(frame, "expected parts that add up to the dim, found a sum of %lld", sum);
  }
  int64_t *to = new_sequence(frame, &call->outputs[0], parts);
  if (!to)
    return accel_rt_status(frame);
  int64_t dims[ACCEL_ARRAY_RANK], strides[ACCEL_ARRAY_RANK], at = 0;
  for (int64_t i = 0; i < parts; ++i) {
    int64_t part = step ? (size - at < step ? size - at : step) : op_integer(split, i);
    memcpy(dims, input->dims, (size_t)rank * sizeof *dims);
    op_strides(input, strides);
    dims[axis] = part;
    accel_array made;
    int64_t shape[ACCEL_ARRAY_RANK];
    memcpy(shape, dims, (size_t)rank * sizeof *dims);
    if (!keeps_dim)
      memmove(shape + axis, shape + axis + 1, (size_t)(rank - 1 - axis) * sizeof *dims);
    char *data = accel_rt_new_array(frame, &made, input->dtype, rank - !keeps_dim, shape);
    if (!data)
      return accel_rt_status(frame);
    op_copy_view(data, (const char *)input->data + at * strides[axis], rank, dims, strides,
                 op_element_bytes(input->dtype));
    to[i] = accel_rt_box(frame, &made);
    accel_rt_release_array(frame, &made);
    if (to[i] < 0)
      return accel_rt_status(frame);
    at += part;
  }
  return ACCEL_OK;
}

int32_t accel_op_concat_from_sequence(accel_frame *frame, accel_op_call *call) {
  const accel_array *sequence = call->inputs[0];
  const int64_t *boxes = sequence->data;
  int64_t length = sequence->dims[0];
  int32_t axis = (int32_t)call->ints[0], rank = (int32_t)call->ints[3];
  bool is_new = call->ints[1];
  const int64_t *expected = call->ints + 4;
  if (!length)
    return op_fail(frame, "expected a sequence of one element or more, found an empty one", 0);
  const accel_array *first = accel_rt_boxed(frame, boxes[0]);
  int64_t dims[ACCEL_ARRAY_RANK], total = 0;
  for (int64_t i = 0; i < length; ++i) {
    const accel_array *item = accel_rt_boxed(frame, boxes[i]);
    int32_t status = expect_type(frame, item, call->ints[2]);
    if (status)
      return status;
    if (item->rank + is_new != rank)
      return op_fail(frame,
                     "expected elements of the rank that the model declares, found rank %lld",
                     item->rank);
    for (int32_t k = 0; k < item->rank; ++k)
      if ((is_new || k != axis) && item->dims[k] != first->dims[k])
        return op_fail(frame,
                       "expected elements of one shape but for the axis, found dims of %lld "
                       "and another",
                       item->dims[k]);
    if (__builtin_add_overflow(total, is_new ? 1 : item->dims[axis], &total))
      return op_fail(frame, "expected fewer elements, found %lld", total);
  }
  for (int32_t k = 0; k < rank; ++k)
    dims[k] = k == axis ? total : first->dims[k - (is_new && k > axis)];
  for (int32_t k = 0; k < rank; ++k)
    if (expected[k] >= 0 && dims[k] != expected[k])
      return op_fail(frame,
                     "expected elements of the shape that the model declares, found a dim of %lld",
                     dims[k]);
  char *to = accel_rt_new_array(frame, &call->outputs[0], first->dtype, rank, dims);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(&call->outputs[0]))
    return ACCEL_OK;
  int64_t element = op_element_bytes(first->dtype);
  int64_t outer = op_product(dims, 0, axis), inner = op_product(dims, axis + 1, rank) * element;
  for (int64_t row = 0; row < outer; ++row)
    for (int64_t i = 0; i < length; ++i) {
      const accel_array *item = accel_rt_boxed(frame, boxes[i]);
      int64_t bytes = (is_new ? 1 : item->dims[axis]) * inner;
      if (bytes)
        memcpy(to, (const char *)item->data + row * bytes, (size_t)bytes);
      to += bytes;
    }
  return ACCEL_OK;
}
