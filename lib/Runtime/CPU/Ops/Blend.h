// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weighted sums of a few elements of a plane, at positions from a table that all channels share:
// what interpolates between elements. A table has a row of `stride` entries for each tap.

#ifndef ACCEL_RUNTIME_OPS_BLEND_H
#define ACCEL_RUNTIME_OPS_BLEND_H

#include "lib/Runtime/CPU/Ops/Levels.h"

/// Entries of a table on the stack: of a few taps, or of fewer places.
enum { OP_TABLE = 2048, OP_MOST_PLACES = 256, OP_CHANNELS = 64 };

#define OP_DEFINE_BLEND(TYPE, NAME)                                                                \
  OP_INLINE void NAME(TYPE *restrict to, const TYPE *restrict plane, const int32_t *restrict at,   \
                      const TYPE *restrict weight, int64_t taps, int64_t stride, int64_t count) {  \
    if (taps == 4) {                                                                               \
      for (int64_t p = 0; p < count; ++p)                                                          \
        to[p] = weight[p] * plane[at[p]] + weight[stride + p] * plane[at[stride + p]] +            \
                weight[2 * stride + p] * plane[at[2 * stride + p]] +                               \
                weight[3 * stride + p] * plane[at[3 * stride + p]];                                \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t p = 0; p < count; ++p)                                                            \
      to[p] = weight[p] * plane[at[p]];                                                            \
    for (int64_t tap = 1; tap < taps; ++tap)                                                       \
      for (int64_t p = 0; p < count; ++p)                                                          \
        to[p] += weight[tap * stride + p] * plane[at[tap * stride + p]];                           \
  }

OP_DEFINE_BLEND(float, op_blend_f32)
OP_DEFINE_BLEND(double, op_blend_f64)

#endif // ACCEL_RUNTIME_OPS_BLEND_H
