// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches of a site: whether several threads pay, and how they share the work items.
//
// The test is a cheap estimate, from the site's figures for one work item, of its time on one
// thread. Nothing depends on it but speed: any partition of the items gives the same bits.
//
//   less than SPLIT_NS             the caller's thread does it
//   more, but less than WORTH_NS   the caller's thread too, unless the workers are awake
//     in the run so far, and
//     in the run before
//   else                           threads for pieces of at least PIECE_NS each
//
// So a small model never wakes a worker, and one that has enough work wakes them once a run.

#include "lib/Runtime/CPU/Pool.h"

static const double FLOPS_PER_NS = 32; // one AVX2 core, in a good kernel
static const double BYTES_PER_NS = 16; // one core, between L2 and memory
static const double UNKNOWN_ITEM_NS = 1000;
static const double SPLIT_NS = 3000;  // joining awake workers costs some hundred ns
static const double WORTH_NS = 30000; // waking parked ones takes 5 to 50 us
static const double PIECE_NS = 1500;
enum { BLOCKS_PER_THREAD = 4 }; // to even out threads that the system takes away for a while

typedef struct job {
  _Alignas(64) atomic_int_fast64_t next; // first item not claimed yet
  _Alignas(64) accel_kernel_fn fn;
  void *const *buffers;
  const int64_t *dims;
  int64_t grid;
  int64_t block;
  char *scratch;
  int64_t scratch_stride;
  atomic_int participants;
} job;

static void claim_blocks(void *argument, int32_t thread) {
  job *work = (job *)argument;
  int64_t begin = atomic_fetch_add_explicit(&work->next, work->block, memory_order_relaxed);
  if (begin >= work->grid)
    return;
  atomic_fetch_add_explicit(&work->participants, 1, memory_order_relaxed);
  void *scratch = work->scratch ? work->scratch + work->scratch_stride * thread : NULL;
  do {
    int64_t end = begin + work->block < work->grid ? begin + work->block : work->grid;
    work->fn(work->buffers, work->dims, begin, end, scratch);
    begin = atomic_fetch_add_explicit(&work->next, work->block, memory_order_relaxed);
  } while (begin < work->grid);
}

static double item_ns(const accel_site *site) {
  double compute = site->flops / FLOPS_PER_NS;
  double memory = site->bytes / BYTES_PER_NS;
  double longest = compute > memory ? compute : memory;
  return longest > 0 ? longest : UNKNOWN_ITEM_NS;
}

static const accel_kernel *usable_kernel(const accel_kernel *kernel) {
  if (!kernel->fallback)
    return kernel;
  uint64_t have = accel_rt_cpu_features();
  while (kernel->fallback && (kernel->cpu_features & ~have))
    kernel = kernel->fallback;
  return kernel;
}

/// How many threads to ask for; takes the pool when more than one pays.
static int32_t threads_that_pay(accel_context *context, double total_ns, int64_t grid) {
  if (total_ns < SPLIT_NS || grid < 2 || context->threads < 2)
    return 1;
  context->worth_ns += total_ns;
  if (!context->executor.run && !context->region) {
    if (context->worth_ns < WORTH_NS && context->last_worth_ns < WORTH_NS)
      return 1;
    const accel_pool_table *pool = accel_shared_pool();
    if (pool->prepare(context->threads) < 2) // a child of fork starts its own workers here
      return 1;
    context->region = pool->enter();
    if (!context->region) // another run has the pool; perhaps not any more at the next launch
      return 1;
  }
  double pieces = total_ns / PIECE_NS;
  int32_t threads = context->threads;
  if (pieces < threads)
    threads = (int32_t)pieces;
  return grid < threads ? (int32_t)grid : threads;
}

static int32_t run_job(accel_context *context, const accel_site *site, const accel_kernel *kernel,
                       void *const *buffers, const int64_t *dims, int64_t grid) {
  double one_ns = item_ns(site);
  int32_t threads = threads_that_pay(context, one_ns * (double)grid, grid);
  if (threads < 2) {
    kernel->fn(buffers, dims, 0, grid, context->scratch.data);
    return 1;
  }
  job work = {.fn = kernel->fn,
              .buffers = buffers,
              .dims = dims,
              .grid = grid,
              .scratch = (char *)context->scratch.data,
              .scratch_stride = context->scratch_stride};
  work.block = grid / ((int64_t)threads * BLOCKS_PER_THREAD);
  double least = PIECE_NS / BLOCKS_PER_THREAD / one_ns;
  if ((double)work.block < least)
    work.block = (int64_t)least;
  // No block may be so large that a thread is left without.
  if (work.block > (grid + threads - 1) / threads)
    work.block = (grid + threads - 1) / threads;
  if (work.block < 1)
    work.block = 1;
  if (context->executor.run)
    context->executor.run(context->executor.user, threads, claim_blocks, &work);
  else
    context->wakeups += accel_shared_pool()->run(context->region, threads, claim_blocks, &work);
  return atomic_load_explicit(&work.participants, memory_order_relaxed);
}

typedef struct op_loop {
  accel_loop_fn body;
  const void *argument;
} op_loop;

static void do_items(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,
                     void *scratch) {
  (void)dims, (void)scratch;
  const op_loop *all = (const op_loop *)buffers[0];
  all->body(all->argument, begin, end);
}

int32_t accel_rt_parallel(accel_frame *frame, accel_loop_fn body, const void *argument,
                          int64_t count, double item_ns) {
  accel_context *context = accel_context_of(frame);
  if (accel_check_cancelled(context))
    return context->status;
  if (count <= 0)
    return ACCEL_OK;
  op_loop all = {body, argument};
  void *buffers[1] = {&all};
  accel_kernel kernel = {.fn = do_items};
  accel_site site = {.kernel = &kernel, .bytes = item_ns * BYTES_PER_NS};
  run_job(context, &site, &kernel, buffers, NULL, count);
  return ACCEL_OK;
}

ACCEL_LOCAL void accel_record_event(accel_context *context, const accel_site *site, int64_t items,
                                    int32_t threads, int64_t start) {
  int64_t room = context->events.bytes / (int64_t)sizeof(accel_event);
  if (context->num_events >= room) {
    ++context->dropped_events;
    return;
  }
  accel_event *event = (accel_event *)context->events.data + context->num_events++;
  *event = (accel_event){.site = (int32_t)(site - context->program->sites),
                         .threads = threads,
                         .items = items,
                         .start_ns = start,
                         .finish_ns = accel_now_ns()};
}

ACCEL_LOCAL accel_status accel_check_cancelled(accel_context *context) {
  if (!atomic_load_explicit(&context->cancel, memory_order_relaxed) &&
      !(context->cancelled && context->cancelled(context->cancelled_user)))
    return ACCEL_OK;
  context->status = accel_error(context, ACCEL_CANCELLED, "model '%s': the run was cancelled",
                                context->program->name);
  return context->status;
}

int32_t accel_rt_dispatch(accel_frame *frame, const accel_site *site, void *const *buffers,
                          const int64_t *dims) {
  accel_context *context = accel_context_of(frame);
  if (accel_check_cancelled(context))
    return context->status;
  const accel_kernel *kernel = usable_kernel(site->kernel);
  int64_t grid = kernel->grid ? kernel->grid(dims) : 1;
  if (grid <= 0)
    return ACCEL_OK;
  if (!context->profiling) {
    run_job(context, site, kernel, buffers, dims, grid);
    return ACCEL_OK;
  }
  int64_t start = accel_now_ns();
  int32_t threads = run_job(context, site, kernel, buffers, dims, grid);
  accel_record_event(context, site, grid, threads, start);
  return ACCEL_OK;
}
