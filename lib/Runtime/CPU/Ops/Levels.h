// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops that are compiled for several CPUs: the runtime's objects are for the least that an
// architecture has, and these take the vectors that the machine has.

#ifndef ACCEL_RUNTIME_OPS_LEVELS_H
#define ACCEL_RUNTIME_OPS_LEVELS_H

#include "lib/Runtime/CPU/Ops/Common.h"

/// A function that becomes part of each of the loops that call it.
#define OP_INLINE static inline __attribute__((always_inline))

/// Defines `accel_loop_fn NAME_for_machine(void)` from the OP_INLINE function NAME.
#if defined(__x86_64__)
#define OP_DEFINE_LEVELS(NAME)                                                                     \
  static void NAME##_v1(const void *argument, int64_t begin, int64_t end) {                        \
    NAME(argument, begin, end);                                                                    \
  }                                                                                                \
  __attribute__((target("arch=x86-64-v3,tune=skylake"))) static void NAME##_v3(                    \
      const void *argument, int64_t begin, int64_t end) {                                          \
    NAME(argument, begin, end);                                                                    \
  }                                                                                                \
  __attribute__((target("arch=x86-64-v4,tune=skylake-avx512"))) static void NAME##_v4(             \
      const void *argument, int64_t begin, int64_t end) {                                          \
    NAME(argument, begin, end);                                                                    \
  }                                                                                                \
  static accel_loop_fn NAME##_for_machine(void) {                                                  \
    uint64_t have = accel_rt_cpu_features();                                                       \
    if (!(ACCEL_CPU_X86_64_V4 & ~have))                                                            \
      return NAME##_v4;                                                                            \
    return ACCEL_CPU_X86_64_V3 & ~have ? NAME##_v1 : NAME##_v3;                                    \
  }
#else
#define OP_DEFINE_LEVELS(NAME)                                                                     \
  static accel_loop_fn NAME##_for_machine(void) { return NAME; }
#endif

#define OP_LEVELS(NAME) OP_DEFINE_LEVELS(NAME) // NAME may be a macro.

/// The largest integer that is not greater; x is within +-2^31.
OP_INLINE float op_floor_f32(float x) {
  float cut = (float)(int32_t)x;
  return cut > x ? cut - 1 : cut;
}
OP_INLINE double op_floor_f64(double x) {
  double cut = (double)(int32_t)x;
  return cut > x ? cut - 1 : cut;
}

#endif // ACCEL_RUNTIME_OPS_LEVELS_H
