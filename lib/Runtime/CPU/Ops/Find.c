// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elements looked up among the keys of a table, and runs of elements among n-grams.

#include "lib/Runtime/CPU/Ops/Common.h"

/// Where a key is among count ascending ones; -1 if it is not there.
static int64_t find_key(const uint64_t *keys, int64_t count, uint64_t key) {
  int64_t low = 0, high = count;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (keys[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && keys[low] == key ? low : -1;
}

enum { FIND_BLOCK = 256 };

int32_t accel_op_find(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *table = call->inputs[1];
  int64_t count = op_count(input), known = op_count(table);
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, input->rank, input->dims);
  uint64_t *keys = to ? accel_rt_scratch(frame, (known ? known : 1) * (int64_t)sizeof *keys) : NULL;
  if (!keys)
    return accel_rt_status(frame);
  op_keys(keys, table, 0, 1, known);
  for (int64_t i = 0; i < count; i += FIND_BLOCK) {
    uint64_t wanted[FIND_BLOCK];
    int64_t block = count - i < FIND_BLOCK ? count - i : FIND_BLOCK;
    op_keys(wanted, input, i, 1, block);
    for (int64_t k = 0; k < block; ++k) {
      int64_t at = find_key(keys, known, wanted[k]);
      if (at < 0 && call->ints[0])
        return op_fail(frame,
                       "expected elements that are among the categories, found another at "
                       "%lld",
                       i + k);
      to[i + k] = at < 0 ? known : at;
    }
  }
  return ACCEL_OK;
}

//===-- TfIdfVectorizer -----------------------------------------------------------------------===//

/// The node that an element leads to; -1 if there is none.
static int64_t step_ngram(const accel_array *nodes, const accel_array *edges, int64_t node,
                          int64_t element) {
  const int64_t *at = (const int64_t *)nodes->data + 3 * node, *all = edges->data;
  int64_t low = at[0], high = at[0] + at[1];
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (all[2 * middle] < element)
      low = middle + 1;
    else
      high = middle;
  }
  return low < at[0] + at[1] && all[2 * low] == element ? all[2 * low + 1] : -1;
}

int32_t accel_op_ngrams(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *nodes = call->inputs[1], *edges = call->inputs[2];
  int64_t shortest = call->ints[0], longest = call->ints[1], skips = call->ints[2],
          columns = call->ints[3];
  int64_t rows = input->rank == 2 ? input->dims[0] : 1, length = input->dims[input->rank - 1];
  const int64_t dims[2] = {rows, columns};
  float *to = accel_rt_new_array(frame, &call->outputs[0], (accel_dtype){ACCEL_FLOAT, 32, 1},
                                 input->rank, dims + 2 - input->rank);
  if (!to)
    return accel_rt_status(frame);
  memset(to, 0, (size_t)(rows * columns) * sizeof *to);
  for (int64_t row = 0; row < rows; ++row, to += columns) {
    int64_t first_size = shortest;
    for (int64_t distance = 1; distance - 1 <= skips; ++distance) {
      // The elements from the first to the last of the shortest n-gram; it only grows.
      int64_t reach;
      if (__builtin_mul_overflow(distance, first_size - 1, &reach) || reach >= length)
        break;
      for (int64_t begin = 0; begin < length - reach; ++begin) {
        int64_t node = 0;
        for (int64_t size = 1, at = begin; size <= longest; ++size) {
          node = step_ngram(nodes, edges, node, op_integer(input, row * length + at));
          if (node < 0)
            break;
          int64_t column = ((const int64_t *)nodes->data)[3 * node + 2];
          if (size >= first_size && column >= 0)
            to[column] += 1;
          if (distance >= length - at)
            break;
          at += distance;
        }
      }
      // Skipping changes nothing about single elements: they are counted once.
      if (first_size == 1 && ++first_size > longest)
        break;
    }
  }
  return ACCEL_OK;
}
