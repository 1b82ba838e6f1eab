// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bitmaps of Windows and OS/2 (BMP): 1 to 32 bits a pixel, with a palette, masks or run lengths.

#include "lib/Runtime/CPU/Images/Picture.h"

enum { BMP_PLAIN, BMP_RUNS_OF_8, BMP_RUNS_OF_4, BMP_MASKS, BMP_MASKS_WITH_ALPHA = 6 };

typedef struct bmp {
  const uint8_t *pixels, *end; ///< to the end of the file
  const uint8_t *palette;
  int64_t colors, color_bytes;
  int64_t height, width, bits, compression;
  bool is_top_down;
  uint32_t masks[3];
} bmp;

static uint8_t *bmp_row(const picture *picture, const bmp *bmp, int64_t y) {
  return picture->rgb + (bmp->is_top_down ? y : bmp->height - 1 - y) * bmp->width * 3;
}

/// What is no color of the palette is black.
static void bmp_color(const bmp *bmp, uint8_t *rgb, int64_t index) {
  for (int64_t channel = 0; channel < 3; ++channel)
    rgb[channel] = index < bmp->colors ? bmp->palette[index * bmp->color_bytes + 2 - channel] : 0;
}

static uint8_t bmp_masked(uint32_t pixel, uint32_t mask) {
  if (!mask)
    return 0;
  int shift = __builtin_ctz(mask);
  return (uint8_t)((uint64_t)((pixel & mask) >> shift) * 255 / (mask >> shift));
}

static void bmp_plain(picture *picture, const bmp *bmp) {
  int64_t pitch = (bmp->width * bmp->bits + 31) / 32 * 4;
  // The padding of the last row may be missing.
  int64_t others = bmp->end - bmp->pixels - (bmp->width * bmp->bits + 7) / 8;
  picture_expect(others >= 0 && bmp->height - 1 <= others / pitch);
  picture_begin(picture, bmp->height, bmp->width);
  for (int64_t y = 0; y < bmp->height; ++y) {
    const uint8_t *from = bmp->pixels + y * pitch;
    uint8_t *to = bmp_row(picture, bmp, y);
    for (int64_t x = 0; x < bmp->width; ++x, to += 3) {
      if (bmp->bits <= 8) {
        int64_t at = x * bmp->bits;
        bmp_color(bmp, to, from[at / 8] >> (8 - bmp->bits - at % 8) & ((1 << bmp->bits) - 1));
      } else if (bmp->bits == 24 || (bmp->bits == 32 && bmp->compression == BMP_PLAIN)) {
        const uint8_t *pixel = from + x * (bmp->bits / 8);
        to[0] = pixel[2], to[1] = pixel[1], to[2] = pixel[0];
      } else {
        uint32_t pixel = bmp->bits == 16 ? little16(from + 2 * x) : little32(from + 4 * x);
        for (int channel = 0; channel < 3; ++channel)
          to[channel] = bmp_masked(pixel, bmp->masks[channel]);
      }
    }
  }
}

/// Pairs of a length and what is repeated, or 0 and a mark or a length of what follows. What is
/// skipped keeps the first color.
static void bmp_runs(picture *picture, const bmp *bmp) {
  picture_begin(picture, bmp->height, bmp->width);
  uint8_t first[3];
  bmp_color(bmp, first, 0);
  for (int64_t x = 0; x < bmp->width; ++x)
    memcpy(picture->rgb + 3 * x, first, 3);
  for (int64_t y = 1; y < bmp->height; ++y)
    memcpy(picture->rgb + y * bmp->width * 3, picture->rgb, (size_t)bmp->width * 3);
  const uint8_t *at = bmp->pixels;
  bool is_half = bmp->compression == BMP_RUNS_OF_4;
  int64_t x = 0, y = 0;
  while (y < bmp->height) {
    picture_expect(bmp->end - at >= 2);
    int64_t length = at[0], what = at[1];
    at += 2;
    bool is_run = length > 0;
    if (!is_run && what <= 2) {
      if (what == 1) // the end
        return;
      if (what == 0) { // the end of a row
        x = 0, ++y;
      } else { // a step
        picture_expect(bmp->end - at >= 2);
        x += at[0], y += at[1];
        at += 2;
      }
      continue;
    }
    const uint8_t *indices = at;
    if (!is_run) {
      length = what;
      int64_t bytes = is_half ? (length + 1) / 2 : length;
      picture_expect(bmp->end - at >= bytes);
      // Padding to 16 bits, which the end of a file may lack.
      at += bytes;
      if (bytes % 2 && at < bmp->end)
        ++at;
    }
    for (int64_t i = 0; i < length; ++i, ++x) {
      int64_t index = is_run ? what : indices[is_half ? i / 2 : i];
      if (is_half)
        index = i % 2 ? index & 15 : index >> 4;
      if (x < bmp->width)
        bmp_color(bmp, bmp_row(picture, bmp, y) + 3 * x, index);
    }
  }
}

static void decode_bmp(picture *picture) {
  const uint8_t *file = picture->bytes;
  picture_expect(picture->size >= 26);
  int64_t start = little32(file + 10), head = little32(file + 14);
  bool is_old = head == 12;
  picture_expect((is_old || head >= 40) && head <= picture->size - 14);
  const uint8_t *info = file + 14;
  bmp bmp = {.end = file + picture->size, .color_bytes = is_old ? 3 : 4};
  if (is_old) {
    bmp.width = little16(info + 4);
    bmp.height = little16(info + 6);
    bmp.bits = little16(info + 10);
  } else {
    bmp.width = (int32_t)little32(info + 4);
    bmp.height = (int32_t)little32(info + 8);
    bmp.bits = little16(info + 14);
    bmp.compression = little32(info + 16);
    bmp.colors = little32(info + 32);
  }
  bmp.is_top_down = bmp.height < 0;
  if (bmp.is_top_down)
    bmp.height = -bmp.height;
  picture_expect(bmp.width > 0 && bmp.height > 0);
  picture_expect(bmp.bits == 1 || bmp.bits == 2 || bmp.bits == 4 || bmp.bits == 8 ||
                 bmp.bits == 16 || bmp.bits == 24 || bmp.bits == 32);

  bool has_masks = bmp.compression == BMP_MASKS || bmp.compression == BMP_MASKS_WITH_ALPHA;
  int64_t behind = 14 + head;
  if (has_masks) {
    // In newer heads, else behind the head.
    picture_expect((bmp.bits == 16 || bmp.bits == 32) && picture->size >= 14 + 40 + 12);
    for (int channel = 0; channel < 3; ++channel)
      bmp.masks[channel] = little32(info + 40 + 4 * channel);
    if (head == 40)
      behind += bmp.compression == BMP_MASKS ? 12 : 16;
  } else if (bmp.bits == 16) {
    bmp.masks[0] = 0x7c00, bmp.masks[1] = 0x3e0, bmp.masks[2] = 0x1f;
  }
  picture_expect(start >= behind && start <= picture->size);
  bmp.pixels = file + start;
  if (bmp.bits <= 8) {
    int64_t most = (int64_t)1 << bmp.bits, room = (start - behind) / bmp.color_bytes;
    if (bmp.colors == 0 || bmp.colors > most)
      bmp.colors = most;
    if (bmp.colors > room)
      bmp.colors = room;
    bmp.palette = file + behind;
  }
  bool has_runs = (bmp.compression == BMP_RUNS_OF_8 && bmp.bits == 8) ||
                  (bmp.compression == BMP_RUNS_OF_4 && bmp.bits == 4);
  picture_expect(has_masks || has_runs || bmp.compression == BMP_PLAIN);
  if (has_runs)
    bmp_runs(picture, &bmp);
  else
    bmp_plain(picture, &bmp);
}
