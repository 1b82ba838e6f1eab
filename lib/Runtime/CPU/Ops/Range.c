// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Range: start, start + delta, ... before limit. Each element is computed from its number, so that
// errors do not add up.

#include "lib/Runtime/CPU/Ops/Common.h"

/// How many steps lead from one number towards another; all are sign or zero extended.
static int64_t integer_steps(uint64_t start, uint64_t limit, uint64_t delta, bool is_signed) {
  const uint64_t flip = is_signed ? (uint64_t)1 << 63 : 0; // makes unsigned order that of the type
  bool up = !is_signed || (int64_t)delta > 0;
  uint64_t low = (up ? start : limit), high = up ? limit : start;
  if ((high ^ flip) <= (low ^ flip))
    return 0;
  uint64_t step = up ? delta : 0 - delta, steps = (high - low - 1) / step;
  return steps >= INT64_MAX ? INT64_MAX : (int64_t)steps + 1;
}

static int32_t integer_range(accel_frame *frame, accel_op_call *call) {
  uint64_t numbers[3];
  for (int32_t i = 0; i < 3; ++i)
    op_load_i64(&numbers[i], call->inputs[i], 0, 1);
  accel_dtype dtype = call->inputs[0]->dtype;
  if (numbers[2] == 0)
    return op_fail(frame, "expected a delta other than 0, found %lld", 0);
  int64_t count = integer_steps(numbers[0], numbers[1], numbers[2], dtype.code == ACCEL_INT);
  accel_array *result = &call->outputs[0];
  if (!accel_rt_new_array(frame, result, dtype, 1, &count))
    return accel_rt_status(frame);
  switch (op_type(dtype)) {
#define CASE(CODE, BITS, TYPE)                                                                     \
  case ACCEL_TYPE(CODE, BITS): {                                                                   \
    TYPE *to = result->data;                                                                       \
    for (int64_t i = 0; i < count; ++i)                                                            \
      to[i] = (TYPE)(numbers[0] + (uint64_t)i * numbers[2]);                                       \
    break;                                                                                         \
  }
    ACCEL_INTEGERS(CASE)
#undef CASE
  }
  return ACCEL_OK;
}

int32_t accel_op_range(accel_frame *frame, accel_op_call *call) {
  accel_dtype dtype = call->inputs[0]->dtype;
  for (int32_t i = 0; i < 3; ++i) {
    int32_t status = op_expect_count(frame, call->inputs[i], 1);
    if (status)
      return status;
  }
  if (!op_is_float(dtype))
    return integer_range(frame, call);
  double numbers[3];
  for (int32_t i = 0; i < 3; ++i)
    op_load_f64(&numbers[i], call->inputs[i], 0, 1);
  double distance = numbers[1] - numbers[0];
  if (dtype.bits < 64)
    distance = (float)distance; // as the type has it, for the same count
  double steps = distance / numbers[2];
  // Also what is no number: 0 / 0, NaN given, infinities.
  if (numbers[2] == 0 || !(steps < 0x1p62))
    return op_fail(frame, "expected numbers between which there are steps that can be counted", 0);
  int64_t count = steps > 0 ? (int64_t)steps : 0;
  count += steps > 0 && (double)count < steps;
  accel_array *result = &call->outputs[0];
  if (!accel_rt_new_array(frame, result, dtype, 1, &count))
    return accel_rt_status(frame);
  enum { CHUNK = 256 };
  double chunk[CHUNK];
  for (int64_t begin = 0; begin < count; begin += CHUNK) {
    int64_t length = count - begin < CHUNK ? count - begin : CHUNK;
    for (int64_t i = 0; i < length; ++i)
      chunk[i] = numbers[0] + (double)(begin + i) * numbers[2];
    op_store_f64(result, begin, chunk, length);
  }
  return ACCEL_OK;
}
