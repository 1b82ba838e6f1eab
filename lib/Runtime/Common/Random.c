// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What random numbers follow from: a count of draws, and a key that each context has for itself.

#include "lib/Runtime/Common/Internal.h"
#include <sys/syscall.h>
#include <unistd.h>

/// Bits that differ between contexts, processes and machines.
static uint64_t new_key(const accel_context *context) {
  uint64_t key = 0;
  const unsigned no_wait = 1; // GRND_NONBLOCK: an early boot may have no entropy yet
  if (syscall(SYS_getrandom, &key, sizeof key, no_wait) == (long)sizeof key)
    return key;
  key = (uint64_t)accel_now_ns() ^ (uint64_t)getpid() << 40;
  return key * 0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)context;
}

void accel_rt_draw(accel_frame *frame, uint64_t words[2]) {
  accel_context *context = accel_context_of(frame);
  if (!context->has_key) {
    context->random_key = new_key(context);
    context->has_key = true;
  }
  words[0] = context->draws++;
  words[1] = context->random_key;
}
