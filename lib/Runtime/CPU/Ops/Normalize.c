// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// StringNormalizer: stop words left out, letters made upper or lower case.

#include "lib/Runtime/CPU/Ops/Text.h"

/// Of first, first + step, ... last, each code point is mapped by adding delta.
struct unicode_case {
  int32_t first, last, step, delta;
};
#include "UnicodeCase.h"

static int32_t map_case(int32_t value, bool upper) {
  if (value < 0x80) {
    bool maps = upper ? value >= 'a' && value <= 'z' : value >= 'A' && value <= 'Z';
    return maps ? value ^ 0x20 : value;
  }
  const struct unicode_case *rows = upper ? unicode_upper : unicode_lower;
  int64_t count = upper ? (int64_t)(sizeof unicode_upper / sizeof *unicode_upper)
                        : (int64_t)(sizeof unicode_lower / sizeof *unicode_lower);
  int64_t low = 0, high = count;
  while (low < high) { // the first row that does not end before the value
    int64_t middle = (low + high) / 2;
    if (rows[middle].last < value)
      low = middle + 1;
    else
      high = middle;
  }
  bool maps =
      low < count && rows[low].first <= value && (value - rows[low].first) % rows[low].step == 0;
  return maps ? value + rows[low].delta : value;
}

/// The number of a string in another case; -1 on failure. Bytes that are no UTF-8 stay.
static int64_t change_case(accel_frame *frame, op_room *room, accel_string text, bool upper) {
  // A code point of two bytes may become one of three.
  char *changed = op_make_room(frame, room, 2 * text.size);
  if (!changed)
    return -1;
  int64_t size = 0;
  for (int64_t at = 0; at < text.size;) {
    op_code_point point = op_decode(text.data + at, text.size - at);
    if (point.value < 0)
      changed[size++] = text.data[at];
    else
      size += op_encode(changed + size, map_case(point.value, upper));
    at += point.bytes;
  }
  return accel_rt_number_string(frame, changed, size);
}

/// Numbers of the strings in the case in which they are compared; NULL on failure.
static int64_t *folded(accel_frame *frame, op_room *room, const accel_array *array, bool folds) {
  int64_t count = op_count(array);
  int64_t *numbers = accel_rt_scratch(frame, (count ? count : 1) * (int64_t)sizeof *numbers);
  for (int64_t i = 0; numbers && i < count; ++i) {
    numbers[i] = ((const int64_t *)array->data)[i];
    if (folds)
      numbers[i] = change_case(frame, room, accel_rt_string(frame, numbers[i]), false);
    if (numbers[i] < 0)
      return NULL;
  }
  return numbers;
}

int32_t accel_op_string_normalize(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *stop = call->inputs[1];
  int64_t action = call->ints[0], count = op_count(input), stops = op_count(stop), kept = 0;
  bool folds = !call->ints[1] && stops;
  if (input->rank == 2 && input->dims[0] != 1)
    return op_fail(frame, "expected strings of shape [C] or [1, C], found %lld rows",
                   input->dims[0]);
  op_room room = {NULL, 0};
  int64_t *own = folded(frame, &room, input, folds);
  int64_t *words = own ? folded(frame, &room, stop, folds) : NULL;
  int64_t *result = words ? accel_rt_scratch(frame, (count + 1) * (int64_t)sizeof *result) : NULL;
  if (!result)
    return accel_rt_status(frame);
  for (int64_t i = 0; i < count; ++i) {
    bool stays = true;
    for (int64_t k = 0; stays && k < stops; ++k)
      stays = words[k] != own[i];
    if (!stays)
      continue;
    int64_t number = ((const int64_t *)input->data)[i];
    if (action != ACCEL_CASE_NONE)
      number =
          change_case(frame, &room, accel_rt_string(frame, number), action == ACCEL_CASE_UPPER);
    if (number < 0)
      return accel_rt_status(frame);
    result[kept++] = number;
  }
  // Where nothing is left, the standard wants one empty string.
  if (!kept)
    result[kept++] = 0;
  const int64_t dims[2] = {1, kept};
  int64_t *to =
      accel_rt_new_array(frame, &call->outputs[0], op_i64, input->rank, dims + 2 - input->rank);
  if (!to)
    return accel_rt_status(frame);
  memcpy(to, result, (size_t)kept * sizeof *to);
  return ACCEL_OK;
}
