// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the functions of Ops.h share. They are one unit (Ops.c), so that all else is static.

#ifndef ACCEL_RUNTIME_OPS_COMMON_H
#define ACCEL_RUNTIME_OPS_COMMON_H

#include "lib/Runtime/CPU/Ops/Ops.h"
#include <stdbool.h>
#include <string.h>

#define ACCEL_LOCAL static

/// Element types by what a C program can compute with; f16 and bf16 are converted.
#define ACCEL_INTEGERS(X)                                                                          \
  X(ACCEL_INT, 8, int8_t)                                                                          \
  X(ACCEL_INT, 16, int16_t)                                                                        \
  X(ACCEL_INT, 32, int32_t)                                                                        \
  X(ACCEL_INT, 64, int64_t)                                                                        \
  X(ACCEL_UINT, 8, uint8_t)                                                                        \
  X(ACCEL_UINT, 16, uint16_t)                                                                      \
  X(ACCEL_UINT, 32, uint32_t)                                                                      \
  X(ACCEL_UINT, 64, uint64_t)                                                                      \
  X(ACCEL_BOOL, 8, uint8_t)

/// The cases of a switch over these.
#define ACCEL_TYPE(code, bits) ((code) << 8 | (bits))
static inline int op_type(accel_dtype dtype) { return ACCEL_TYPE(dtype.code, dtype.bits); }

static inline bool op_is_float(accel_dtype dtype) {
  return dtype.code == ACCEL_FLOAT || dtype.code == ACCEL_BFLOAT;
}

/// Types narrower than a byte take one.
static inline int64_t op_element_bytes(accel_dtype dtype) {
  return ((int64_t)dtype.bits * dtype.lanes + 7) / 8;
}

/// The product of the dims [begin, end). Of an array without elements, whose dim of 0 may hide that
/// others overflow, only the product of all dims means something.
static inline int64_t op_product(const int64_t *dims, int32_t begin, int32_t end) {
  uint64_t product = 1;
  for (int32_t axis = begin; axis < end; ++axis)
    product *= (uint64_t)dims[axis];
  return (int64_t)product;
}
static inline int64_t op_count(const accel_array *array) {
  return op_product(array->dims, 0, array->rank);
}
static inline bool op_is_empty(const accel_array *array) {
  for (int32_t axis = 0; axis < array->rank; ++axis)
    if (array->dims[axis] == 0)
      return true;
  return false;
}

static inline int32_t op_fail(accel_frame *frame, const char *message, int64_t value) {
  return accel_rt_fail(frame, ACCEL_RUN_FAILED, message, value);
}

static inline const accel_array *op_input(const accel_op_call *call, int32_t number) {
  return number < call->num_inputs ? call->inputs[number] : NULL;
}
static inline bool op_wanted(const accel_op_call *call, int32_t number) {
  return number < call->num_outputs;
}

/// Fails unless the array has this many elements.
static inline int32_t op_expect_count(accel_frame *frame, const accel_array *array, int64_t count) {
  if (op_count(array) == count)
    return ACCEL_OK;
  return op_fail(frame,
                 count == 1 ? "expected an operand with one element, found %lld"
                            : "expected an operand with two elements, found %lld",
                 op_count(array));
}

/// Fails unless a result has the rank that int number `k` of the call, if it is there, says.
static inline int32_t op_expect_rank(accel_frame *frame, const accel_op_call *call, int32_t k,
                                     int64_t rank) {
  if (call->num_ints <= k || call->ints[k] == rank)
    return ACCEL_OK;
  return op_fail(frame, "expected a result of the rank that the model declares, found %lld dims",
                 rank);
}

static const accel_dtype op_i64 = {ACCEL_INT, 64, 1};

/// Element number index of a tensor of i32 or i64.
static inline int64_t op_integer(const accel_array *array, int64_t index) {
  return array->dtype.bits == 32 ? ((const int32_t *)array->data)[index]
                                 : ((const int64_t *)array->data)[index];
}

/// The axis 0..rank-1 that a number -rank..rank-1 means, else -1.
static inline int32_t op_axis(int64_t axis, int32_t rank) {
  if (axis < 0)
    axis += rank;
  return axis >= 0 && axis < rank ? (int32_t)axis : -1;
}

/// A new array of the input's type and dims but for one axis; of one dim if flat. Null on failure.
static inline char *op_new_resized(accel_frame *frame, accel_array *result,
                                   const accel_array *input, bool flat, int32_t axis,
                                   int64_t size) {
  int64_t dims[ACCEL_ARRAY_RANK];
  memcpy(dims, input->dims, sizeof dims);
  dims[axis] = size;
  return accel_rt_new_array(frame, result, input->dtype, flat ? 1 : input->rank, dims);
}

/// Sets marked[axis] for each axis that the tensor names.
ACCEL_LOCAL int32_t op_mark_axes(accel_frame *frame, const accel_array *axes, int32_t rank,
                                 bool *marked);

//===-- Move.c --------------------------------------------------------------------------------===//

/// Writes count elements of one value.
ACCEL_LOCAL void op_fill(void *to, const void *value, int64_t element, int64_t count);
/// Copies a view, whose strides are in bytes, to memory without gaps. rank is at most twice
/// ACCEL_ARRAY_RANK; dims and strides are overwritten.
ACCEL_LOCAL void op_copy_view(char *to, const char *from, int32_t rank, int64_t *dims,
                              int64_t *strides, int64_t element);
/// Strides in bytes of an array without gaps.
static inline void op_strides(const accel_array *array, int64_t *strides) {
  int64_t stride = op_element_bytes(array->dtype);
  for (int32_t axis = array->rank - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    if (__builtin_mul_overflow(stride, array->dims[axis], &stride))
      stride = 0; // an array without elements
  }
}

//===-- Numbers.c: elements as f64, as 64-bit integers, as keys -------------------------------===//

/// Floats of any width, and integers, as f64.
ACCEL_LOCAL void op_load_f64(double *to, const accel_array *array, int64_t begin, int64_t count);
ACCEL_LOCAL void op_store_f64(accel_array *array, int64_t begin, const double *from, int64_t count);
/// Integers and bools, sign or zero extended.
ACCEL_LOCAL void op_load_i64(uint64_t *to, const accel_array *array, int64_t begin, int64_t count);
ACCEL_LOCAL void op_store_i64(accel_array *array, int64_t begin, const uint64_t *from,
                              int64_t count);
/// A number of any type as an integer, floats cut off; false if it is none or too large.
ACCEL_LOCAL bool op_as_integer(const accel_array *array, int64_t index, int64_t *value);

/// Unsigned numbers in the order of the elements begin, begin + stride, ...: NaN last, equal for
/// equal elements.
ACCEL_LOCAL void op_keys(uint64_t *to, const accel_array *array, int64_t begin, int64_t stride,
                         int64_t count);
/// Whether the element is not 0.
ACCEL_LOCAL void op_nonzero(uint8_t *to, const accel_array *array, int64_t begin, int64_t count);

//===-- Sort.h --------------------------------------------------------------------------------===//

/// An element to be sorted, and where it came from.
typedef struct op_ranked {
  uint64_t key;
  int64_t index;
} op_ranked;

#endif // ACCEL_RUNTIME_OPS_COMMON_H
