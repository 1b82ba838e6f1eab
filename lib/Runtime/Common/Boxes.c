// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sequences and optional values: arrays whose elements are numbers of boxes, each of which holds an
// array. Boxes that no register can reach are found now and then, so that loops need no more of
// them than they carry.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

typedef struct box {
  accel_array array;
  bool is_free, is_reached;
} box;

static box *boxes_of(accel_context *context) { return context->boxes.items.data; }

static bool holds_boxes(const accel_array *array) {
  return array->data && array->dtype.code == ACCEL_OPAQUE && array->dtype.bits == 64;
}

const accel_array *accel_rt_boxed(accel_frame *frame, int64_t number) {
  return &boxes_of(accel_context_of(frame))[number].array;
}

void accel_rt_release_array(accel_frame *frame, accel_array *array) {
  release(accel_context_of(frame), array);
}

int64_t accel_rt_box(accel_frame *frame, const accel_array *array) {
  accel_context *context = accel_context_of(frame);
  accel_box_table *table = &context->boxes;
  int64_t number = table->first_free;
  if (number >= 0) {
    memcpy(&table->first_free, &boxes_of(context)[number].array.dims[0], sizeof number);
  } else {
    int64_t bytes = table->count * (int64_t)sizeof(box);
    if (bytes + (int64_t)sizeof(box) > table->items.bytes) {
      context->status = accel_grow(context, &table->items, 2 * bytes + 16 * (int64_t)sizeof(box),
                                   bytes, "the elements of sequences");
      if (context->status)
        return -1;
    }
    number = table->count++;
  }
  boxes_of(context)[number] = (box){.array = *array};
  retain(array);
  ++table->used;
  return number;
}

static void reach(accel_context *context, const accel_array *array) {
  if (!holds_boxes(array))
    return;
  const int64_t *numbers = array->data;
  for (int64_t i = 0; i < array->dims[0]; ++i) {
    box *at = &boxes_of(context)[numbers[i]];
    if (at->is_reached)
      continue;
    at->is_reached = true;
    // Types nest as deep as the file says, not as deep as data is.
    reach(context, &at->array);
  }
}

/// Frees the boxes that no register reaches. No op is running, so that nothing else does.
static void collect_boxes(accel_context *context) {
  accel_box_table *table = &context->boxes;
  if (table->used < table->enough)
    return;
  for (int64_t i = 0; i < table->count; ++i)
    boxes_of(context)[i].is_reached = false;
  for (int32_t i = 0; i < context->program->script->num_registers; ++i)
    reach(context, &context->registers[i]);
  for (int32_t i = 0; i < context->program->num_inputs; ++i)
    reach(context, &context->taken[i]);
  for (int64_t i = 0; i < table->count; ++i) {
    box *at = &boxes_of(context)[i];
    if (at->is_free || at->is_reached)
      continue;
    release(context, &at->array);
    at->is_free = true;
    at->array.dims[0] = table->first_free;
    table->first_free = i;
    --table->used;
  }
  table->enough = 2 * table->used + 64;
}

/// The run is over, or has not begun.
static void empty_boxes(accel_context *context) {
  accel_box_table *table = &context->boxes;
  for (int64_t i = 0; i < table->count; ++i)
    release(context, &boxes_of(context)[i].array);
  table->count = table->used = 0;
  table->first_free = -1;
  table->enough = 64;
}

//===-- Inputs ------------------------------------------------------------------------------===//

static accel_status bad_element(accel_context *context, int32_t index, const char *reason) {
  return accel_error(context, ACCEL_INVALID_ARGUMENT, "input %d '%s': %s", index,
                     context->program->inputs[index].name, reason);
}

/// Checks a tensor within a sequence or optional value, whose shape may be any.
static accel_status check_element(accel_context *context, int32_t index,
                                  const accel_tensor *tensor) {
  const accel_port *port = &context->program->inputs[index];
  if (tensor->dtype.code != port->dtype.code || tensor->dtype.bits != port->dtype.bits ||
      tensor->dtype.lanes != port->dtype.lanes) {
    accel_text text = accel_new_message(context);
    accel_print(&text, "input %d '%s': expected elements of ", index, port->name);
    accel_print_dtype(&text, port->dtype);
    accel_print(&text, ", found ");
    accel_print_dtype(&text, tensor->dtype);
    return ACCEL_INVALID_ARGUMENT;
  }
  if (tensor->ndim < 0 || tensor->ndim > ACCEL_ARRAY_RANK || (tensor->ndim && !tensor->shape))
    return bad_element(context, index, "expected elements of at most 32 dims");
  int64_t bytes =
      accel_tensor_bytes(tensor->shape, tensor->ndim, accel_element_bytes(tensor->dtype));
  if (bytes < 0 || (bytes > 0 && !tensor->data))
    return bad_element(context, index,
                       bytes < 0 ? "an element's size overflows" : "an element's data is NULL");
  if (!accel_is_host(tensor->device))
    return bad_element(context, index, "expected elements in host memory");
  return ACCEL_OK;
}

/// Notes that an input has bytes there, so that no output is written over them.
static void add_range(accel_range *hull, accel_range range) {
  if (range.begin >= range.end)
    return;
  bool is_first = hull->begin >= hull->end;
  if (is_first || range.begin < hull->begin)
    hull->begin = range.begin;
  if (is_first || range.end > hull->end)
    hull->end = range.end;
}

/// The array that a value of the caller is. kinds: accel_port.flags from this value on. outer: the
/// kind of what it is in.
static accel_status take_value(accel_context *context, int32_t index, const accel_value *value,
                               uint32_t kinds, accel_kind outer, accel_array *array) {
  const accel_port *port = &context->program->inputs[index];
  accel_kind wanted = (accel_kind)(kinds & ((1u << ACCEL_KIND_BITS) - 1));
  if (value->kind != wanted)
    return accel_error(
        context, ACCEL_INVALID_ARGUMENT, "input %d '%s': expected %s inside of %s, found %s", index,
        port->name, accel_kind_name(wanted), accel_kind_name(outer), accel_kind_name(value->kind));
  if (value->kind == ACCEL_SEQUENCE || value->kind == ACCEL_OPTIONAL) {
    bool is_sequence = value->kind == ACCEL_SEQUENCE;
    const accel_value *items = is_sequence ? value->u.sequence.items : value->u.optional.item;
    int64_t count = is_sequence ? value->u.sequence.count : items != NULL;
    if (count < 0 || (count && !items))
      return bad_element(context, index, "expected the elements of a sequence, found none");
    int64_t *to =
        accel_rt_new_array(&context->frame, array, (accel_dtype){ACCEL_OPAQUE, 64, 1}, 1, &count);
    if (!to)
      return context->status;
    for (int64_t i = 0; i < count; ++i) {
      accel_array item = {0};
      accel_status status =
          take_value(context, index, &items[i], kinds >> ACCEL_KIND_BITS, value->kind, &item);
      to[i] = status ? -1 : accel_rt_box(&context->frame, &item);
      release(context, &item);
      if (to[i] < 0) {
        release(context, array);
        return status ? status : context->status;
      }
    }
    return ACCEL_OK;
  }
  bool is_text = value->kind == ACCEL_STRING_TENSOR;
  accel_tensor tensor =
      is_text ? accel_strings_as_tensor(&value->u.strings, port) : value->u.tensor;
  accel_status status = check_element(context, index, &tensor);
  if (status)
    return status;
  accel_range range = accel_range_of(&tensor);
  if (!is_text && accel_is_contiguous(&tensor) && accel_is_aligned(&tensor) &&
      !accel_is_own_memory(context, range)) {
    add_range(&context->input_ranges[index], range);
    *array = (accel_array){
        .data = accel_tensor_data(&tensor), .dtype = tensor.dtype, .rank = tensor.ndim};
    memcpy(array->dims, tensor.shape, (size_t)tensor.ndim * sizeof *array->dims);
    return ACCEL_OK;
  }
  accel_dtype own = is_text ? (accel_dtype){ACCEL_INT, 64, 1} : tensor.dtype;
  void *data = accel_rt_new_array(&context->frame, array, own, tensor.ndim, tensor.shape);
  if (!data)
    return context->status;
  if (!is_text)
    accel_gather(data, &tensor);
  else if ((status = accel_number_input(context, index, value->u.strings.data,
                                        accel_tensor_bytes(tensor.shape, tensor.ndim, 1), data)))
    release(context, array);
  return status;
}

ACCEL_LOCAL accel_status accel_take_boxes(accel_context *context, int32_t index,
                                          const accel_value *value) {
  const accel_port *port = &context->program->inputs[index];
  return take_value(context, index, value, port->flags, port->kind, &context->taken[index]);
}

//===-- Outputs -----------------------------------------------------------------------------===//

static bool is_text_port(const accel_port *port) {
  return port->dtype.code == ACCEL_OPAQUE && port->dtype.bits == 8 * sizeof(accel_string);
}

static int64_t in_blocks(int64_t bytes) { return (bytes + 15) & ~(int64_t)15; }

/// Bytes of what an array becomes for the caller, without the accel_value itself.
static int64_t value_bytes(accel_context *context, const accel_port *port,
                           const accel_array *array) {
  if (!holds_boxes(array)) {
    int64_t count = accel_tensor_bytes(array->dims, array->rank, 1);
    return in_blocks(array->rank * (int64_t)sizeof(int64_t)) +
           in_blocks(count * accel_element_bytes(is_text_port(port) ? port->dtype : array->dtype));
  }
  int64_t bytes = in_blocks(array->dims[0] * (int64_t)sizeof(accel_value));
  for (int64_t i = 0; i < array->dims[0]; ++i)
    bytes += value_bytes(context, port,
                         accel_rt_boxed(&context->frame, ((const int64_t *)array->data)[i]));
  return bytes;
}

/// Kinds from the outside to the inside: the innermost is a tensor.
static void give_value(accel_context *context, const accel_port *port, const accel_array *array,
                       bool is_optional, char **room, accel_value *value) {
  memset(value, 0, sizeof *value);
  if (!holds_boxes(array)) {
    int64_t *shape = take(room, array->rank * (int64_t)sizeof *shape);
    memcpy(shape, array->dims, (size_t)array->rank * sizeof *shape);
    int64_t count = accel_tensor_bytes(array->dims, array->rank, 1);
    int64_t element = accel_element_bytes(array->dtype);
    bool is_text = is_text_port(port);
    void *data = take(room, count * accel_element_bytes(is_text ? port->dtype : array->dtype));
    if (count)
      memcpy(data, array->data, (size_t)(count * element));
    if (is_text) {
      accel_expand_strings(context, data, count);
      value->kind = ACCEL_STRING_TENSOR;
      value->u.strings = (accel_string_tensor){data, array->rank, shape};
      return;
    }
    *value = accel_tensor_value(
        accel_host_tensor(data, array->dtype.code, array->dtype.bits, array->rank, shape));
    return;
  }
  int64_t count = array->dims[0];
  accel_value *items = take(room, count * (int64_t)sizeof *items);
  // Of what is nested, only the outermost can be optional.
  for (int64_t i = 0; i < count; ++i)
    give_value(context, port, accel_rt_boxed(&context->frame, ((const int64_t *)array->data)[i]),
               false, room, &items[i]);
  if (is_optional) {
    value->kind = ACCEL_OPTIONAL;
    value->u.optional.item = count ? items : NULL;
  } else {
    value->kind = ACCEL_SEQUENCE;
    value->u.sequence = (accel_sequence){items, count};
  }
}

/// Copies a sequence or optional value to memory that lives until the next run.
static int32_t give_boxes(accel_context *context, int32_t number, const accel_array *array) {
  const accel_port *port = &context->program->outputs[number];
  char *room = accel_rt_grow(&context->frame, number, value_bytes(context, port, array) + 16, 0);
  if (!room)
    return context->status;
  give_value(context, port, array, port->kind == ACCEL_OPTIONAL, &room,
             context->frame.outputs[number]);
  return ACCEL_OK;
}
