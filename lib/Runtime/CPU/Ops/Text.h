// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the functions on strings share. A string is bytes, which need not be valid UTF-8.

#ifndef ACCEL_RUNTIME_OPS_TEXT_H
#define ACCEL_RUNTIME_OPS_TEXT_H

#include "lib/Runtime/CPU/Ops/Common.h"

static inline accel_string op_string(accel_frame *frame, const accel_array *array, int64_t index) {
  return accel_rt_string(frame, ((const int64_t *)array->data)[index]);
}

/// The code point at the beginning of text, and how many bytes it takes; -1 and one byte where no
/// code point is.
typedef struct op_code_point {
  int32_t value;
  int32_t bytes;
} op_code_point;

static inline op_code_point op_decode(const char *text, int64_t size) {
  static const int32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
  const uint8_t *at = (const uint8_t *)text;
  int32_t bytes = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
  if (bytes == 1)
    return (op_code_point){at[0], 1};
  if (bytes == 0 || bytes > size || at[0] >= 0xf8)
    return (op_code_point){-1, 1};
  int32_t value = at[0] & (0x7f >> bytes);
  for (int32_t i = 1; i < bytes; ++i) {
    if ((at[i] & 0xc0) != 0x80)
      return (op_code_point){-1, 1};
    value = value << 6 | (at[i] & 0x3f);
  }
  if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
    return (op_code_point){-1, 1};
  return (op_code_point){value, bytes};
}

/// Writes a code point, which takes at most 4 bytes, and returns how many it took.
static inline int32_t op_encode(char *to, int32_t value) {
  if (value < 0x80) {
    to[0] = (char)value;
    return 1;
  }
  int32_t bytes = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
  for (int32_t i = bytes - 1; i > 0; --i, value >>= 6)
    to[i] = (char)(0x80 | (value & 0x3f));
  to[0] = (char)((0xf00 >> bytes & 0xff) | value);
  return bytes;
}

/// Memory that an op uses for one string after another.
typedef struct op_room {
  char *data;
  int64_t bytes;
} op_room;

/// Room for that many bytes; NULL on failure.
static inline char *op_make_room(accel_frame *frame, op_room *room, int64_t bytes) {
  if (bytes > room->bytes || !room->data) {
    room->bytes = 2 * bytes + 64;
    room->data = accel_rt_scratch(frame, room->bytes);
  }
  return room->data;
}

/// The order of bytes, which is that of code points.
static inline int op_compare_strings(accel_string a, accel_string b) {
  int64_t size = a.size < b.size ? a.size : b.size;
  int order = size ? memcmp(a.data, b.data, (size_t)size) : 0;
  return order ? order : a.size < b.size ? -1 : a.size > b.size;
}

#endif // ACCEL_RUNTIME_OPS_TEXT_H
