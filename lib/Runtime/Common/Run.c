// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs: from checked arguments to outputs, in the calling thread.

#include "lib/Runtime/CPU/Pool.h"
#include <string.h>
#include <time.h>

ACCEL_LOCAL int64_t accel_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static accel_status prepare_run(accel_context *context, const accel_value *inputs,
                                int32_t num_inputs, accel_value *outputs, int32_t num_outputs) {
  accel_status status = accel_check_inputs(context, inputs, num_inputs);
  if (!status)
    status = accel_begin_strings(context);
  // Inputs first: they may be outputs of the last run, which place_outputs lets go.
  if (!status)
    status = accel_place_inputs(context, inputs);
  if (!status)
    status = accel_make_plan(context, context->bound);
  if (!status)
    status = accel_place_outputs(context, outputs, num_outputs);
  if (!status)
    status = accel_place_states(context);
  return status;
}

static accel_status execute(accel_context *context) {
  context->status = ACCEL_OK;
  context->last_worth_ns = context->worth_ns;
  context->worth_ns = 0;
  context->wakeups = 0;
  context->num_events = context->dropped_events = 0;
  if (context->profiling)
    context->run_start_ns = accel_now_ns();
  accel_float_state state = accel_set_float_state();
  int32_t status = context->frame.program->run(&context->frame);
  accel_restore_float_state(state);
  if (context->region) {
    accel_shared_pool()->leave(context->region);
    context->region = NULL;
  }
  if (context->profiling)
    context->run_finish_ns = accel_now_ns();
  if (status && context->message[0] == '\0')
    return accel_error(context, status, "model '%s': the run failed with status %d",
                       context->frame.program->name, status);
  return status;
}

ACCEL_LOCAL accel_status accel_api_run(accel_context *context, const accel_value *inputs,
                                       int32_t num_inputs, accel_value *outputs,
                                       int32_t num_outputs) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  const uint64_t draws = context->draws;
  accel_status status = prepare_run(context, inputs, num_inputs, outputs, num_outputs);
  if (!status)
    status = execute(context);
  // What can fail comes before the caller's outputs change.
  if (!status)
    status = accel_check_states(context);
  if (!status)
    status = accel_finish_outputs(context);
  if (!status)
    accel_commit_states(context);
  if (status) {
    context->draws = draws;
    accel_release_values(context);
    for (int32_t i = 0; i < context->frame.program->num_outputs; ++i) {
      context->output_states[i].requested = NULL;
      context->output_states[i].placed = false;
    }
  }
  // A request to cancel that came too late for this run is not meant for the next.
  atomic_store(&context->cancel, 0);
  accel_give_back(context);
  return status;
}

ACCEL_LOCAL accel_status accel_api_bind(accel_context *context, const accel_value *inputs,
                                        int32_t num_inputs, int64_t *symbols, int32_t num_symbols) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_status status = accel_check_inputs(context, inputs, num_inputs);
  int32_t wanted = context->frame.program->num_symbols;
  if (!status && (num_symbols != wanted || (wanted && !symbols)))
    status = accel_error(context, ACCEL_INVALID_ARGUMENT, "expected room for %d sizes, found %d",
                         wanted, symbols ? num_symbols : 0);
  if (!status && wanted)
    memcpy(symbols, context->bound, (size_t)wanted * sizeof *symbols);
  accel_give_back(context);
  return status;
}

ACCEL_LOCAL accel_status accel_api_reserve(accel_context *context, const int64_t *symbols,
                                           int32_t num_symbols) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_status status = accel_check_symbols(context, symbols, num_symbols);
  if (!status)
    status = accel_make_plan(context, symbols);
  if (!status)
    status = accel_reserve_outputs(context);
  if (!status)
    status = accel_reserve_states(context, symbols);
  // The outputs of the last run may have moved.
  for (int32_t i = 0; i < context->frame.program->num_outputs; ++i)
    context->output_states[i].placed = false;
  accel_give_back(context);
  return status;
}

ACCEL_LOCAL accel_status accel_api_result(accel_context *context, int32_t index,
                                          accel_value *value) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_status status = ACCEL_OK;
  int32_t count = context->frame.program->num_outputs;
  if (index < 0 || index >= count || !value)
    status = accel_error(context, ACCEL_INVALID_ARGUMENT, "expected output 0..%d, found %d",
                         count - 1, index);
  else if (!context->wanted[index])
    status = accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "output %d: expected a run that computes it, found one that was not asked "
                         "for it",
                         index);
  else if (!context->output_states[index].placed)
    status = accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "output %d: expected a successful run before, found none", index);
  else
    *value = accel_placed_output(context, index);
  accel_give_back(context);
  return status;
}

ACCEL_LOCAL void accel_api_cancel(accel_context *context) {
  atomic_store_explicit(&context->cancel, 1, memory_order_relaxed);
}

//===-- What run calls ----------------------------------------------------------------------===//

void *accel_rt_grow(accel_frame *frame, int32_t slot, int64_t bytes, int64_t keep) {
  accel_context *context = accel_context_of(frame);
  accel_block *block = &context->growable[slot];
  context->status = accel_grow(context, block, bytes > 0 ? bytes : 1, keep, "a growing value");
  return context->status ? NULL : block->data;
}

int32_t accel_rt_fail(accel_frame *frame, int32_t status, const char *message, int64_t value) {
  accel_context *context = accel_context_of(frame);
  accel_text text = accel_new_message(context);
  if (context->at)
    accel_print(&text, "node '%s': ", context->at);
  const char *place = strstr(message, "%lld");
  if (place)
    accel_print(&text, "%.*s%lld%s", (int)(place - message), message, (long long)value, place + 4);
  else
    accel_print(&text, "%s", message);
  if (context->log)
    context->log(context->log_user, ACCEL_LOG_ERROR, context->message);
  return context->status = status;
}

int32_t accel_rt_status(accel_frame *frame) { return accel_context_of(frame)->status; }
