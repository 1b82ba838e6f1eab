// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the decoders of all formats share. They are one unit (Images.c), so that all is static.

#ifndef ACCEL_RUNTIME_IMAGES_PICTURE_H
#define ACCEL_RUNTIME_IMAGES_PICTURE_H

#include "lib/Runtime/CPU/Images/Guard.h"
#include "lib/Runtime/CPU/Ops/Ops.h"
#include <string.h>

/// A larger picture is refused, whatever its format.
enum { kMaxPixels = 1 << 28 };

/// A file and what comes of it.
typedef struct picture {
  accel_frame *frame;
  accel_array *result; ///< made when sizes are known
  const uint8_t *bytes;
  int64_t size;
  int64_t order; ///< ACCEL_PIXELS_*

  int64_t height, width;
  uint8_t *rgb; ///< height x width x 3: the result's, or of the guard

  const char *refusal; ///< why this is an error, and no picture without pixels
  int64_t refused;     ///< what replaces %lld in it
} picture;

/// A file that is no picture, or a damaged one.
static inline _Noreturn void picture_undecodable(void) { accel_images_give_up(); }

static inline void picture_expect(bool holds) {
  if (!holds)
    picture_undecodable();
}

/// A picture that may be as it should, but that is not decoded here.
static inline _Noreturn void picture_refuse(picture *picture, const char *message, int64_t value) {
  picture->refusal = message;
  picture->refused = value;
  accel_images_give_up();
}

/// Sizes are known: makes room for pixels.
static void picture_begin(picture *picture, int64_t height, int64_t width);

static inline uint32_t little16(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8; }
static inline uint32_t little32(const uint8_t *at) { return little16(at) | little16(at + 2) << 16; }

/// a * b / 255, rounded, of bytes.
static inline uint8_t picture_share(uint32_t a, uint32_t b) {
  uint32_t product = a * b + 128;
  return (uint8_t)((product + (product >> 8)) >> 8);
}

/// Ink that was not printed (255 - C, M, Y and K) as light.
static inline void picture_from_cmyk(uint8_t *rgb, const uint8_t *light) {
  for (int channel = 0; channel < 3; ++channel)
    rgb[channel] = picture_share(light[channel], light[3]);
}

#endif // ACCEL_RUNTIME_IMAGES_PICTURE_H
