// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run cannot do, which the compiler knows.

#include "lib/Runtime/CPU/Ops/Common.h"

int32_t accel_op_fail(accel_frame *frame, accel_op_call *call) {
  return op_fail(frame, call->strings[0], 0);
}
