// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TopK: elements become keys whose smallest are wanted, the first of equal ones first. A small K
// keeps a heap of the best so far, whose root is the worst; a large one sorts all.

#include "lib/Runtime/CPU/Ops/Sort.h"

/// Whether a is a worse choice than b.
static bool worse(op_ranked a, op_ranked b) {
  return a.key != b.key ? a.key > b.key : a.index > b.index;
}

/// Puts an element into the hole at the root of a heap of count.
static void sink(op_ranked *heap, int64_t count, op_ranked element) {
  int64_t hole = 0;
  for (int64_t child; (child = 2 * hole + 1) < count; hole = child) {
    if (child + 1 < count && worse(heap[child + 1], heap[child]))
      ++child;
    if (!worse(heap[child], element))
      break;
    heap[hole] = heap[child];
  }
  heap[hole] = element;
}

static void rise(op_ranked *heap, int64_t at, op_ranked element) {
  for (; at > 0 && worse(element, heap[(at - 1) / 2]); at = (at - 1) / 2)
    heap[at] = heap[(at - 1) / 2];
  heap[at] = element;
}

/// Leaves the best k of the keys in chosen, in order.
static void choose_by_heap(op_ranked *chosen, const uint64_t *keys, int64_t count, int64_t k) {
  for (int64_t i = 0; i < k; ++i)
    rise(chosen, i, (op_ranked){keys[i], i});
  uint64_t worst = chosen[0].key;
  for (int64_t i = k; i < count; ++i)
    if (keys[i] < worst) { // an equal one comes later, which is worse
      sink(chosen, k, (op_ranked){keys[i], i});
      worst = chosen[0].key;
    }
  for (int64_t left = k - 1; left > 0; --left) {
    op_ranked last = chosen[left];
    chosen[left] = chosen[0];
    sink(chosen, left, last);
  }
}

/// With a heap of up to this part of the elements, few of them enter it.
enum { HEAP_PART = 8 };

int32_t accel_op_topk(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  int32_t axis = (int32_t)call->ints[0];
  uint64_t flip = call->ints[1] ? UINT64_MAX : 0; // the largest have the smallest keys
  int32_t status = op_expect_count(frame, call->inputs[1], 1);
  if (status)
    return status;
  int64_t k = op_integer(call->inputs[1], 0), count = input->dims[axis];
  if (k < 0 || k > count)
    return op_fail(frame, "expected K to be 0 or more and at most the dim, found %lld", k);
  int64_t dims[ACCEL_ARRAY_RANK];
  memcpy(dims, input->dims, sizeof dims);
  dims[axis] = k;
  accel_array unwanted = {.data = NULL}, *values = &call->outputs[0];
  accel_array *indices = op_wanted(call, 1) ? &call->outputs[1] : &unwanted;
  if (!accel_rt_new_array(frame, values, input->dtype, input->rank, dims) ||
      (indices != &unwanted && !accel_rt_new_array(frame, indices, op_i64, input->rank, dims)))
    return accel_rt_status(frame);
  if (op_is_empty(values))
    return ACCEL_OK;
  bool by_heap = k <= count / HEAP_PART;
  int64_t ranked = by_heap ? k : 2 * count; // exist: the result's indices are as many, or half
  uint64_t *keys = accel_rt_scratch(frame, count * (int64_t)sizeof *keys);
  op_ranked *room = keys ? accel_rt_scratch(frame, ranked * (int64_t)sizeof *room) : NULL;
  if (!room)
    return accel_rt_status(frame);
  int64_t outer = op_product(input->dims, 0, axis);
  int64_t inner = op_product(input->dims, axis + 1, input->rank);
  int64_t element = op_element_bytes(input->dtype);
  for (int64_t row = 0; row < outer * inner; ++row) {
    int64_t first = row / inner * count * inner + row % inner;
    op_keys(keys, input, first, inner, count);
    for (int64_t i = 0; i < count; ++i)
      keys[i] ^= flip;
    op_ranked *chosen = room;
    if (by_heap) {
      choose_by_heap(chosen, keys, count, k);
    } else {
      for (int64_t i = 0; i < count; ++i)
        chosen[i] = (op_ranked){keys[i], i};
      chosen = op_sort_ranked(chosen, chosen + count, count, 0);
    }
    int64_t to = row / inner * k * inner + row % inner;
    for (int64_t i = 0; i < k; ++i, to += inner) {
      memcpy((char *)values->data + to * element,
             (const char *)input->data + (first + chosen[i].index * inner) * element,
             (size_t)element);
      if (indices != &unwanted)
        ((int64_t *)indices->data)[to] = chosen[i].index;
    }
  }
  return ACCEL_OK;
}
