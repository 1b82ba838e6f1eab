// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scripts: branches, loops, calls, and segments whose sizes are bound each time. A segment runs in
// the context's frame, with its own program, arguments, sizes and offsets in it; the arena is
// shared, because nothing in it outlives a segment.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

//===-- Arrays ------------------------------------------------------------------------------===//

static void retain(const accel_array *array) {
  if (array->buffer)
    ++array->buffer->references;
}

static void release_buffer(accel_context *context, accel_buffer *buffer) {
  if (--buffer->references)
    return;
  buffer->next_free = context->free_buffers;
  context->free_buffers = buffer;
}

static void release(accel_context *context, accel_array *array) {
  if (array->buffer)
    release_buffer(context, array->buffer);
  array->buffer = NULL;
  array->data = NULL;
}

static void set_register(accel_context *context, int32_t number, accel_array value) {
  release(context, &context->registers[number]);
  context->registers[number] = value;
}

/// Takes the free buffer that fits best, or lets the largest one grow: after a run, another one of
/// the same sizes finds all it needs.
static accel_buffer *take_buffer(accel_context *context, int64_t bytes) {
  accel_buffer **best = NULL;
  for (accel_buffer **at = &context->free_buffers; *at; at = &(*at)->next_free) {
    int64_t size = (*at)->block.bytes;
    if (!best || (size >= bytes ? (*best)->block.bytes < bytes || size < (*best)->block.bytes
                                : size > (*best)->block.bytes))
      best = at;
  }
  accel_buffer *buffer = best ? *best : NULL;
  if (buffer) {
    *best = buffer->next_free;
  } else {
    buffer = context->allocator.allocate(context->allocator.user, sizeof *buffer, ACCEL_ALIGNMENT);
    ++context->allocations;
    if (!buffer) {
      context->status = accel_error(context, ACCEL_OUT_OF_MEMORY, "cannot allocate a buffer");
      return NULL;
    }
    memset(buffer, 0, sizeof *buffer);
    context->held_bytes += (int64_t)sizeof *buffer;
    buffer->next = context->buffers;
    context->buffers = buffer;
  }
  buffer->references = 1;
  context->status = accel_grow(context, &buffer->block, bytes ? bytes : 1, 0, "a value");
  if (!context->status)
    return buffer;
  release_buffer(context, buffer);
  return NULL;
}

void *accel_rt_new_array(accel_frame *frame, accel_array *array, accel_dtype dtype, int32_t rank,
                         const int64_t *dims) {
  accel_context *context = accel_context_of(frame);
  const char *at = context->at ? context->at : context->program->name;
  if (rank > ACCEL_ARRAY_RANK) {
    context->status =
        accel_error(context, ACCEL_RUN_FAILED, "'%s': expected at most %d dims, found %d", at,
                    ACCEL_ARRAY_RANK, rank);
    return NULL;
  }
  int64_t bytes = accel_tensor_bytes(dims, rank, accel_element_bytes(dtype));
  if (bytes < 0) {
    context->status = accel_error(context, ACCEL_RUN_FAILED,
                                  "'%s': expected sizes of 0 or more whose bytes can be "
                                  "counted, found others",
                                  at);
    return NULL;
  }
  accel_buffer *buffer = take_buffer(context, bytes);
  if (!buffer)
    return NULL;
  *array = (accel_array){.data = buffer->block.data, .dtype = dtype, .rank = rank};
  memcpy(array->dims, dims, (size_t)rank * sizeof *dims);
  array->buffer = buffer;
  return array->data;
}

void accel_rt_share_array(accel_frame *frame, accel_array *array, const accel_array *from,
                          int32_t rank, const int64_t *dims) {
  (void)frame;
  int64_t copy[ACCEL_ARRAY_RANK]; // dims may be those of array
  memcpy(copy, dims, (size_t)rank * sizeof *dims);
  *array = (accel_array){.data = from->data, .dtype = from->dtype, .rank = rank};
  memcpy(array->dims, copy, (size_t)rank * sizeof *dims);
  array->buffer = from->buffer;
  retain(array);
}

void *accel_rt_scratch(accel_frame *frame, int64_t bytes) {
  accel_context *context = accel_context_of(frame);
  accel_buffer *buffer = take_buffer(context, bytes > 0 ? bytes : 1);
  if (!buffer)
    return NULL;
  buffer->next_free = context->op_buffers;
  context->op_buffers = buffer;
  return buffer->block.data;
}

/// The next of the parts of a block.
static void *take(char **from, int64_t bytes) {
  void *part = *from;
  *from += (bytes + 15) & ~(int64_t)15;
  return part;
}

// Shares what is above.
#include "lib/Runtime/Common/Boxes.c"

ACCEL_LOCAL void accel_release_values(accel_context *context) {
  const accel_script *script = context->program->script;
  for (int32_t i = 0; script && i < script->num_registers; ++i)
    release(context, &context->registers[i]);
  for (int32_t i = 0; script && i < context->program->num_inputs; ++i)
    release(context, &context->taken[i]);
  empty_boxes(context);
}

ACCEL_LOCAL void accel_destroy_buffers(accel_context *context) {
  while (context->buffers) {
    accel_buffer *buffer = context->buffers;
    context->buffers = buffer->next;
    accel_release(context, &buffer->block);
    context->allocator.release(context->allocator.user, buffer, sizeof *buffer);
    context->held_bytes -= (int64_t)sizeof *buffer;
  }
  accel_release(context, &context->boxes.items);
}

//===-- Segments ----------------------------------------------------------------------------===//

static accel_status mismatched_dim(accel_context *context, const accel_port *port, int32_t axis,
                                   int64_t expected, int64_t found) {
  return accel_error(context, ACCEL_RUN_FAILED, "'%s': expected dim %d to be %lld, found %lld",
                     port->name, axis, (long long)expected, (long long)found);
}

/// Binds the segment's symbols to the sizes of its inputs.
static accel_status bind_segment(accel_context *context, const accel_program *segment,
                                 const int32_t *operands, int64_t *bound) {
  for (int32_t i = 0; i < segment->num_symbols; ++i)
    bound[i] = -1;
  for (int32_t i = 0; i < segment->num_inputs; ++i) {
    const accel_port *port = &segment->inputs[i];
    const accel_array *array = &context->registers[operands[i]];
    for (int32_t axis = 0; axis < port->rank; ++axis) {
      int64_t size = array->dims[axis], dim = port->dims[axis];
      int64_t *known = dim < 0 ? &bound[-1 - dim] : &dim;
      if (*known < 0)
        *known = size;
      if (*known != size)
        return mismatched_dim(context, port, axis, *known, size);
      const accel_symbol *symbol =
          port->dims[axis] < 0 ? &segment->symbols[-1 - port->dims[axis]] : NULL;
      if (symbol && (size < symbol->min || size > symbol->max))
        return accel_error(context, ACCEL_RUN_FAILED,
                           "'%s': expected dim %d to be %lld..%lld, found %lld", port->name, axis,
                           (long long)symbol->min, (long long)symbol->max, (long long)size);
    }
  }
  return ACCEL_OK;
}

static accel_status plan_segment(accel_context *context, const accel_program *segment,
                                 accel_segment *state, const int64_t *bound) {
  size_t bytes = (size_t)segment->num_symbols * sizeof *bound;
  if (state->planned && (!bytes || memcmp(state->symbols, bound, bytes) == 0))
    return ACCEL_OK;
  state->planned = false;
  if (bytes)
    memcpy(state->symbols, bound, bytes);
  accel_status status = accel_compute_plan(context, state->symbols, state->offsets,
                                           state->output_dims, &state->arena_bytes);
  state->planned = !status;
  return status;
}

static int32_t run_segment(accel_context *context, int32_t number, const int32_t *operands) {
  accel_frame *frame = &context->frame;
  const accel_program *segment = context->program->script->segments[number];
  accel_segment *state = &context->segments[number];
  const int32_t *results = operands + segment->num_inputs;
  accel_frame saved = *frame;
  frame->program = segment;
  accel_status status = bind_segment(context, segment, operands, context->segment_bound);
  if (!status)
    status = plan_segment(context, segment, state, context->segment_bound);
  if (!status)
    status = accel_grow(context, &context->arena, state->arena_bytes, 0, "intermediates");
  for (int32_t i = 0; i < segment->num_inputs; ++i)
    state->inputs[i] = context->registers[operands[i]].data;
  // Results are new arrays; what the registers held may be among the inputs.
  accel_array made[segment->num_outputs + 1];
  const int64_t *dims = state->output_dims;
  int32_t count = 0;
  for (; !status && count < segment->num_outputs; ++count) {
    const accel_port *port = &segment->outputs[count];
    state->outputs[count] = accel_rt_new_array(frame, &made[count], port->dtype, port->rank, dims);
    if (!state->outputs[count]) {
      status = context->status;
      break;
    }
    dims += port->rank;
  }
  if (!status) {
    frame->arena = context->arena.data;
    frame->inputs = state->inputs;
    frame->outputs = state->outputs;
    frame->symbols = state->symbols;
    frame->offsets = state->offsets;
    status = segment->run(frame);
  }
  *frame = saved;
  for (int32_t i = 0; i < count; ++i)
    if (status)
      release(context, &made[i]);
    else
      set_register(context, results[i], made[i]);
  return status;
}

//===-- Calls -------------------------------------------------------------------------------===//

static int32_t call_op(accel_context *context, const int32_t *words) {
  const accel_op *op = &context->program->script->ops[words[0]];
  if (accel_check_cancelled(context))
    return context->status;
  collect_boxes(context);
  int32_t num_inputs = words[1], num_outputs = words[2 + num_inputs];
  const int32_t *operands = words + 2, *results = words + 3 + num_inputs;
  const accel_array *inputs[num_inputs + 1];
  accel_array outputs[num_outputs + 1];
  memset(outputs, 0, sizeof outputs);
  for (int32_t i = 0; i < num_inputs; ++i)
    inputs[i] = operands[i] < 0 ? NULL : &context->registers[operands[i]];
  accel_op_call call = {.inputs = inputs,
                        .outputs = outputs,
                        .ints = op->ints,
                        .floats = op->floats,
                        .strings = op->strings,
                        .num_inputs = num_inputs,
                        .num_outputs = num_outputs,
                        .num_ints = op->num_ints,
                        .num_floats = op->num_floats,
                        .num_strings = op->num_strings};
  context->at = op->site->nodes;
  int64_t start = context->profiling ? accel_now_ns() : 0;
  int32_t status = op->fn(&context->frame, &call);
  if (context->profiling)
    accel_record_event(context, op->site, 1, 1, start);
  context->at = NULL;
  while (context->op_buffers) {
    accel_buffer *buffer = context->op_buffers;
    context->op_buffers = buffer->next_free;
    release_buffer(context, buffer);
  }
  for (int32_t i = 0; i < num_outputs; ++i)
    if (status || results[i] < 0)
      release(context, &outputs[i]);
    else
      set_register(context, results[i], outputs[i]);
  return status;
}

//===-- Loops -------------------------------------------------------------------------------===//

/// What the iterations of a loop leave, one behind the other.
typedef struct scan {
  accel_array all; ///< dim 0 is what fits
  int64_t rows;
  int64_t row_bytes;
} scan;

static int32_t append_row(accel_context *context, scan *to, const accel_array *row,
                          int64_t expected_rows) {
  int64_t dims[ACCEL_ARRAY_RANK];
  memcpy(dims + 1, row->dims, (size_t)row->rank * sizeof *dims);
  if (to->rows == 0) {
    to->row_bytes = accel_tensor_bytes(row->dims, row->rank, accel_element_bytes(row->dtype));
    dims[0] = expected_rows;
    if (!accel_rt_new_array(&context->frame, &to->all, row->dtype, row->rank + 1, dims))
      return context->status;
  }
  for (int32_t axis = 0; axis < row->rank; ++axis)
    if (row->dims[axis] != to->all.dims[axis + 1])
      return accel_error(context, ACCEL_RUN_FAILED,
                         "a loop: expected iterations to give tensors of one shape, found dim %d "
                         "of %lld and %lld",
                         axis, (long long)to->all.dims[axis + 1], (long long)row->dims[axis]);
  if (to->rows == to->all.dims[0]) {
    accel_array larger;
    dims[0] = 2 * to->rows;
    if (!accel_rt_new_array(&context->frame, &larger, row->dtype, row->rank + 1, dims))
      return context->status;
    memcpy(larger.data, to->all.data, (size_t)(to->rows * to->row_bytes));
    release(context, &to->all);
    to->all = larger;
  }
  memcpy((char *)to->all.data + to->rows * to->row_bytes, row->data, (size_t)to->row_bytes);
  ++to->rows;
  return ACCEL_OK;
}

/// Bytes that are allocated for rows to come: a count that data gives is not trusted with more.
enum { MOST_EXPECTED_BYTES = 1 << 26, FEWEST_EXPECTED_ROWS = 4 };

static int64_t expected_rows(int64_t trips, const accel_array *row) {
  int64_t bytes = accel_tensor_bytes(row->dims, row->rank, accel_element_bytes(row->dtype));
  int64_t most = trips == INT64_MAX || bytes <= 0 ? 0 : MOST_EXPECTED_BYTES / bytes;
  if (most < FEWEST_EXPECTED_ROWS)
    most = FEWEST_EXPECTED_ROWS;
  return trips < most ? trips : most;
}

/// A dim of an accel_array_type; 0 where nothing is known.
static int64_t known_dim(const accel_context *context, int64_t dim) {
  if (dim == ACCEL_UNKNOWN_DIM)
    return 0;
  return dim < 0 ? context->frame.symbols[-1 - dim] : dim;
}

static int32_t do_code(accel_context *context, const int32_t *code, const int32_t *end,
                       const uint8_t *needed);

static bool holds(const accel_context *context, int32_t number) {
  return *(const uint8_t *)context->registers[number].data != 0;
}

static int32_t do_loop(accel_context *context, const int32_t *words) {
  int32_t trip_register = words[0], condition = words[1], iteration = words[2], goes_on = words[3],
          num_scans = words[4];
  const int32_t *scans = words + 5, *body = scans + 3 * num_scans + 1;
  const int32_t *end = body + body[-1];
  int64_t trips = INT64_MAX;
  if (trip_register >= 0)
    memcpy(&trips, context->registers[trip_register].data, sizeof trips);
  bool go = condition < 0 || holds(context, condition);
  const accel_dtype i64 = {ACCEL_INT, 64, 1};
  scan stacks[num_scans + 1];
  memset(stacks, 0, sizeof stacks);
  int32_t status = ACCEL_OK;
  for (int64_t i = 0; !status && go && i < trips; ++i) {
    accel_array number;
    if ((status = accel_check_cancelled(context)))
      break;
    if (!accel_rt_new_array(&context->frame, &number, i64, 0, NULL)) {
      status = context->status;
      break;
    }
    memcpy(number.data, &i, sizeof i);
    set_register(context, iteration, number);
    status = do_code(context, body, end, NULL);
    for (int32_t k = 0; !status && k < num_scans; ++k) {
      const accel_array *row = &context->registers[scans[3 * k]];
      status = append_row(context, &stacks[k], row, expected_rows(trips, row));
    }
    go = goes_on < 0 || status || holds(context, goes_on);
  }
  for (int32_t k = 0; k < num_scans; ++k) {
    accel_array *all = &stacks[k].all;
    if (!status && stacks[k].rows == 0) {
      const accel_array_type *type = &context->program->script->types[scans[3 * k + 2]];
      int64_t dims[ACCEL_ARRAY_RANK];
      for (int32_t axis = 0; axis < type->rank; ++axis)
        dims[axis] = axis ? known_dim(context, type->dims[axis]) : 0;
      if (!accel_rt_new_array(&context->frame, all, type->dtype, type->rank, dims))
        status = context->status;
    }
    if (status) {
      release(context, all);
      continue;
    }
    all->dims[0] = stacks[k].rows;
    set_register(context, scans[3 * k + 1], *all);
  }
  return status;
}

//===-- The rest ----------------------------------------------------------------------------===//

static accel_array input_array(accel_context *context, int32_t number) {
  const accel_port *port = &context->program->inputs[number];
  accel_array array = {
      .data = context->frame.inputs[number], .dtype = accel_element_type(port), .rank = port->rank};
  for (int32_t axis = 0; axis < port->rank; ++axis)
    array.dims[axis] =
        port->dims[axis] < 0 ? context->frame.symbols[-1 - port->dims[axis]] : port->dims[axis];
  return array;
}

static accel_array constant_array(accel_context *context, int32_t number) {
  const accel_array_type *type = &context->program->script->types[number];
  accel_array array = {.data = (char *)context->frame.weights + type->offset,
                       .dtype = type->dtype,
                       .rank = type->rank};
  memcpy(array.dims, type->dims, (size_t)type->rank * sizeof *array.dims);
  return array;
}

static int32_t give_output(accel_context *context, int32_t number, const accel_array *array) {
  const accel_port *port = &context->program->outputs[number];
  if (!accel_is_dense(port))
    return give_boxes(context, number, array);
  for (int32_t axis = 0; axis < port->rank; ++axis)
    if (port->dims[axis] >= 0 && port->dims[axis] != array->dims[axis])
      return mismatched_dim(context, port, axis, port->dims[axis], array->dims[axis]);
  void *data = accel_rt_output(&context->frame, number, array->dims);
  if (!data)
    return context->status;
  int64_t bytes = accel_tensor_bytes(array->dims, array->rank, accel_element_bytes(array->dtype));
  if (bytes > 0)
    memcpy(data, array->data, (size_t)bytes);
  return ACCEL_OK;
}

/// Each row of an array as a map from the op's ints or strings, in memory that lives until the next
/// run.
static int32_t give_maps(accel_context *context, int32_t number, const accel_array *array,
                         const accel_op *op) {
  int64_t rows = array->rank == 2 ? array->dims[0] : 1, keys = op->num_ints + op->num_strings;
  if (array->dims[array->rank - 1] != keys)
    return accel_error(context, ACCEL_RUN_FAILED,
                       "node '%s': expected %lld values for as many keys, found %lld",
                       op->site->nodes, (long long)keys, (long long)array->dims[array->rank - 1]);
  int64_t row_bytes = keys * accel_element_bytes(array->dtype);
  int64_t bytes = (2 * rows + 1) * (int64_t)sizeof(accel_value) + rows * row_bytes +
                  keys * (int64_t)(sizeof(accel_string) + sizeof(int64_t)) + 256;
  char *at = accel_rt_grow(&context->frame, number, bytes, 0);
  if (!at)
    return context->status;
  accel_value *maps = take(&at, rows * (int64_t)sizeof *maps);
  accel_value *values = take(&at, rows * (int64_t)sizeof *values);
  accel_value *key = take(&at, sizeof *key);
  int64_t *shape = take(&at, sizeof *shape);
  *shape = keys;
  memset(key, 0, sizeof *key);
  if (op->num_ints) {
    int64_t *ints = take(&at, keys * (int64_t)sizeof *ints);
    memcpy(ints, op->ints, (size_t)keys * sizeof *ints);
    *key = accel_tensor_value(accel_host_tensor(ints, ACCEL_INT, 64, 1, shape));
  } else {
    accel_string *strings = take(&at, keys * (int64_t)sizeof *strings);
    for (int64_t i = 0; i < keys; ++i)
      strings[i] = (accel_string){op->strings[i], (int64_t)strlen(op->strings[i])};
    key->kind = ACCEL_STRING_TENSOR;
    key->u.strings = (accel_string_tensor){strings, 1, shape};
  }
  char *data = take(&at, rows * row_bytes);
  memcpy(data, array->data, (size_t)(rows * row_bytes));
  for (int64_t i = 0; i < rows; ++i) {
    values[i] = accel_tensor_value(
        accel_host_tensor(data + i * row_bytes, array->dtype.code, array->dtype.bits, 1, shape));
    memset(&maps[i], 0, sizeof maps[i]);
    maps[i].kind = ACCEL_MAP;
    maps[i].u.map = (accel_map){key, &values[i]};
  }
  accel_value *output = context->frame.outputs[number];
  memset(output, 0, sizeof *output);
  output->kind = ACCEL_SEQUENCE;
  output->u.sequence = (accel_sequence){maps, rows};
  return ACCEL_OK;
}

/// needed is by instruction of the outermost code; NULL: all are.
static int32_t do_code(accel_context *context, const int32_t *code, const int32_t *end,
                       const uint8_t *needed) {
  const accel_script *script = context->program->script;
  accel_array *registers = context->registers;
  while (code < end) {
    int32_t status = ACCEL_OK;
    if (needed && !needed[code - script->code]) {
      code = accel_next_instruction(script, code);
      continue;
    }
    switch ((accel_opcode)*code) {
    case ACCEL_OP_INPUT: {
      accel_array array = {0};
      if (accel_is_dense(&context->program->inputs[code[2]])) {
        array = input_array(context, code[2]);
      } else {
        array = context->taken[code[2]];
        context->taken[code[2]] = (accel_array){0};
      }
      set_register(context, code[1], array);
      code += 3;
      break;
    }
    case ACCEL_OP_CONSTANT:
      set_register(context, code[1], constant_array(context, code[2]));
      code += 3;
      break;
    case ACCEL_OP_RUN: {
      const accel_program *segment = script->segments[code[1]];
      status = run_segment(context, code[1], code + 2);
      code += 2 + segment->num_inputs + segment->num_outputs;
      break;
    }
    case ACCEL_OP_CALL:
      status = call_op(context, code + 1);
      code += 3 + code[2];
      code += 1 + *code;
      break;
    case ACCEL_OP_SHARE:
      if (code[1] != code[2]) {
        retain(&registers[code[2]]);
        set_register(context, code[1], registers[code[2]]);
      }
      code += 3;
      break;
    case ACCEL_OP_FREE:
      release(context, &registers[code[1]]);
      code += 2;
      break;
    case ACCEL_OP_OUTPUT:
      status = give_output(context, code[1], &registers[code[2]]);
      code += 3;
      break;
    case ACCEL_OP_MAPS:
      status = give_maps(context, code[1], &registers[code[2]], &script->ops[code[3]]);
      code += 4;
      break;
    case ACCEL_OP_IF: {
      const int32_t *first = code + 4, *second = first + code[2];
      bool taken = holds(context, code[1]);
      code = second + code[3];
      status = taken ? do_code(context, first, second, NULL) : do_code(context, second, code, NULL);
      break;
    }
    case ACCEL_OP_LOOP: {
      const int32_t *words = code + 1, *body = words + 5 + 3 * words[4] + 1;
      status = do_loop(context, words);
      code = body + body[-1];
      break;
    }
    }
    if (status)
      return status;
  }
  return ACCEL_OK;
}

int32_t accel_rt_run_script(accel_frame *frame) {
  accel_context *context = accel_context_of(frame);
  const accel_script *script = context->program->script;
  const uint8_t *needed = NULL;
  if (context->partial) {
    needed = accel_slice_script(context);
    if (!needed)
      return context->status;
  }
  int32_t status = do_code(context, script->code, script->code + script->num_words, needed);
  accel_release_values(context);
  return status;
}
