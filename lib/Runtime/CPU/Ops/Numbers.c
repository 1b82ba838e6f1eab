// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elements of all types as one type: f64 or 64-bit integers to compute with, keys to compare.

#include "lib/Runtime/CPU/Ops/Common.h"

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
static uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static double load_bf16(uint16_t bits) { return float_of_bits((uint32_t)bits << 16); }

static double load_f16(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000) << 16, rest = bits & 0x7fff;
  if (rest >= 0x7c00) // infinity, NaN
    return float_of_bits(sign | 0x7f800000 | rest << 13);
  // The exponent's bias by a product, which gives subnormals their value, too.
  return float_of_bits(sign | rest << 13) * 0x1p112;
}

/// Rounds to nearest, ties to even, and keeps NaN a NaN.
static uint16_t store_bf16(double value) {
  uint32_t bits = bits_of_float((float)value);
  if (value != value)
    return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static uint16_t store_f16(double value) {
  uint32_t bits = bits_of_float((float)value), magnitude = bits & 0x7fffffff;
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  if (magnitude > 0x7f800000)
    return sign | 0x7e00;
  if (magnitude >= 0x477ff000) // 65520, half way past the largest
    return sign | 0x7c00;
  if (magnitude < 0x38800000) // subnormal: the sum rounds to units of 2^-24
    return (uint16_t)(sign | (bits_of_float(float_of_bits(magnitude) + 0.5f) - 0x3f000000));
  magnitude += 0xfff + (magnitude >> 13 & 1);
  return (uint16_t)(sign | ((magnitude - 0x38000000) >> 13));
}

#define LOAD(TYPE, EXPRESSION)                                                                     \
  {                                                                                                \
    const TYPE *from = (const TYPE *)array->data + begin;                                          \
    for (int64_t i = 0; i < count; ++i)                                                            \
      to[i] = EXPRESSION;                                                                          \
    break;                                                                                         \
  }
#define STORE(TYPE, EXPRESSION)                                                                    \
  {                                                                                                \
    TYPE *to = (TYPE *)array->data + begin;                                                        \
    for (int64_t i = 0; i < count; ++i)                                                            \
      to[i] = EXPRESSION;                                                                          \
    break;                                                                                         \
  }

ACCEL_LOCAL void op_load_f64(double *to, const accel_array *array, int64_t begin, int64_t count) {
  switch (op_type(array->dtype)) {
  case ACCEL_TYPE(ACCEL_FLOAT, 64):
    LOAD(double, from[i])
  case ACCEL_TYPE(ACCEL_FLOAT, 32):
    LOAD(float, from[i])
  case ACCEL_TYPE(ACCEL_FLOAT, 16):
    LOAD(uint16_t, load_f16(from[i]))
  case ACCEL_TYPE(ACCEL_BFLOAT, 16):
    LOAD(uint16_t, load_bf16(from[i]))
#define CASE(CODE, BITS, TYPE)                                                                     \
  case ACCEL_TYPE(CODE, BITS):                                                                     \
    LOAD(TYPE, (double)from[i])
    ACCEL_INTEGERS(CASE)
#undef CASE
  }
}

ACCEL_LOCAL void op_store_f64(accel_array *array, int64_t begin, const double *from,
                              int64_t count) {
  switch (op_type(array->dtype)) {
  case ACCEL_TYPE(ACCEL_FLOAT, 64):
    STORE(double, from[i])
  case ACCEL_TYPE(ACCEL_FLOAT, 32):
    STORE(float, (float)from[i])
  case ACCEL_TYPE(ACCEL_FLOAT, 16):
    STORE(uint16_t, store_f16(from[i]))
  case ACCEL_TYPE(ACCEL_BFLOAT, 16):
    STORE(uint16_t, store_bf16(from[i]))
  }
}

ACCEL_LOCAL void op_load_i64(uint64_t *to, const accel_array *array, int64_t begin, int64_t count) {
  switch (op_type(array->dtype)) {
#define CASE(CODE, BITS, TYPE)                                                                     \
  case ACCEL_TYPE(CODE, BITS):                                                                     \
    LOAD(TYPE, (uint64_t)(from[i]))
    ACCEL_INTEGERS(CASE)
#undef CASE
  }
}

ACCEL_LOCAL void op_store_i64(accel_array *array, int64_t begin, const uint64_t *from,
                              int64_t count) {
  switch (op_type(array->dtype)) {
#define CASE(CODE, BITS, TYPE)                                                                     \
  case ACCEL_TYPE(CODE, BITS):                                                                     \
    STORE(TYPE, (TYPE)from[i])
    ACCEL_INTEGERS(CASE)
#undef CASE
  }
}

ACCEL_LOCAL bool op_as_integer(const accel_array *array, int64_t index, int64_t *value) {
  if (op_is_float(array->dtype)) {
    double number;
    op_load_f64(&number, array, index, 1);
    if (!(number > -0x1p63 && number < 0x1p63))
      return false;
    *value = (int64_t)number;
    return true;
  }
  uint64_t number = 0;
  op_load_i64(&number, array, index, 1);
  *value = (int64_t)number;
  return array->dtype.code != ACCEL_UINT || *value >= 0;
}

#define KEYS(TYPE, EXPRESSION)                                                                     \
  {                                                                                                \
    const TYPE *from = (const TYPE *)array->data + begin;                                          \
    for (int64_t i = 0; i < count; ++i, from += stride)                                            \
      to[i] = EXPRESSION;                                                                          \
    break;                                                                                         \
  }

/// The order of a float's bits: those below 0 from the largest magnitude on, then those from 0 on.
#define FLOAT_KEY(BITS, INFINITE)                                                                  \
  static uint64_t float_key_##BITS(uint##BITS##_t bits) {                                          \
    const uint##BITS##_t sign = (uint##BITS##_t)1 << (BITS - 1);                                   \
    uint##BITS##_t magnitude = bits & (uint##BITS##_t) ~sign;                                      \
    if (magnitude > INFINITE)                                                                      \
      return UINT64_MAX;                                                                           \
    return bits & sign ? (uint64_t)sign - magnitude : (uint64_t)sign + magnitude;                  \
  }
FLOAT_KEY(64, 0x7ff0000000000000)
FLOAT_KEY(32, 0x7f800000)
FLOAT_KEY(16, 0x7c00)

ACCEL_LOCAL void op_keys(uint64_t *to, const accel_array *array, int64_t begin, int64_t stride,
                         int64_t count) {
  switch (op_type(array->dtype)) {
  case ACCEL_TYPE(ACCEL_FLOAT, 64):
    KEYS(uint64_t, float_key_64(*from))
  case ACCEL_TYPE(ACCEL_FLOAT, 32):
    KEYS(uint32_t, float_key_32(*from))
  case ACCEL_TYPE(ACCEL_FLOAT, 16):
    KEYS(uint16_t, float_key_16(*from))
  case ACCEL_TYPE(ACCEL_BFLOAT, 16):
    KEYS(uint16_t, float_key_32((uint32_t)*from << 16))
  case ACCEL_TYPE(ACCEL_INT, 64):
    KEYS(uint64_t, *from ^ (uint64_t)1 << 63)
  case ACCEL_TYPE(ACCEL_INT, 32):
    KEYS(uint32_t, *from ^ (uint32_t)1 << 31)
  case ACCEL_TYPE(ACCEL_INT, 16):
    KEYS(uint16_t, *from ^ 0x8000u)
  case ACCEL_TYPE(ACCEL_INT, 8):
    KEYS(uint8_t, *from ^ 0x80u)
  case ACCEL_TYPE(ACCEL_UINT, 64):
    KEYS(uint64_t, *from)
  case ACCEL_TYPE(ACCEL_UINT, 32):
    KEYS(uint32_t, *from)
  case ACCEL_TYPE(ACCEL_UINT, 16):
    KEYS(uint16_t, *from)
  default:
    KEYS(uint8_t, *from)
  }
}

ACCEL_LOCAL void op_nonzero(uint8_t *to, const accel_array *array, int64_t begin, int64_t count) {
  uint64_t sign = op_is_float(array->dtype) ? (uint64_t)1 << (array->dtype.bits - 1) : 0;
  switch (op_element_bytes(array->dtype)) {
  case 8:
    LOAD(uint64_t, (from[i] & ~sign) != 0)
  case 4:
    LOAD(uint32_t, (from[i] & ~(uint32_t)sign) != 0)
  case 2:
    LOAD(uint16_t, (from[i] & ~(uint32_t)sign) != 0)
  case 1:
    LOAD(uint8_t, from[i] != 0)
  }
}
