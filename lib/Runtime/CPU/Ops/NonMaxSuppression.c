// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NonMaxSuppression: the boxes of each class in the order of their scores, but those that overlap
// one taken before too much.

#include "lib/Runtime/CPU/Ops/Sort.h"

typedef struct box {
  float x_min, x_max, y_min, y_max, area;
} box;

static float lesser(float a, float b) { return a < b ? a : b; }
static float greater(float a, float b) { return a < b ? b : a; }

static box read_box(const float *from, bool center_point) {
  box result;
  if (center_point) { // x, y, width, height
    float width = from[2] / 2, height = from[3] / 2;
    result = (box){from[0] - width, from[0] + width, from[1] - height, from[1] + height, 0};
  } else { // two corners: y, x, y, x
    result = (box){lesser(from[1], from[3]), greater(from[1], from[3]), lesser(from[0], from[2]),
                   greater(from[0], from[2]), 0};
  }
  result.area = (result.x_max - result.x_min) * (result.y_max - result.y_min);
  return result;
}

static bool overlap(const box *a, const box *b, float threshold) {
  float width = lesser(a->x_max, b->x_max) - greater(a->x_min, b->x_min);
  float height = lesser(a->y_max, b->y_max) - greater(a->y_min, b->y_min);
  if (!(width > 0 && height > 0 && a->area > 0 && b->area > 0))
    return false;
  float common = width * height, all = a->area + b->area - common;
  return common > 0 && all > 0 && common / all > threshold;
}

/// Parameters, and memory for one class.
typedef struct suppression {
  int64_t boxes, most;
  float overlap, score;
  bool has_score;
  box *corners;      ///< of all boxes of a batch
  box *taken;        ///< in this class
  op_ranked *ranked; ///< twice as many as boxes
} suppression;

/// Writes the numbers of the boxes of a class that are taken, and returns how many.
static int64_t suppress(const suppression *s, const accel_array *scores, int64_t first,
                        int64_t *to) {
  const float *score = (const float *)scores->data + first;
  int64_t count = 0, taken = 0;
  for (int64_t i = 0; i < s->boxes; ++i) {
    if (s->has_score && !(score[i] > s->score))
      continue;
    uint64_t key;
    op_keys(&key, scores, first + i, 1, 1);
    // Descending; NaN stays behind all numbers.
    s->ranked[count++] = (op_ranked){key == UINT64_MAX ? key : UINT32_MAX - key, i};
  }
  op_ranked *ranked = op_sort_ranked(s->ranked, s->ranked + s->boxes, count, 0);
  for (int64_t i = 0; i < count && taken < s->most; ++i) {
    const box *candidate = &s->corners[ranked[i].index];
    int64_t other = 0;
    while (other < taken && !overlap(&s->taken[other], candidate, s->overlap))
      ++other;
    if (other < taken)
      continue;
    s->taken[taken] = *candidate;
    to[taken++] = ranked[i].index;
  }
  return taken;
}

static int32_t read_limits(accel_frame *frame, const accel_op_call *call, suppression *s) {
  const accel_array *most = op_input(call, 2), *iou = op_input(call, 3), *score = op_input(call, 4);
  const accel_array *const limits[3] = {most, iou, score};
  for (int32_t i = 0; i < 3; ++i) {
    int32_t status = limits[i] ? op_expect_count(frame, limits[i], 1) : ACCEL_OK;
    if (status)
      return status;
  }
  s->most = most ? op_integer(most, 0) : 0;
  s->overlap = iou ? *(const float *)iou->data : 0;
  s->has_score = score;
  s->score = score ? *(const float *)score->data : 0;
  if (!(s->overlap >= 0 && s->overlap <= 1))
    return op_fail(frame, "expected an IoU threshold of 0 to 1, found another", 0);
  return ACCEL_OK;
}

int32_t accel_op_nms(accel_frame *frame, accel_op_call *call) {
  const accel_array *boxes = call->inputs[0], *scores = call->inputs[1];
  int64_t batches = boxes->dims[0], classes = scores->dims[1], count = boxes->dims[1];
  if (boxes->dims[2] != 4)
    return op_fail(frame, "expected boxes of 4 numbers, found %lld", boxes->dims[2]);
  if (scores->dims[0] != batches || scores->dims[2] != count)
    return op_fail(frame,
                   "expected scores for the same batches and as many boxes, found %lld boxes",
                   scores->dims[2]);
  suppression s = {.boxes = count};
  int32_t status = read_limits(frame, call, &s);
  if (status)
    return status;
  int64_t found = 0, *chosen = NULL, *sizes = NULL;
  bool none = op_is_empty(scores) || s.most <= 0;
  if (!none) {
    int64_t groups = batches * classes, each = s.most < count ? s.most : count;
    chosen = accel_rt_scratch(frame, groups * each * (int64_t)sizeof *chosen);
    sizes = chosen ? accel_rt_scratch(frame, groups * (int64_t)sizeof *sizes) : NULL;
    s.corners = sizes ? accel_rt_scratch(frame, count * (int64_t)sizeof *s.corners) : NULL;
    s.taken = s.corners ? accel_rt_scratch(frame, each * (int64_t)sizeof *s.taken) : NULL;
    s.ranked = s.taken ? accel_rt_scratch(frame, 2 * count * (int64_t)sizeof *s.ranked) : NULL;
    if (!s.ranked)
      return accel_rt_status(frame);
    for (int64_t group = 0; group < groups; ++group) {
      if (group % classes == 0)
        for (int64_t i = 0; i < count; ++i)
          s.corners[i] = read_box((const float *)boxes->data + (group / classes * count + i) * 4,
                                  call->ints[0]);
      sizes[group] = suppress(&s, scores, group * count, chosen + found);
      found += sizes[group];
    }
  }
  int64_t dims[2] = {found, 3};
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, 2, dims);
  if (!to)
    return accel_rt_status(frame);
  for (int64_t group = 0, row = 0; row < found; ++group)
    for (int64_t i = 0; i < sizes[group]; ++i, ++row) {
      to[3 * row] = group / classes;
      to[3 * row + 1] = group % classes;
      to[3 * row + 2] = chosen[row];
    }
  return ACCEL_OK;
}
