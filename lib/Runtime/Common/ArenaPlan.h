// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The part of the arena planner that the compiler calls again and again, in other orders.
#ifndef ACCEL_RUNTIME_COMMON_ARENA_PLAN_H
#define ACCEL_RUNTIME_COMMON_ARENA_PLAN_H

#include "accel-rt/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Places slots in the order of work, which holds the number of each as an int32_t, followed by
/// room for as many; offsets, result and errors are those of accel_rt_plan_arena.
ACCEL_RT_EXPORT int64_t accel_rt_place_slots(const accel_slot *slots, int32_t count,
                                             const int64_t *values, int64_t *offsets,
                                             int64_t *work);

#ifdef __cplusplus
}
#endif

#endif
