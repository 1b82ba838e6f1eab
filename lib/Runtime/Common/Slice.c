// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs that are asked for some outputs only: what these need, found from the outputs backwards,
// once for each set of outputs.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

/// Sets of outputs that a context remembers.
enum { MOST_SLICES = 64 };

/// The slice of this run's outputs, in front of the list. A new one has nothing needed yet. NULL on
/// failure, with the context's status set.
static accel_slice *find_slice(accel_context *context, int64_t units, bool *is_new) {
  size_t outputs = (size_t)context->program->num_outputs;
  accel_slice **last = NULL, **at = &context->slices;
  for (; *at && memcmp((*at)->wanted, context->wanted, outputs) != 0; at = &(*at)->next)
    last = at;
  accel_slice *slice = *at;
  *is_new = !slice;
  if (slice) {
    *at = slice->next;
  } else if (context->num_slices == MOST_SLICES) {
    slice = *last; // the one that was not used for the longest
    *last = NULL;
  } else {
    context->slice_bytes = (int64_t)(sizeof *slice + outputs) + units;
    slice = context->allocator.allocate(context->allocator.user, (size_t)context->slice_bytes,
                                        ACCEL_ALIGNMENT);
    ++context->allocations;
    if (!slice) {
      context->status =
          accel_error(context, ACCEL_OUT_OF_MEMORY, "cannot allocate what some outputs need");
      return NULL;
    }
    ++context->num_slices;
    context->held_bytes += context->slice_bytes;
    if (context->held_bytes > context->peak_bytes)
      context->peak_bytes = context->held_bytes;
  }
  slice->next = context->slices;
  context->slices = slice;
  slice->wanted = (uint8_t *)(slice + 1);
  slice->needed = slice->wanted + outputs;
  if (*is_new) {
    memcpy(slice->wanted, context->wanted, outputs);
    memset(slice->needed, 0, (size_t)units);
  }
  return slice;
}

ACCEL_LOCAL void accel_destroy_slices(accel_context *context) {
  while (context->slices) {
    accel_slice *slice = context->slices;
    context->slices = slice->next;
    context->allocator.release(context->allocator.user, slice, (size_t)context->slice_bytes);
    context->held_bytes -= context->slice_bytes;
  }
}

//===-- Launches ----------------------------------------------------------------------------===//

static void mark_sources(const accel_launches *launches, int32_t row, uint8_t *needed) {
  for (int32_t i = launches->sources[row]; i < launches->sources[row + 1]; ++i)
    needed[launches->sources[i]] = 1;
}

ACCEL_LOCAL const uint8_t *accel_slice_launches(accel_context *context,
                                                const accel_launches *launches) {
  bool is_new;
  accel_slice *slice = find_slice(context, launches->count, &is_new);
  if (!slice)
    return NULL;
  if (!is_new)
    return slice->needed;
  for (int32_t i = 0; i < context->program->num_outputs; ++i)
    if (slice->wanted[i])
      mark_sources(launches, launches->count + i, slice->needed);
  // States go on whatever is asked for.
  for (int32_t i = 0; i < context->program->num_states; ++i)
    mark_sources(launches, launches->count + context->program->num_outputs + i, slice->needed);
  // A launch reads what earlier ones have written.
  for (int32_t i = launches->count; i-- > 0;)
    if (slice->needed[i])
      mark_sources(launches, i, slice->needed);
  return slice->needed;
}

//===-- Scripts -----------------------------------------------------------------------------===//

ACCEL_LOCAL const int32_t *accel_next_instruction(const accel_script *script, const int32_t *code) {
  switch ((accel_opcode)*code) {
  case ACCEL_OP_FREE:
    return code + 2;
  case ACCEL_OP_INPUT:
  case ACCEL_OP_CONSTANT:
  case ACCEL_OP_SHARE:
  case ACCEL_OP_OUTPUT:
    return code + 3;
  case ACCEL_OP_MAPS:
    return code + 4;
  case ACCEL_OP_RUN: {
    const accel_program *segment = script->segments[code[1]];
    return code + 2 + segment->num_inputs + segment->num_outputs;
  }
  case ACCEL_OP_CALL:
    code += 3 + code[2];
    return code + 1 + *code;
  case ACCEL_OP_IF:
    return code + 4 + code[2] + code[3];
  case ACCEL_OP_LOOP:
    code += 6 + 3 * code[5];
    return code + 1 + *code;
  }
  return NULL;
}

/// The registers of an instruction, by what is done to them.
typedef struct effects {
  uint8_t *live;     ///< for each register: read by what is needed behind
  bool is_needed;    ///< one that it writes is live
  bool kills, reads; ///< which of the two a pass over the registers does to live
} effects;

static void write_register(effects *to, int32_t number) {
  if (number < 0)
    return;
  to->is_needed |= to->live[number];
  if (to->kills)
    to->live[number] = 0;
}

static void read_register(effects *to, int32_t number) {
  if (number >= 0 && to->reads)
    to->live[number] = 1;
}

/// Goes over the registers of an instruction, with those of the code inside.
static void visit_registers(const accel_script *script, const int32_t *code, effects *to) {
  switch ((accel_opcode)*code) {
  case ACCEL_OP_FREE:
    break;
  case ACCEL_OP_INPUT:
  case ACCEL_OP_CONSTANT:
    write_register(to, code[1]);
    break;
  case ACCEL_OP_SHARE:
    write_register(to, code[1]);
    read_register(to, code[2]);
    break;
  case ACCEL_OP_OUTPUT:
  case ACCEL_OP_MAPS:
    read_register(to, code[2]);
    break;
  case ACCEL_OP_RUN: {
    const accel_program *segment = script->segments[code[1]];
    const int32_t *inputs = code + 2, *outputs = inputs + segment->num_inputs;
    for (int32_t i = 0; i < segment->num_outputs; ++i)
      write_register(to, outputs[i]);
    for (int32_t i = 0; i < segment->num_inputs; ++i)
      read_register(to, inputs[i]);
    break;
  }
  case ACCEL_OP_CALL: {
    const int32_t *inputs = code + 3, *outputs = inputs + code[2] + 1;
    for (int32_t i = 0; i < outputs[-1]; ++i)
      write_register(to, outputs[i]);
    for (int32_t i = 0; i < code[2]; ++i)
      read_register(to, inputs[i]);
    break;
  }
  case ACCEL_OP_IF:
  case ACCEL_OP_LOOP: {
    // What is written here may also stay as it was.
    effects inner = *to;
    inner.kills = false;
    const int32_t *body = code + 4, *end = accel_next_instruction(script, code);
    if (*code == ACCEL_OP_LOOP) {
      read_register(to, code[2]);
      write_register(&inner, code[3]);
      read_register(to, code[4]);
      for (int32_t i = 0; i < code[5]; ++i) {
        read_register(to, code[6 + 3 * i]);
        write_register(&inner, code[7 + 3 * i]);
      }
      body = code + 7 + 3 * code[5];
    }
    read_register(to, code[1]);
    for (; body < end; body = accel_next_instruction(script, body))
      visit_registers(script, body, &inner);
    to->is_needed |= inner.is_needed;
    break;
  }
  }
}

ACCEL_LOCAL const uint8_t *accel_slice_script(accel_context *context) {
  const accel_script *script = context->program->script;
  bool is_new;
  // Behind the words: which registers are live.
  accel_slice *slice =
      find_slice(context, (int64_t)script->num_words + script->num_registers, &is_new);
  if (!slice)
    return NULL;
  if (!is_new)
    return slice->needed;
  enum { begins = 2 };
  uint8_t *needed = slice->needed, *live = needed + script->num_words;
  const int32_t *end = script->code + script->num_words;
  for (const int32_t *code = script->code; code < end; code = accel_next_instruction(script, code))
    needed[code - script->code] = begins;
  for (int32_t i = script->num_words; i-- > 0;) {
    if (needed[i] != begins)
      continue;
    const int32_t *code = script->code + i;
    if (*code == ACCEL_OP_OUTPUT || *code == ACCEL_OP_MAPS) {
      needed[i] = code[1] >= context->program->num_outputs || slice->wanted[code[1]];
    } else if (*code == ACCEL_OP_FREE) {
      needed[i] = 1; // of a register that may be empty
    } else {
      effects writes = {.live = live};
      visit_registers(script, code, &writes);
      needed[i] = writes.is_needed;
    }
    if (needed[i]) {
      effects both = {.live = live, .kills = true, .reads = true};
      visit_registers(script, code, &both);
    }
  }
  return needed;
}
