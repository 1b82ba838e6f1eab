// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A stable merge sort as a template: sorted runs of RUN elements by insertion, then merged from one
// half of the memory to the other.

#ifndef ACCEL_RUNTIME_OPS_SORT_H
#define ACCEL_RUNTIME_OPS_SORT_H

#include "lib/Runtime/CPU/Ops/Common.h"

enum { OP_SORT_RUN = 16 };

/// Defines `TYPE *NAME(TYPE *data, TYPE *spare, int64_t count, CONTEXT context)`, which returns the
/// one of both that holds the sorted elements. BEFORE(context, a, b) is whether a must come before
/// b.
#define OP_DEFINE_SORT(NAME, TYPE, CONTEXT, BEFORE)                                                \
  static TYPE *NAME(TYPE *data, TYPE *spare, int64_t count, CONTEXT context) {                     \
    (void)context;                                                                                 \
    for (int64_t begin = 0; begin < count; begin += OP_SORT_RUN) {                                 \
      int64_t end = count - begin < OP_SORT_RUN ? count : begin + OP_SORT_RUN;                     \
      for (int64_t i = begin + 1; i < end; ++i) {                                                  \
        TYPE moved = data[i];                                                                      \
        int64_t at = i;                                                                            \
        for (; at > begin && BEFORE(context, moved, data[at - 1]); --at)                           \
          data[at] = data[at - 1];                                                                 \
        data[at] = moved;                                                                          \
      }                                                                                            \
    }                                                                                              \
    for (int64_t width = OP_SORT_RUN; width < count; width *= 2) {                                 \
      for (int64_t begin = 0; begin < count; begin += 2 * width) {                                 \
        int64_t middle = count - begin < width ? count : begin + width;                            \
        int64_t end = count - middle < width ? count : middle + width;                             \
        int64_t left = begin, right = middle;                                                      \
        for (int64_t i = begin; i < end; ++i)                                                      \
          spare[i] = left < middle && (right >= end || !BEFORE(context, data[right], data[left]))  \
                         ? data[left++]                                                            \
                         : data[right++];                                                          \
      }                                                                                            \
      TYPE *swapped = data;                                                                        \
      data = spare;                                                                                \
      spare = swapped;                                                                             \
    }                                                                                              \
    return data;                                                                                   \
  }

#define OP_KEY_BEFORE(context, a, b) ((a).key < (b).key)
OP_DEFINE_SORT(op_sort_ranked, op_ranked, int, OP_KEY_BEFORE)

#endif // ACCEL_RUNTIME_OPS_SORT_H
