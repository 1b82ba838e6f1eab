// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run cannot do, which the compiler knows.

#include "lib/Runtime/CPU/Ops/Common.h"

int32_t accel_op_fail(accel_frame *frame, accel_op_call *call) {
  return op_fail(frame, call->strings[0], 0);
}

int32_t accel_op_require(accel_frame *frame, accel_op_call *call) {
  const accel_array *conditions = call->inputs[0];
  const uint8_t *holds = conditions->data;
  int64_t count = op_count(conditions);
  for (int64_t i = 0; i < count; ++i)
    if (!holds[i])
      return op_fail(frame, call->strings[0], i);
  accel_rt_share_array(frame, &call->outputs[0], conditions, conditions->rank, conditions->dims);
  return ACCEL_OK;
}
