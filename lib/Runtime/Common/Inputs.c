// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs of a run: checked against the program, their sizes bound to symbols, and made contiguous.

#include "lib/Runtime/Common/Internal.h"

/// Says which input is wrong, what the model expects, what it found; the caller adds the reason.
static accel_text describe_mismatch(accel_context *context, int32_t index,
                                    const accel_tensor *tensor) {
  const accel_program *program = context->frame.program;
  const accel_port *port = &program->inputs[index];
  accel_text text = accel_new_message(context);
  accel_print(&text, "input %d '%s': expected ", index, port->name);
  accel_print_port(&text, program, port);
  accel_print(&text, ", found ");
  accel_print_tensor(&text, tensor);
  accel_print(&text, ": ");
  return text;
}

static accel_status mismatch(accel_context *context) {
  if (context->log)
    context->log(context->log_user, ACCEL_LOG_ERROR, context->message);
  return ACCEL_INVALID_ARGUMENT;
}

static accel_status bind_symbol(accel_context *context, int32_t index, const accel_tensor *tensor,
                                int32_t axis, int32_t number) {
  const accel_program *program = context->frame.program;
  const accel_symbol *symbol = &program->symbols[number];
  int64_t size = tensor->shape[axis];
  int32_t first = context->bound_input[number];
  if (first >= 0) {
    if (context->bound[number] == size)
      return ACCEL_OK;
    accel_text text = describe_mismatch(context, index, tensor);
    accel_print(&text, "dim %d ('%s') is %lld, but input '%s' has %lld there", axis, symbol->name,
                (long long)size, program->inputs[first].name, (long long)context->bound[number]);
    return mismatch(context);
  }
  context->bound[number] = size;
  context->bound_input[number] = index;
  if (size >= symbol->min && size <= symbol->max)
    return ACCEL_OK;
  accel_text text = describe_mismatch(context, index, tensor);
  accel_print(&text, "dim %d ('%s') is %lld, outside the %lld..", axis, symbol->name,
              (long long)size, (long long)symbol->min);
  if (symbol->max != INT64_MAX)
    accel_print(&text, "%lld", (long long)symbol->max);
  accel_print(&text, " that the model was compiled for");
  return mismatch(context);
}

static accel_status check_tensor(accel_context *context, int32_t index,
                                 const accel_tensor *tensor) {
  const accel_port *port = &context->frame.program->inputs[index];
  if (tensor->ndim != port->rank || (tensor->ndim && !tensor->shape))
    return accel_error(context, ACCEL_INVALID_ARGUMENT,
                       "input %d '%s': expected rank %d, found %s%d", index, port->name, port->rank,
                       tensor->ndim && !tensor->shape ? "no shape and rank " : "rank ",
                       tensor->ndim);
  if (tensor->dtype.code != port->dtype.code || tensor->dtype.bits != port->dtype.bits ||
      tensor->dtype.lanes != port->dtype.lanes) {
    accel_text text = describe_mismatch(context, index, tensor);
    accel_print(&text, "the element type differs");
    return mismatch(context);
  }
  for (int32_t axis = 0; axis < port->rank; ++axis) {
    int64_t dim = port->dims[axis];
    int64_t size = tensor->shape[axis];
    if (size < 0 || (dim >= 0 && size != dim)) {
      accel_text text = describe_mismatch(context, index, tensor);
      accel_print(&text, "dim %d is %lld", axis, (long long)size);
      if (dim >= 0)
        accel_print(&text, ", not %lld", (long long)dim);
      return mismatch(context);
    }
    if (dim < 0) {
      accel_status status = bind_symbol(context, index, tensor, axis, (int32_t)(-1 - dim));
      if (status)
        return status;
    }
  }
  int64_t bytes =
      accel_tensor_bytes(tensor->shape, tensor->ndim, accel_element_bytes(tensor->dtype));
  if (bytes < 0) {
    accel_text text = describe_mismatch(context, index, tensor);
    accel_print(&text, "its size overflows");
    return mismatch(context);
  }
  if (bytes > 0 && !tensor->data) {
    accel_text text = describe_mismatch(context, index, tensor);
    accel_print(&text, "data is NULL");
    return mismatch(context);
  }
  if (!accel_is_host(tensor->device)) {
    accel_text text = describe_mismatch(context, index, tensor);
    accel_print(&text, "it is on device type %d, not in host memory (type %d)", tensor->device.type,
                ACCEL_CPU);
    return mismatch(context);
  }
  return ACCEL_OK;
}

ACCEL_LOCAL accel_tensor accel_strings_as_tensor(const accel_string_tensor *strings,
                                                 accel_dtype dtype) {
  // A rank that no port has stays one.
  int32_t rank = strings->ndim < 0 || strings->ndim > INT32_MAX ? -1 : (int32_t)strings->ndim;
  accel_tensor tensor =
      accel_host_tensor(strings->data, dtype.code, dtype.bits, rank, strings->shape);
  tensor.dtype.lanes = dtype.lanes;
  return tensor;
}

/// Numbers the strings of an input.
static accel_status place_strings(accel_context *context, int32_t index,
                                  const accel_string_tensor *strings) {
  const accel_port *port = &context->frame.program->inputs[index];
  int64_t count = accel_tensor_bytes(strings->shape, port->rank, 1);
  context->input_ranges[index] = (accel_range){0, 0};
  accel_status status =
      accel_grow(context, &context->staging[index], (count ? count : 1) * (int64_t)sizeof(int64_t),
                 0, "the numbers of strings");
  if (!status)
    status = accel_number_input(context, index, strings->data, count, context->staging[index].data);
  context->inputs[index] = context->staging[index].data;
  return status;
}

/// A sequence's length is its one dim; an optional value that is there has the length 1.
static accel_status bind_length(accel_context *context, int32_t index, const accel_value *value) {
  const accel_port *port = &context->frame.program->inputs[index];
  if (port->rank != 1 || (port->kind != ACCEL_SEQUENCE && port->kind != ACCEL_OPTIONAL))
    return ACCEL_OK;
  int64_t length =
      port->kind == ACCEL_SEQUENCE ? value->u.sequence.count : value->u.optional.item != NULL;
  accel_tensor tensor = accel_host_tensor(NULL, port->dtype.code, port->dtype.bits, 1, &length);
  if (length < 0) {
    accel_text text = describe_mismatch(context, index, &tensor);
    accel_print(&text, "its length is negative");
    return mismatch(context);
  }
  return port->dims[0] < 0 ? bind_symbol(context, index, &tensor, 0, (int32_t)(-1 - port->dims[0]))
                           : ACCEL_OK;
}

ACCEL_LOCAL accel_status accel_check_inputs(accel_context *context, const accel_value *inputs,
                                            int32_t count) {
  const accel_program *program = context->frame.program;
  if (count != program->num_inputs || (count && !inputs))
    return accel_error(context, ACCEL_INVALID_ARGUMENT,
                       "model '%s': expected %d inputs, found %s%d", program->name,
                       program->num_inputs, count && !inputs ? "NULL for " : "", count);
  for (int32_t number = 0; number < program->num_symbols; ++number)
    context->bound_input[number] = -1;
  for (int32_t index = 0; index < count; ++index) {
    const accel_port *port = &program->inputs[index];
    if (inputs[index].kind != port->kind) {
      accel_text text = accel_new_message(context);
      accel_print(&text, "input %d '%s': expected ", index, port->name);
      accel_print_port(&text, program, port);
      accel_print(&text, ", found a value of kind %d instead of %d", inputs[index].kind,
                  port->kind);
      return mismatch(context);
    }
    if (!accel_is_dense(port)) {
      accel_status status = bind_length(context, index, &inputs[index]);
      if (status)
        return status;
      continue;
    }
    accel_tensor tensor = port->kind == ACCEL_STRING_TENSOR
                              ? accel_strings_as_tensor(&inputs[index].u.strings, port->dtype)
                              : inputs[index].u.tensor;
    accel_status status = check_tensor(context, index, &tensor);
    if (status)
      return status;
  }
  return accel_bind_states(context);
}

ACCEL_LOCAL accel_range accel_range_of(const accel_tensor *tensor) {
  int64_t element = accel_element_bytes(tensor->dtype);
  int64_t low = 0, high = element;
  int64_t bytes = accel_tensor_bytes(tensor->shape, tensor->ndim, element);
  uintptr_t data = (uintptr_t)accel_tensor_data(tensor);
  if (bytes <= 0)
    return (accel_range){data, data};
  if (!tensor->strides)
    return (accel_range){data, data + (uintptr_t)bytes};
  for (int32_t axis = 0; axis < tensor->ndim; ++axis) {
    int64_t reach = (tensor->shape[axis] - 1) * tensor->strides[axis] * element;
    *(reach < 0 ? &low : &high) += reach;
  }
  return (accel_range){data + (uintptr_t)low, data + (uintptr_t)high};
}

static bool overlaps_block(accel_range range, const accel_block *block) {
  uintptr_t data = (uintptr_t)block->data;
  return accel_overlap(range, (accel_range){data, data + (uintptr_t)block->bytes});
}

ACCEL_LOCAL bool accel_is_own_memory(const accel_context *context, accel_range range) {
  const accel_program *program = context->program;
  for (int32_t i = 0; i < program->num_outputs; ++i)
    if (overlaps_block(range, &context->output_states[i].owned))
      return true;
  for (int32_t i = 0; i < program->num_growable; ++i)
    if (overlaps_block(range, &context->growable[i]))
      return true;
  return accel_is_state_memory(context, range);
}

ACCEL_LOCAL accel_status accel_place_inputs(accel_context *context, const accel_value *inputs) {
  const accel_program *program = context->frame.program;
  accel_release_values(context);
  for (int32_t index = 0; index < program->num_inputs; ++index) {
    const accel_value *value = &inputs[index];
    if (value->kind == ACCEL_STRING_TENSOR) {
      accel_status status = place_strings(context, index, &value->u.strings);
      if (status)
        return status;
      continue;
    }
    if (value->kind != ACCEL_TENSOR) {
      context->inputs[index] = (void *)value;
      context->input_ranges[index] = (accel_range){0, 0};
      accel_status status = program->script ? accel_take_boxes(context, index, value) : ACCEL_OK;
      if (status)
        return status;
      continue;
    }
    const accel_tensor *tensor = &value->u.tensor;
    accel_range range = accel_range_of(tensor);
    context->input_ranges[index] = range;
    if (accel_is_contiguous(tensor) && accel_is_aligned(tensor) &&
        !accel_is_own_memory(context, range)) {
      context->inputs[index] = accel_tensor_data(tensor);
      continue;
    }
    int64_t bytes =
        accel_tensor_bytes(tensor->shape, tensor->ndim, accel_element_bytes(tensor->dtype));
    accel_status status =
        accel_grow(context, &context->staging[index], bytes, 0, "a copy of an input");
    if (status)
      return status;
    accel_gather(context->staging[index].data, tensor);
    context->inputs[index] = context->staging[index].data;
  }
  return ACCEL_OK;
}
