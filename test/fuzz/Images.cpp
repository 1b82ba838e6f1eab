// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of pictures, any bytes: decoded, or refused with a reason, in no more memory than said.
#include "include/accel-rt/Ops.h"
#include <cstdlib>
extern "C" {
#include "lib/Runtime/CPU/Ops/Ops.h"
}

static int32_t status;

extern "C" void *accel_rt_new_array(accel_frame *, accel_array *array, accel_dtype dtype,
                                    int32_t rank, const int64_t *dims) {
  size_t bytes = 1;
  for (int32_t i = 0; i < rank; ++i)
    bytes *= size_t(array->dims[i] = dims[i]);
  // What a fuzzer has no time for.
  if (bytes > size_t(1) << 24)
    status = ACCEL_OUT_OF_MEMORY;
  array->dtype = dtype;
  array->rank = rank;
  return array->data = status ? nullptr : std::malloc(bytes ? bytes : 1);
}

extern "C" void accel_rt_release_array(accel_frame *, accel_array *array) {
  std::free(array->data);
  *array = accel_array{};
}

extern "C" int32_t accel_rt_fail(accel_frame *, int32_t why, const char *, int64_t) {
  return status = why;
}

extern "C" int32_t accel_rt_status(accel_frame *) { return status; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  accel_array stream = {
      const_cast<uint8_t *>(data), {ACCEL_UINT, 8, 1}, 1, {int64_t(size)}, nullptr};
  for (int64_t order = ACCEL_PIXELS_RGB; order <= ACCEL_PIXELS_GRAY; ++order) {
    const accel_array *inputs[] = {&stream};
    accel_array image = {};
    accel_op_call call = {};
    call.inputs = inputs;
    call.outputs = &image;
    call.ints = &order;
    call.num_inputs = call.num_outputs = call.num_ints = 1;
    status = ACCEL_OK;
    (void)accel_op_image_decode(nullptr, &call);
    std::free(image.data);
  }
  return 0;
}
