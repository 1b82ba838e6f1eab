// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Outputs of a run: written in the caller's memory where that is possible, else in the context's.

#include "lib/Runtime/Common/Internal.h"

static accel_status mismatched_output(accel_context *context, int32_t index,
                                      const accel_tensor *found, const char *reason) {
  const accel_program *program = context->frame.program;
  const accel_port *port = &program->outputs[index];
  accel_tensor expected = *found;
  expected.dtype = port->dtype;
  expected.ndim = port->rank;
  expected.shape = context->output_states[index].dims;
  accel_text text = accel_new_message(context);
  accel_print(&text, "output %d '%s': expected ", index, port->name);
  accel_print_tensor(&text, &expected);
  accel_print(&text, ", found ");
  if (found->ndim && !found->shape)
    accel_print(&text, "no shape");
  else
    accel_print_tensor(&text, found);
  accel_print(&text, ": %s", reason);
  if (context->log)
    context->log(context->log_user, ACCEL_LOG_ERROR, context->message);
  return ACCEL_INVALID_ARGUMENT;
}

/// Checks what does not depend on the output's dims.
static accel_status check_request(accel_context *context, int32_t index) {
  const accel_port *port = &context->frame.program->outputs[index];
  const accel_value *request = context->output_states[index].requested;
  if (!request || request->kind == ACCEL_NONE)
    return ACCEL_OK;
  if (port->kind != ACCEL_TENSOR || request->kind != ACCEL_TENSOR)
    return accel_error(context, ACCEL_INVALID_ARGUMENT,
                       "output %d '%s': expected kind %d%s, found kind %d", index, port->name,
                       ACCEL_NONE, port->kind == ACCEL_TENSOR ? " or a tensor" : "", request->kind);
  const accel_tensor *tensor = &request->u.tensor;
  if (tensor->ndim != port->rank || (tensor->ndim && !tensor->shape))
    return mismatched_output(context, index, tensor, "the rank differs");
  if (tensor->dtype.code != port->dtype.code || tensor->dtype.bits != port->dtype.bits ||
      tensor->dtype.lanes != port->dtype.lanes)
    return mismatched_output(context, index, tensor, "the element type differs");
  if (!accel_is_host(tensor->device))
    return mismatched_output(context, index, tensor, "it is not in host memory");
  if (request->capacity && tensor->strides)
    return mismatched_output(context, index, tensor, "memory with a capacity has no strides");
  return ACCEL_OK;
}

/// Whether some of these bytes are an input's or a state's.
static bool overlaps_input(const accel_context *context, accel_range range) {
  for (int32_t i = 0; i < context->frame.program->num_inputs; ++i)
    if (accel_overlap(range, context->input_ranges[i]))
      return true;
  return accel_is_state_memory(context, range);
}

static accel_status place_owned(accel_context *context, int32_t index, int64_t bytes) {
  accel_output_state *state = &context->output_states[index];
  state->direct = NULL;
  accel_status status = accel_grow(context, &state->owned, bytes ? bytes : 1, 0, "an output");
  context->outputs[index] = state->owned.data;
  return status;
}

/// Decides where an output of known dims is written.
static accel_status place_output(accel_context *context, int32_t index) {
  const accel_port *port = &context->frame.program->outputs[index];
  accel_output_state *state = &context->output_states[index];
  int64_t bytes = accel_tensor_bytes(state->dims, port->rank, accel_element_bytes(port->dtype));
  if (bytes < 0)
    return accel_error(context, ACCEL_RUN_FAILED, "output %d '%s': its size overflows", index,
                       port->name);
  state->placed = true;
  const accel_value *request = state->requested;
  if (!request || request->kind == ACCEL_NONE)
    return place_owned(context, index, bytes);

  accel_tensor target = request->u.tensor;
  if (request->capacity) {
    if (request->capacity < (uint64_t)bytes)
      return accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "output %d '%s': expected room for %lld bytes, found %llu", index,
                         port->name, (long long)bytes, (unsigned long long)request->capacity);
    target.shape = state->dims;
  }
  for (int32_t axis = 0; axis < port->rank; ++axis)
    if (target.shape[axis] != state->dims[axis])
      return mismatched_output(context, index, &target, "the shape differs");
  if (bytes && !target.data)
    return mismatched_output(context, index, &target,
                             "data is NULL (kind ACCEL_NONE lets the context own the output)");
  if (!bytes || !accel_is_contiguous(&target) || !accel_is_aligned(&target) ||
      overlaps_input(context, accel_range_of(&target)))
    return place_owned(context, index, bytes);
  state->direct = accel_tensor_data(&target);
  context->outputs[index] = state->direct;
  return ACCEL_OK;
}

static accel_range request_range(const accel_value *request) {
  if (!request->capacity)
    return accel_range_of(&request->u.tensor);
  uintptr_t data = (uintptr_t)accel_tensor_data(&request->u.tensor);
  return (accel_range){data, data + (uintptr_t)request->capacity};
}

/// Two outputs in the same bytes would be a race between kernels.
static accel_status check_apart(accel_context *context) {
  const accel_program *program = context->frame.program;
  for (int32_t i = 1; i < program->num_outputs; ++i) {
    const accel_value *one = context->output_states[i].requested;
    if (!one || one->kind != ACCEL_TENSOR || !context->output_states[i].direct)
      continue;
    accel_range range = request_range(one);
    for (int32_t j = 0; j < i; ++j) {
      const accel_value *other = context->output_states[j].requested;
      if (other && other->kind == ACCEL_TENSOR && context->output_states[j].direct &&
          accel_overlap(range, request_range(other)))
        return accel_error(context, ACCEL_INVALID_ARGUMENT,
                           "outputs %d '%s' and %d '%s': expected memory of their own, found "
                           "some that overlaps",
                           j, program->outputs[j].name, i, program->outputs[i].name);
    }
  }
  return ACCEL_OK;
}

static bool has_known_dims(const accel_context *context, int32_t index) {
  for (int32_t axis = 0; axis < context->frame.program->outputs[index].rank; ++axis)
    if (context->output_states[index].dims[axis] == ACCEL_UNKNOWN_DIM)
      return false;
  return true;
}

ACCEL_LOCAL accel_status accel_place_outputs(accel_context *context, accel_value *outputs,
                                             int32_t count) {
  const accel_program *program = context->frame.program;
  if ((outputs && count != program->num_outputs) || (!outputs && count != 0))
    return accel_error(context, ACCEL_INVALID_ARGUMENT,
                       "model '%s': expected %d outputs (or NULL and 0), found %s%d", program->name,
                       program->num_outputs, outputs ? "" : "NULL for ", count);
  context->partial = false;
  for (int32_t index = 0; index < program->num_outputs; ++index) {
    accel_output_state *state = &context->output_states[index];
    context->wanted[index] = !outputs || !(outputs[index].flags & ACCEL_UNWANTED);
    context->partial |= !context->wanted[index];
    state->requested = outputs && context->wanted[index] ? &outputs[index] : NULL;
    state->placed = false;
    state->direct = NULL;
    context->outputs[index] = NULL;
    // A script writes no output on the way to another, but launches may.
    if (!context->wanted[index] && program->script)
      continue;
    accel_status status = check_request(context, index);
    if (status)
      return status;
    if (!accel_is_dense(&program->outputs[index])) {
      state->value = accel_none();
      context->outputs[index] = &state->value;
      state->placed = true;
      continue;
    }
    if (has_known_dims(context, index) && (status = place_output(context, index)))
      return status;
  }
  return check_apart(context);
}

ACCEL_LOCAL accel_status accel_reserve_outputs(accel_context *context) {
  const accel_program *program = context->frame.program;
  for (int32_t index = 0; index < program->num_outputs; ++index) {
    const accel_port *port = &program->outputs[index];
    if (!accel_is_dense(port) || !has_known_dims(context, index))
      continue;
    int64_t bytes = accel_tensor_bytes(context->output_states[index].dims, port->rank,
                                       accel_element_bytes(port->dtype));
    accel_status status = accel_grow(context, &context->output_states[index].owned,
                                     bytes > 0 ? bytes : 1, 0, "an output");
    if (status)
      return status;
  }
  return ACCEL_OK;
}

ACCEL_LOCAL accel_value accel_placed_output(accel_context *context, int32_t index) {
  const accel_port *port = &context->frame.program->outputs[index];
  accel_output_state *state = &context->output_states[index];
  if (port->kind != ACCEL_TENSOR)
    return state->value;
  return accel_tensor_value(accel_host_tensor(state->direct ? state->direct : state->owned.data,
                                              port->dtype.code, port->dtype.bits, port->rank,
                                              state->dims));
}

/// What the run wrote are numbers; callers get the strings.
static void finish_strings(accel_context *context, int32_t index) {
  const accel_port *port = &context->frame.program->outputs[index];
  accel_output_state *state = &context->output_states[index];
  accel_expand_strings(context, state->owned.data, accel_tensor_bytes(state->dims, port->rank, 1));
  state->value = accel_none();
  state->value.kind = ACCEL_STRING_TENSOR;
  state->value.u.strings = (accel_string_tensor){state->owned.data, port->rank, state->dims};
}

ACCEL_LOCAL accel_status accel_finish_outputs(accel_context *context) {
  const accel_program *program = context->frame.program;
  for (int32_t index = 0; index < program->num_outputs; ++index) {
    const accel_port *port = &program->outputs[index];
    accel_output_state *state = &context->output_states[index];
    accel_value *request = state->requested;
    if (!context->wanted[index]) {
      state->placed = false;
      continue;
    }
    if (!state->placed)
      return accel_error(context, ACCEL_RUN_FAILED, "output %d '%s': the run did not declare it",
                         index, port->name);
    if (port->kind == ACCEL_STRING_TENSOR)
      finish_strings(context, index);
    if (!request)
      continue;
    state->requested = NULL; // the caller's array is not ours after the run
    if (request->kind == ACCEL_NONE) {
      *request = accel_placed_output(context, index);
      continue;
    }
    accel_tensor target = request->u.tensor;
    if (request->capacity)
      for (int32_t axis = 0; axis < port->rank; ++axis)
        target.shape[axis] = state->dims[axis];
    if (!state->direct)
      accel_scatter(&target, state->owned.data);
  }
  return ACCEL_OK;
}

void *accel_rt_output(accel_frame *frame, int32_t index, const int64_t *dims) {
  accel_context *context = accel_context_of(frame);
  if (index >= frame->program->num_outputs)
    return accel_state_output(context, index - frame->program->num_outputs, dims);
  accel_output_state *state = &context->output_states[index];
  for (int32_t axis = 0; axis < frame->program->outputs[index].rank; ++axis)
    state->dims[axis] = dims[axis];
  context->planned = false; // the plan's "unknown" dims were overwritten
  context->status = place_output(context, index);
  if (!context->status)
    context->status = check_apart(context);
  return context->status ? NULL : context->outputs[index];
}
