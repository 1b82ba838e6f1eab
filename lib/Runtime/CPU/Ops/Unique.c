// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Unique: elements, or slices along an axis, are sorted by their keys; equal ones are then one
// behind the other, the first of them in front, because the sort is stable.

#include "lib/Runtime/CPU/Ops/Sort.h"

/// Slices as rows of keys.
typedef struct key_rows {
  const uint64_t *keys;
  int64_t width;
} key_rows;

static int compare_rows(key_rows rows, int64_t a, int64_t b) {
  const uint64_t *left = rows.keys + a * rows.width, *right = rows.keys + b * rows.width;
  for (int64_t i = 0; i < rows.width; ++i)
    if (left[i] != right[i])
      return left[i] < right[i] ? -1 : 1;
  return 0;
}
#define ROW_BEFORE(rows, a, b) (compare_rows(rows, a, b) < 0)
OP_DEFINE_SORT(sort_rows, int64_t, key_rows, ROW_BEFORE)

#define FIRST_BEFORE(order, a, b) ((order)[(a)] < (order)[(b)])
OP_DEFINE_SORT(sort_groups, int64_t, const int64_t *, FIRST_BEFORE)

/// What is compared: count slices, of outer blocks of inner elements each.
typedef struct slices {
  int64_t outer, count, inner;
} slices;

/// The numbers of the slices in the order of their elements; NULL on failure.
static int64_t *sorted_slices(accel_frame *frame, const accel_array *input, slices of,
                              key_rows *rows) {
  int64_t *order = accel_rt_scratch(frame, 2 * of.count * (int64_t)sizeof *order);
  int64_t width = of.outer * of.inner, bytes;
  if (!order)
    return NULL;
  if (__builtin_mul_overflow(width * of.count, (int64_t)sizeof *rows->keys, &bytes)) {
    op_fail(frame, "expected fewer elements, found %lld", width * of.count);
    return NULL;
  }
  uint64_t *keys = accel_rt_scratch(frame, bytes);
  if (!keys)
    return NULL;
  *rows = (key_rows){keys, width};
  if (width == 1) {
    op_ranked *ranked = accel_rt_scratch(frame, 2 * of.count * (int64_t)sizeof *ranked);
    if (!ranked)
      return NULL;
    op_keys(keys, input, 0, 1, of.count);
    for (int64_t i = 0; i < of.count; ++i)
      ranked[i] = (op_ranked){keys[i], i};
    ranked = op_sort_ranked(ranked, ranked + of.count, of.count, 0);
    for (int64_t i = 0; i < of.count; ++i)
      order[i] = ranked[i].index;
    return order;
  }
  for (int64_t i = 0; i < of.count; ++i) {
    for (int64_t block = 0; block < of.outer; ++block)
      op_keys(keys + i * width + block * of.inner, input, (block * of.count + i) * of.inner, 1,
              of.inner);
    order[i] = i;
  }
  return sort_rows(order, order + of.count, of.count, *rows);
}

int32_t accel_op_unique(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  bool sorted = call->ints[0], flat = call->num_ints < 2;
  int32_t axis = flat ? 0 : (int32_t)call->ints[1];
  bool empty = op_is_empty(input);
  slices of = {1, op_count(input), 1};
  if (!flat)
    of = (slices){empty ? 0 : op_product(input->dims, 0, axis), input->dims[axis],
                  empty ? 0 : op_product(input->dims, axis + 1, input->rank)};
  if (of.count > INT64_MAX / 64)
    return op_fail(frame, "expected fewer slices, found %lld", of.count);
  int64_t *group_of = accel_rt_scratch(frame, of.count * (int64_t)sizeof *group_of);
  int64_t *first = accel_rt_scratch(frame, of.count * (int64_t)sizeof *first);
  int64_t *size = accel_rt_scratch(frame, of.count * (int64_t)sizeof *size);
  int64_t *groups = accel_rt_scratch(frame, 2 * of.count * (int64_t)sizeof *groups);
  key_rows rows;
  int64_t *order =
      group_of && first && size && groups ? sorted_slices(frame, input, of, &rows) : NULL;
  if (!order)
    return accel_rt_status(frame);
  int64_t found = 0;
  for (int64_t i = 0; i < of.count; ++i) {
    if (i == 0 || compare_rows(rows, order[i - 1], order[i]) != 0) {
      groups[found] = found;
      first[found] = order[i];
      size[found++] = 0;
    }
    group_of[order[i]] = found - 1;
    ++size[found - 1];
  }
  // groups: which group each result is; order: where each group's result is.
  int64_t *result = sorted ? groups : sort_groups(groups, groups + of.count, found, first);
  for (int64_t i = 0; i < found; ++i)
    order[result[i]] = i;

  char *to = op_new_resized(frame, &call->outputs[0], input, flat, axis, found);
  if (!to)
    return accel_rt_status(frame);
  int64_t block = of.inner * op_element_bytes(input->dtype);
  for (int64_t i = 0; block && i < of.outer; ++i)
    for (int64_t k = 0; k < found; ++k, to += block)
      memcpy(to, (const char *)input->data + (i * of.count + first[result[k]]) * block,
             (size_t)block);
  const int64_t lengths[3] = {found, of.count, found};
  for (int32_t output = 1; output < 4 && op_wanted(call, output); ++output) {
    int64_t length = lengths[output - 1];
    int64_t *numbers = accel_rt_new_array(frame, &call->outputs[output], op_i64, 1, &length);
    if (!numbers)
      return accel_rt_status(frame);
    for (int64_t i = 0; i < length; ++i)
      numbers[i] = output == 1   ? first[result[i]]
                   : output == 2 ? order[group_of[i]]
                                 : size[result[i]];
  }
  return ACCEL_OK;
}
