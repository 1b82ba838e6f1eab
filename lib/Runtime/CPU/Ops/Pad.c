// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pad: for each axis a table says which element of the input each of the result is, -1 for the
// constant. Trailing axes that are not padded are one block.

#include "lib/Runtime/CPU/Ops/Common.h"

/// One axis: `size` elements from `first` on are kept, `before` come before them.
typedef struct pad_axis {
  int64_t first, size, before, after;
} pad_axis;

/// Which kept element stands at a place outside of 0..size-1.
static int64_t padded_source(int64_t at, int64_t size, int64_t mode) {
  if (mode == ACCEL_PAD_EDGE)
    return at < 0 ? 0 : size - 1;
  int64_t period = mode == ACCEL_PAD_WRAP ? size : 2 * (size - 1);
  if (period == 0)
    return 0;
  at %= period;
  at += at < 0 ? period : 0;
  return at < size ? at : period - at;
}

static void fill_table(int64_t *table, const pad_axis *axis, int64_t mode) {
  for (int64_t at = -axis->before; at < axis->size + axis->after; ++at) {
    bool inside = at >= 0 && at < axis->size;
    *table++ = inside                       ? axis->first + at
               : mode == ACCEL_PAD_CONSTANT ? -1
                                            : axis->first + padded_source(at, axis->size, mode);
  }
}

/// The last padded axis: `from` is where its first element lies, NULL if all is the constant.
static void pad_row(char *to, const char *from, const pad_axis *axis, const int64_t *table,
                    int64_t block, const void *value, int64_t element) {
  int64_t length = axis->before + axis->size + axis->after;
  if (!from) {
    op_fill(to, value, element, length * (block / element));
    return;
  }
  for (int64_t i = 0; i < length; ++i) {
    if (i == axis->before && axis->size) {
      memcpy(to + i * block, from + axis->first * block, (size_t)(axis->size * block));
      i += axis->size - 1;
    } else if (table[i] >= 0) {
      memcpy(to + i * block, from + table[i] * block, (size_t)block);
    } else {
      int64_t run = i < axis->before ? axis->before : length;
      op_fill(to + i * block, value, element, (run - i) * (block / element));
      i = run - 1;
    }
  }
}

static int32_t read_pads(accel_frame *frame, const accel_array *data, const accel_array *pads,
                         const accel_array *axes, int64_t mode, pad_axis *padded, int64_t *dims) {
  int64_t count = axes ? op_count(axes) : data->rank;
  if (op_count(pads) != 2 * count)
    return op_fail(frame, "expected two pads for each axis, found %lld pads", op_count(pads));
  bool marked[ACCEL_ARRAY_RANK];
  if (axes) {
    int32_t status = op_mark_axes(frame, axes, data->rank, marked);
    if (status)
      return status;
  }
  for (int32_t axis = 0; axis < data->rank; ++axis)
    padded[axis] = (pad_axis){.size = dims[axis] = data->dims[axis]};
  for (int64_t i = 0; i < count; ++i) {
    int32_t axis = axes ? op_axis(op_integer(axes, i), data->rank) : (int32_t)i;
    int64_t before = op_integer(pads, i), after = op_integer(pads, count + i);
    pad_axis *to = &padded[axis];
    int64_t size = to->size;
    if (before < -size || after < -size || (before < 0 && after < 0 && before + after < -size))
      return op_fail(frame, "expected pads that cut off no more than the dim, which is %lld", size);
    to->first = before < 0 ? -before : 0;
    to->size += (before < 0 ? before : 0) + (after < 0 ? after : 0);
    to->before = before > 0 ? before : 0;
    to->after = after > 0 ? after : 0;
    if (to->size < 0)
      return op_fail(frame, "expected pads that cut off no more than the dim, which is %lld", size);
    if (__builtin_add_overflow(to->before, to->size, &dims[axis]) ||
        __builtin_add_overflow(dims[axis], to->after, &dims[axis]))
      return op_fail(frame, "expected pads whose sum can be counted, found %lld", before);
    if (to->size == 0 && dims[axis] && mode != ACCEL_PAD_CONSTANT)
      return op_fail(frame, "expected elements that pads can repeat, found none on axis %lld",
                     axis);
  }
  return ACCEL_OK;
}

int32_t accel_op_pad(accel_frame *frame, accel_op_call *call) {
  const accel_array *data = call->inputs[0], *value = op_input(call, 2);
  int64_t mode = call->ints[0], dims[ACCEL_ARRAY_RANK], element = op_element_bytes(data->dtype);
  pad_axis padded[ACCEL_ARRAY_RANK];
  int32_t status = read_pads(frame, data, call->inputs[1], op_input(call, 3), mode, padded, dims);
  if (!status && value)
    status = op_expect_count(frame, value, 1);
  if (status)
    return status;
  accel_array *result = &call->outputs[0];
  char *to = accel_rt_new_array(frame, result, data->dtype, data->rank, dims);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  int32_t last = data->rank - 1;
  for (; last >= 0; --last)
    if (dims[last] != data->dims[last] || padded[last].before || padded[last].first)
      break;
  if (last < 0) {
    memcpy(to, data->data, (size_t)(op_count(data) * element));
    return ACCEL_OK;
  }
  // Of what the run does not give, the constant is 0.
  static const uint64_t zero[2] = {0, 0};
  const void *constant = value ? value->data : zero;

  int64_t entries = 0, strides[ACCEL_ARRAY_RANK], *tables[ACCEL_ARRAY_RANK];
  for (int32_t axis = 0; axis <= last; ++axis)
    if (__builtin_add_overflow(entries, dims[axis], &entries))
      return op_fail(frame, "expected sizes whose sum can be counted, found %lld", dims[axis]);
  if (__builtin_mul_overflow(entries, (int64_t)sizeof **tables, &entries))
    return op_fail(frame, "expected sizes whose sum can be counted, found %lld", dims[last]);
  int64_t *table = accel_rt_scratch(frame, entries);
  if (!table)
    return accel_rt_status(frame);
  for (int32_t axis = 0; axis <= last; ++axis) {
    tables[axis] = table;
    fill_table(table, &padded[axis], mode);
    table += dims[axis];
  }
  op_strides(data, strides);
  int64_t block = strides[last], row = dims[last] * block, at[ACCEL_ARRAY_RANK] = {0};
  for (;;) {
    const char *from = data->data;
    for (int32_t axis = 0; axis < last && from; ++axis)
      from = tables[axis][at[axis]] < 0 ? NULL : from + tables[axis][at[axis]] * strides[axis];
    pad_row(to, from, &padded[last], tables[last], block, constant, element);
    to += row;
    int32_t axis = last - 1;
    for (; axis >= 0 && ++at[axis] == dims[axis]; --axis)
      at[axis] = 0;
    if (axis < 0)
      return ACCEL_OK;
  }
}
