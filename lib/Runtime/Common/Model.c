// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a model says of itself and a context of its runs, and the table of all functions.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

ACCEL_LOCAL accel_status accel_hand_out(void *to, const void *from, size_t bytes) {
  if (!to)
    return ACCEL_INVALID_ARGUMENT;
  uint64_t wanted = *(uint64_t *)to;
  if (wanted < sizeof wanted)
    return ACCEL_INVALID_ARGUMENT;
  memcpy((char *)to + sizeof wanted, (const char *)from + sizeof wanted,
         (size_t)(wanted < bytes ? wanted : bytes) - sizeof wanted);
  return ACCEL_OK;
}

static accel_status api_info(const accel_model *model, accel_model_info *result) {
  const accel_program *program = accel_program_of(model);
  if (program->abi != ACCEL_RT_ABI)
    return ACCEL_INCOMPATIBLE;
  accel_model_info info = {
      .name = program->name,
      .target = program->target,
      .metadata = program->metadata,
      .metadata_bytes = program->metadata_bytes,
      .inputs = program->num_inputs,
      .outputs = program->num_outputs,
      .symbols = program->num_symbols,
      .sites = program->num_sites,
      .arena_bytes = program->arena_bytes,
      .weights_bytes = program->weights_bytes,
      .cpu_features = program->cpu_features,
      .states = program->num_states,
  };
  if (program->weights_bytes)
    info.weights = (const char *)&program->weights_offset + program->weights_offset;
  return accel_hand_out(result, &info, sizeof info);
}

static const accel_port *api_input(const accel_model *model, int32_t index) {
  const accel_program *program = accel_program_of(model);
  return index >= 0 && index < program->num_inputs ? &program->inputs[index] : NULL;
}

static const accel_port *api_output(const accel_model *model, int32_t index) {
  const accel_program *program = accel_program_of(model);
  return index >= 0 && index < program->num_outputs ? &program->outputs[index] : NULL;
}

static const accel_symbol *api_symbol(const accel_model *model, int32_t index) {
  const accel_program *program = accel_program_of(model);
  return index >= 0 && index < program->num_symbols ? &program->symbols[index] : NULL;
}

static accel_status api_site(const accel_model *model, int32_t index, accel_site_info *info) {
  const accel_program *program = accel_program_of(model);
  if (index < 0 || index >= program->num_sites || !info)
    return ACCEL_INVALID_ARGUMENT;
  const accel_site *site = &program->sites[index];
  *info = (accel_site_info){site->kernel->name, site->nodes, site->flops, site->bytes};
  return ACCEL_OK;
}

static const char *api_message(const accel_context *context) { return context->message; }

static accel_status query_plan(accel_context *context, const int64_t *symbols, int32_t num_symbols,
                               accel_plan_info *result) {
  const accel_program *program = context->frame.program;
  accel_status status = accel_check_symbols(context, symbols, num_symbols);
  if (status)
    return status;
  if (!result || result->size < offsetof(accel_plan_info, output_dims))
    return accel_error(context, ACCEL_INVALID_ARGUMENT, "expected a result with its size set");
  accel_plan_info info = {.scratch_bytes = context->scratch_stride * context->threads};
  status = accel_compute_plan(context, symbols, context->query_offsets, context->query_dims,
                              &info.arena_bytes);
  if (status)
    return status;
  const int64_t *dims = context->query_dims;
  for (int32_t i = 0; i < program->num_outputs; ++i) {
    const accel_port *port = &program->outputs[i];
    int64_t bytes = accel_tensor_bytes(dims, port->rank, accel_element_bytes(port->dtype));
    if (port->kind == ACCEL_TENSOR && bytes > 0)
      info.output_bytes += bytes;
    dims += port->rank;
  }
  if (result->size >= sizeof info && (info.output_dims = result->output_dims))
    memcpy(info.output_dims, context->query_dims,
           (size_t)context->num_output_dims * sizeof(int64_t));
  return accel_hand_out(result, &info, sizeof info);
}

static accel_status api_plan(accel_context *context, const int64_t *symbols, int32_t num_symbols,
                             accel_plan_info *result) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_status status = query_plan(context, symbols, num_symbols, result);
  accel_give_back(context);
  return status;
}

ACCEL_LOCAL accel_status accel_api_set_profiling(accel_context *context, int32_t on) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  int64_t room = 4 * (int64_t)context->frame.program->num_sites + 1024;
  accel_status status = ACCEL_OK;
  if (on)
    status =
        accel_grow(context, &context->events, room * (int64_t)sizeof(accel_event), 0, "events");
  context->profiling = on && !status;
  context->num_events = context->dropped_events = 0;
  accel_give_back(context);
  return status;
}

static accel_status api_profile(const accel_context *context, accel_profile *result) {
  accel_profile profile = {
      .events = (const accel_event *)context->events.data,
      .count = context->num_events,
      .dropped = context->dropped_events,
      .start_ns = context->run_start_ns,
      .finish_ns = context->run_finish_ns,
      .threads = context->threads,
      .wakeups = context->wakeups,
  };
  return accel_hand_out(result, &profile, sizeof profile);
}

static accel_status api_memory(const accel_context *context, accel_memory_info *result) {
  const accel_program *program = context->frame.program;
  accel_memory_info info = {
      .arena_bytes = context->arena.bytes,
      .scratch_bytes = context->scratch.bytes,
      .total_bytes = context->held_bytes,
      .peak_bytes = context->peak_bytes,
      .allocations = context->allocations,
  };
  for (int32_t i = 0; i < program->num_outputs; ++i)
    info.output_bytes += context->output_states[i].owned.bytes;
  for (int32_t i = 0; i < program->num_inputs; ++i)
    info.staging_bytes += context->staging[i].bytes;
  for (int32_t i = 0; i < program->num_states; ++i)
    info.state_bytes += context->states[i].blocks[0].bytes + context->states[i].blocks[1].bytes;
  return accel_hand_out(result, &info, sizeof info);
}

const accel_api accel_rt_api = {
    .size = sizeof(accel_api),
    .abi = ACCEL_ABI,
    .info = api_info,
    .input = api_input,
    .output = api_output,
    .symbol = api_symbol,
    .site = api_site,
    .create = accel_api_create,
    .destroy = accel_api_destroy,
    .run = accel_api_run,
    .result = accel_api_result,
    .plan = api_plan,
    .reserve = accel_api_reserve,
    .bind = accel_api_bind,
    .message = api_message,
    .cancel = accel_api_cancel,
    .set_profiling = accel_api_set_profiling,
    .profile = api_profile,
    .memory = api_memory,
    .state = accel_api_state,
    .reset = accel_api_reset,
    .rewind = accel_api_rewind,
    .fork = accel_api_fork,
    .save = accel_api_save,
    .load = accel_api_load,
};
