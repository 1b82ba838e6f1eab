// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that put parts of pictures where they belong: Col2Im, MaxUnpool, CenterCropPad,
// ReverseSequence.

#include "lib/Runtime/CPU/Ops/Levels.h"

//===-- Col2Im --------------------------------------------------------------------------------===//

enum { FOLD_RANK = 8 };

typedef struct folding {
  const void *columns;
  void *to;
  int32_t rank;
  int64_t image[FOLD_RANK], block[FOLD_RANK], places[FOLD_RANK];
  int64_t stride[FOLD_RANK], pad[FOLD_RANK], dilation[FOLD_RANK];
  int64_t image_size, block_size, count; ///< products
} folding;

/// The first place along an axis whose element of the image, at `first` for place 0, is not before
/// `limit`.
static inline int64_t first_place(int64_t first, int64_t limit, int64_t stride, int64_t most) {
  int64_t place = first >= limit ? 0 : (limit - first + stride - 1) / stride;
  return place < most ? place : most;
}

/// An item is a plane of a channel.
#define DEFINE_FOLD(TYPE, NAME)                                                                    \
  OP_INLINE void NAME(const void *argument, int64_t begin, int64_t end) {                          \
    const folding *f = argument;                                                                   \
    int32_t last = f->rank - 1;                                                                    \
    for (int64_t plane = begin; plane < end; ++plane) {                                            \
      TYPE *to = (TYPE *)f->to + plane * f->image_size;                                            \
      const TYPE *from = (const TYPE *)f->columns + plane * f->block_size * f->count;              \
      memset(to, 0, (size_t)f->image_size * sizeof(TYPE));                                         \
      int64_t tap[FOLD_RANK] = {0};                                                                \
      for (int64_t k = 0; k < f->block_size; ++k) {                                                \
        int64_t first[FOLD_RANK], place[FOLD_RANK] = {0};                                          \
        for (int32_t axis = 0; axis <= last; ++axis)                                               \
          first[axis] = tap[axis] * f->dilation[axis] - f->pad[axis];                              \
        int64_t length = f->places[last], stride = f->stride[last];                                \
        int64_t low = first_place(first[last], 0, stride, length),                                 \
                high = first_place(first[last], f->image[last], stride, length);                   \
        for (int64_t row = 0; row < f->count; row += length) {                                     \
          int64_t at = 0;                                                                          \
          bool inside = true;                                                                      \
          for (int32_t axis = 0; axis < last; ++axis) {                                            \
            int64_t i = first[axis] + place[axis] * f->stride[axis];                               \
            inside &= i >= 0 && i < f->image[axis];                                                \
            at = at * f->image[axis] + i;                                                          \
          }                                                                                        \
          if (inside) {                                                                            \
            TYPE *line = to + at * f->image[last] + first[last];                                   \
            if (stride == 1)                                                                       \
              for (int64_t i = low; i < high; ++i)                                                 \
                line[i] += from[row + i];                                                          \
            else                                                                                   \
              for (int64_t i = low; i < high; ++i)                                                 \
                line[i * stride] += from[row + i];                                                 \
          }                                                                                        \
          for (int32_t axis = last - 1; axis >= 0 && ++place[axis] == f->places[axis]; --axis)     \
            place[axis] = 0;                                                                       \
        }                                                                                          \
        from += f->count;                                                                          \
        for (int32_t axis = last; axis >= 0 && ++tap[axis] == f->block[axis]; --axis)              \
          tap[axis] = 0;                                                                           \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  OP_LEVELS(NAME)

DEFINE_FOLD(float, fold_f32)
DEFINE_FOLD(double, fold_f64)
DEFINE_FOLD(uint64_t, fold_i64)

int32_t accel_op_col2im(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *image = call->inputs[1], *block = call->inputs[2];
  int64_t rank = call->ints[0];
  if (op_count(image) != rank || op_count(block) != rank)
    return op_fail(frame, "expected an image_shape and a block_shape of as many sizes, found %lld",
                   op_count(block));
  folding f = {.columns = x->data, .rank = (int32_t)rank, .block_size = 1, .count = 1};
  int64_t dims[FOLD_RANK + 2] = {x->dims[0]};
  for (int64_t i = 0; i < rank; ++i) {
    f.image[i] = dims[i + 2] = op_integer(image, i);
    f.block[i] = op_integer(block, i);
    f.dilation[i] = call->ints[1 + i];
    f.pad[i] = call->ints[1 + rank + i];
    f.stride[i] = call->ints[1 + 3 * rank + i];
    if (f.image[i] < 0 || f.image[i] > INT32_MAX)
      return op_fail(frame, "expected an image_shape of sizes of 0 or more, found %lld",
                     f.image[i]);
    if (f.block[i] < 1 || f.block[i] > INT32_MAX)
      return op_fail(frame, "expected a block_shape of sizes of 1 or more, found %lld", f.block[i]);
    int64_t room =
        f.image[i] + f.pad[i] + call->ints[1 + 2 * rank + i] - f.dilation[i] * (f.block[i] - 1) - 1;
    f.places[i] = room < 0 ? 0 : room / f.stride[i] + 1;
    if (__builtin_mul_overflow(f.block_size, f.block[i], &f.block_size) ||
        __builtin_mul_overflow(f.count, f.places[i], &f.count))
      return op_fail(frame, "expected blocks that can be counted, found size %lld", f.block[i]);
  }
  if (x->dims[1] % f.block_size)
    return op_fail(frame, "expected channels that the block's size divides, found %lld",
                   x->dims[1]);
  if (x->dims[2] != f.count)
    return op_fail(frame, "expected a column for each place of a block, found %lld", x->dims[2]);
  dims[1] = x->dims[1] / f.block_size;
  accel_array *result = &call->outputs[0];
  f.to = accel_rt_new_array(frame, result, x->dtype, (int32_t)rank + 2, dims);
  if (!f.to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  f.image_size = op_product(dims, 2, (int32_t)rank + 2);
  if (f.count == 0)
    f.block_size = 0;
  accel_loop_fn body = x->dtype.code == ACCEL_INT ? fold_i64_for_machine()
                       : x->dtype.bits == 64      ? fold_f64_for_machine()
                                                  : fold_f32_for_machine();
  double item_ns = (double)f.image_size * 0.1 + (double)f.count * (double)f.block_size * 0.4;
  return accel_rt_parallel(frame, body, &f, dims[0] * dims[1], item_ns);
}

//===-- MaxUnpool -----------------------------------------------------------------------------===//

int32_t accel_op_max_unpool(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *indices = call->inputs[1], *shape = op_input(call, 2);
  int32_t rank = x->rank;
  int64_t pooled[ACCEL_ARRAY_RANK], dims[ACCEL_ARRAY_RANK], element = op_element_bytes(x->dtype);
  for (int32_t axis = 0; axis < rank; ++axis) {
    if (indices->dims[axis] != x->dims[axis])
      return op_fail(frame, "expected an index for each element, found a dim of %lld",
                     indices->dims[axis]);
    pooled[axis] = x->dims[axis];
    // Kernel sizes, strides, and the sums of pads.
    const int64_t *window = call->ints + axis - 2;
    int64_t spatial = rank - 2, span;
    if (axis >= 2 &&
        (__builtin_mul_overflow(x->dims[axis] - 1, window[spatial], &span) ||
         __builtin_add_overflow(span, window[0] - window[2 * spatial], &pooled[axis]) ||
         pooled[axis] < 0))
      return op_fail(frame, "expected windows that leave a size of 0 or more, found a dim of %lld",
                     x->dims[axis]);
    dims[axis] = pooled[axis];
  }
  if (shape && op_count(shape) != rank)
    return op_fail(frame, "expected an output_shape with a size for each dim, found %lld",
                   op_count(shape));
  for (int32_t axis = 0; shape && axis < rank; ++axis) {
    dims[axis] = op_integer(shape, axis);
    if (dims[axis] < pooled[axis])
      return op_fail(frame, "expected an output_shape that what was pooled fits in, found %lld",
                     dims[axis]);
  }
  accel_array *result = &call->outputs[0];
  char *to = accel_rt_new_array(frame, result, x->dtype, rank, dims);
  if (!to)
    return accel_rt_status(frame);
  int64_t count = op_is_empty(x) ? 0 : op_count(x), size = op_product(pooled, 0, rank);
  if (!op_is_empty(result))
    memset(to, 0, (size_t)(op_count(result) * element));
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = ((const int64_t *)indices->data)[i], place = 0, weight = 1;
    if (at < 0 || at >= size)
      return op_fail(frame, "expected indices of elements before pooling, found %lld", at);
    for (int32_t axis = rank - 1; axis >= 0; --axis) {
      place += at % pooled[axis] * weight;
      at /= pooled[axis];
      weight *= dims[axis];
    }
    memcpy(to + place * element, (const char *)x->data + i * element, (size_t)element);
  }
  return ACCEL_OK;
}

//===-- CenterCropPad -------------------------------------------------------------------------===//

int32_t accel_op_center_crop_pad(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *shape = call->inputs[1];
  int32_t rank = x->rank;
  if (op_count(shape) != call->num_ints)
    return op_fail(frame, "expected a size for each axis, found %lld", op_count(shape));
  // Of each dim `kept` elements, from `from` in the input to `begin` in the result.
  int64_t dims[ACCEL_ARRAY_RANK], kept[ACCEL_ARRAY_RANK], from[ACCEL_ARRAY_RANK] = {0},
                                                          begin[ACCEL_ARRAY_RANK] = {0};
  for (int32_t axis = 0; axis < rank; ++axis)
    dims[axis] = kept[axis] = x->dims[axis];
  for (int32_t i = 0; i < call->num_ints; ++i) {
    int64_t axis = call->ints[i], size = op_integer(shape, i), have = x->dims[axis];
    if (size < 0)
      return op_fail(frame, "expected sizes of 0 or more, found %lld", size);
    dims[axis] = size;
    kept[axis] = size < have ? size : have;
    from[axis] = size < have ? (have - size) / 2 : 0;
    begin[axis] = size < have ? 0 : (size - have) / 2;
  }
  accel_array *result = &call->outputs[0];
  char *to = accel_rt_new_array(frame, result, x->dtype, rank, dims);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  int64_t element = op_element_bytes(x->dtype), strides[ACCEL_ARRAY_RANK + 1],
          to_strides[ACCEL_ARRAY_RANK + 1];
  op_strides(result, to_strides);
  op_strides(x, strides);
  bool padded = false;
  for (int32_t axis = 0; axis < rank; ++axis) {
    padded |= kept[axis] != dims[axis];
    if (kept[axis] == 0)
      padded = true;
  }
  if (padded)
    memset(to, 0, (size_t)(op_count(result) * element));
  if (op_product(kept, 0, rank) == 0)
    return ACCEL_OK;
  // Trailing dims that stay as they are make one block.
  int32_t last = rank - 1;
  int64_t block = element;
  for (; last >= 0 && kept[last] == x->dims[last] && kept[last] == dims[last]; --last)
    block *= kept[last];
  if (last >= 0)
    block *= kept[last];
  int64_t at[ACCEL_ARRAY_RANK] = {0};
  for (;;) {
    const char *source = x->data;
    char *target = to;
    for (int32_t axis = 0; axis <= last; ++axis) {
      int64_t i = axis < last ? at[axis] : 0;
      source += (from[axis] + i) * strides[axis];
      target += (begin[axis] + i) * to_strides[axis];
    }
    memcpy(target, source, (size_t)block);
    int32_t axis = last - 1;
    for (; axis >= 0 && ++at[axis] == kept[axis]; --axis)
      at[axis] = 0;
    if (axis < 0)
      return ACCEL_OK;
  }
}

//===-- ReverseSequence -----------------------------------------------------------------------===//

int32_t accel_op_reverse_sequence(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *lengths = call->inputs[1];
  int64_t time_axis = call->ints[0], steps = x->dims[time_axis], batch = x->dims[1 - time_axis];
  if (lengths->dims[0] != batch)
    return op_fail(frame, "expected a length for each of the batch, found %lld", lengths->dims[0]);
  for (int64_t b = 0; b < batch; ++b)
    if (op_integer(lengths, b) < 0 || op_integer(lengths, b) > steps)
      return op_fail(frame, "expected lengths of at most the number of steps, found %lld",
                     op_integer(lengths, b));
  accel_array *result = &call->outputs[0];
  char *to = accel_rt_new_array(frame, result, x->dtype, x->rank, x->dims);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  int64_t block = op_product(x->dims, 2, x->rank) * op_element_bytes(x->dtype);
  int64_t step_bytes = time_axis ? block : batch * block,
          row_bytes = time_axis ? steps * block : block;
  for (int64_t t = 0; t < steps; ++t)
    for (int64_t b = 0; b < batch; ++b) {
      int64_t length = op_integer(lengths, b), source = t < length ? length - 1 - t : t;
      memcpy(to + t * step_bytes + b * row_bytes,
             (const char *)x->data + source * step_bytes + b * row_bytes, (size_t)block);
    }
  return ACCEL_OK;
}
