// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scores of linear classifiers in the order of additions that ONNX Runtime has. ZipMap gives them
// to callers who compare them exactly, and the sums are as exact as in any other order.

#include "lib/Runtime/CPU/Ops/Levels.h"
#include <math.h>

enum { ROW_LANES = 8, CLASS_LANES = 16 };

//===-- One row -------------------------------------------------------------------------------===//

typedef struct linear_row {
  const float *x, *table, *intercepts;
  float *to;
  int64_t width, classes;
} linear_row;

/// Eight partial sums of rounded products, which are combined by how many classes are computed
/// together: four, then two, then one.
OP_INLINE void linear_classes(const void *argument, int64_t begin, int64_t end) {
#pragma STDC FP_CONTRACT OFF
  const linear_row *r = argument;
  int64_t fours = r->classes / 4 * 4, twos = fours + (r->classes - fours) / 2 * 2;
  for (int64_t j = begin; j < end; ++j) {
    const float *row = r->table + j * r->width;
    float a[ROW_LANES] = {0};
    int64_t k = 0;
    for (; k + ROW_LANES <= r->width; k += ROW_LANES)
      for (int lane = 0; lane < ROW_LANES; ++lane) {
        float product = r->x[k + lane] * row[k + lane];
        a[lane] += product;
      }
    for (int lane = 0; k + lane < r->width; ++lane) {
      float product = r->x[k + lane] * row[k + lane];
      a[lane] += product;
    }
    float sum;
    if (j < fours)
      sum = (((a[0] + a[1]) + a[2]) + a[3]) + (((a[4] + a[5]) + a[6]) + a[7]);
    else if (j < twos)
      sum = ((a[2] + a[0]) + (a[6] + a[4])) + ((a[3] + a[1]) + (a[7] + a[5]));
    else
      sum = ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
    r->to[j] = r->intercepts ? sum + r->intercepts[j] : sum;
  }
}
OP_LEVELS(linear_classes)

//===-- Labels and softmax --------------------------------------------------------------------===//

typedef struct class_rows {
  const float *from;
  float *to; ///< NULL: labels only
  int64_t rows, width;
  const int64_t *labels;
  bool is_exact;   ///< few classes, of few rows
  int64_t *chosen; ///< for each row the label of its largest score, the first of equal ones
} class_rows;

/// exp(x) of a number that is not above 0: 2^m times a polynomial of degree 6. What is below -88.4
/// is as -88.4.
OP_INLINE float exp_below_zero(float x) {
  const float least = -88.3762626647949f, shift = 0x1.8p23f;
  x = least > x ? least : x;
  float shifted = x * 1.44269504088896341f + shift, m = shifted - shift;
  x = m * -6.93145752e-1f + x;
  x = m * -1.42860677e-6f + x;
  float p = 0x1.694000p-10f;
  p = p * x + 0x1.125edcp-7f;
  p = p * x + 0x1.555b5ap-5f;
  p = p * x + 0x1.555450p-3f;
  p = p * x + 0x1.fffff6p-2f;
  p = p * x + 1.0f;
  p = p * x + 1.0f;
  // In two steps, because 2^-128 is no normal number.
  uint32_t bits, exponent;
  memcpy(&bits, &shifted, sizeof bits);
  exponent = (bits << 23) + ((127u + 64u) << 23);
  float power;
  memcpy(&power, &exponent, sizeof power);
  return p * power * 0x1p-64f;
}

/// The largest element of a row, and the label of the first such.
OP_INLINE float label_row(const class_rows *r, int64_t row) {
  const float *from = r->from + row * r->width;
  int64_t best = 0;
  for (int64_t j = 1; j < r->width; ++j)
    best = from[j] > from[best] ? j : best;
  r->chosen[row] = r->labels[best];
  return from[best];
}

OP_INLINE float sum_lanes(const float *sums) {
  float s[CLASS_LANES / 2];
  for (int lane = 0; lane < CLASS_LANES / 2; ++lane)
    s[lane] = sums[lane] + sums[lane + CLASS_LANES / 2];
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/// CLASS_LANES rows, or fewer, of as many elements, or fewer: their exponentials lie one after
/// another.
OP_INLINE void softmax_short(const class_rows *r, int64_t begin, int64_t rows) {
  float e[CLASS_LANES * CLASS_LANES];
  int64_t width = r->width;
  const float *from = r->from + begin * width;
  float *to = r->to + begin * width;
  memset(e, 0, sizeof e);
  for (int64_t row = 0; row < rows; ++row) {
    float most = label_row(r, begin + row);
    for (int64_t k = row * width; k < (row + 1) * width; ++k)
      e[k] = from[k] - most;
  }
  for (int64_t k = 0; k < rows * width; k += CLASS_LANES)
    for (int lane = 0; lane < CLASS_LANES; ++lane)
      e[k + lane] = exp_below_zero(e[k + lane]);
  for (int64_t row = 0; row < rows; ++row) {
    float sums[CLASS_LANES] = {0};
    for (int64_t k = 0; k < width; ++k)
      sums[k] = e[row * width + k];
    float scale = 1.0f / sum_lanes(sums);
    for (int64_t k = row * width; k < (row + 1) * width; ++k)
      to[k] = e[k] * scale;
  }
}

/// The exponentials of CLASS_LANES elements, or of the last ones of a row.
OP_INLINE void exponentials(const float *from, float *to, int64_t count, float most, float *sums) {
  float e[CLASS_LANES];
  for (int lane = 0; lane < CLASS_LANES; ++lane)
    e[lane] = lane < count ? from[lane] - most : 0;
  for (int lane = 0; lane < CLASS_LANES; ++lane)
    e[lane] = exp_below_zero(e[lane]);
  for (int lane = 0; lane < CLASS_LANES; ++lane)
    sums[lane] += lane < count ? e[lane] : 0;
  for (int lane = 0; lane < count; ++lane)
    to[lane] = e[lane];
}

/// A row of more elements.
OP_INLINE void softmax_long(const float *from, float *to, int64_t width, float most) {
  float sums[CLASS_LANES] = {0};
  int64_t k = 0;
  for (; k + CLASS_LANES <= width; k += CLASS_LANES)
    exponentials(from + k, to + k, CLASS_LANES, most, sums);
  if (k < width)
    exponentials(from + k, to + k, width - k, most, sums);
  float scale = 1.0f / sum_lanes(sums);
  for (k = 0; k < width; ++k)
    to[k] *= scale;
}

/// One class after another, for few of them.
OP_INLINE void softmax_exactly(const float *from, float *to, int64_t width, float most) {
  float sum = 0;
  for (int64_t k = 0; k < width; ++k) {
    to[k] = (float)exp((double)(from[k] - most));
    sum += to[k];
  }
  for (int64_t k = 0; k < width; ++k)
    to[k] /= sum;
}

/// Items are CLASS_LANES rows.
OP_INLINE void label_rows(const void *argument, int64_t first, int64_t last) {
  const class_rows *r = argument;
  int64_t width = r->width, end = last * CLASS_LANES < r->rows ? last * CLASS_LANES : r->rows;
  for (int64_t row = first * CLASS_LANES; row < end; row += CLASS_LANES) {
    int64_t rows = end - row < CLASS_LANES ? end - row : CLASS_LANES;
    if (r->to && !r->is_exact && width <= CLASS_LANES) {
      softmax_short(r, row, rows);
      continue;
    }
    for (int64_t i = row; i < row + rows; ++i) {
      float most = label_row(r, i);
      if (r->to && r->is_exact)
        softmax_exactly(r->from + i * width, r->to + i * width, width, most);
      else if (r->to)
        softmax_long(r->from + i * width, r->to + i * width, width, most);
    }
  }
}
OP_LEVELS(label_rows)

int32_t accel_op_classify_rows(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *table = call->inputs[1], *labels = call->inputs[2],
                    *scores = call->inputs[3], *intercepts = op_input(call, 4);
  bool is_softmax = call->ints[0], is_single = scores->dims[0] == 1;
  class_rows r = {scores->data, NULL, scores->dims[0], scores->dims[1], labels->data, false, NULL};
  r.is_exact = r.width <= 4 && r.rows * r.width < (r.width == 2 ? 1 << 15 : 1 << 14);
  r.chosen = accel_rt_new_array(frame, &call->outputs[0], labels->dtype, 1, scores->dims);
  if (!r.chosen)
    return accel_rt_status(frame);
  float *to = NULL;
  if (!is_softmax && !is_single)
    accel_rt_share_array(frame, &call->outputs[1], scores, 2, scores->dims);
  else if (!(to = accel_rt_new_array(frame, &call->outputs[1], x->dtype, 2, scores->dims)))
    return accel_rt_status(frame);
  if (is_single) {
    linear_row row = {x->data, table->data,    intercepts ? intercepts->data : NULL,
                      to,      table->dims[1], table->dims[0]};
    int32_t status = accel_rt_parallel(frame, linear_classes_for_machine(), &row, row.classes,
                                       (double)row.width * 0.1);
    if (status)
      return status;
    r.from = to;
  }
  r.to = is_softmax ? to : NULL;
  return accel_rt_parallel(frame, label_rows_for_machine(), &r,
                           (r.rows + CLASS_LANES - 1) / CLASS_LANES,
                           (double)(CLASS_LANES * r.width));
}

//===-- Normalizer ----------------------------------------------------------------------------===//

/// The sum of magnitudes, one after another, of some rows at once; a row of zeros stays as it is.
OP_INLINE void normalize_part(const float *from, float *to, int64_t width, int rows) {
  float sums[ROW_LANES] = {0};
  for (int64_t k = 0; k < width; ++k)
    for (int row = 0; row < rows; ++row) {
      float x = from[row * width + k];
      sums[row] += x < 0 ? -x : x;
    }
  for (int row = 0; row < rows; ++row) {
    float sum = sums[row] != 0 ? sums[row] : 1;
    for (int64_t k = row * width; k < (row + 1) * width; ++k)
      to[k] = from[k] / sum;
  }
}

/// Items are ROW_LANES rows.
OP_INLINE void normalize_rows(const void *argument, int64_t begin, int64_t end) {
  const class_rows *r = argument;
  for (int64_t item = begin; item < end; ++item) {
    int64_t row = item * ROW_LANES, left = r->rows - row;
    const float *from = r->from + row * r->width;
    float *to = r->to + row * r->width;
    if (left >= ROW_LANES)
      normalize_part(from, to, r->width, ROW_LANES);
    else
      normalize_part(from, to, r->width, (int)left);
  }
}
OP_LEVELS(normalize_rows)

int32_t accel_op_normalize_rows(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0];
  class_rows r = {
      .from = x->data, .rows = op_product(x->dims, 0, x->rank - 1), .width = x->dims[x->rank - 1]};
  r.to = accel_rt_new_array(frame, &call->outputs[0], x->dtype, x->rank, x->dims);
  if (!r.to)
    return accel_rt_status(frame);
  if (op_is_empty(x))
    return ACCEL_OK;
  return accel_rt_parallel(frame, normalize_rows_for_machine(), &r,
                           (r.rows + ROW_LANES - 1) / ROW_LANES,
                           (double)(ROW_LANES * r.width) * 0.5);
}
