// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs libraries that decode pictures so that nothing in a file can harm the process: their memory
// is limited and comes back, and what they would end the process for ends the decoding.

#ifndef ACCEL_RUNTIME_IMAGES_GUARD_H
#define ACCEL_RUNTIME_IMAGES_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How a guarded function ended.
typedef enum images_end {
  IMAGES_DONE,
  IMAGES_GIVEN_UP,   ///< accel_images_give_up was called
  IMAGES_OUT_OF_ROOM ///< it gave up after it had asked for more memory than there was
} images_end;

/// Calls body(argument). All memory that it takes by accel_images_allocate, and libraries in it by
/// malloc, is given back at the end. The first `room` bytes may be taken at once; see
/// accel_images_add_room.
images_end accel_images_guarded(void (*body)(void *), void *argument, int64_t room);

/// Within a guarded function: allows for so many more bytes.
void accel_images_add_room(int64_t bytes);
/// Within a guarded function: ends it.
_Noreturn void accel_images_give_up(void);
/// Within a guarded function: memory, which ends it if there is none.
void *accel_images_allocate(int64_t bytes);

// What libraries call instead of the C library's functions (Guarded.txt).
void *accel_images_malloc(size_t bytes);
void *accel_images_calloc(size_t count, size_t bytes);
void *accel_images_realloc(void *data, size_t bytes);
int accel_images_memalign(void **data, size_t alignment, size_t bytes);
void accel_images_free(void *data);
/// Of files, of threads, or one that would end the process.
_Noreturn void accel_images_absent(void);
/// No variable of the environment decides how a picture is decoded.
char *accel_images_getenv(const char *name);
/// Stands for stdout and stderr.
extern void *accel_images_stdio;

#endif // ACCEL_RUNTIME_IMAGES_GUARD_H
