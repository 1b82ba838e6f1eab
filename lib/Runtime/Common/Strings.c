// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strings: within a run they are numbers, which kernels move as any others. Equal strings have one
// number, so that comparing two is comparing their numbers.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

enum { FIRST_CHUNK_BYTES = 1 << 12, MOST_STRINGS = INT32_MAX - 1 };

typedef struct entry {
  accel_string string;
  uint64_t hash;
} entry;

static entry *entries_of(accel_context *context) { return context->strings.strings.data; }

/// Eight bytes at a time, each time mixed by a product of 128 bits.
static uint64_t hash_string(const char *data, int64_t size) {
  const uint64_t odd = 0x9e3779b97f4a7c15u;
  uint64_t hash = (uint64_t)size * odd;
  for (; size > 0; data += 8, size -= 8) {
    uint64_t word = 0;
    memcpy(&word, data, size < 8 ? (size_t)size : 8);
    unsigned __int128 product = (unsigned __int128)(hash ^ word ^ odd) * 0xd6e8feb86659fd93u;
    hash = (uint64_t)product ^ (uint64_t)(product >> 64);
  }
  return hash ^ hash >> 32;
}

static int64_t index_slots(const accel_string_index *index) {
  return index->slots.bytes / (int64_t)sizeof(int32_t);
}

/// The slot of a string, or the free one where it belongs. There is a free one.
static int32_t *find_slot(accel_context *context, accel_string_index *index, const char *data,
                          int64_t size, uint64_t hash) {
  uint64_t count = (uint64_t)index_slots(index);
  int32_t *slots = index->slots.data;
  for (uint64_t at = hash % count;; at = at + 1 == count ? 0 : at + 1) {
    if (!slots[at])
      return &slots[at];
    const entry *found = &entries_of(context)[slots[at] - 1];
    if (found->hash == hash && found->string.size == size &&
        (size == 0 || memcmp(found->string.data, data, (size_t)size) == 0))
      return &slots[at];
  }
}

/// Makes room for one more string, whose numbers are those from first on.
static accel_status grow_index(accel_context *context, accel_string_index *index, int64_t first) {
  if (2 * (index->count + 1) <= index_slots(index))
    return ACCEL_OK;
  int64_t wanted = 4 * (index->count + 16);
  accel_status status = accel_grow(context, &index->slots, wanted * (int64_t)sizeof(int32_t), 0,
                                   "the table of strings");
  if (status)
    return status;
  int32_t *slots = index->slots.data;
  memset(slots, 0, (size_t)index->slots.bytes);
  uint64_t count = (uint64_t)index_slots(index);
  for (int64_t i = first; i < first + index->count; ++i) {
    uint64_t at = entries_of(context)[i].hash % count;
    while (slots[at])
      at = at + 1 == count ? 0 : at + 1;
    slots[at] = (int32_t)(i + 1);
  }
  return ACCEL_OK;
}

/// Room for the characters of a string, in memory that does not move.
static char *take_characters(accel_context *context, int64_t size) {
  accel_chunk **chunks = &context->strings.chunks[0];
  if (!*chunks || (*chunks)->bytes - (*chunks)->used < size) {
    int64_t bytes = *chunks ? 2 * (*chunks)->bytes : FIRST_CHUNK_BYTES;
    while (bytes < size)
      bytes *= 2;
    int64_t all = bytes + (int64_t)sizeof(accel_chunk);
    accel_chunk *chunk =
        context->allocator.allocate(context->allocator.user, (size_t)all, ACCEL_ALIGNMENT);
    ++context->allocations;
    if (!chunk) {
      context->status = accel_error(context, ACCEL_OUT_OF_MEMORY,
                                    "cannot allocate %lld bytes for strings", (long long)all);
      return NULL;
    }
    context->held_bytes += all;
    if (context->held_bytes > context->peak_bytes)
      context->peak_bytes = context->held_bytes;
    *chunk = (accel_chunk){*chunks, bytes, 0};
    *chunks = chunk;
  }
  char *at = (char *)(*chunks + 1) + (*chunks)->used;
  (*chunks)->used += size;
  return at;
}

static void release_chunks(accel_context *context, accel_chunk *chunk) {
  while (chunk) {
    accel_chunk *next = chunk->next;
    int64_t bytes = chunk->bytes + (int64_t)sizeof *chunk;
    context->allocator.release(context->allocator.user, chunk, (size_t)bytes);
    context->held_bytes -= bytes;
    chunk = next;
  }
}

/// Adds a string that is not there; -1 on failure.
static int64_t add_string(accel_context *context, accel_string_index *index, int64_t first,
                          const char *data, int64_t size, uint64_t hash, bool copies) {
  accel_string_table *table = &context->strings;
  if (table->count >= MOST_STRINGS) {
    context->status = accel_error(context, ACCEL_RUN_FAILED,
                                  "expected at most %d different strings in a run", MOST_STRINGS);
    return -1;
  }
  accel_status status = grow_index(context, index, first);
  int64_t bytes = table->count * (int64_t)sizeof(entry);
  if (!status && bytes + (int64_t)sizeof(entry) > table->strings.bytes)
    status = accel_grow(context, &table->strings, 2 * bytes + 64 * (int64_t)sizeof(entry), bytes,
                        "the table of strings");
  if (status) {
    context->status = status;
    return -1;
  }
  if (copies && size) {
    char *own = take_characters(context, size);
    if (!own)
      return -1;
    memcpy(own, data, (size_t)size);
    data = own;
  }
  int64_t number = table->count++;
  entries_of(context)[number] = (entry){{data, size}, hash};
  ++index->count;
  *find_slot(context, index, data, size, hash) = (int32_t)(number + 1);
  return number;
}

ACCEL_LOCAL accel_status accel_begin_strings(accel_context *context) {
  const accel_program *program = context->program;
  accel_string_table *table = &context->strings;
  context->status = ACCEL_OK;
  // The table is built once; a program lists no string twice.
  for (int64_t i = table->constants.count; i < program->num_strings; ++i) {
    const accel_string *string = &program->strings[i];
    if (add_string(context, &table->constants, 0, string->data, string->size,
                   hash_string(string->data, string->size), false) < 0)
      return context->status;
  }
  if (table->own.count) {
    memset(table->own.slots.data, 0, (size_t)table->own.slots.bytes);
    table->own.count = 0;
    table->count = program->num_strings;
  }
  // The largest chunk is enough for another such run.
  accel_chunk *oldest = table->chunks[1];
  table->chunks[1] = table->chunks[0];
  if (oldest) {
    release_chunks(context, oldest->next);
    oldest->next = NULL;
    oldest->used = 0;
  }
  table->chunks[0] = oldest;
  return ACCEL_OK;
}

/// The number of a string; -1 on failure.
static int64_t number_string(accel_context *context, const char *data, int64_t size) {
  accel_string_table *table = &context->strings;
  uint64_t hash = hash_string(data, size);
  int32_t known = *find_slot(context, &table->constants, data, size, hash);
  if (!known && table->own.count)
    known = *find_slot(context, &table->own, data, size, hash);
  return known ? known - 1
               : add_string(context, &table->own, context->program->num_strings, data, size, hash,
                            true);
}

ACCEL_LOCAL accel_status accel_number_input(accel_context *context, int32_t index,
                                            const accel_string *strings, int64_t count,
                                            int64_t *numbers) {
  for (int64_t i = 0; i < count; ++i) {
    const accel_string *string = &strings[i];
    if (string->size < 0 || (string->size && !string->data))
      return accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "input %d '%s': expected strings, found %s at element %lld", index,
                         context->program->inputs[index].name,
                         string->size < 0 ? "a negative size" : "characters at NULL", (long long)i);
    numbers[i] = number_string(context, string->data, string->size);
    if (numbers[i] < 0)
      return context->status;
  }
  return ACCEL_OK;
}

ACCEL_LOCAL void accel_expand_strings(accel_context *context, void *numbers, int64_t count) {
  // From the last on: a string takes the place of numbers behind its own.
  for (int64_t i = count; i-- > 0;) {
    int64_t number;
    memcpy(&number, (char *)numbers + i * (int64_t)sizeof number, sizeof number);
    accel_string string = entries_of(context)[number].string;
    memcpy((char *)numbers + i * (int64_t)sizeof string, &string, sizeof string);
  }
}

ACCEL_LOCAL void accel_destroy_strings(accel_context *context) {
  accel_string_table *table = &context->strings;
  release_chunks(context, table->chunks[0]);
  release_chunks(context, table->chunks[1]);
  accel_release(context, &table->constants.slots);
  accel_release(context, &table->own.slots);
  accel_release(context, &table->strings);
}

accel_string accel_rt_string(accel_frame *frame, int64_t number) {
  return entries_of(accel_context_of(frame))[number].string;
}

int64_t accel_rt_number_string(accel_frame *frame, const char *data, int64_t size) {
  return number_string(accel_context_of(frame), data, size);
}
