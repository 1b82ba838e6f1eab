// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows that go into a cache behind those that each sample has.

#include "lib/Runtime/CPU/Ops/Common.h"

int32_t accel_op_append_rows(accel_frame *frame, accel_op_call *call) {
  const accel_array *past = call->inputs[0], *rows = call->inputs[1], *lasts = call->inputs[2];
  int32_t status = op_expect_count(frame, call->inputs[3], 1);
  if (status)
    return status;
  int64_t total = op_integer(call->inputs[3], 0), room = past ? past->dims[2] : 0;
  int64_t batch = rows->dims[0], heads = rows->dims[1], more = rows->dims[2];
  for (int32_t axis = 0; past && axis < 4; ++axis)
    if (axis != 2 && past->dims[axis] != rows->dims[axis])
      return op_fail(frame, "expected a cache of the new rows' dims, found one of %lld",
                     past->dims[axis]);
  if (op_count(lasts) != batch)
    return op_fail(frame, "expected one seqlens_k for each sample, found %lld", op_count(lasts));
  bool is_prompt = total == more;
  if (total < more)
    return op_fail(frame, "expected a total_sequence_length of all rows at least, found %lld",
                   total);
  int64_t size = total > room ? total : room;
  for (int64_t b = 0; b < batch; ++b) {
    int64_t before = is_prompt ? 0 : op_integer(lasts, b) + 1 - more;
    if (before < 0 || before + more > size || before > room)
      return op_fail(frame, "seqlens_k has %lld, where the cache has no place for the new rows",
                     op_integer(lasts, b));
  }
  int64_t dims[4] = {batch, heads, size, rows->dims[3]};
  char *to = accel_rt_new_array(frame, &call->outputs[0], rows->dtype, 4, dims);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(&call->outputs[0]))
    return ACCEL_OK;
  int64_t row = op_element_bytes(rows->dtype) * rows->dims[3];
  for (int64_t b = 0; b < batch; ++b) {
    int64_t before = is_prompt ? 0 : op_integer(lasts, b) + 1 - more;
    for (int64_t h = 0; h < heads; ++h) {
      int64_t slice = b * heads + h;
      if (before)
        memcpy(to, (const char *)past->data + slice * room * row, (size_t)(before * row));
      memcpy(to + before * row, (const char *)rows->data + slice * more * row,
             (size_t)(more * row));
      // What is behind must be numbers: attention multiplies it by 0.
      memset(to + (before + more) * row, 0, (size_t)((size - before - more) * row));
      to += size * row;
    }
  }
  return ACCEL_OK;
}
