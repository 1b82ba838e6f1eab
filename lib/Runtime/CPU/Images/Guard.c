// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of decoders, and ways out of them. Not one unit with the decoders: in the libraries, and
// so in what is linked with them first, malloc is one of these functions.

#include "lib/Runtime/CPU/Images/Guard.h"
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/// Lies before each block, whose data is as aligned as the block.
typedef struct block {
  struct block *next, *previous;
  int64_t bytes; ///< of the data
} block;

enum { kAlignment = 64 };
_Static_assert(sizeof(block) <= kAlignment, "the head of a block leaves its data aligned");

typedef struct guard {
  jmp_buf way_out;
  block blocks; ///< the ring's head, which is no block
  int64_t room;
  bool lacked_room;
} guard;

/// The guarded call that this thread is in.
static _Thread_local guard *current;

static void release(block *given) {
  given->next->previous = given->previous;
  given->previous->next = given->next;
  free(given);
}

images_end accel_images_guarded(void (*body)(void *), void *argument, int64_t room) {
  guard own = {.room = room};
  own.blocks.next = own.blocks.previous = &own.blocks;
  current = &own;
  images_end end = IMAGES_DONE;
  if (_setjmp(own.way_out) == 0)
    body(argument);
  else
    end = own.lacked_room ? IMAGES_OUT_OF_ROOM : IMAGES_GIVEN_UP;
  while (own.blocks.next != &own.blocks)
    release(own.blocks.next);
  current = NULL;
  return end;
}

void accel_images_add_room(int64_t bytes) { current->room += bytes; }

_Noreturn void accel_images_give_up(void) { longjmp(current->way_out, 1); }

void *accel_images_malloc(size_t bytes) {
  // A size that no room can have, or the rounding of it, must not wrap around.
  int64_t whole = 0;
  block *made = NULL;
  if (bytes <= INT64_MAX / 2) {
    whole = ((int64_t)bytes + 2 * kAlignment - 1) / kAlignment * kAlignment;
    if (whole <= current->room)
      made = aligned_alloc(kAlignment, (size_t)whole);
  }
  if (!made) {
    current->lacked_room = true;
    return NULL;
  }
  current->room -= whole;
  *made = (block){current->blocks.next, &current->blocks, (int64_t)bytes};
  made->next->previous = made;
  current->blocks.next = made;
  return (char *)made + kAlignment;
}

static block *block_of(void *data) { return (block *)((char *)data - kAlignment); }

void accel_images_free(void *data) {
  if (!data)
    return;
  block *given = block_of(data);
  current->room += (given->bytes + 2 * kAlignment - 1) / kAlignment * kAlignment;
  release(given);
}

void *accel_images_calloc(size_t count, size_t bytes) {
  size_t all;
  if (__builtin_mul_overflow(count, bytes, &all))
    all = SIZE_MAX;
  void *data = accel_images_malloc(all);
  return data ? memset(data, 0, all) : NULL;
}

void *accel_images_realloc(void *data, size_t bytes) {
  void *moved = accel_images_malloc(bytes);
  if (moved && data) {
    size_t old = (size_t)block_of(data)->bytes;
    memcpy(moved, data, old < bytes ? old : bytes);
    accel_images_free(data);
  }
  return moved;
}

int accel_images_memalign(void **data, size_t alignment, size_t bytes) {
  *data = alignment <= kAlignment ? accel_images_malloc(bytes) : NULL;
  return *data ? 0 : ENOMEM;
}

void *accel_images_allocate(int64_t bytes) {
  void *data = accel_images_malloc((size_t)bytes);
  if (!data)
    accel_images_give_up();
  return data;
}

_Noreturn void accel_images_absent(void) { accel_images_give_up(); }

char *accel_images_getenv(const char *name) {
  (void)name;
  return NULL;
}

void *accel_images_stdio;
