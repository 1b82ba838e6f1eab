// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TIFF and BigTIFF: the first picture of a file, of 1 to 16 bits a sample, in strips or tiles,
// plain or packed by LZW, Deflate or PackBits. Files packed as pictures (JPEG, fax) are refused.

#include "lib/Runtime/CPU/Images/Picture.h"
#include <zlib.h>

enum {
  TIFF_WIDTH = 256,
  TIFF_HEIGHT = 257,
  TIFF_BITS = 258,
  TIFF_COMPRESSION = 259,
  TIFF_COLORS = 262,
  TIFF_BIT_ORDER = 266,
  TIFF_STRIPS = 273,
  TIFF_SAMPLES = 277,
  TIFF_STRIP_ROWS = 278,
  TIFF_STRIP_BYTES = 279,
  TIFF_PLANES = 284,
  TIFF_PREDICTOR = 317,
  TIFF_PALETTE = 320,
  TIFF_TILE_WIDTH = 322,
  TIFF_TILE_HEIGHT = 323,
  TIFF_TILES = 324,
  TIFF_TILE_BYTES = 325,
  TIFF_FORMAT = 339
};
enum {
  TIFF_PLAIN = 1,
  TIFF_LZW = 5,
  TIFF_DEFLATE = 8,
  TIFF_PACKBITS = 32773,
  TIFF_OLD_DEFLATE = 32946
};
enum { TIFF_WHITE_IS_0, TIFF_BLACK_IS_0, TIFF_RGB, TIFF_BY_PALETTE, TIFF_CMYK = 5 };

typedef struct tiff {
  const uint8_t *bytes;
  int64_t size;
  bool is_big, is_motorola;
  const uint8_t *entries;
  int64_t num_entries;
} tiff;

static uint64_t tiff_number(const tiff *tiff, const uint8_t *at, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; ++i)
    number = number << 8 | at[tiff->is_motorola ? i : bytes - 1 - i];
  return number;
}

/// Numbers that an entry of the directory has.
typedef struct tiff_entry {
  const uint8_t *values; ///< NULL if it is not there
  int64_t count;
  int bytes; ///< of one
} tiff_entry;

static tiff_entry tiff_find(const tiff *tiff, uint64_t tag) {
  int word = tiff->is_big ? 8 : 4;
  for (int64_t i = 0; i < tiff->num_entries; ++i) {
    const uint8_t *entry = tiff->entries + i * (4 + 2 * word);
    if (tiff_number(tiff, entry, 2) != tag)
      continue;
    uint64_t type = tiff_number(tiff, entry + 2, 2), count = tiff_number(tiff, entry + 4, word);
    int bytes = type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : type == 16 ? 8 : 0;
    picture_expect(bytes > 0 && count > 0 && count <= (uint64_t)(tiff->size / bytes));
    tiff_entry found = {entry + 4 + word, (int64_t)count, bytes};
    if (found.count * bytes > word) {
      uint64_t offset = tiff_number(tiff, found.values, word);
      picture_expect(offset <= (uint64_t)(tiff->size - found.count * bytes));
      found.values = tiff->bytes + offset;
    }
    return found;
  }
  return (tiff_entry){0};
}

/// Larger than any number that means something here: INT64_MAX.
static int64_t tiff_value(const tiff *tiff, tiff_entry entry, int64_t index) {
  picture_expect(index < entry.count);
  uint64_t number = tiff_number(tiff, entry.values + index * entry.bytes, entry.bytes);
  return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

static int64_t tiff_one(const tiff *tiff, uint64_t tag, int64_t otherwise) {
  tiff_entry entry = tiff_find(tiff, tag);
  return entry.values ? tiff_value(tiff, entry, 0) : otherwise;
}

//===-- Packed bytes --------------------------------------------------------------------------===//

/// Bytes of a strip or a tile, and where they go. What a strip lacks is left as it is (0). `from`
/// ends behind the packed bytes that were read.
typedef struct tiff_bytes {
  const uint8_t *from, *from_end;
  uint8_t *to, *to_end;
} tiff_bytes;

static int64_t tiff_least(int64_t a, int64_t b) { return a < b ? a : b; }

static void tiff_plain(tiff_bytes bytes) {
  memcpy(bytes.to, bytes.from,
         (size_t)tiff_least(bytes.from_end - bytes.from, bytes.to_end - bytes.to));
}

static void tiff_packbits(tiff_bytes *bytes) {
  while (bytes->to < bytes->to_end && bytes->from < bytes->from_end) {
    int8_t head = (int8_t)*bytes->from++;
    if (head == -128)
      continue;
    int64_t count = tiff_least(head < 0 ? 1 - head : 1 + head, bytes->to_end - bytes->to);
    int64_t taken = head < 0 ? 1 : count;
    picture_expect(taken <= bytes->from_end - bytes->from);
    if (head < 0)
      memset(bytes->to, *bytes->from, (size_t)count);
    else
      memcpy(bytes->to, bytes->from, (size_t)count);
    bytes->from += taken;
    bytes->to += count;
  }
}

static void tiff_deflate(tiff_bytes *bytes) {
  z_stream stream = {.next_in = (Bytef *)bytes->from, .next_out = bytes->to};
  picture_expect(inflateInit(&stream) == Z_OK);
  int status = Z_OK;
  while (status == Z_OK) {
    stream.avail_in = (uInt)tiff_least(bytes->from_end - stream.next_in, 1 << 30);
    stream.avail_out = (uInt)tiff_least(bytes->to_end - stream.next_out, 1 << 30);
    if (stream.avail_out == 0)
      break;
    status = inflate(&stream, Z_NO_FLUSH);
  }
  // An end that is missing is no damage where all pixels are there.
  picture_expect(status == Z_STREAM_END || stream.next_out == bytes->to_end);
  bytes->from = stream.next_in;
  inflateEnd(&stream);
}

/// Codes of 9 to 12 bits, highest first: a byte, 256 for a new table, 257 for the end, or what an
/// earlier code meant and the byte that followed it. A code is one bit longer from one code before
/// the table needs it on.
static void tiff_lzw(tiff_bytes *bytes) {
  enum { kClear = 256, kEnd = 257, kCodes = 4096 };
  struct {
    const uint8_t *text; ///< in what was written already
    int64_t size;
  } *table = accel_images_allocate(kCodes * (int64_t)sizeof *table);
  int next = kEnd + 1, width = 9, bits = 0;
  uint32_t held = 0;
  const uint8_t *last = NULL;
  int64_t last_size = 0;
  while (bytes->to < bytes->to_end) {
    while (bits < width) {
      if (bytes->from == bytes->from_end)
        goto end;
      held = held << 8 | *bytes->from++;
      bits += 8;
    }
    bits -= width;
    int code = (int)(held >> bits & ((1u << width) - 1));
    if (code == kEnd)
      break;
    if (code == kClear) {
      next = kEnd + 1, width = 9, last = NULL;
      continue;
    }
    uint8_t *begin = bytes->to;
    int64_t room = bytes->to_end - begin, size = 1;
    if (code < kClear) {
      *bytes->to++ = (uint8_t)code;
    } else {
      // The entry that this very code makes is the last text and its first byte.
      bool is_new = code == next && last;
      picture_expect(is_new || (code > kEnd && code < next));
      const uint8_t *text = is_new ? last : table[code].text;
      size = is_new ? last_size + 1 : table[code].size;
      // Byte by byte, as the text may reach into what is written.
      for (int64_t i = 0; i < tiff_least(size, room); ++i)
        *bytes->to++ = text[i];
    }
    if (last && next < kCodes) {
      // What followed the last text lies behind it.
      table[next].text = last;
      table[next++].size = last_size + 1;
    }
    if (next + 1 >= 1 << width && width < 12)
      ++width;
    last = begin, last_size = size;
  }
end:
  accel_images_free(table);
}

//===-- Samples -------------------------------------------------------------------------------===//

/// What strips and tiles have in common.
typedef struct tiff_layout {
  int64_t height, width; ///< of the picture
  int64_t rows, columns; ///< of a strip or a tile
  int64_t bits, samples; ///< of a sample; samples of a pixel
  int64_t in_chunk;      ///< samples of a pixel in one chunk: all, or 1 of planes
  int64_t channels;      ///< samples that count
  int64_t compression, predictor;
  bool is_palette;
} tiff_layout;

static void tiff_unpredict(const tiff *tiff, const tiff_layout *layout, uint8_t *row) {
  int64_t step = layout->in_chunk, count = layout->columns * step;
  if (layout->bits == 8) {
    for (int64_t i = step; i < count; ++i)
      row[i] = (uint8_t)(row[i] + row[i - step]);
    return;
  }
  for (int64_t i = step; i < count; ++i) {
    uint64_t sum = tiff_number(tiff, row + 2 * i, 2) + tiff_number(tiff, row + 2 * (i - step), 2);
    row[2 * i + (tiff->is_motorola ? 1 : 0)] = (uint8_t)sum;
    row[2 * i + (tiff->is_motorola ? 0 : 1)] = (uint8_t)(sum >> 8);
  }
}

/// A sample in eight bits; one that is an index stays as it is.
static uint8_t tiff_sample(const tiff *tiff, const tiff_layout *layout, const uint8_t *row,
                           int64_t index) {
  if (layout->bits == 8)
    return row[index];
  if (layout->bits == 16)
    return row[2 * index + (tiff->is_motorola ? 0 : 1)];
  int64_t at = index * layout->bits, most = (1 << layout->bits) - 1;
  int64_t number = row[at / 8] >> (8 - layout->bits - at % 8) & most;
  return (uint8_t)(layout->is_palette ? number : number * 255 / most);
}

/// Decodes all strips or tiles into planes of `channels` samples a pixel.
static void tiff_chunks(const tiff *tiff, const tiff_layout *layout, tiff_entry offsets,
                        tiff_entry sizes, uint8_t *samples) {
  int64_t pitch = (layout->columns * layout->in_chunk * layout->bits + 7) / 8;
  int64_t down = (layout->height + layout->rows - 1) / layout->rows;
  int64_t across = (layout->width + layout->columns - 1) / layout->columns;
  int64_t planes = layout->in_chunk == layout->samples ? 1 : layout->channels;
  picture_expect(down * across * planes <= offsets.count);
  // So that what overlaps or is cut off costs no more than some pictures do.
  int64_t pixels = layout->height * layout->width + (1 << 22);
  picture_expect(pitch * layout->rows <= 64 * pixels / (down * across * planes));
  // Chunks may share packed bytes, as those of one color do, but not without end.
  int64_t packed = 2 * tiff->size + pixels;
  uint8_t *chunk = accel_images_allocate(pitch * layout->rows);
  for (int64_t i = 0; i < down * across * planes; ++i) {
    int64_t plane = i / (down * across), top = i / across % down * layout->rows;
    int64_t left = i % across * layout->columns;
    int64_t rows = tiff_least(layout->rows, layout->height - top);
    int64_t columns = tiff_least(layout->columns, layout->width - left);
    int64_t offset = tiff_value(tiff, offsets, i);
    // Old files with one strip may lack its size.
    picture_expect(offset <= tiff->size && (sizes.values || offsets.count == 1));
    int64_t size = tiff->size - offset;
    if (sizes.values)
      size = tiff_least(size, tiff_value(tiff, sizes, i));
    tiff_bytes bytes = {tiff->bytes + offset, tiff->bytes + offset + size, chunk,
                        chunk + pitch * layout->rows};
    memset(chunk, 0, (size_t)(pitch * layout->rows));
    if (layout->compression == TIFF_PLAIN)
      picture_expect(pitch * rows <= size);
    switch (layout->compression) {
    case TIFF_PLAIN:
      tiff_plain(bytes);
      break;
    case TIFF_LZW:
      tiff_lzw(&bytes);
      break;
    case TIFF_PACKBITS:
      tiff_packbits(&bytes);
      break;
    default:
      tiff_deflate(&bytes);
    }
    packed -= bytes.from - (tiff->bytes + offset);
    picture_expect(packed >= 0);
    int64_t taken = planes > 1 ? 1 : tiff_least(layout->in_chunk, layout->channels);
    for (int64_t y = 0; y < rows; ++y) {
      uint8_t *row = chunk + y * pitch;
      if (layout->predictor == 2)
        tiff_unpredict(tiff, layout, row);
      uint8_t *to = samples + ((top + y) * layout->width + left) * layout->channels + plane;
      for (int64_t x = 0; x < columns; ++x, to += layout->channels)
        for (int64_t k = 0; k < taken; ++k)
          to[k] = tiff_sample(tiff, layout, row, x * layout->in_chunk + k);
    }
  }
}

static void tiff_colors(picture *picture, const tiff *tiff, int64_t colors,
                        const tiff_layout *layout, const uint8_t *samples) {
  tiff_entry palette = {0};
  if (colors == TIFF_BY_PALETTE) {
    palette = tiff_find(tiff, TIFF_PALETTE);
    picture_expect(palette.values && palette.bytes == 2 && palette.count == 3 << layout->bits);
  }
  for (int64_t i = 0; i < picture->height * picture->width; ++i) {
    uint8_t *rgb = picture->rgb + 3 * i;
    const uint8_t *pixel = samples + i * layout->channels;
    if (palette.values)
      for (int64_t channel = 0; channel < 3; ++channel)
        rgb[channel] =
            (uint8_t)(tiff_value(tiff, palette, (channel << layout->bits) + *pixel) >> 8);
    else if (colors == TIFF_CMYK) {
      uint8_t light[4];
      for (int channel = 0; channel < 4; ++channel)
        light[channel] = 255 - pixel[channel];
      picture_from_cmyk(rgb, light);
    } else
      memset(rgb, colors == TIFF_WHITE_IS_0 ? 255 - *pixel : *pixel, 3);
  }
}

static void tiff_directory(tiff *tiff) {
  const uint8_t *bytes = tiff->bytes;
  tiff->is_motorola = bytes[0] == 'M';
  tiff->is_big = tiff_number(tiff, bytes + 2, 2) == 43;
  int word = tiff->is_big ? 8 : 4, count = tiff->is_big ? 8 : 2;
  picture_expect(tiff->size >= 16);
  uint64_t at = tiff_number(tiff, bytes + (tiff->is_big ? 8 : 4), word);
  picture_expect(at <= (uint64_t)(tiff->size - count));
  uint64_t entries = tiff_number(tiff, bytes + at, count);
  picture_expect(entries <=
                 (uint64_t)(tiff->size - (int64_t)at - count) / (uint64_t)(4 + 2 * word));
  tiff->entries = bytes + at + count;
  tiff->num_entries = (int64_t)entries;
}

static void decode_tiff(picture *picture) {
  tiff tiff = {.bytes = picture->bytes, .size = picture->size};
  tiff_directory(&tiff);
  tiff_layout layout = {.height = tiff_one(&tiff, TIFF_HEIGHT, 0),
                        .width = tiff_one(&tiff, TIFF_WIDTH, 0),
                        .bits = tiff_one(&tiff, TIFF_BITS, 1),
                        .samples = tiff_one(&tiff, TIFF_SAMPLES, 1),
                        .compression = tiff_one(&tiff, TIFF_COMPRESSION, TIFF_PLAIN),
                        .predictor = tiff_one(&tiff, TIFF_PREDICTOR, 1)};
  int64_t colors = tiff_one(&tiff, TIFF_COLORS, layout.samples >= 3 ? TIFF_RGB : TIFF_BLACK_IS_0);
  picture_expect(layout.samples >= 1 && layout.samples <= 256);
  int64_t packed = layout.compression;
  if (packed != TIFF_PLAIN && packed != TIFF_LZW && packed != TIFF_PACKBITS &&
      packed != TIFF_DEFLATE && packed != TIFF_OLD_DEFLATE)
    picture_refuse(picture,
                   "expected a TIFF file that is plain or packed by LZW, Deflate or PackBits, "
                   "found compression %lld",
                   packed);
  int64_t bits = layout.bits;
  bool is_small = bits == 1 || bits == 2 || bits == 4;
  if ((!is_small && bits != 8 && bits != 16) || tiff_one(&tiff, TIFF_FORMAT, 1) != 1)
    picture_refuse(picture,
                   "expected a TIFF file of whole numbers of 1, 2, 4, 8 or 16 bits, found "
                   "%lld bits, or other numbers",
                   bits);
  tiff_entry all_bits = tiff_find(&tiff, TIFF_BITS);
  for (int64_t i = 1; i < all_bits.count; ++i)
    picture_expect(tiff_value(&tiff, all_bits, i) == bits);
  if (colors > TIFF_BY_PALETTE && colors != TIFF_CMYK)
    picture_refuse(picture,
                   "expected a TIFF file of gray, RGB, CMYK or a palette, found photometric "
                   "interpretation %lld",
                   colors);
  if (tiff_one(&tiff, TIFF_BIT_ORDER, 1) != 1)
    picture_refuse(picture, "expected a TIFF file of fill order 1, found %lld",
                   tiff_one(&tiff, TIFF_BIT_ORDER, 1));
  layout.is_palette = colors == TIFF_BY_PALETTE;
  layout.channels = colors == TIFF_RGB ? 3 : colors == TIFF_CMYK ? 4 : 1;
  picture_expect(layout.samples >= layout.channels && (!layout.is_palette || bits <= 8));
  if (layout.predictor != 1 && layout.predictor != 2)
    picture_refuse(picture, "expected a TIFF file of predictor 1 or 2, found %lld",
                   layout.predictor);
  picture_expect(layout.predictor == 1 || !is_small);
  bool has_planes = tiff_one(&tiff, TIFF_PLANES, 1) == 2 && layout.samples > 1;
  layout.in_chunk = has_planes ? 1 : layout.samples;

  tiff_entry tiles = tiff_find(&tiff, TIFF_TILES);
  bool has_tiles = tiles.values != NULL;
  picture_begin(picture, layout.height, layout.width);
  if (has_tiles) {
    layout.rows = tiff_one(&tiff, TIFF_TILE_HEIGHT, 0);
    layout.columns = tiff_one(&tiff, TIFF_TILE_WIDTH, 0);
  } else {
    layout.rows = tiff_least(tiff_one(&tiff, TIFF_STRIP_ROWS, layout.height), layout.height);
    layout.columns = layout.width;
  }
  picture_expect(layout.rows > 0 && layout.columns > 0 && layout.rows <= kMaxPixels &&
                 layout.columns <= kMaxPixels / layout.rows);
  tiff_entry offsets = has_tiles ? tiles : tiff_find(&tiff, TIFF_STRIPS);
  picture_expect(offsets.values);
  tiff_entry sizes = tiff_find(&tiff, has_tiles ? TIFF_TILE_BYTES : TIFF_STRIP_BYTES);
  int64_t count = layout.height * layout.width;
  uint8_t *samples =
      colors == TIFF_RGB ? picture->rgb : accel_images_allocate(count * layout.channels);
  tiff_chunks(&tiff, &layout, offsets, sizes, samples);
  if (colors != TIFF_RGB)
    tiff_colors(picture, &tiff, colors, &layout, samples);
}
