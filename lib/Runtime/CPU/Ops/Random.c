// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What random numbers follow from, and classes that such numbers choose.

#include "lib/Runtime/CPU/Ops/Common.h"
#include <math.h>

int32_t accel_op_draw(accel_frame *frame, accel_op_call *call) {
  static const accel_dtype word = {ACCEL_UINT, 64, 1};
  uint64_t words[2];
  accel_rt_draw(frame, words);
  if (call->num_ints > 1)
    words[1] = (uint64_t)call->ints[1];
  for (int32_t i = 0; i < call->num_outputs; ++i) {
    uint64_t *to = accel_rt_new_array(frame, &call->outputs[i], word, 0, NULL);
    if (!to)
      return accel_rt_status(frame);
    *to = words[i];
  }
  return ACCEL_OK;
}

/// Sums of exp(x) up to each class, less the largest x, which leaves their proportions. Infinite
/// ones share all there is.
static void cumulate_weights(double *sums, int64_t classes) {
  double most = -INFINITY, total = 0;
  for (int64_t i = 0; i < classes; ++i)
    most = sums[i] > most ? sums[i] : most;
  for (int64_t i = 0; i < classes; ++i) {
    double weight = most == INFINITY      ? sums[i] == INFINITY
                    : sums[i] > -INFINITY ? exp(sums[i] - most)
                                          : 0;
    total += weight == weight ? weight : 0;
    sums[i] = total;
  }
}

int32_t accel_op_multinomial(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *numbers = call->inputs[1];
  const int64_t rows = input->dims[0], classes = input->dims[1], samples = numbers->dims[1];
  const accel_dtype dtype = {ACCEL_INT, (uint8_t)call->ints[0], 1};
  const int64_t dims[2] = {rows, samples};
  void *to = accel_rt_new_array(frame, &call->outputs[0], dtype, 2, dims);
  double *sums = to ? accel_rt_scratch(frame, classes * (int64_t)sizeof *sums) : NULL;
  if (!sums)
    return accel_rt_status(frame);
  if (numbers->dims[0] != rows)
    return op_fail(frame, "expected random numbers for each row, found %lld rows",
                   numbers->dims[0]);
  if (classes == 0 && rows && samples)
    return op_fail(frame, "expected one class or more to draw from, found %lld", 0);
  const double *number = numbers->data;
  for (int64_t row = 0, at = 0; row < rows; ++row) {
    op_load_f64(sums, input, row * classes, classes);
    cumulate_weights(sums, classes);
    for (int64_t i = 0; i < samples; ++i, ++at) {
      // The first class whose sum is above the number's part of the total.
      double wanted = number[at] * sums[classes - 1];
      int64_t low = 0, high = classes - 1;
      while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sums[middle] > wanted)
          high = middle;
        else
          low = middle + 1;
      }
      if (dtype.bits == 32)
        ((int32_t *)to)[at] = (int32_t)low;
      else
        ((int64_t *)to)[at] = low;
    }
  }
  return ACCEL_OK;
}
