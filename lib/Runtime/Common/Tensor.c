// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes of tensors, and copies between strided and contiguous memory.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

ACCEL_LOCAL int64_t accel_tensor_bytes(const int64_t *dims, int32_t rank, int64_t element) {
  int64_t bytes = element;
  bool empty = false;
  for (int32_t axis = 0; axis < rank; ++axis) {
    if (dims[axis] < 0)
      return -1;
    empty |= dims[axis] == 0;
    if (dims[axis] && __builtin_mul_overflow(bytes, dims[axis], &bytes))
      return -1;
  }
  return empty ? 0 : bytes;
}

ACCEL_LOCAL bool accel_is_contiguous(const accel_tensor *tensor) {
  if (!tensor->strides)
    return true;
  int64_t expected = 1;
  for (int32_t axis = tensor->ndim - 1; axis >= 0; --axis) {
    int64_t dim = tensor->shape[axis];
    if (dim == 0)
      return true;
    if (dim != 1 && tensor->strides[axis] != expected)
      return false;
    expected *= dim;
  }
  return true;
}

/// Moves `count` elements between a row of given stride in bytes and contiguous memory. Compilers
/// turn memcpy of a constant size into one load and one store that need no alignment.
#define COPY_ROW(SIZE)                                                                             \
  for (int64_t i = 0; i < count; ++i)                                                              \
  memcpy(to + i * to_stride, from + i * from_stride, SIZE)

static void copy_row(char *to, int64_t to_stride, const char *from, int64_t from_stride,
                     int64_t count, int64_t element) {
  if (to_stride == element && from_stride == element) {
    memcpy(to, from, (size_t)(count * element));
    return;
  }
  switch (element) {
  case 1:
    COPY_ROW(1);
    return;
  case 2:
    COPY_ROW(2);
    return;
  case 4:
    COPY_ROW(4);
    return;
  case 8:
    COPY_ROW(8);
    return;
  default:
    COPY_ROW((size_t)element);
  }
}

static void copy_strided(const accel_tensor *strided, char *contiguous, bool gather) {
  int64_t element = accel_element_bytes(strided->dtype);
  int32_t rank = strided->ndim;
  char *data = accel_tensor_data(strided);
  int64_t bytes = accel_tensor_bytes(strided->shape, rank, element);
  if (bytes <= 0)
    return;
  if (accel_is_contiguous(strided)) {
    memcpy(gather ? contiguous : data, gather ? data : contiguous, (size_t)bytes);
    return;
  }
  // Not contiguous, so the rank is at least 1.
  int64_t index[ACCEL_MAX_RANK] = {0};
  int64_t row = strided->shape[rank - 1];
  int64_t stride = strided->strides[rank - 1] * element;
  for (;;) {
    if (gather)
      copy_row(contiguous, element, data, stride, row, element);
    else
      copy_row(data, stride, contiguous, element, row, element);
    contiguous += row * element;
    int32_t axis = rank - 2;
    for (; axis >= 0; --axis) {
      data += strided->strides[axis] * element;
      if (++index[axis] < strided->shape[axis])
        break;
      data -= strided->shape[axis] * strided->strides[axis] * element;
      index[axis] = 0;
    }
    if (axis < 0)
      return;
  }
}

ACCEL_LOCAL void accel_gather(void *contiguous, const accel_tensor *strided) {
  copy_strided(strided, (char *)contiguous, true);
}

ACCEL_LOCAL void accel_scatter(const accel_tensor *strided, const void *contiguous) {
  copy_strided(strided, (char *)contiguous, false);
}
