// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RegexFullMatch: the compiler has made an automaton of the pattern; all its states that a text can
// be in are followed at once, so that time grows with both their sizes and no faster.

#include "lib/Runtime/CPU/Ops/Text.h"

/// Numbers of instructions: members in the order in which they came, and where each is.
typedef struct state_set {
  int32_t *members, *places;
  int32_t count;
} state_set;

static bool add_state(state_set *set, int32_t state) {
  int32_t place = set->places[state];
  if (place < set->count && set->members[place] == state)
    return false;
  set->places[state] = set->count;
  set->members[set->count++] = state;
  return true;
}

static bool is_word(int32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/// Between two code points, of which -1 is none.
static bool holds_between(int32_t kind, int32_t before, int32_t after, bool begins, bool ends) {
  switch (kind) {
  case ACCEL_REGEX_BEGIN_TEXT:
    return begins;
  case ACCEL_REGEX_END_TEXT:
    return ends;
  case ACCEL_REGEX_BEGIN_LINE:
    return begins || before == '\n';
  case ACCEL_REGEX_END_LINE:
    return ends || after == '\n';
  case ACCEL_REGEX_WORD_EDGE:
    return is_word(before) != is_word(after);
  default:
    return is_word(before) == is_word(after);
  }
}

/// Whether one of count ascending ranges holds the code point.
static bool in_ranges(const int32_t *ranges, int32_t count, int32_t value) {
  int32_t low = 0, high = count;
  while (low < high) {
    int32_t middle = (low + high) / 2;
    if (ranges[2 * middle + 1] < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && ranges[2 * low] <= value;
}

typedef struct matcher {
  const int32_t (*code)[3];
  const int32_t *ranges;
  state_set now, next;
} matcher;

static bool matches(matcher *m, accel_string text) {
  m->now.count = m->next.count = 0;
  add_state(&m->now, 0);
  int32_t before = -1;
  for (int64_t at = 0;;) {
    bool ends = at == text.size;
    op_code_point point = {-1, 0};
    if (!ends)
      point = op_decode(text.data + at, text.size - at);
    bool accepts = false;
    // States without a code point of their own are followed while the set grows.
    for (int32_t i = 0; i < m->now.count; ++i) {
      int32_t state = m->now.members[i];
      const int32_t *word = m->code[state];
      switch (word[0]) {
      case ACCEL_REGEX_RANGES:
        if (point.value >= 0 && in_ranges(m->ranges + 2 * word[1], word[2], point.value))
          add_state(&m->next, state + 1);
        break;
      case ACCEL_REGEX_SPLIT:
        add_state(&m->now, word[1]);
        add_state(&m->now, word[2]);
        break;
      case ACCEL_REGEX_EDGE:
        if (holds_between(word[1], before, point.value, at == 0, ends))
          add_state(&m->now, state + 1);
        break;
      default:
        accepts = true;
      }
    }
    if (ends)
      return accepts;
    if (!m->next.count)
      return false;
    state_set done = m->now;
    m->now = m->next;
    m->next = done;
    m->next.count = 0;
    before = point.value;
    at += point.bytes;
  }
}

int32_t accel_op_regex_full_match(accel_frame *frame, accel_op_call *call) {
  const accel_array *input = call->inputs[0], *code = call->inputs[1];
  int64_t count = op_count(input), size = code->dims[0];
  uint8_t *to = accel_rt_new_array(frame, &call->outputs[0], (accel_dtype){ACCEL_BOOL, 8, 1},
                                   input->rank, input->dims);
  int32_t *room = to ? accel_rt_scratch(frame, 4 * size * (int64_t)sizeof *room) : NULL;
  if (!room)
    return accel_rt_status(frame);
  // A place that no member is at is looked at all the same.
  memset(room, 0, 4 * (size_t)size * sizeof *room);
  matcher m = {.code = code->data,
               .ranges = call->inputs[2]->data,
               .now = {room, room + size, 0},
               .next = {room + 2 * size, room + 3 * size, 0}};
  for (int64_t i = 0; i < count; ++i)
    to[i] = matches(&m, op_string(frame, input, i));
  return ACCEL_OK;
}
