// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NonZero, Compress, OneHot: elements and slices that a condition or an index chooses.

#include "lib/Runtime/CPU/Ops/Common.h"

enum { SELECT_CHUNK = 512 };

int32_t accel_op_nonzero(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  int64_t count = op_count(input), found = 0;
  uint8_t chosen[SELECT_CHUNK];
  for (int64_t begin = 0; begin < count; begin += SELECT_CHUNK) {
    int64_t length = count - begin < SELECT_CHUNK ? count - begin : SELECT_CHUNK;
    op_nonzero(chosen, input, begin, length);
    for (int64_t i = 0; i < length; ++i)
      found += chosen[i];
  }
  int32_t rank = input->rank ? input->rank : 1;
  int64_t dims[2] = {rank, found};
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, 2, dims);
  if (!to)
    return accel_rt_status(frame);
  // The index along the last axis counts; the others move when it starts again.
  int64_t at[ACCEL_ARRAY_RANK] = {0}, last = input->rank ? input->dims[rank - 1] : 1, next = 0;
  for (int64_t begin = 0; begin < count; begin += SELECT_CHUNK) {
    int64_t length = count - begin < SELECT_CHUNK ? count - begin : SELECT_CHUNK;
    op_nonzero(chosen, input, begin, length);
    for (int64_t i = 0; i < length; ++i) {
      if (chosen[i]) {
        for (int32_t axis = 0; axis < rank; ++axis)
          to[axis * found + next] = at[axis];
        ++next;
      }
      if (++at[rank - 1] < last)
        continue;
      at[rank - 1] = 0;
      for (int32_t axis = rank - 2; axis >= 0 && ++at[axis] == input->dims[axis]; --axis)
        at[axis] = 0;
    }
  }
  return ACCEL_OK;
}

int32_t accel_op_compress(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *condition = call->inputs[1];
  bool flat = call->num_ints == 0;
  int32_t axis = flat ? 0 : (int32_t)call->ints[0];
  int64_t size = flat ? op_count(input) : input->dims[axis], length = op_count(condition);
  length = length < size ? length : size; // as ONNX Runtime has it, the rest chooses nothing
  const uint8_t *chosen = condition->data;
  int64_t found = 0;
  for (int64_t i = 0; i < length; ++i)
    found += chosen[i] != 0;
  accel_array *result = &call->outputs[0];
  char *to = op_new_resized(frame, result, input, flat, axis, found);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  int64_t outer = flat ? 1 : op_product(input->dims, 0, axis);
  int64_t block =
      op_element_bytes(input->dtype) * (flat ? 1 : op_product(input->dims, axis + 1, input->rank));
  const char *from = input->data;
  for (int64_t i = 0; i < outer; ++i, from += size * block)
    for (int64_t begin = 0; begin < length;) {
      int64_t end = begin;
      while (end < length && chosen[end])
        ++end;
      memcpy(to, from + begin * block, (size_t)((end - begin) * block));
      to += (end - begin) * block;
      begin = end + 1;
    }
  return ACCEL_OK;
}

int32_t accel_op_onehot(accel_frame *frame, accel_op_call *call) {
  const accel_array *indices = call->inputs[0], *values = call->inputs[2];
  int32_t axis = (int32_t)call->ints[0];
  int64_t depth;
  int32_t status = op_expect_count(frame, call->inputs[1], 1);
  if (!status)
    status = op_expect_count(frame, values, 2);
  if (status)
    return status;
  if (!op_as_integer(call->inputs[1], 0, &depth) || depth < 0)
    return op_fail(frame, "expected a depth of 0 or more", 0);
  if (indices->rank == ACCEL_ARRAY_RANK)
    return op_fail(frame, "expected at most 32 dims, found %lld", indices->rank + 1);
  int64_t dims[ACCEL_ARRAY_RANK + 1];
  for (int32_t i = 0; i <= indices->rank; ++i)
    dims[i] = i < axis ? indices->dims[i] : i == axis ? depth : indices->dims[i - 1];
  accel_array *result = &call->outputs[0];
  char *to = accel_rt_new_array(frame, result, values->dtype, indices->rank + 1, dims);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  int64_t element = op_element_bytes(values->dtype);
  const char *off = values->data, *on = off + element;
  op_fill(to, off, element, op_count(result));
  int64_t outer = op_product(indices->dims, 0, axis);
  int64_t inner = op_product(indices->dims, axis, indices->rank);
  for (int64_t i = 0; i < outer; ++i, to += depth * inner * element)
    for (int64_t k = 0; k < inner; ++k) {
      int64_t index;
      if (!op_as_integer(indices, i * inner + k, &index))
        continue;
      index += index < 0 ? depth : 0;
      if (index >= 0 && index < depth)
        memcpy(to + (index * inner + k) * element, on, (size_t)element);
    }
  return ACCEL_OK;
}
