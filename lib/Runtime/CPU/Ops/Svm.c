// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Probabilities of classes from those of pairs of classes.

#include "lib/Runtime/CPU/Ops/Common.h"
#include <math.h>

/// The second method of Wu, Lin and Weng, Probability Estimates for Multi-class Classification by
/// Pairwise Coupling, 2004: p is the minimum of p' Q p over sums of 1, which one class after the
/// other approaches. `pair` has the probability of class i against j at [i * classes + j]; `q` and
/// `product` (Q p) are memory to work in.
///
/// In f32, with the bound and the number of passes that libsvm has, and ONNX Runtime: where passes
/// stop is part of the result.
static void couple(const float *pair, int64_t classes, float *q, float *product, float *p) {
  for (int64_t i = 0; i < classes; ++i) {
    float own = 0;
    for (int64_t j = 0; j < classes; ++j) {
      float against = pair[j * classes + i];
      if (j == i)
        continue;
      own += against * against;
      q[i * classes + j] = -against * pair[i * classes + j];
    }
    q[i * classes + i] = own;
    p[i] = 1.0f / (float)classes;
  }
  const float bound = 0.005f / (float)classes;
  for (int pass = 0; pass < 100; ++pass) {
    float value = 0, error = 0;
    for (int64_t i = 0; i < classes; ++i) {
      product[i] = 0;
      for (int64_t j = 0; j < classes; ++j)
        product[i] += q[i * classes + j] * p[j];
      value += p[i] * product[i];
    }
    for (int64_t i = 0; i < classes; ++i)
      error = fmaxf(error, fabsf(product[i] - value));
    if (error < bound)
      return;
    for (int64_t i = 0; i < classes; ++i) {
      float own = q[i * classes + i], step = (value - product[i]) / own, scale = 1 + step;
      p[i] += step;
      value = (value + step * (step * own + 2 * product[i])) / scale / scale;
      for (int64_t j = 0; j < classes; ++j) {
        product[j] = (product[j] + step * q[i * classes + j]) / scale;
        p[j] /= scale;
      }
    }
  }
}

int32_t accel_op_couple_classes(accel_frame *frame, accel_op_call *call) {
  const accel_array *pairs = call->inputs[0];
  int64_t classes = call->ints[0], rows = pairs->dims[0], count = classes * (classes - 1) / 2;
  if (pairs->dims[1] != count)
    return op_fail(frame, "expected a score for each pair of classes, found %lld", pairs->dims[1]);
  int64_t dims[2] = {rows, classes};
  float *to = accel_rt_new_array(frame, &call->outputs[0], pairs->dtype, 2, dims);
  float *pair =
      to ? accel_rt_scratch(frame, (2 * classes + 1) * classes * (int64_t)sizeof *pair) : NULL;
  if (!pair)
    return accel_rt_status(frame);
  float *q = pair + classes * classes, *product = q + classes * classes;
  const float *from = pairs->data;
  for (int64_t row = 0; row < rows; ++row, to += classes) {
    for (int64_t i = 0; i < classes; ++i) {
      pair[i * classes + i] = 0;
      for (int64_t j = i + 1; j < classes; ++j, ++from) {
        pair[i * classes + j] = *from;
        pair[j * classes + i] = 1 - *from;
      }
    }
    couple(pair, classes, q, product, to);
  }
  return ACCEL_OK;
}
