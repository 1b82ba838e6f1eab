// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PNG by libpng: eight bits of three channels, gamma and transparency left out.

#include "lib/Runtime/CPU/Images/Picture.h"
#include <png.h>

/// Deflate makes at most so many bytes of one.
enum { kDeflateMost = 1032 };

static void png_give_up(png_structp png, png_const_charp message) {
  (void)png, (void)message;
  picture_undecodable();
}
static void png_warn(png_structp png, png_const_charp message) { (void)png, (void)message; }

typedef struct png_source {
  const uint8_t *at, *end;
} png_source;

static void png_take(png_structp png, png_bytep to, size_t count) {
  png_source *source = png_get_io_ptr(png);
  picture_expect(count <= (size_t)(source->end - source->at));
  memcpy(to, source->at, count);
  source->at += count;
}

static void decode_png(picture *picture) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_give_up, png_warn);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  picture_expect(info);
  png_source source = {picture->bytes, picture->bytes + picture->size};
  png_set_read_fn(png, &source, png_take);
  png_set_user_limits(png, INT32_MAX, INT32_MAX);
  png_read_info(png, info);
  int64_t height = png_get_image_height(png, info), width = png_get_image_width(png, info);
  picture_expect((int64_t)png_get_rowbytes(png, info) / kDeflateMost <= picture->size / height);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  picture_expect((int64_t)png_get_rowbytes(png, info) == 3 * width);
  picture_begin(picture, height, width);
  png_bytep *rows = accel_images_allocate(height * (int64_t)sizeof *rows);
  for (int64_t y = 0; y < height; ++y)
    rows[y] = picture->rgb + y * width * 3;
  png_read_image(png, rows);
}
