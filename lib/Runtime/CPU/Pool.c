// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread pool. A thread that runs a model takes the pool for a region; within it, each job is
// published in one word that the workers spin on, and ends when the leader has closed it and no
// worker is inside any more.
//
// - Workers claim work and are not waited for unless they are inside a job. So a worker that the
//   system has taken off its CPU delays nobody, and a busy machine costs speed, never progress.
// - A worker shows that it is inside by writing the job's word to its own cache line, then looks
//   again whether the job is still open; the leader closes the job, then reads those lines. Both
//   orders are sequentially consistent, so one of the two sees the other.
// - Only one region exists at a time: a second thread gets none and works alone, so that two runs
//   never have more spinning threads than CPUs.
// - All state lies in memory that fork wipes. A child thus finds a pool that was never started, and
//   starts its own when it needs one; runs that other threads had going in the parent are lost.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lib/Runtime/CPU/Pool.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/// Where another thread may come between; the stress test gives its CPU away here.
#ifndef ACCEL_RACE_POINT
#define ACCEL_RACE_POINT (void)0
#endif

enum {
  MAX_THREADS = 1024,
  /// How long a worker without a region spins before it parks: longer than the gap between the runs
  /// of a busy program, shorter than a scheduler's time slice.
  IDLE_SPIN_NS = 50000,
  /// In a region the next job is near, so that a worker first lends its CPU, then parks.
  REGION_YIELD_NS = 50000,
  REGION_SPIN_NS = 1000000,
  PAUSES_PER_CLOCK = 32,
  /// The leader lends its CPU to a late worker after this many pauses.
  JOIN_PAUSES = 2000,
  WORKER_STACK_BYTES = 2 << 20
};

/// A job's word: its number, whether it is open, and how many threads it wants.
#define JOB_OPEN ((uint64_t)1 << 16)
#define JOB_NUMBER_SHIFT 17
static inline uint64_t job_number(uint64_t word) { return word >> JOB_NUMBER_SHIFT; }
static inline int32_t job_threads(uint64_t word) { return (int32_t)(word & 0xffff); }

typedef struct worker {
  _Alignas(64) atomic_uint_fast64_t inside; ///< word of the job that it is in, 0 if none
} worker;

struct accel_region {
  // Written by the leader for each job, read by all.
  _Alignas(64) atomic_uint_fast64_t job;
  accel_task_fn task;
  void *argument;
  // Seldom written.
  _Alignas(64) atomic_int taken;   ///< a thread has the region
  atomic_int num_workers;          ///< that were started
  atomic_int starting;             ///< a thread starts some
  atomic_int usable_cpus;          ///< 0: not asked yet
  _Alignas(64) atomic_uint wakeup; ///< futex that parked workers wait on
  atomic_uint_fast64_t parked[MAX_THREADS / 64];
  worker workers[MAX_THREADS];
};

//===-- The state and fork ------------------------------------------------------------------===//

static _Atomic(accel_region *) pool_state;
/// Where the kernel cannot wipe memory on fork, the process that the state belongs to; else 0.
static atomic_long pool_process;

static accel_region *map_state(void) {
  void *memory =
      mmap(NULL, sizeof(accel_region), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : (accel_region *)memory;
}

/// The child of a fork on a kernel older than 4.14: leaves the parent's state behind.
static accel_region *replace_state(accel_region *stale, long process) {
  accel_region *fresh = map_state();
  if (!fresh)
    return NULL;
  if (atomic_compare_exchange_strong(&pool_state, &stale, fresh)) {
    atomic_store(&pool_process, process);
    return fresh;
  }
  munmap(fresh, sizeof *fresh);
  return stale; // another thread of the child was first
}

/// The pool's state; NULL if there is no memory for it.
static accel_region *get_state(void) {
  accel_region *state = atomic_load_explicit(&pool_state, memory_order_acquire);
  if (state) {
    long process = atomic_load_explicit(&pool_process, memory_order_relaxed);
    if (process && process != getpid())
      return replace_state(state, getpid());
    return state;
  }
  accel_region *fresh = map_state();
  if (!fresh)
    return NULL;
  long process = madvise(fresh, sizeof *fresh, MADV_WIPEONFORK) == 0 ? 0 : getpid();
  if (atomic_compare_exchange_strong(&pool_state, &state, fresh)) {
    atomic_store(&pool_process, process);
    return fresh;
  }
  munmap(fresh, sizeof *fresh);
  return state;
}

//===-- Workers -----------------------------------------------------------------------------===//

static bool is_new(uint64_t word, uint64_t seen, int32_t index) {
  return (word & JOB_OPEN) && job_number(word) != seen && index < job_threads(word);
}

static void futex_wait(atomic_uint *address, unsigned value, unsigned bits) {
  syscall(SYS_futex, address, FUTEX_WAIT_BITSET_PRIVATE, value, NULL, NULL, bits);
}

static void futex_wake(atomic_uint *address, unsigned bits) {
  syscall(SYS_futex, address, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, bits);
}

/// A futex has 32 groups of waiters; the last one holds all further workers.
static unsigned group_of(int32_t index) { return 1u << (index < 31 ? index : 31); }
static unsigned groups_below(int32_t threads) { return threads > 31 ? ~0u : (1u << threads) - 1; }

static void park(accel_region *pool, int32_t index, uint64_t seen) {
  uint64_t bit = (uint64_t)1 << (index % 64);
  unsigned ticket = atomic_load(&pool->wakeup);
  atomic_fetch_or(&pool->parked[index / 64], bit);
  ACCEL_RACE_POINT;
  // The leader publishes, then looks for parked workers; this looks the other way round.
  if (!is_new(atomic_load(&pool->job), seen, index))
    futex_wait(&pool->wakeup, ticket, group_of(index));
  atomic_fetch_and(&pool->parked[index / 64], ~bit);
}

/// Waits for a job that this worker has not seen and that wants it; returns its word.
static uint64_t await_job(accel_region *pool, int32_t index, uint64_t seen) {
  int64_t start = accel_now_ns();
  for (;;) {
    for (int pauses = 0; pauses < PAUSES_PER_CLOCK; ++pauses) {
      uint64_t word = atomic_load_explicit(&pool->job, memory_order_acquire);
      if (is_new(word, seen, index))
        return word;
      accel_pause();
    }
    int64_t waited = accel_now_ns() - start;
    bool region = atomic_load_explicit(&pool->taken, memory_order_relaxed);
    if (waited > (region ? REGION_SPIN_NS : IDLE_SPIN_NS)) {
      park(pool, index, seen);
      start = accel_now_ns();
    } else if (waited > REGION_YIELD_NS) {
      sched_yield();
    }
  }
}

typedef struct start {
  accel_region *pool;
  int32_t index;
  atomic_int taken_over;
} start;

static void *work(void *argument) {
  accel_region *pool = ((start *)argument)->pool;
  int32_t index = ((start *)argument)->index;
  atomic_store(&((start *)argument)->taken_over, 1); // the struct may go now
  pthread_setname_np(pthread_self(), "accel-worker");
  accel_set_float_state();
  worker *self = &pool->workers[index];
  uint64_t seen = 0;
  for (;;) {
    uint64_t word = await_job(pool, index, seen);
    seen = job_number(word);
    ACCEL_RACE_POINT;
    atomic_store(&self->inside, word);
    ACCEL_RACE_POINT;
    if (atomic_load(&pool->job) == word)
      pool->task(pool->argument, index);
    atomic_store_explicit(&self->inside, 0, memory_order_release);
  }
  return NULL;
}

static bool start_worker(accel_region *pool, int32_t index) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes))
    return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
  start argument = {pool, index, 0};
  pthread_t thread;
  bool started = pthread_create(&thread, &attributes, work, &argument) == 0;
  pthread_attr_destroy(&attributes);
  while (started && !atomic_load(&argument.taken_over))
    sched_yield();
  return started;
}

//===-- The table ---------------------------------------------------------------------------===//

static int32_t pool_default_threads(void) {
  accel_region *pool = get_state();
  if (!pool)
    return 1;
  int32_t cpus = atomic_load(&pool->usable_cpus);
  if (cpus == 0) {
    cpus = accel_usable_cpus();
    atomic_store(&pool->usable_cpus, cpus);
  }
  return cpus;
}

static int32_t pool_prepare(int32_t threads) {
  accel_region *pool = get_state();
  if (!pool)
    return 1;
  if (threads > MAX_THREADS)
    threads = MAX_THREADS;
  if (atomic_load(&pool->num_workers) + 1 >= threads)
    return threads;
  int idle = 0;
  while (!atomic_compare_exchange_weak(&pool->starting, &idle, 1)) {
    idle = 0;
    sched_yield();
  }
  // Signals are the program's own; a handler of its must not run on a worker.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int32_t workers = atomic_load(&pool->num_workers);
  while (workers + 1 < threads && start_worker(pool, workers + 1))
    atomic_store(&pool->num_workers, ++workers);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  atomic_store(&pool->starting, 0);
  return workers + 1 < threads ? workers + 1 : threads;
}

static accel_region *pool_enter(void) {
  accel_region *pool = get_state();
  int idle = 0;
  if (!pool || atomic_load_explicit(&pool->taken, memory_order_relaxed) ||
      !atomic_compare_exchange_strong(&pool->taken, &idle, 1))
    return NULL;
  return pool;
}

static void pool_leave(accel_region *pool) {
  atomic_store_explicit(&pool->taken, 0, memory_order_release);
}

/// Wakes the parked among workers 1 to threads - 1; false if there are none.
static bool wake(accel_region *pool, int32_t threads) {
  uint64_t any = 0;
  for (int32_t from = 0; from < threads; from += 64) {
    uint64_t wanted = threads - from >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << (threads - from)) - 1;
    // Cleared here, so that the next job does not wake those again that are on their way.
    if (atomic_load(&pool->parked[from / 64]) & wanted)
      any |= atomic_fetch_and(&pool->parked[from / 64], ~wanted) & wanted;
  }
  if (!any)
    return false;
  atomic_fetch_add(&pool->wakeup, 1);
  futex_wake(&pool->wakeup, groups_below(threads));
  return true;
}

static int32_t pool_run(accel_region *pool, int32_t threads, accel_task_fn task, void *argument) {
  int32_t most = atomic_load_explicit(&pool->num_workers, memory_order_relaxed) + 1;
  if (threads > most)
    threads = most;
  if (threads <= 1) {
    task(argument, 0);
    return 0;
  }
  pool->task = task;
  pool->argument = argument;
  uint64_t number = job_number(atomic_load_explicit(&pool->job, memory_order_relaxed)) + 1;
  uint64_t word = number << JOB_NUMBER_SHIFT | JOB_OPEN | (uint64_t)threads;
  atomic_store(&pool->job, word);
  bool woken = wake(pool, threads);
  task(argument, 0);
  atomic_store(&pool->job, word & ~JOB_OPEN);
  for (int32_t index = 1; index < threads; ++index) {
    for (int pauses = 0; atomic_load(&pool->workers[index].inside) == word; ++pauses) {
      if (pauses < JOIN_PAUSES)
        accel_pause();
      else
        sched_yield();
    }
  }
  return woken;
}

static int32_t pool_workers(void) {
  accel_region *pool = get_state();
  return pool ? atomic_load(&pool->num_workers) : 0;
}

ACCEL_LOCAL const accel_pool_table *accel_own_pool(void) {
  static const accel_pool_table table = {
      .abi = ACCEL_POOL_ABI,
      .size = sizeof(accel_pool_table),
      .default_threads = pool_default_threads,
      .prepare = pool_prepare,
      .enter = pool_enter,
      .run = pool_run,
      .leave = pool_leave,
      .workers = pool_workers,
  };
  return &table;
}
