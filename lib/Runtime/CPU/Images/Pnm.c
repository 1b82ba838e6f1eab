// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Portable bitmaps, graymaps and pixmaps (PNM): P1 to P3 in text, P4 to P6 in bytes.

#include "lib/Runtime/CPU/Images/Picture.h"

typedef struct pnm_reader {
  const uint8_t *at, *end;
} pnm_reader;

static bool pnm_is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/// Skips white space and comments.
static void pnm_skip(pnm_reader *reader) {
  while (reader->at < reader->end && (pnm_is_space(*reader->at) || *reader->at == '#'))
    if (*reader->at++ == '#')
      while (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r')
        ++reader->at;
}

/// A number, or a digit of one, which is a number of P1.
static int64_t pnm_number(pnm_reader *reader, bool is_digit) {
  pnm_skip(reader);
  const uint8_t *begin = reader->at;
  int64_t number = 0;
  while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' &&
         number < INT32_MAX && !(is_digit && reader->at > begin))
    number = number * 10 + (*reader->at++ - '0');
  picture_expect(reader->at > begin);
  return number;
}

static uint8_t pnm_level(int64_t number, int64_t most) {
  picture_expect(number <= most);
  return (uint8_t)(most == 255 ? number : (number * 255 + most / 2) / most);
}

static void decode_pnm(picture *picture) {
  picture_expect(picture->size > 2);
  int64_t kind = picture->bytes[1] - '0';
  picture_expect(kind >= 1 && kind <= 6);
  bool is_text = kind <= 3;
  int64_t type = (kind - 1) % 3, channels = type == 2 ? 3 : 1;
  pnm_reader reader = {picture->bytes + 2, picture->bytes + picture->size};
  int64_t width = pnm_number(&reader, false), height = pnm_number(&reader, false);
  int64_t most = type == 0 ? 1 : pnm_number(&reader, false);
  picture_expect(most > 0 && most < 65536);
  picture_expect(width > 0 && height > 0);
  // One byte between the head and bytes.
  if (!is_text)
    picture_expect(reader.at < reader.end && pnm_is_space(*reader.at++));
  int64_t row = type == 0 ? (width + 7) / 8 : width * channels * (most > 255 ? 2 : 1);
  // Of text, each number takes a digit.
  if (is_text)
    row = width * channels;
  picture_expect(row <= (reader.end - reader.at) / height);
  picture_begin(picture, height, width);
  for (int64_t y = 0; y < height; ++y) {
    uint8_t *to = picture->rgb + y * width * 3;
    const uint8_t *from = reader.at + y * row;
    for (int64_t i = 0; i < width * channels; ++i) {
      int64_t number = is_text      ? pnm_number(&reader, type == 0)
                       : type == 0  ? from[i / 8] >> (7 - i % 8) & 1
                       : most > 255 ? from[2 * i] << 8 | from[2 * i + 1]
                                    : from[i];
      uint8_t level = pnm_level(number, most);
      if (type == 0)
        level = 255 - level;
      if (channels == 3)
        to[i] = level;
      else
        memset(to + 3 * i, level, 3);
    }
  }
}
