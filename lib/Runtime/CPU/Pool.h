// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread pool: one a process, shared by all libraries that Accel makes (SharedPool.c says how
// they find it). This table is the interface between libraries of different age: append-only.

#ifndef ACCEL_RUNTIME_POOL_H
#define ACCEL_RUNTIME_POOL_H

#include "lib/Runtime/Common/Internal.h"

/// Raised when the meaning of the table changes; libraries with other numbers have other pools.
#define ACCEL_POOL_ABI 1

typedef struct accel_region accel_region;

/// Called once in each thread that takes part, with a number of its own in [0, threads). Threads
/// may come late or never, so it must claim its work and not rely on the others.
typedef void (*accel_task_fn)(void *argument, int32_t thread);

typedef struct accel_pool_table {
  uint32_t abi;
  uint32_t size;
  /// Threads that a context uses by default.
  int32_t (*default_threads)(void);
  /// Starts workers so that regions of this many threads (with the caller) find them. Returns how
  /// many threads there now are, at least 1.
  int32_t (*prepare)(int32_t threads);
  /// Takes the pool for the calling thread; NULL if another one has it.
  accel_region *(*enter)(void);
  /// Runs task on up to `threads` threads, this one included, and returns when none is in it any
  /// more. Returns how often parked workers had to be woken (0 or 1).
  int32_t (*run)(accel_region *region, int32_t threads, accel_task_fn task, void *argument);
  void (*leave)(accel_region *region);
  /// Threads started so far, for tests.
  int32_t (*workers)(void);
} accel_pool_table;

/// SharedPool.c: the process's pool.
ACCEL_LOCAL const accel_pool_table *accel_shared_pool(void);
/// Pool.c: the pool in this library, used if it is the process's.
ACCEL_LOCAL const accel_pool_table *accel_own_pool(void);

#endif // ACCEL_RUNTIME_POOL_H
