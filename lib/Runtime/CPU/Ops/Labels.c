// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Labels of classes, before anything is read by them.

#include "lib/Runtime/CPU/Ops/Common.h"

int32_t accel_op_labels(accel_frame *frame, accel_op_call *call) {
  const accel_array *labels = call->inputs[0], *scores = op_input(call, 1);
  int64_t classes = scores ? scores->dims[1] : call->ints[0], count = op_count(labels);
  bool can_ignore = call->ints[1] != 0;
  int64_t ignored = call->ints[2];
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, labels->rank, labels->dims);
  if (!to)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i) {
    int64_t label = op_integer(labels, i);
    if (can_ignore && label == ignored)
      to[i] = -1;
    else if (label >= 0 && label < classes)
      to[i] = label;
    else
      return op_fail(frame, "expected labels of 0 up to the number of classes, found %lld", label);
  }
  return ACCEL_OK;
}
