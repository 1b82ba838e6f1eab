// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strings joined and split, put in order, and made of numbers and numbers of them.

#include "lib/Runtime/CPU/Ops/Text.h"
#include "lib/Runtime/CPU/Ops/Sort.h"
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

//===-- StringConcat --------------------------------------------------------------------------===//

/// Strides in elements of an operand under the result's dims: 0 where it is repeated.
static void repeated_strides(const accel_array *operand, int32_t rank, int64_t *strides) {
  int64_t stride = 1;
  for (int32_t axis = rank - 1, own = operand->rank - 1; axis >= 0; --axis, --own) {
    strides[axis] = own >= 0 && operand->dims[own] != 1 ? stride : 0;
    stride *= own >= 0 ? operand->dims[own] : 1;
  }
}

int32_t accel_op_string_concat(accel_frame *frame, accel_op_call *call) {
  const accel_array *a = call->inputs[0], *b = call->inputs[1];
  int32_t rank = a->rank > b->rank ? a->rank : b->rank;
  int64_t dims[ACCEL_ARRAY_RANK], left[ACCEL_ARRAY_RANK], right[ACCEL_ARRAY_RANK];
  for (int32_t axis = 0; axis < rank; ++axis) {
    int32_t i = axis - (rank - a->rank), k = axis - (rank - b->rank);
    int64_t one = i >= 0 ? a->dims[i] : 1, other = k >= 0 ? b->dims[k] : 1;
    if (one != other && one != 1 && other != 1)
      return op_fail(frame, "expected dims that are equal or 1, found %lld and another", one);
    dims[axis] = one == 1 ? other : one;
  }
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, rank, dims);
  if (!to)
    return accel_rt_status(frame);
  if (op_is_empty(&call->outputs[0]))
    return ACCEL_OK;
  repeated_strides(a, rank, left);
  repeated_strides(b, rank, right);
  const int64_t *x = a->data, *y = b->data;
  int64_t at[ACCEL_ARRAY_RANK] = {0};
  op_room room = {NULL, 0};
  for (;;) {
    accel_string one = accel_rt_string(frame, *x), other = accel_rt_string(frame, *y);
    char *joined = op_make_room(frame, &room, one.size + other.size);
    if (!joined)
      return accel_rt_status(frame);
    if (one.size)
      memcpy(joined, one.data, (size_t)one.size);
    if (other.size)
      memcpy(joined + one.size, other.data, (size_t)other.size);
    *to = accel_rt_number_string(frame, joined, one.size + other.size);
    if (*to++ < 0)
      return accel_rt_status(frame);
    int32_t axis = rank - 1;
    for (; axis >= 0; --axis) {
      x += left[axis];
      y += right[axis];
      if (++at[axis] < dims[axis])
        break;
      x -= left[axis] * dims[axis];
      y -= right[axis] * dims[axis];
      at[axis] = 0;
    }
    if (axis < 0)
      return ACCEL_OK;
  }
}

//===-- StringSplit ---------------------------------------------------------------------------===//

static bool is_space(int32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

/// The bytes at the beginning of text that are spaces, or that are none.
static int64_t span(const char *text, int64_t size, bool spaces) {
  int64_t at = 0;
  while (at < size) {
    op_code_point point = op_decode(text + at, size - at);
    if (is_space(point.value) != spaces)
      break;
    at += point.bytes;
  }
  return at;
}

static int64_t find_text(const char *text, int64_t size, accel_string wanted) {
  for (int64_t at = 0; at + wanted.size <= size; ++at) {
    const char *next = memchr(text + at, wanted.data[0], (size_t)(size - wanted.size - at + 1));
    if (!next)
      return -1;
    at = next - text;
    if (memcmp(next, wanted.data, (size_t)wanted.size) == 0)
      return at;
  }
  return -1;
}

/// The next part of a text, which is cut off it; false where there is none.
static bool next_part(accel_string *rest, accel_string delimiter, int64_t splits_left,
                      accel_string *part) {
  if (!delimiter.size) {
    int64_t before = span(rest->data, rest->size, true);
    rest->data += before;
    rest->size -= before;
    if (!rest->size)
      return false;
    int64_t size = splits_left ? span(rest->data, rest->size, false) : rest->size;
    *part = (accel_string){rest->data, size};
    rest->data += size;
    rest->size -= size;
    return true;
  }
  if (rest->size < 0)
    return false;
  int64_t at = splits_left ? find_text(rest->data, rest->size, delimiter) : -1;
  *part = (accel_string){rest->data, at < 0 ? rest->size : at};
  if (at < 0) {
    rest->size = -1;
    return true;
  }
  rest->data += at + delimiter.size;
  rest->size -= at + delimiter.size;
  return true;
}

int32_t accel_op_string_split(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  accel_string delimiter = op_string(frame, call->inputs[1], 0);
  int64_t most = call->ints[0] < 0 ? INT64_MAX : call->ints[0], count = op_count(input),
          longest = 0;
  int64_t *counts = accel_rt_new_array(frame, &call->outputs[1], op_i64, input->rank, input->dims);
  if (!counts)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i) {
    accel_string rest = op_string(frame, input, i), part;
    int64_t parts = 0;
    while (next_part(&rest, delimiter, most - parts, &part))
      ++parts;
    counts[i] = parts;
    longest = parts > longest ? parts : longest;
  }
  if (input->rank == ACCEL_ARRAY_RANK)
    return op_fail(frame, "expected at most 31 dims, found %lld", input->rank);
  int64_t dims[ACCEL_ARRAY_RANK];
  memcpy(dims, input->dims, (size_t)input->rank * sizeof *dims);
  dims[input->rank] = longest;
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, input->rank + 1, dims);
  if (!to)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i) {
    accel_string rest = op_string(frame, input, i), part;
    for (int64_t k = 0; k < longest; ++k) {
      bool is_there = k < counts[i] && next_part(&rest, delimiter, most - k, &part);
      *to = is_there ? accel_rt_number_string(frame, part.data, part.size) : 0;
      if (*to++ < 0)
        return accel_rt_status(frame);
    }
  }
  return ACCEL_OK;
}

//===-- Order ---------------------------------------------------------------------------------===//

typedef struct text_row {
  accel_string text;
  int64_t index;
} text_row;

#define TEXT_BEFORE(context, a, b) (op_compare_strings((a).text, (b).text) < 0)
OP_DEFINE_SORT(sort_texts, text_row, int, TEXT_BEFORE)

int32_t accel_op_string_ranks(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  int64_t count = op_count(input);
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, input->rank, input->dims);
  text_row *rows = to ? accel_rt_scratch(frame, 2 * count * (int64_t)sizeof *rows) : NULL;
  if (!rows)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i)
    rows[i] = (text_row){op_string(frame, input, i), i};
  rows = sort_texts(rows, rows + count, count, 0);
  int64_t rank = 0;
  for (int64_t i = 0; i < count; ++i) {
    rank += i && op_compare_strings(rows[i - 1].text, rows[i].text) != 0;
    to[rows[i].index] = rank;
  }
  return ACCEL_OK;
}

//===-- Cast ----------------------------------------------------------------------------------===//

/// Numbers are written and read as in the C locale, whatever the caller's is.
static locale_t enter_c_locale(accel_frame *frame, locale_t *before) {
  locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (c)
    *before = uselocale(c);
  else
    accel_rt_fail(frame, ACCEL_OUT_OF_MEMORY, "cannot allocate a locale", 0);
  return c;
}
static void leave_c_locale(locale_t c, locale_t before) {
  uselocale(before);
  freelocale(c);
}

enum { TEXT_BLOCK = 256, NUMBER_BYTES = 64 };

int32_t accel_op_number_to_string(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  int64_t count = op_count(input);
  int64_t *to = accel_rt_new_array(frame, &call->outputs[0], op_i64, input->rank, input->dims);
  locale_t before, c = to ? enter_c_locale(frame, &before) : (locale_t)0;
  if (!c)
    return accel_rt_status(frame);
  int decimals = call->num_ints ? (int)call->ints[0] : -1;
  bool is_unsigned = input->dtype.code == ACCEL_UINT || input->dtype.code == ACCEL_BOOL;
  int32_t status = ACCEL_OK;
  for (int64_t i = 0; !status && i < count; i += TEXT_BLOCK) {
    double floats[TEXT_BLOCK];
    uint64_t ints[TEXT_BLOCK];
    int64_t block = count - i < TEXT_BLOCK ? count - i : TEXT_BLOCK;
    if (op_is_float(input->dtype))
      op_load_f64(floats, input, i, block);
    else
      op_load_i64(ints, input, i, block);
    for (int64_t k = 0; !status && k < block; ++k) {
      char text[NUMBER_BYTES];
      int size;
      if (!op_is_float(input->dtype))
        size = is_unsigned ? snprintf(text, sizeof text, "%llu", (unsigned long long)ints[k])
                           : snprintf(text, sizeof text, "%lld", (long long)ints[k]);
      else if (decimals >= 0)
        size = snprintf(text, sizeof text, "%.*f", decimals, floats[k]);
      else if (floats[k] != floats[k])
        size = snprintf(text, sizeof text, "NaN");
      else if (floats[k] - floats[k] != 0)
        size = snprintf(text, sizeof text, floats[k] < 0 ? "-INF" : "INF");
      else // eight digits for f64, too, as ONNX Runtime has it
        size = snprintf(text, sizeof text, "%.8g", floats[k]);
      to[i + k] = accel_rt_number_string(frame, text, size);
      if (to[i + k] < 0)
        status = accel_rt_status(frame);
    }
  }
  leave_c_locale(c, before);
  return status;
}

int32_t accel_op_string_to_number(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0];
  int64_t count = op_count(input), kind = call->ints[0];
  const accel_dtype dtypes[] = {{ACCEL_FLOAT, 64, 1}, {ACCEL_INT, 64, 1}, {ACCEL_UINT, 64, 1}};
  uint64_t *to =
      accel_rt_new_array(frame, &call->outputs[0], dtypes[kind], input->rank, input->dims);
  locale_t before, c = to ? enter_c_locale(frame, &before) : (locale_t)0;
  if (!c)
    return accel_rt_status(frame);
  op_room room = {NULL, 0};
  int32_t status = ACCEL_OK;
  for (int64_t i = 0; !status && i < count; ++i) {
    accel_string string = op_string(frame, input, i);
    char *text = op_make_room(frame, &room, string.size + 1);
    if (!text) {
      status = accel_rt_status(frame);
      break;
    }
    if (string.size)
      memcpy(text, string.data, (size_t)string.size);
    text[string.size] = '\0';
    // Words behind the number are left out, as ONNX Runtime does it.
    char *end = text;
    errno = 0;
    if (kind == 0) {
      double value = strtod(text, &end);
      memcpy(&to[i], &value, sizeof value);
    } else if (kind == 1) {
      long long value = strtoll(text, &end, 10);
      to[i] = (uint64_t)value;
    } else {
      unsigned long long value = strtoull(text, &end, 10);
      to[i] = value;
    }
    bool fits = kind == 0 || errno != ERANGE;
    if (end == text || !fits)
      status = op_fail(frame,
                       fits ? "expected strings that begin with a number, found none in element "
                              "%lld"
                            : "expected numbers of 64 bits, found a larger one in element %lld",
                       i);
  }
  leave_c_locale(c, before);
  return status;
}
