// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GridSample: places of a grid in blocks, for which tables of positions and weights are computed
// that all channels share.

#include "lib/Runtime/CPU/Ops/Blend.h"

enum { SAMPLE_RANK = 3 };

typedef struct sampling {
  const char *x;
  const void *grid;
  char *to;
  int64_t mode, border, align;
  int64_t rank, sizes[SAMPLE_RANK]; ///< of a plane
  int64_t size, channels, places, element;
  int64_t block, blocks, groups;
} sampling;

OP_INLINE void copy_places(char *to, const char *plane, const int32_t *at, int64_t count,
                           int64_t element) {
#define COPY(TYPE)                                                                                 \
  case sizeof(TYPE):                                                                               \
    for (int64_t p = 0; p < count; ++p)                                                            \
      ((TYPE *)to)[p] = at[p] < 0 ? 0 : ((const TYPE *)plane)[at[p]];                              \
    return;
  switch (element) {
    COPY(uint8_t)
    COPY(uint16_t)
    COPY(uint32_t)
    COPY(uint64_t)
  }
#undef COPY
  for (int64_t p = 0; p < count; ++p)
    if (at[p] < 0)
      memset(to + p * element, 0, (size_t)element);
    else
      memcpy(to + p * element, plane + at[p] * element, (size_t)element);
}

#define FOR_FLOATS "lib/Runtime/CPU/Ops/Sample.inc"
#include "lib/Runtime/CPU/Ops/ForFloats.h"

int32_t accel_op_grid_sample(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *grid = call->inputs[1];
  sampling s = {.x = x->data,
                .grid = grid->data,
                .mode = call->ints[0],
                .border = call->ints[1],
                .align = call->ints[2],
                .rank = x->rank - 2,
                .element = op_element_bytes(x->dtype)};
  if (grid->dims[grid->rank - 1] != s.rank)
    return op_fail(frame, "expected a grid with a coordinate for each dim of a picture, found %lld",
                   grid->dims[grid->rank - 1]);
  if (grid->dims[0] != x->dims[0])
    return op_fail(frame, "expected a grid for each picture, found %lld", grid->dims[0]);
  int64_t dims[ACCEL_ARRAY_RANK] = {x->dims[0], x->dims[1]};
  for (int32_t axis = 0; axis < s.rank; ++axis) {
    s.sizes[axis] = x->dims[axis + 2];
    dims[axis + 2] = grid->dims[axis + 1];
  }
  accel_array *result = &call->outputs[0];
  s.to = accel_rt_new_array(frame, result, x->dtype, x->rank, dims);
  if (!s.to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  if (op_is_empty(x))
    return op_fail(frame, "expected pictures with elements, found %lld rows", s.sizes[0]);
  s.size = op_product(x->dims, 2, x->rank);
  if (s.size > INT32_MAX)
    return op_fail(frame, "expected pictures of fewer than 2^31 elements, found %lld", s.size);
  s.places = op_product(dims, 2, x->rank);
  s.channels = dims[1];
  int64_t taps = 1, each = s.mode == ACCEL_SAMPLE_NEAREST  ? 1
                           : s.mode == ACCEL_SAMPLE_LINEAR ? 2
                                                           : 4;
  for (int32_t axis = 0; axis < s.rank; ++axis)
    taps *= each;
  s.block = OP_TABLE / taps < OP_MOST_PLACES ? OP_TABLE / taps : OP_MOST_PLACES;
  s.blocks = (s.places + s.block - 1) / s.block;
  s.groups = (s.channels + OP_CHANNELS - 1) / OP_CHANNELS;
  int64_t shared = s.channels < OP_CHANNELS ? s.channels : OP_CHANNELS;
  double item_ns = (double)s.block * ((double)(taps * shared) * 0.4 + 5);
  accel_loop_fn body =
      grid->dtype.bits == 64 ? sample_items_f64_for_machine() : sample_items_f32_for_machine();
  return accel_rt_parallel(frame, body, &s, dims[0] * s.blocks * s.groups, item_ns);
}
