// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocks of memory that only grow, through the allocator hook. Big ones of the default allocator
// are aligned to 2 MB and ask for huge pages: the arena of a large model is walked by every kernel,
// and 4 kB pages would cost a TLB miss for each row of a tile.

#include "lib/Runtime/Common/Internal.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/// From here on, rounding up to huge pages wastes little.
#define HUGE_FROM (2 * HUGE_PAGE)

static size_t round_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

static void *default_allocate(void *user, size_t bytes, size_t alignment) {
  (void)user;
  if (bytes < HUGE_FROM) {
    void *memory = NULL;
    return posix_memalign(&memory, alignment, bytes) == 0 ? memory : NULL;
  }
  size_t rounded = round_up(bytes, HUGE_PAGE);
  char *memory = (char *)mmap(NULL, rounded + HUGE_PAGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return NULL;
  char *aligned = (char *)round_up((size_t)memory, HUGE_PAGE);
  size_t before = (size_t)(aligned - memory);
  if (before)
    munmap(memory, before);
  munmap(aligned + rounded, HUGE_PAGE - before);
  madvise(aligned, rounded, MADV_HUGEPAGE);
  return aligned;
}

static void default_release(void *user, void *memory, size_t bytes) {
  (void)user;
  if (bytes < HUGE_FROM)
    free(memory);
  else
    munmap(memory, round_up(bytes, HUGE_PAGE));
}

ACCEL_LOCAL accel_allocator accel_default_allocator(void) {
  return (accel_allocator){default_allocate, default_release, NULL};
}

ACCEL_LOCAL void accel_release(accel_context *context, accel_block *block) {
  if (!block->data)
    return;
  context->allocator.release(context->allocator.user, block->data, (size_t)block->bytes);
  context->held_bytes -= block->bytes;
  *block = (accel_block){NULL, 0};
}

ACCEL_LOCAL accel_status accel_grow(accel_context *context, accel_block *block, int64_t bytes,
                                    int64_t keep, const char *what) {
  if (bytes <= block->bytes)
    return ACCEL_OK;
  // A block that grows for a second time is likely to go on: leave room, so that a slowly growing
  // size does not allocate in each run.
  int64_t wanted = bytes;
  if (block->bytes && wanted < block->bytes + block->bytes / 4)
    wanted = block->bytes + block->bytes / 4;
  if (wanted > INT64_MAX / 2)
    return accel_error(context, ACCEL_OUT_OF_MEMORY, "cannot allocate %lld bytes for %s",
                       (long long)bytes, what);
  wanted = (int64_t)round_up((size_t)wanted, ACCEL_ALIGNMENT);
  if (keep > block->bytes)
    keep = block->bytes;
  if (keep <= 0) // first, so that the peak is not the sum of old and new
    accel_release(context, block);
  void *data =
      context->allocator.allocate(context->allocator.user, (size_t)wanted, ACCEL_ALIGNMENT);
  ++context->allocations;
  if (!data)
    return accel_error(context, ACCEL_OUT_OF_MEMORY, "cannot allocate %lld bytes for %s",
                       (long long)wanted, what);
  context->held_bytes += wanted;
  if (context->held_bytes > context->peak_bytes)
    context->peak_bytes = context->held_bytes;
  if (keep > 0) {
    memcpy(data, block->data, (size_t)keep);
    accel_release(context, block);
  }
  *block = (accel_block){data, wanted};
  return ACCEL_OK;
}
