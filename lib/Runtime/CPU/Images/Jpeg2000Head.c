// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the heads of a JPEG 2000 codestream say about memory and time, before OpenJPEG reads them:
// it takes some kilobytes for each tile, and visits each packet, whether the file has it or not.

#include "lib/Runtime/CPU/Images/Picture.h"

enum {
  J2K_SOC = 0xff4f,
  J2K_SIZ = 0xff51,
  J2K_COD = 0xff52,
  J2K_COC = 0xff53,
  J2K_SOT = 0xff90,
  J2K_SOD = 0xff93,
  J2K_EOC = 0xffd9
};
/// Segments that only their length counts of. OpenJPEG looks for the end of others in their bytes.
static const uint16_t kJ2kSkipped[] = {0xff50, 0xff55, 0xff57, 0xff58, 0xff59, 0xff5c,
                                       0xff5d, 0xff5e, 0xff5f, 0xff60, 0xff61, 0xff63,
                                       0xff64, 0xff74, 0xff75, 0xff77, 0xff78};

/// The most decompositions, and components of pictures that are decoded.
enum { kJ2kLevels = 32, kJ2kComponents = 4 };

typedef struct j2k_head {
  int64_t begin[2], end[2];            ///< of the picture: x and y on the reference grid
  int64_t tile_begin[2], tile_size[2]; ///< of the first tile, and of all
  int64_t num_tiles[2];                ///< across and down
  int64_t components, steps[kJ2kComponents][2];
  // The most that any part of the picture has.
  int64_t layers, levels;
  /// The smallest precincts by how often their resolution was halved, as powers of two.
  int64_t precincts[kJ2kLevels + 1][2];
} j2k_head;

static int64_t big_number(const uint8_t *at, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; ++i)
    number = number << 8 | at[i];
  return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

/// Bytes of a file that are left to read.
typedef struct j2k_bytes {
  const uint8_t *at, *end;
} j2k_bytes;

static int64_t j2k_next(j2k_bytes *bytes, int count) {
  picture_expect(bytes->end - bytes->at >= count);
  bytes->at += count;
  return big_number(bytes->at - count, count);
}

/// The codestream in the boxes of a JP2 file.
static j2k_bytes j2k_codestream(j2k_bytes file) {
  for (;;) {
    const uint8_t *box = file.at;
    int64_t size = j2k_next(&file, 4), kind = j2k_next(&file, 4);
    if (size == 1)
      size = j2k_next(&file, 8);
    if (size == 0)
      size = file.end - box;
    picture_expect(size >= file.at - box);
    bool is_last = size >= file.end - box;
    if (kind == 0x6a703263) // jp2c
      return (j2k_bytes){file.at, is_last ? file.end : box + size};
    picture_expect(!is_last);
    file.at = box + size;
  }
}

static int64_t j2k_ceil_div(int64_t number, int64_t by) { return (number + by - 1) / by; }

static void j2k_sizes(j2k_head *head, j2k_bytes bytes) {
  j2k_next(&bytes, 2); // capabilities
  int64_t *both[4] = {head->end, head->begin, head->tile_size, head->tile_begin};
  for (int i = 0; i < 4; ++i)
    for (int axis = 0; axis < 2; ++axis)
      both[i][axis] = j2k_next(&bytes, 4);
  head->components = j2k_next(&bytes, 2);
  picture_expect(head->components > 0);
  for (int axis = 0; axis < 2; ++axis) {
    picture_expect(head->begin[axis] < head->end[axis] && head->tile_size[axis] > 0 &&
                   head->tile_begin[axis] <= head->begin[axis]);
    head->num_tiles[axis] =
        j2k_ceil_div(head->end[axis] - head->tile_begin[axis], head->tile_size[axis]);
  }
  for (int64_t i = 0; i < head->components && i < kJ2kComponents; ++i) {
    j2k_next(&bytes, 1); // bits
    for (int axis = 0; axis < 2; ++axis)
      picture_expect((head->steps[i][axis] = j2k_next(&bytes, 1)) > 0);
  }
}

/// How the picture, a component, a tile or both of them are coded.
static void j2k_coding(j2k_head *head, j2k_bytes bytes, bool is_component) {
  if (is_component)
    j2k_next(&bytes, 1);
  bool has_precincts = j2k_next(&bytes, 1) & 1;
  if (!is_component) {
    j2k_next(&bytes, 1); // order
    int64_t layers = j2k_next(&bytes, 2);
    head->layers = layers > head->layers ? layers : head->layers;
    j2k_next(&bytes, 1); // transform of components
  }
  int64_t levels = j2k_next(&bytes, 1);
  picture_expect(levels <= kJ2kLevels);
  head->levels = levels > head->levels ? levels : head->levels;
  j2k_next(&bytes, 4); // blocks and their transform
  for (int64_t level = levels; has_precincts && level >= 0; --level) {
    int64_t both = j2k_next(&bytes, 1), sizes[2] = {both & 15, both >> 4};
    for (int axis = 0; axis < 2; ++axis)
      if (sizes[axis] < head->precincts[level][axis])
        head->precincts[level][axis] = sizes[axis];
  }
}

static void j2k_segment(j2k_head *head, int64_t marker, j2k_bytes bytes) {
  if (marker == J2K_COD || marker == J2K_COC) {
    j2k_coding(head, bytes, marker == J2K_COC);
    return;
  }
  for (size_t i = 0; i < sizeof kJ2kSkipped / sizeof *kJ2kSkipped; ++i)
    if (kJ2kSkipped[i] == marker)
      return;
  picture_undecodable();
}

/// The segments before `end`, a marker. Leaves the bytes behind it.
static void j2k_segments(j2k_head *head, j2k_bytes *bytes, int64_t end) {
  for (;;) {
    int64_t marker = j2k_next(bytes, 2);
    if (marker == end)
      return;
    int64_t size = j2k_next(bytes, 2) - 2;
    picture_expect(size >= 0 && size <= bytes->end - bytes->at);
    j2k_segment(head, marker, (j2k_bytes){bytes->at, bytes->at + size});
    bytes->at += size;
  }
}

static void j2k_read_sizes(j2k_head *head, j2k_bytes *bytes) {
  picture_expect(j2k_next(bytes, 2) == J2K_SOC && j2k_next(bytes, 2) == J2K_SIZ);
  int64_t size = j2k_next(bytes, 2) - 2;
  picture_expect(size >= 0 && size <= bytes->end - bytes->at);
  j2k_sizes(head, (j2k_bytes){bytes->at, bytes->at + size});
  bytes->at += size;
}

/// Behind the sizes: the segments of the picture, and those of each part of a tile.
static void j2k_read_coding(j2k_head *head, j2k_bytes bytes) {
  for (int64_t level = 0; level <= kJ2kLevels; ++level)
    head->precincts[level][0] = head->precincts[level][1] = 15;
  j2k_segments(head, &bytes, J2K_SOT);
  for (;;) {
    const uint8_t *part = bytes.at - 2;
    j2k_next(&bytes, 4); // the segment's size, and the tile
    int64_t size = j2k_next(&bytes, 4);
    j2k_next(&bytes, 2); // which part
    j2k_segments(head, &bytes, J2K_SOD);
    // The last one may lack its size, or bytes.
    if (size == 0 || size >= bytes.end - part)
      return;
    picture_expect(size >= bytes.at - part);
    bytes.at = part + size;
    if (bytes.end - bytes.at < 12 || big_number(bytes.at, 2) == J2K_EOC)
      return;
    picture_expect(j2k_next(&bytes, 2) == J2K_SOT);
  }
}

/// Precincts of a component's resolution along an axis, of all tiles.
static int64_t j2k_precincts_along(const j2k_head *head, int64_t component, int64_t level,
                                   int axis) {
  int64_t step = head->steps[component][axis], scale = (int64_t)1 << level, sum = 0;
  int64_t precinct = (int64_t)1 << head->precincts[level][axis];
  for (int64_t i = 0; i < head->num_tiles[axis]; ++i) {
    int64_t begin = head->tile_begin[axis] + i * head->tile_size[axis];
    int64_t end = begin + head->tile_size[axis];
    begin = begin > head->begin[axis] ? begin : head->begin[axis];
    end = end < head->end[axis] ? end : head->end[axis];
    begin = j2k_ceil_div(j2k_ceil_div(begin, step), scale);
    end = j2k_ceil_div(j2k_ceil_div(end, step), scale);
    if (begin < end)
      sum += j2k_ceil_div(end, precinct) - begin / precinct;
  }
  return sum;
}

/// No less than there are.
static int64_t j2k_packets(const j2k_head *head) {
  int64_t precincts = 0;
  for (int64_t component = 0; component < head->components; ++component)
    for (int64_t level = 0; level <= head->levels; ++level)
      precincts += j2k_precincts_along(head, component, level, 0) *
                   j2k_precincts_along(head, component, level, 1);
  return precincts * head->layers;
}

/// Sizes, which the decoder takes some memory for before it gives them; each tile has heads of 14
/// bytes, and each packet a byte, of which some may be missing in what is cut off.
static void j2k_begin(picture *picture, bool has_boxes) {
  enum { kTileBytes = 14, kRoomPerTile = 16 << 10, kFreePackets = 1 << 20 };
  j2k_bytes bytes = {picture->bytes, picture->bytes + picture->size};
  if (has_boxes)
    bytes = j2k_codestream(bytes);
  j2k_head head = {0};
  j2k_read_sizes(&head, &bytes);
  if (head.components > kJ2kComponents)
    picture_refuse(picture, "expected a JPEG 2000 picture of 1 to 4 components, found %lld",
                   head.components);
  picture_expect(head.num_tiles[1] <= picture->size / kTileBytes / head.num_tiles[0]);
  picture_begin(picture, head.end[1] - head.begin[1], head.end[0] - head.begin[0]);
  accel_images_add_room(head.num_tiles[0] * head.num_tiles[1] * kRoomPerTile);
  j2k_read_coding(&head, bytes);
  picture_expect(j2k_packets(&head) <= 8 * picture->size + kFreePackets);
}
