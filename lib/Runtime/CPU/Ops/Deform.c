// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DeformConv: what lies under the filters at each place, as columns for a product of matrices.

#include "lib/Runtime/CPU/Ops/Blend.h"

typedef struct deforming {
  const void *x, *offset, *mask;
  void *to;
  int64_t channels, height, width, groups, blocks;
  int64_t kernel_height, kernel_width, out_height, out_width;
  const int64_t *stride, *pad, *dilation;
} deforming;

#define FOR_FLOATS "lib/Runtime/CPU/Ops/Deform.inc"
#include "lib/Runtime/CPU/Ops/ForFloats.h"

int32_t accel_op_deform_columns(accel_frame *frame, accel_op_call *call) {
  const accel_array *x = call->inputs[0], *offset = call->inputs[1], *mask = op_input(call, 2);
  const int64_t *ints = call->ints;
  deforming d = {.x = x->data,
                 .offset = offset->data,
                 .mask = mask ? mask->data : NULL,
                 .channels = x->dims[1],
                 .height = x->dims[2],
                 .width = x->dims[3],
                 .groups = ints[10],
                 .kernel_height = ints[0],
                 .kernel_width = ints[1],
                 .out_height = offset->dims[2],
                 .out_width = offset->dims[3],
                 .stride = ints + 2,
                 .pad = ints + 4,
                 .dilation = ints + 8};
  int64_t taps = d.kernel_height * d.kernel_width, batches = x->dims[0];
  if (d.channels % d.groups)
    return op_fail(frame, "expected channels that offset_group divides, found %lld", d.channels);
  if (offset->dims[0] != batches || offset->dims[1] != 2 * d.groups * taps)
    return op_fail(frame, "expected two offsets for each group and element of a filter, found %lld",
                   offset->dims[1]);
  for (int32_t axis = 0; axis < 2; ++axis) {
    int64_t reach = (ints[axis] - 1) * d.dilation[axis] + 1,
            room = x->dims[axis + 2] + d.pad[axis] + d.pad[axis + 2] - reach;
    int64_t places = room < 0 ? 0 : room / d.stride[axis] + 1;
    if (offset->dims[axis + 2] != places)
      return op_fail(frame, "expected offsets for each place of the result, found %lld along a dim",
                     offset->dims[axis + 2]);
    if (mask && mask->dims[axis + 2] != places)
      return op_fail(frame, "expected a mask for each place of the result, found %lld along a dim",
                     mask->dims[axis + 2]);
  }
  if (mask && (mask->dims[0] != batches || mask->dims[1] != d.groups * taps))
    return op_fail(frame, "expected a mask for each group and element of a filter, found %lld",
                   mask->dims[1]);
  int64_t places = d.out_height * d.out_width;
  int64_t dims[3] = {batches, d.channels * taps, places};
  accel_array *result = &call->outputs[0];
  d.to = accel_rt_new_array(frame, result, x->dtype, 3, dims);
  if (!d.to)
    return accel_rt_status(frame);
  if (op_is_empty(result))
    return ACCEL_OK;
  if (op_is_empty(x)) {
    memset(d.to, 0, (size_t)(op_count(result) * op_element_bytes(x->dtype)));
    return ACCEL_OK;
  }
  if (d.height > INT32_MAX / d.width)
    return op_fail(frame, "expected pictures of fewer than 2^31 elements, found %lld rows",
                   d.height);
  d.blocks = (places + OP_MOST_PLACES - 1) / OP_MOST_PLACES;
  double item_ns = OP_MOST_PLACES * ((double)(d.channels / d.groups) * 1.5 + 10);
  accel_loop_fn body =
      x->dtype.bits == 64 ? deform_items_f64_for_machine() : deform_items_f32_for_machine();
  return accel_rt_parallel(frame, body, &d, batches * d.groups * taps * d.blocks, item_ns);
}
