// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors that a context keeps from one run to the next. A state that a run appends to is one block
// with the dim that grows outermost: the run writes its rows behind those that are there, and they
// count once it has succeeded. A state that a run replaces has two blocks, which change places.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

//===-- Their sizes -------------------------------------------------------------------------===//

static const accel_port *output_port(const accel_context *context, int32_t index) {
  const accel_program *program = context->program;
  return &program->outputs[program->num_outputs + index];
}

/// Positions that a state has now; 0 for one that does not grow.
static int64_t positions_of(const accel_context *context, int32_t index) {
  const accel_kept *state = &context->states[index];
  int32_t axis = context->program->states[index].axis;
  return axis >= 0 && state->known ? state->dims[axis] : 0;
}

/// Bytes of a position of a state with these dims, all of them together where it does not grow.
static int64_t position_bytes(const accel_context *context, int32_t index, const int64_t *dims) {
  const accel_port *port = accel_state_port(context, index);
  int32_t axis = context->program->states[index].axis;
  int64_t element = accel_element_bytes(port->dtype);
  if (axis < 0)
    return accel_tensor_bytes(dims, port->rank, element);
  int64_t outer = accel_tensor_bytes(dims, axis, element);
  return outer < 0 ? -1 : accel_tensor_bytes(dims + axis + 1, port->rank - axis - 1, outer);
}

/// The dims of a state's port for these sizes of symbols.
static void port_dims(const accel_port *port, const int64_t *symbols, int64_t *dims) {
  for (int32_t i = 0; i < port->rank; ++i)
    dims[i] = port->dims[i] < 0 ? symbols[-1 - port->dims[i]] : port->dims[i];
}

/// What a run of these dims of its output (as the plan or the run has them) makes of a state.
static void next_dims(accel_context *context, int32_t index, const int64_t *output,
                      int64_t positions, int64_t *dims) {
  const accel_port *port = accel_state_port(context, index);
  int32_t axis = context->program->states[index].axis;
  if (!accel_appends(context, index)) {
    memcpy(dims, output, (size_t)port->rank * sizeof *dims);
    return;
  }
  for (int32_t i = 0, from = 1; i < port->rank; ++i)
    if (i != axis)
      dims[i] = output[from++];
    else if (__builtin_add_overflow(positions, output[0], &dims[i]))
      dims[i] = -1; // no tensor has so many bytes
}

static const int64_t *planned_dims(const accel_context *context, int32_t index) {
  const int64_t *dims = context->output_dims;
  for (int32_t i = 0; i < context->program->num_outputs + index; ++i)
    dims += context->program->outputs[i].rank;
  return dims;
}

static bool are_known(const int64_t *dims, int32_t rank) {
  for (int32_t i = 0; i < rank; ++i)
    if (dims[i] == ACCEL_UNKNOWN_DIM)
      return false;
  return true;
}

static void set_known(accel_context *context, int32_t index) {
  int32_t axis = context->program->states[index].axis;
  // An empty one takes whatever sizes the next run has.
  context->states[index].known = axis < 0 || context->states[index].dims[axis] > 0;
}

//===-- Runs --------------------------------------------------------------------------------===//

static accel_status bind_state(accel_context *context, int32_t index) {
  const accel_program *program = context->program;
  const accel_port *port = accel_state_port(context, index);
  const accel_kept *state = &context->states[index];
  for (int32_t axis = 0; axis < port->rank; ++axis) {
    bool grows = axis == program->states[index].axis;
    if (port->dims[axis] >= 0 || (!state->known && !grows))
      continue;
    int32_t number = (int32_t)(-1 - port->dims[axis]);
    const accel_symbol *symbol = &program->symbols[number];
    int64_t size = state->known ? state->dims[axis] : 0;
    int32_t first = context->bound_input[number];
    if (first >= 0 && context->bound[number] != size)
      return accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "state '%s': dim %d ('%s') is %lld, but %s '%s' has %lld there%s",
                         port->name, axis, symbol->name, (long long)size,
                         first < program->num_inputs ? "input" : "state",
                         program->inputs[first].name, (long long)context->bound[number],
                         grows ? "" : "; reset the context to begin with other sizes");
    if (size < symbol->min || size > symbol->max) {
      accel_text text = accel_new_message(context);
      accel_print(&text, "state '%s': dim %d ('%s') is %lld, outside the %lld..", port->name, axis,
                  symbol->name, (long long)size, (long long)symbol->min);
      if (symbol->max != INT64_MAX)
        accel_print(&text, "%lld", (long long)symbol->max);
      accel_print(&text, " that the model was compiled for%s",
                  grows && size > symbol->max ? "; reset or rewind it" : "");
      if (context->log)
        context->log(context->log_user, ACCEL_LOG_ERROR, context->message);
      return ACCEL_INVALID_ARGUMENT;
    }
    context->bound[number] = size;
    if (first < 0)
      context->bound_input[number] = program->num_inputs + index;
  }
  return ACCEL_OK;
}

ACCEL_LOCAL accel_status accel_bind_states(accel_context *context) {
  const accel_program *program = context->program;
  for (int32_t index = 0; index < program->num_states; ++index) {
    accel_status status = bind_state(context, index);
    if (status)
      return status;
  }
  for (int32_t index = 0; index < program->num_states; ++index) {
    const accel_port *port = accel_state_port(context, index);
    for (int32_t axis = 0; axis < port->rank; ++axis)
      if (port->dims[axis] < 0 && context->bound_input[-1 - port->dims[axis]] < 0)
        return accel_error(context, ACCEL_INVALID_ARGUMENT,
                           "state '%s': no input says its dim %d ('%s'); compile the model with "
                           "--dim %s=N, or load a state",
                           port->name, axis, program->symbols[-1 - port->dims[axis]].name,
                           program->symbols[-1 - port->dims[axis]].name);
  }
  return ACCEL_OK;
}

/// Makes room for `bytes` in a block, of which the first `keep` stay; where it must grow, for as
/// much again, so that a sequence of n steps allocates log(n) times.
static accel_status make_room(accel_context *context, accel_block *block, int64_t bytes,
                              int64_t keep) {
  if (block->data && bytes <= block->bytes)
    return ACCEL_OK;
  int64_t wanted = bytes > 0 ? bytes : 1;
  if (block->bytes && block->bytes <= INT64_MAX / 4 && wanted < 2 * block->bytes)
    wanted = 2 * block->bytes;
  return accel_grow(context, block, wanted, keep, "a state");
}

static accel_status overflow(accel_context *context, int32_t index) {
  return accel_error(context, ACCEL_OUT_OF_MEMORY, "state '%s': its size overflows",
                     accel_state_port(context, index)->name);
}

/// Where the run writes what a state becomes.
static accel_status place_next(accel_context *context, int32_t index, const int64_t *dims) {
  const accel_program *program = context->program;
  const accel_port *port = accel_state_port(context, index);
  accel_kept *state = &context->states[index];
  void **output = &context->outputs[program->num_outputs + index];
  int64_t positions = positions_of(context, index);
  next_dims(context, index, dims, positions, state->next_dims);
  int64_t bytes =
      accel_tensor_bytes(state->next_dims, port->rank, accel_element_bytes(port->dtype));
  if (bytes < 0)
    return overflow(context, index);
  accel_status status;
  if (accel_appends(context, index)) {
    int64_t used = positions * position_bytes(context, index, state->next_dims);
    status = make_room(context, accel_state_block(state), bytes, used);
    context->inputs[program->num_inputs + index] = accel_state_block(state)->data;
    *output = (char *)accel_state_block(state)->data + used;
  } else {
    accel_block *next = &state->blocks[1 - state->current];
    status = make_room(context, next, bytes, 0);
    *output = next->data;
  }
  state->placed = !status;
  return status;
}

ACCEL_LOCAL accel_status accel_place_states(accel_context *context) {
  const accel_program *program = context->program;
  for (int32_t index = 0; index < program->num_states; ++index) {
    const accel_port *port = accel_state_port(context, index);
    accel_kept *state = &context->states[index];
    state->placed = false;
    if (!state->known)
      port_dims(port, context->bound, state->dims);
    accel_status status = ACCEL_OK;
    if (!accel_appends(context, index)) {
      int64_t bytes = accel_tensor_bytes(state->dims, port->rank, accel_element_bytes(port->dtype));
      if (bytes < 0)
        return overflow(context, index);
      status = make_room(context, accel_state_block(state), bytes, state->known ? bytes : 0);
      if (status)
        return status;
      if (!state->known)
        memset(accel_state_block(state)->data, 0, (size_t)bytes);
      context->inputs[program->num_inputs + index] = accel_state_block(state)->data;
      context->outputs[program->num_outputs + index] = NULL;
    }
    const int64_t *dims = planned_dims(context, index);
    if (are_known(dims, port->rank))
      status = place_next(context, index, dims);
    if (status)
      return status;
  }
  return ACCEL_OK;
}

ACCEL_LOCAL void *accel_state_output(accel_context *context, int32_t index, const int64_t *dims) {
  context->status = place_next(context, index, dims);
  return context->status ? NULL : context->outputs[context->program->num_outputs + index];
}

ACCEL_LOCAL accel_status accel_check_states(accel_context *context) {
  const accel_program *program = context->program;
  for (int32_t index = 0; index < program->num_states; ++index) {
    const accel_port *port = accel_state_port(context, index);
    const accel_kept *state = &context->states[index];
    if (!state->placed)
      return accel_error(context, ACCEL_RUN_FAILED,
                         "state '%s': the run did not make its next "
                         "value",
                         port->name);
    for (int32_t axis = 0; axis < port->rank; ++axis)
      if (port->dims[axis] >= 0 && state->next_dims[axis] != port->dims[axis])
        return accel_error(context, ACCEL_RUN_FAILED,
                           "state '%s': expected dim %d of '%s' to be %lld, found %lld", port->name,
                           axis, output_port(context, index)->name, (long long)port->dims[axis],
                           (long long)state->next_dims[axis]);
  }
  return ACCEL_OK;
}

ACCEL_LOCAL void accel_commit_states(accel_context *context) {
  const accel_program *program = context->program;
  for (int32_t index = 0; index < program->num_states; ++index) {
    accel_kept *state = &context->states[index];
    memcpy(state->dims, state->next_dims,
           (size_t)accel_state_port(context, index)->rank * sizeof *state->dims);
    if (!accel_appends(context, index))
      state->current = 1 - state->current;
    set_known(context, index);
  }
}

ACCEL_LOCAL accel_status accel_reserve_states(accel_context *context, const int64_t *symbols) {
  const accel_program *program = context->program;
  for (int32_t index = 0; index < program->num_states; ++index) {
    const accel_port *port = accel_state_port(context, index);
    accel_kept *state = &context->states[index];
    int32_t axis = program->states[index].axis;
    int64_t element = accel_element_bytes(port->dtype);
    int64_t *dims = state->next_dims;
    port_dims(port, symbols, dims);
    int64_t before = accel_tensor_bytes(dims, port->rank, element);
    const int64_t *output = planned_dims(context, index);
    if (are_known(output, port->rank))
      next_dims(context, index, output, axis >= 0 ? dims[axis] : 0, dims);
    int64_t after = accel_tensor_bytes(dims, port->rank, element);
    if (before < 0 || after < 0)
      return overflow(context, index);
    int64_t most = after > before ? after : before;
    accel_block *block = accel_state_block(state);
    accel_status status = ACCEL_OK;
    if (!block->data || block->bytes < most)
      status = accel_grow(context, block, most > 0 ? most : 1, state->known ? block->bytes : 0,
                          "a state");
    accel_block *next = &state->blocks[1 - state->current];
    if (!status && !accel_appends(context, index) && (!next->data || next->bytes < most))
      status = accel_grow(context, next, most > 0 ? most : 1, 0, "a state");
    if (status)
      return status;
  }
  return ACCEL_OK;
}

ACCEL_LOCAL bool accel_is_state_memory(const accel_context *context, accel_range range) {
  for (int32_t index = 0; index < context->program->num_states; ++index)
    for (int which = 0; which < 2; ++which) {
      const accel_block *block = &context->states[index].blocks[which];
      uintptr_t data = (uintptr_t)block->data;
      if (accel_overlap(range, (accel_range){data, data + (uintptr_t)block->bytes}))
        return true;
    }
  return false;
}

ACCEL_LOCAL void accel_destroy_states(accel_context *context) {
  for (int32_t index = 0; index < context->program->num_states; ++index)
    for (int which = 0; which < 2; ++which)
      accel_release(context, &context->states[index].blocks[which]);
}

//===-- Functions of the table --------------------------------------------------------------===//

ACCEL_LOCAL void accel_show_dims(accel_context *context, int32_t index) {
  const accel_port *port = accel_state_port(context, index);
  accel_kept *state = &context->states[index];
  if (state->known)
    return;
  int32_t axis = context->program->states[index].axis;
  for (int32_t i = 0; i < port->rank; ++i)
    state->dims[i] = port->dims[i] < 0 || i == axis ? 0 : port->dims[i];
}

static accel_status describe_state(accel_context *context, int32_t index, accel_state *result) {
  const accel_program *program = context->program;
  if (index < 0 || index >= program->num_states)
    return accel_error(context, ACCEL_INVALID_ARGUMENT, "expected state 0..%d, found %d",
                       program->num_states - 1, index);
  if (!result || result->size < sizeof result->size)
    return accel_error(context, ACCEL_INVALID_ARGUMENT, "expected a result with its size set");
  const accel_port *port = accel_state_port(context, index);
  accel_kept *state = &context->states[index];
  int32_t axis = program->states[index].axis;
  accel_show_dims(context, index);
  // Zeros are there once they are needed.
  if (!state->known && axis < 0) {
    int64_t bytes = accel_tensor_bytes(state->dims, port->rank, accel_element_bytes(port->dtype));
    accel_status status = make_room(context, accel_state_block(state), bytes, 0);
    if (status)
      return status;
    memset(accel_state_block(state)->data, 0, (size_t)bytes);
  }
  int64_t stride = 1;
  for (int32_t i = port->rank - 1; i >= 0; --i) {
    if (accel_appends(context, index) && i == axis)
      continue;
    state->strides[i] = stride;
    stride *= state->dims[i];
  }
  if (accel_appends(context, index))
    state->strides[axis] = stride;
  accel_state made = {.input = port->name,
                      .output = output_port(context, index)->name,
                      .tensor = accel_host_tensor(accel_state_block(state)->data, port->dtype.code,
                                                  port->dtype.bits, port->rank, state->dims),
                      .axis = axis};
  made.tensor.strides = state->strides;
  int64_t position = position_bytes(context, index, state->dims);
  if (axis >= 0 && position > 0)
    made.capacity = accel_state_block(state)->bytes / position;
  return accel_hand_out(result, &made, sizeof made);
}

ACCEL_LOCAL accel_status accel_api_state(accel_context *context, int32_t index,
                                         accel_state *result) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_status status = describe_state(context, index, result);
  accel_give_back(context);
  return status;
}

ACCEL_LOCAL void accel_forget_states(accel_context *context) {
  for (int32_t index = 0; index < context->program->num_states; ++index)
    context->states[index].known = false;
}

ACCEL_LOCAL accel_status accel_api_reset(accel_context *context) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_forget_states(context);
  context->draws = 0;
  context->has_key = false;
  accel_give_back(context);
  return ACCEL_OK;
}

static accel_status check_rewind(accel_context *context, int64_t positions) {
  const accel_program *program = context->program;
  if (!program->num_states)
    return accel_error(context, ACCEL_INVALID_ARGUMENT,
                       "model '%s' has no states: it was compiled without --state", program->name);
  int64_t found = positions_of(context, 0);
  for (int32_t index = 0; index < program->num_states; ++index) {
    const char *name = accel_state_port(context, index)->name;
    if (program->states[index].axis < 0)
      return accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "cannot rewind state '%s': each run replaces it; save or fork before a "
                         "run to return to",
                         name);
    if (positions_of(context, index) != found)
      return accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "cannot rewind: state '%s' has %lld positions, but '%s' has %lld",
                         accel_state_port(context, 0)->name, (long long)found, name,
                         (long long)positions_of(context, index));
  }
  if (positions < 0 || positions > found)
    return accel_error(context, ACCEL_INVALID_ARGUMENT,
                       "expected to keep 0..%lld positions, found %lld", (long long)found,
                       (long long)positions);
  return ACCEL_OK;
}

/// Keeps the first positions of a state.
static void truncate_state(accel_context *context, int32_t index, int64_t positions) {
  const accel_port *port = accel_state_port(context, index);
  accel_kept *state = &context->states[index];
  int32_t axis = context->program->states[index].axis;
  int64_t old = state->dims[axis];
  if (!accel_appends(context, index) && positions && positions < old) {
    int64_t outer = 1, inner = accel_element_bytes(port->dtype);
    for (int32_t i = 0; i < port->rank; ++i)
      *(i < axis ? &outer : &inner) *= i == axis ? 1 : state->dims[i];
    char *data = accel_state_block(state)->data;
    for (int64_t i = 1; i < outer; ++i)
      memmove(data + i * positions * inner, data + i * old * inner, (size_t)(positions * inner));
  }
  state->dims[axis] = positions;
  set_known(context, index);
}

ACCEL_LOCAL accel_status accel_api_rewind(accel_context *context, int64_t positions) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_status status = check_rewind(context, positions);
  for (int32_t index = 0; !status && index < context->program->num_states; ++index)
    if (context->states[index].known)
      truncate_state(context, index, positions);
  accel_give_back(context);
  return status;
}

ACCEL_LOCAL int64_t accel_state_bytes(const accel_context *context, int32_t index) {
  const accel_port *port = accel_state_port(context, index);
  const accel_kept *state = &context->states[index];
  return state->known
             ? accel_tensor_bytes(state->dims, port->rank, accel_element_bytes(port->dtype))
             : 0;
}

ACCEL_LOCAL accel_status accel_set_state(accel_context *context, int32_t index, const int64_t *dims,
                                         const void *data, int64_t bytes) {
  accel_kept *state = &context->states[index];
  state->known = false;
  accel_status status = make_room(context, accel_state_block(state), bytes, 0);
  if (status)
    return status;
  memcpy(accel_state_block(state)->data, data, (size_t)bytes);
  memcpy(state->dims, dims, (size_t)accel_state_port(context, index)->rank * sizeof *dims);
  set_known(context, index);
  return ACCEL_OK;
}

ACCEL_LOCAL accel_status accel_api_fork(accel_context *context, accel_context **result,
                                        char *message, size_t bytes) {
  if (result)
    *result = NULL;
  if (!accel_take(context)) {
    if (message && bytes) {
      accel_text text = accel_text_in(message, bytes);
      accel_print(&text, "model '%s': another call uses the context", context->program->name);
    }
    return ACCEL_BUSY;
  }
  accel_options options = {.size = sizeof options,
                           .threads = context->threads,
                           .profile = context->profiling,
                           .allocator = context->allocator,
                           .executor = context->executor,
                           .log = context->log,
                           .log_user = context->log_user,
                           .cancelled = context->cancelled,
                           .cancelled_user = context->cancelled_user,
                           .stream = context->stream};
  accel_model model = {context->api, context->program};
  accel_status status = accel_api_create(&model, &options, result, message, bytes);
  for (int32_t index = 0; !status && index < context->program->num_states; ++index) {
    accel_kept *state = &context->states[index];
    if (state->known)
      status = accel_set_state(*result, index, state->dims, accel_state_block(state)->data,
                               accel_state_bytes(context, index));
  }
  if (!status)
    (*result)->draws = context->draws;
  if (status && result && *result) {
    if (message && bytes) {
      accel_text text = accel_text_in(message, bytes);
      accel_print(&text, "model '%s': %s", context->program->name, (*result)->message);
    }
    accel_api_destroy(*result);
    *result = NULL;
  }
  accel_give_back(context);
  return status;
}
