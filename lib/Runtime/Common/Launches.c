// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The launches of a program, from the table that the compiler wrote.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

static void *operand_address(const accel_frame *frame, const int64_t *values, int64_t operand) {
  int64_t index = operand >> ACCEL_SPACE_BITS;
  switch ((accel_space)(operand & ((1 << ACCEL_SPACE_BITS) - 1))) {
  case ACCEL_SPACE_INPUT:
    return frame->inputs[index];
  case ACCEL_SPACE_OUTPUT:
    return frame->outputs[index];
  case ACCEL_SPACE_OUTPUT_PART:
    return (char *)frame->outputs[values[index]] + values[index + 1];
  case ACCEL_SPACE_WEIGHTS:
    return (char *)frame->weights + index;
  case ACCEL_SPACE_ARENA:
    return (char *)frame->arena + values[index];
  }
  return NULL;
}

int32_t accel_rt_run_launches(accel_frame *frame, const accel_launches *launches, int32_t begin,
                              int32_t end) {
  const int64_t *values = launches->values ? launches->values : frame->offsets;
  void *buffers[launches->max_operands + 1]; // never of no elements
  accel_context *context = accel_context_of(frame);
  const uint8_t *needed = NULL;
  // Segments of a script run whole.
  if (context->partial && frame->program == context->program) {
    needed = accel_slice_launches(context, launches);
    if (!needed)
      return context->status;
  }
  for (int32_t i = begin; i < end; ++i) {
    if (needed && !needed[i])
      continue;
    const accel_launch *launch = &launches->launches[i];
    for (int32_t k = 0; k < launch->num_operands; ++k)
      buffers[k] = operand_address(frame, values, launches->operands[launch->first_operand + k]);
    const int64_t *dims = values + launch->dims;
    if (launch->site < 0) {
      if (*dims > 0)
        memcpy(buffers[0], buffers[1], (size_t)*dims);
      continue;
    }
    int32_t status = accel_rt_dispatch(frame, &frame->program->sites[launch->site], buffers, dims);
    if (status)
      return status;
  }
  return ACCEL_OK;
}
