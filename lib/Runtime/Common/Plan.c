// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans: for given sizes, where each intermediate lies in the arena and what shapes come out.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

ACCEL_LOCAL accel_status accel_check_symbols(accel_context *context, const int64_t *symbols,
                                             int32_t count) {
  const accel_program *program = context->frame.program;
  if (count != program->num_symbols || (count && !symbols))
    return accel_error(context, ACCEL_INVALID_ARGUMENT, "model '%s': expected %d sizes, found %s%d",
                       program->name, program->num_symbols, count && !symbols ? "NULL for " : "",
                       count);
  for (int32_t i = 0; i < count; ++i) {
    const accel_symbol *symbol = &program->symbols[i];
    if (symbols[i] < symbol->min || symbols[i] > symbol->max)
      return accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "size '%s': expected %lld..%lld, found %lld", symbol->name,
                         (long long)symbol->min, (long long)symbol->max, (long long)symbols[i]);
  }
  return ACCEL_OK;
}

static void copy_constant_dims(const accel_program *program, int64_t *dims) {
  for (int32_t i = 0; i < program->num_outputs + program->num_states; ++i)
    for (int32_t axis = 0; axis < program->outputs[i].rank; ++axis)
      *dims++ = program->outputs[i].dims[axis];
}

ACCEL_LOCAL accel_status accel_compute_plan(accel_context *context, const int64_t *symbols,
                                            int64_t *offsets, int64_t *dims, int64_t *bytes) {
  const accel_program *program = context->frame.program;
  *bytes = program->arena_bytes;
  if (program->plan)
    *bytes = program->plan(symbols, offsets, dims);
  else
    copy_constant_dims(program, dims);
  if (*bytes >= 0)
    return ACCEL_OK;
  int is_requirement = *bytes <= ACCEL_PLAN_REQUIREMENT(0);
  accel_text text = accel_new_message(context);
  accel_print(&text, "model '%s': ", program->name);
  if (is_requirement)
    accel_print(&text, "%s; found", program->requirements[ACCEL_PLAN_REQUIREMENT(0) - *bytes]);
  else
    accel_print(&text, "a size is negative or its memory overflows for");
  for (int32_t i = 0; i < program->num_symbols; ++i)
    accel_print(&text, " %s=%lld", program->symbols[i].name, (long long)symbols[i]);
  if (context->log)
    context->log(context->log_user, ACCEL_LOG_ERROR, context->message);
  return is_requirement ? ACCEL_INVALID_ARGUMENT : ACCEL_OUT_OF_MEMORY;
}

ACCEL_LOCAL accel_status accel_make_plan(accel_context *context, const int64_t *symbols) {
  size_t symbol_bytes = (size_t)context->frame.program->num_symbols * sizeof(int64_t);
  if (context->planned &&
      (symbol_bytes == 0 || memcmp(context->symbols, symbols, symbol_bytes) == 0))
    return ACCEL_OK;
  context->planned = false;
  int64_t bytes;
  accel_status status =
      accel_compute_plan(context, symbols, context->offsets, context->output_dims, &bytes);
  if (status)
    return status;
  status = accel_grow(context, &context->arena, bytes, 0, "intermediates");
  if (status)
    return status;
  context->frame.arena = context->arena.data;
  if (symbol_bytes)
    memcpy(context->symbols, symbols, symbol_bytes);
  context->planned = true;
  return ACCEL_OK;
}
