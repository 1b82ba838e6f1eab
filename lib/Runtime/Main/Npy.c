// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's .npy files: a magic word, a header that is a Python dict as text, and the elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

#include "lib/Runtime/Main/Npy.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_BYTES = 6, MAX_HEADER = 65536 };

static bool fail(char *reason, size_t bytes, const char *text) {
  snprintf(reason, bytes, "%s", text);
  return false;
}

/// The text after 'key': in the header, or NULL.
static const char *header_value(const char *header, const char *key) {
  const char *found = strstr(header, key);
  if (!found)
    return NULL;
  found = strchr(found + strlen(key), ':');
  if (!found)
    return NULL;
  do
    ++found;
  while (*found == ' ');
  return found;
}

static bool parse_descr(const char *text, char descr[16]) {
  if (!text || *text != '\'')
    return false;
  const char *end = strchr(text + 1, '\'');
  size_t length = end ? (size_t)(end - text - 1) : 16;
  if (length >= 16)
    return false;
  memcpy(descr, text + 1, length);
  descr[length] = '\0';
  return true;
}

static bool parse_shape(const char *text, accel_npy *array) {
  if (!text || *text++ != '(')
    return false;
  for (array->rank = 0;;) {
    while (*text == ' ' || *text == ',')
      ++text;
    if (*text == ')')
      return true;
    if (*text < '0' || *text > '9' || array->rank == ACCEL_NPY_MAX_RANK)
      return false;
    char *end;
    errno = 0;
    array->shape[array->rank++] = strtoll(text, &end, 10);
    if (errno)
      return false;
    text = end;
  }
}

static bool parse_header(const char *header, accel_npy *array, char *reason, size_t bytes) {
  const char *order = header_value(header, "'fortran_order'");
  if (!parse_descr(header_value(header, "'descr'"), array->descr))
    return fail(reason, bytes, "its element type is not a simple one");
  if (array->descr[0] == '>')
    return fail(reason, bytes,
                "it is big endian; save array.astype(array.dtype.newbyteorder('<'))");
  if (!order || strncmp(order, "False", 5) != 0)
    return fail(reason, bytes, "it is in Fortran order; save numpy.ascontiguousarray(array)");
  if (!parse_shape(header_value(header, "'shape'"), array))
    return fail(reason, bytes, "its shape cannot be read");
  return true;
}

static bool read_parts(FILE *file, accel_npy *array, char *reason, size_t bytes) {
  unsigned char start[MAGIC_BYTES + 6];
  if (fread(start, 1, MAGIC_BYTES + 2, file) != MAGIC_BYTES + 2 ||
      memcmp(start, "\x93NUMPY", MAGIC_BYTES) != 0)
    return fail(reason, bytes, "it is not a .npy file");
  unsigned version = start[MAGIC_BYTES];
  if (version < 1 || version > 3)
    return fail(reason, bytes, "its format is not 1, 2 or 3");
  size_t length_bytes = version == 1 ? 2 : 4, length = 0;
  if (fread(start, 1, length_bytes, file) != length_bytes)
    return fail(reason, bytes, "it ends in the header");
  for (size_t i = length_bytes; i-- > 0;)
    length = length << 8 | start[i];
  if (length > MAX_HEADER)
    return fail(reason, bytes, "its header is too long");
  char *header = calloc(1, length + 1);
  if (!header)
    return fail(reason, bytes, "there is no memory for its header");
  bool right = fread(header, 1, length, file) == length;
  right = right ? parse_header(header, array, reason, bytes)
                : fail(reason, bytes, "it ends in the header");
  free(header);
  if (!right)
    return false;

  long element = strtol(array->descr + (array->descr[0] ? 2 : 0), NULL, 10);
  int64_t total = element;
  if (element <= 0 || element > 64)
    return fail(reason, bytes, "its element type is not a number");
  for (int32_t axis = 0; axis < array->rank; ++axis)
    if (__builtin_mul_overflow(total, array->shape[axis], &total))
      return fail(reason, bytes, "its size overflows");
  array->bytes = total;
  array->memory = malloc((size_t)total + 64);
  if (!array->memory)
    return fail(reason, bytes, "there is no memory for its elements");
  array->data = (void *)(((size_t)array->memory + 63) & ~(size_t)63);
  if (fread(array->data, 1, (size_t)total, file) != (size_t)total)
    return fail(reason, bytes, "it ends before its last element");
  return true;
}

static bool accel_npy_read(const char *path, accel_npy *array, char *reason, size_t bytes) {
  memset(array, 0, sizeof *array);
  FILE *file = fopen(path, "rb");
  if (!file)
    return fail(reason, bytes, strerror(errno));
  bool right = read_parts(file, array, reason, bytes);
  fclose(file);
  if (!right)
    free(array->memory);
  return right;
}

static void accel_npy_descr(accel_dtype dtype, char descr[16]) {
  static const char kinds[] = {'i', 'u', 'f', 'V', 'V', 'c', 'b'};
  int element = (dtype.bits * dtype.lanes + 7) / 8;
  char kind = dtype.code < sizeof kinds ? kinds[dtype.code] : 'V';
  // A narrow integer is a byte with its value.
  snprintf(descr, 16, "%c%c%d", element == 1 || kind == 'V' ? '|' : '<', kind, element);
}

static bool accel_npy_matches(const char *descr, accel_dtype dtype) {
  char expected[16];
  accel_npy_descr(dtype, expected);
  return descr[0] && strcmp(descr + 1, expected + 1) == 0;
}

static bool accel_npy_write(const char *path, const accel_tensor *tensor, char *reason,
                            size_t bytes) {
  char descr[16], header[1024];
  accel_npy_descr(tensor->dtype, descr);
  size_t used = (size_t)snprintf(header, sizeof header,
                                 "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  int64_t total = (tensor->dtype.bits * tensor->dtype.lanes + 7) / 8;
  for (int32_t axis = 0; axis < tensor->ndim; ++axis) {
    used += (size_t)snprintf(header + used, sizeof header - used, "%lld,%s",
                             (long long)tensor->shape[axis], axis + 1 < tensor->ndim ? " " : "");
    total *= tensor->shape[axis];
  }
  used += (size_t)snprintf(header + used, sizeof header - used, "), }");
  // The elements begin at a multiple of 64.
  const size_t before = MAGIC_BYTES + 4;
  size_t padded = (before + used + 1 + 63) / 64 * 64 - before;
  unsigned char start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, padded & 0xff, padded >> 8};
  memset(header + used, ' ', padded - used - 1);
  header[padded - 1] = '\n';

  FILE *file = fopen(path, "wb");
  if (!file)
    return fail(reason, bytes, strerror(errno));
  const char *data = tensor->data ? (const char *)tensor->data + tensor->byte_offset : NULL;
  bool right = fwrite(start, 1, sizeof start, file) == sizeof start &&
               fwrite(header, 1, padded, file) == padded &&
               (total == 0 || fwrite(data, 1, (size_t)total, file) == (size_t)total);
  right &= fclose(file) == 0;
  return right || fail(reason, bytes, strerror(errno));
}
