// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What code generation gives the linker, in small: exported entry points named by PREFIX, hidden
// definitions, weights addressed relative to a word, and calls into each library of the C library.

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define NAME(x) CAT(PREFIX, x)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define EXPORT __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))

__asm__(".section .rodata.test,\"a\",@progbits\n.p2align 3\n.hidden " TEXT(
    PREFIX) "_weights\n"
            "weights_offset: .quad " TEXT(PREFIX) "_weights - .\n.text");
extern const int64_t weights_offset HIDDEN;

// A note like the thread pool's: nothing refers to it, and it must survive all the same.
HIDDEN int test_pool(void) { return 4711; }
__asm__(".section .note.accel,\"a\",@note\n.p2align 2\n.long 6, 16, 77\n.asciz \"Accel\"\n"
        ".p2align 2\n.long 1, 0\n1: .quad test_pool - 1b\n.text");

// Defined alike in every model, as emitted kernels may be: must not clash between objects.
HIDDEN int test_shared_name(int x) { return x * SCALE; }
EXPORT const uint8_t *NAME(_bytes)(void) {
  return (const uint8_t *)&weights_offset + weights_offset;
}

static pthread_mutex_t mutex;
static pthread_cond_t condition;
static int ready;

static void *worker(void *result) {
  pthread_mutex_lock(&mutex);
  ready = 1;
  *(int *)result = test_shared_name(7);
  pthread_cond_signal(&condition);
  pthread_mutex_unlock(&mutex);
  return 0;
}

/// 7 * SCALE if threads, clocks, dlopen and math work; -1 if not.
EXPORT int NAME(_check)(float x) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  // Fails on the oldest variant of pthread_cond_init, which an unversioned link would bind.
  if (pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) ||
      pthread_cond_init(&condition, &attributes) || pthread_mutex_init(&mutex, 0))
    return -1;
  int result = 0;
  pthread_t thread;
  ready = 0;
  if (pthread_create(&thread, 0, worker, &result))
    return -1;
  struct timespec limit;
  clock_gettime(CLOCK_MONOTONIC, &limit);
  limit.tv_sec += 60;
  pthread_mutex_lock(&mutex);
  while (!ready)
    if (pthread_cond_timedwait(&condition, &mutex, &limit))
      return -1;
  pthread_mutex_unlock(&mutex);
  pthread_join(thread, 0);
  void *math = dlopen("libm.so.6", RTLD_LAZY);
  if (!math || !dlsym(math, "cos") || fabsf(expf(x) - 2.7182818f) > 1e-6f)
    return -1;
  char text[16];
  memset(text, 0, sizeof text);
  memcpy(text, "abc", x > 0 ? 4 : 2);
  return strlen(text) == 3 ? result : -1;
}

/// Conversion of f16, a compiler-rt call on machines without F16C.
EXPORT float NAME(_half)(_Float16 value) { return (float)value; }
