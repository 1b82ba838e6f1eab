// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Maps: two boxes, of keys and of values.

#include "lib/Runtime/CPU/Ops/Common.h"
#include "lib/Runtime/CPU/Ops/Sort.h"

static bool is_ascending(const int64_t *keys, int64_t count) {
  for (int64_t i = 1; i < count; ++i)
    if (keys[i - 1] > keys[i])
      return false;
  return true;
}

int32_t accel_op_open_map(accel_frame *frame, accel_op_call *call) {
  const int64_t *boxes = call->inputs[0]->data;
  const accel_array *keys = accel_rt_boxed(frame, boxes[0]),
                    *values = accel_rt_boxed(frame, boxes[1]);
  int64_t count = keys->dims[0], element = op_element_bytes(values->dtype);
  if (!call->ints[0] || is_ascending(keys->data, count)) {
    accel_rt_share_array(frame, &call->outputs[0], keys, 1, keys->dims);
    accel_rt_share_array(frame, &call->outputs[1], values, 1, values->dims);
    return ACCEL_OK;
  }
  int64_t *to_keys = accel_rt_new_array(frame, &call->outputs[0], op_i64, 1, keys->dims);
  char *to =
      to_keys ? accel_rt_new_array(frame, &call->outputs[1], values->dtype, 1, values->dims) : NULL;
  op_ranked *rows = to ? accel_rt_scratch(frame, 2 * count * (int64_t)sizeof *rows) : NULL;
  if (!rows)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i)
    rows[i].index = i;
  for (int64_t i = 0; i < count; ++i)
    op_keys(&rows[i].key, keys, i, 1, 1);
  rows = op_sort_ranked(rows, rows + count, count, 0);
  for (int64_t i = 0; i < count; ++i) {
    int64_t from = rows[i].index;
    to_keys[i] = ((const int64_t *)keys->data)[from];
    memcpy(to + i * element, (const char *)values->data + from * element, (size_t)element);
  }
  return ACCEL_OK;
}
