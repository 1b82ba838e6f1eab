// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RoiAlign, MaxRoiPool: regions of pictures as pictures of one size.

#include "lib/Runtime/CPU/Ops/Blend.h"

/// The most samples of a bin along an axis.
enum { MOST_SAMPLES = 1 << 15 };

typedef struct regions {
  const void *x, *rois;
  const int64_t *batch;
  void *to;
  int64_t channels, x_height, x_width;
  int64_t height, width, samples, half_pixel, is_max;
  int64_t groups;
} regions;

#define FOR_FLOATS "lib/Runtime/CPU/Ops/Roi.inc"
#include "lib/Runtime/CPU/Ops/ForFloats.h"

/// Makes the result; *count is 0 if it has no elements.
static int32_t new_regions(accel_frame *frame, accel_op_call *call, regions *r, int64_t *count) {
  const accel_array *x = call->inputs[0], *rois = call->inputs[1];
  r->x = x->data;
  r->rois = rois->data;
  r->channels = x->dims[1];
  r->x_height = x->dims[2];
  r->x_width = x->dims[3];
  r->height = call->ints[0];
  r->width = call->ints[1];
  r->groups = (r->channels + OP_CHANNELS - 1) / OP_CHANNELS;
  *count = rois->dims[0];
  int64_t dims[4] = {rois->dims[0], r->channels, r->height, r->width};
  accel_array *result = &call->outputs[0];
  r->to = accel_rt_new_array(frame, result, x->dtype, 4, dims);
  if (!r->to)
    return accel_rt_status(frame);
  if (op_is_empty(result)) {
    *count = 0;
    return ACCEL_OK;
  }
  for (int64_t i = 0; i < *count; ++i)
    if (r->batch[i] < 0 || r->batch[i] >= x->dims[0])
      return op_fail(frame, "expected regions of pictures that are there, found number %lld",
                     r->batch[i]);
  if (op_is_empty(x))
    return op_fail(frame, "expected pictures with elements, found %lld rows", r->x_height);
  if (r->x_height > INT32_MAX / r->x_width)
    return op_fail(frame, "expected pictures of fewer than 2^31 elements, found %lld rows",
                   r->x_height);
  return ACCEL_OK;
}

int32_t accel_op_roi_align(accel_frame *frame, accel_op_call *call) {
  const accel_array *rois = call->inputs[1], *batch = call->inputs[2];
  if (rois->dims[1] != 4 || batch->dims[0] != rois->dims[0])
    return op_fail(frame,
                   "expected rois of four numbers and a batch index for each, found %lld indices",
                   batch->dims[0]);
  regions r = {.batch = batch->data,
               .samples = call->ints[2],
               .half_pixel = call->ints[3],
               .is_max = call->ints[4]};
  int64_t count;
  int32_t status = new_regions(frame, call, &r, &count);
  if (status)
    return status;
  bool is_double = rois->dtype.bits == 64;
  for (int64_t i = 0; i < count; ++i) {
    region_f32 f32;
    region_f64 f64;
    if (!(is_double ? read_region_f64(&r, i, &f64) : read_region_f32(&r, i, &f32)))
      return op_fail(frame,
                     "expected regions with at most 32768 samples of a bin along an axis, "
                     "found more for region %lld",
                     i);
  }
  int64_t samples = r.samples > 0 ? r.samples * r.samples : 4;
  double item_ns = (double)(samples * r.height * r.width) * OP_CHANNELS * 1.5;
  accel_loop_fn body = is_double ? align_items_f64_for_machine() : align_items_f32_for_machine();
  return accel_rt_parallel(frame, body, &r, count * r.groups, item_ns);
}

int32_t accel_op_max_roi_pool(accel_frame *frame, accel_op_call *call) {
  const accel_array *rois = call->inputs[1];
  if (rois->dims[1] != 5)
    return op_fail(frame, "expected rois of five numbers, found %lld", rois->dims[1]);
  bool is_double = rois->dtype.bits == 64;
  int64_t *batch = accel_rt_scratch(frame, rois->dims[0] * (int64_t)sizeof *batch), count;
  if (!batch)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < rois->dims[0]; ++i)
    batch[i] = is_double ? rounded_f64(((const double *)rois->data)[5 * i])
                         : rounded_f32(((const float *)rois->data)[5 * i]);
  regions r = {.batch = batch};
  int32_t status = new_regions(frame, call, &r, &count);
  if (status)
    return status;
  double item_ns = (double)(r.x_height * r.x_width) * 0.2 + (double)(r.height * r.width) * 10;
  accel_loop_fn body = is_double ? pool_items_f64_for_machine() : pool_items_f32_for_machine();
  return accel_rt_parallel(frame, body, &r, count * r.channels, item_ns);
}
