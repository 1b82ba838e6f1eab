// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions that LLVM calls where a machine lacks an instruction, for machines whose compiler-rt is
// not packaged: conversions of half and bfloat16. All others that kernels need are instructions, or
// in the C library. Built freestanding; correct in rounding, subnormals, infinities and NaN.

#ifndef ACCEL_BUILTIN
#define ACCEL_BUILTIN(name) name
#endif

typedef unsigned short accel_bits16;
typedef unsigned int accel_bits32;
typedef unsigned long accel_bits64;

/// An IEEE format: a sign, an exponent and a mantissa of so many bits.
struct accel_format {
  int exponent, mantissa;
};
static const struct accel_format accel_f16 = {5, 10}, accel_bf16 = {8, 7}, accel_f32 = {8, 23},
                                 accel_f64 = {11, 52};

static inline accel_bits64 accel_infinity(struct accel_format format) {
  return (((accel_bits64)1 << format.exponent) - 1) << format.mantissa;
}

/// Rounds to the nearest number of a smaller format, ties to even.
static inline accel_bits16 accel_narrow(accel_bits64 bits, struct accel_format from,
                                        struct accel_format to) {
  const accel_bits64 sign_bit = (accel_bits64)1 << (from.exponent + from.mantissa);
  const accel_bits64 sign = bits & sign_bit ? (accel_bits64)1 << (to.exponent + to.mantissa) : 0;
  accel_bits64 magnitude = bits & (sign_bit - 1);
  const accel_bits64 infinity = accel_infinity(to);
  int shift = from.mantissa - to.mantissa;
  if (magnitude > accel_infinity(from)) { // NaN, made quiet
    const accel_bits64 quiet = (accel_bits64)1 << (to.mantissa - 1);
    return (accel_bits16)(sign | infinity | quiet | ((magnitude >> shift) & (quiet - 1)));
  }
  // What the exponent's fields of equal numbers differ by.
  const int bias = (1 << (from.exponent - 1)) - (1 << (to.exponent - 1));
  const int exponent = (int)(magnitude >> from.mantissa);
  if (exponent > bias) {
    magnitude -= (accel_bits64)bias << from.mantissa;
  } else { // subnormal in the smaller format: its mantissa shows the leading bit
    const accel_bits64 leading = (accel_bits64)1 << from.mantissa;
    magnitude = (magnitude & (leading - 1)) | (exponent ? leading : 0);
    shift += bias + 1 - (exponent ? exponent : 1);
    if (shift > 63)
      shift = 63;
  }
  const accel_bits64 half = (accel_bits64)1 << (shift - 1);
  const accel_bits64 rest = magnitude & (2 * half - 1);
  accel_bits64 result = magnitude >> shift;
  if (rest > half || (rest == half && (result & 1)))
    ++result; // may become the next exponent, or infinity
  return (accel_bits16)(sign | (result < infinity ? result : infinity));
}

float ACCEL_BUILTIN(__extendhfsf2)(_Float16 x);
float ACCEL_BUILTIN(__extendhfsf2)(_Float16 x) {
  accel_bits16 bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const accel_bits32 magnitude = bits & 0x7fff, sign = (accel_bits32)(bits & 0x8000) << 16;
  accel_bits32 wide;
  float result;
  if (magnitude < 0x400) { // zero or subnormal: a multiple of the smallest number
    result = (float)(int)magnitude * 0x1p-24f;
    __builtin_memcpy(&wide, &result, sizeof wide);
  } else if (magnitude < 0x7c00) {
    wide = (magnitude << 13) + ((127 - 15) << 23);
  } else {
    wide = 0x7f800000 | (magnitude & 0x3ff) << 13 | (magnitude > 0x7c00 ? 0x400000 : 0);
  }
  wide |= sign;
  __builtin_memcpy(&result, &wide, sizeof result);
  return result;
}

#define ACCEL_NARROW(name, result_type, to, argument_type, bits_type, from)                        \
  result_type ACCEL_BUILTIN(name)(argument_type x);                                                \
  result_type ACCEL_BUILTIN(name)(argument_type x) {                                               \
    bits_type bits;                                                                                \
    __builtin_memcpy(&bits, &x, sizeof bits);                                                      \
    accel_bits16 narrow = accel_narrow(bits, from, to);                                            \
    result_type result;                                                                            \
    __builtin_memcpy(&result, &narrow, sizeof result);                                             \
    return result;                                                                                 \
  }
ACCEL_NARROW(__truncsfhf2, _Float16, accel_f16, float, accel_bits32, accel_f32)
ACCEL_NARROW(__truncdfhf2, _Float16, accel_f16, double, accel_bits64, accel_f64)
ACCEL_NARROW(__truncsfbf2, __bf16, accel_bf16, float, accel_bits32, accel_f32)
ACCEL_NARROW(__truncdfbf2, __bf16, accel_bf16, double, accel_bits64, accel_f64)
