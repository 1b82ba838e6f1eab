// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sequences, optional values and maps: arrays whose elements are numbers of boxes, each of which
// holds an array; those of a map are its keys and its values. Boxes that no register can reach are
// found now and then, so that loops need no more of them than they carry.

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
static accel_status check_element(accel_context *context, int32_t index, const accel_tensor *tensor,
                                  accel_dtype dtype) {
  if (tensor->dtype.code != dtype.code || tensor->dtype.bits != dtype.bits ||
      tensor->dtype.lanes != dtype.lanes) {
    accel_text text = accel_new_message(context);
    accel_print(&text, "input %d '%s': expected elements of ", index,
                context->program->inputs[index].name);
    accel_print_dtype(&text, dtype);
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

static const accel_dtype string_dtype = {ACCEL_OPAQUE, 8 * sizeof(accel_string), 1};
static const accel_dtype box_dtype = {ACCEL_OPAQUE, 64, 1};

/// The outermost of accel_port.flags.
static accel_kind first_kind(uint32_t kinds) {
  return (accel_kind)(kinds & ((1u << ACCEL_KIND_BITS) - 1));
}

/// Checks that a map has a value for each key.
static accel_status check_map(accel_context *context, int32_t index, const accel_array *map) {
  const int64_t *parts = map->data;
  const accel_array *keys = accel_rt_boxed(&context->frame, parts[0]),
                    *values = accel_rt_boxed(&context->frame, parts[1]);
  if (keys->rank != 1 || values->rank != 1 || keys->dims[0] != values->dims[0])
    return bad_element(context, index,
                       "expected the keys and values of a map to have one dim, of one size");
  return ACCEL_OK;
}

/// The array that a value of the caller is. kinds: accel_port.flags from this value on. outer: the
/// kind of what it is in. dtype: of the innermost tensors.
static accel_status take_value(accel_context *context, int32_t index, const accel_value *value,
                               uint32_t kinds, accel_kind outer, accel_dtype dtype,
                               accel_array *array) {
  const accel_port *port = &context->program->inputs[index];
  accel_kind wanted = first_kind(kinds);
  if (value->kind != wanted)
    return accel_error(
        context, ACCEL_INVALID_ARGUMENT, "input %d '%s': expected %s inside of %s, found %s", index,
        port->name, accel_kind_name(wanted), accel_kind_name(outer), accel_kind_name(value->kind));
  kinds >>= ACCEL_KIND_BITS;
  if (value->kind != ACCEL_TENSOR && value->kind != ACCEL_STRING_TENSOR) {
    bool is_sequence = value->kind == ACCEL_SEQUENCE, is_map = value->kind == ACCEL_MAP;
    const accel_value *items = is_sequence ? value->u.sequence.items : value->u.optional.item;
    int64_t count = is_sequence ? value->u.sequence.count : is_map ? 2 : items != NULL;
    if (count < 0 || (is_map ? !value->u.map.keys || !value->u.map.values : count && !items))
      return bad_element(context, index,
                         is_map ? "expected the keys and values of a map, found none"
                                : "expected the elements of a sequence, found none");
    int64_t *to = accel_rt_new_array(&context->frame, array, box_dtype, 1, &count);
    if (!to)
      return context->status;
    accel_status status = ACCEL_OK;
    for (int64_t i = 0; !status && i < count; ++i) {
      accel_array item = {0};
      if (!is_map)
        status = take_value(context, index, &items[i], kinds, value->kind, dtype, &item);
      else if (i == 0)
        status =
            take_value(context, index, value->u.map.keys, kinds, ACCEL_MAP,
                       first_kind(kinds) == ACCEL_STRING_TENSOR ? string_dtype
                                                                : (accel_dtype){ACCEL_INT, 64, 1},
                       &item);
      else
        status = take_value(context, index, value->u.map.values, kinds >> ACCEL_KIND_BITS,
                            ACCEL_MAP, dtype, &item);
      to[i] = status ? -1 : accel_rt_box(&context->frame, &item);
      release(context, &item);
      if (!status && to[i] < 0)
        status = context->status;
    }
    if (!status && is_map)
      status = check_map(context, index, array);
    if (status)
      release(context, array);
    return status;
  }
  bool is_text = value->kind == ACCEL_STRING_TENSOR;
  accel_tensor tensor =
      is_text ? accel_strings_as_tensor(&value->u.strings, string_dtype) : value->u.tensor;
  accel_status status = check_element(context, index, &tensor, dtype);
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
  return take_value(context, index, value, port->flags, port->kind, port->dtype,
                    &context->taken[index]);
}

//===-- Outputs -----------------------------------------------------------------------------===//

static int64_t in_blocks(int64_t bytes) { return (bytes + 15) & ~(int64_t)15; }

/// The kinds of element i of what `kinds` are of.
static uint32_t kinds_within(uint32_t kinds, int64_t i) {
  bool is_value = first_kind(kinds) == ACCEL_MAP && i == 1;
  return kinds >> (is_value ? 2 * ACCEL_KIND_BITS : ACCEL_KIND_BITS);
}
/// Bytes of an element as the caller sees it.
static int64_t given_bytes(uint32_t kinds, const accel_array *array) {
  return accel_element_bytes(first_kind(kinds) == ACCEL_STRING_TENSOR ? string_dtype
                                                                      : array->dtype);
}

/// Bytes of what an array becomes for the caller, without the accel_value itself. kinds: from this
/// value on.
static int64_t value_bytes(accel_context *context, uint32_t kinds, const accel_array *array) {
  if (!holds_boxes(array)) {
    int64_t count = accel_tensor_bytes(array->dims, array->rank, 1);
    return in_blocks(array->rank * (int64_t)sizeof(int64_t)) +
           in_blocks(count * given_bytes(kinds, array));
  }
  const int64_t *numbers = array->data;
  int64_t bytes = in_blocks(array->dims[0] * (int64_t)sizeof(accel_value));
  for (int64_t i = 0; i < array->dims[0]; ++i)
    bytes +=
        value_bytes(context, kinds_within(kinds, i), accel_rt_boxed(&context->frame, numbers[i]));
  return bytes;
}

static void give_value(accel_context *context, uint32_t kinds, const accel_array *array,
                       char **room, accel_value *value) {
  memset(value, 0, sizeof *value);
  if (!holds_boxes(array)) {
    int64_t *shape = take(room, array->rank * (int64_t)sizeof *shape);
    memcpy(shape, array->dims, (size_t)array->rank * sizeof *shape);
    int64_t count = accel_tensor_bytes(array->dims, array->rank, 1);
    void *data = take(room, count * given_bytes(kinds, array));
    if (count)
      memcpy(data, array->data, (size_t)(count * accel_element_bytes(array->dtype)));
    if (first_kind(kinds) == ACCEL_STRING_TENSOR) {
      accel_expand_strings(context, data, count);
      value->kind = ACCEL_STRING_TENSOR;
      value->u.strings = (accel_string_tensor){data, array->rank, shape};
      return;
    }
    *value = accel_tensor_value(
        accel_host_tensor(data, array->dtype.code, array->dtype.bits, array->rank, shape));
    return;
  }
  const int64_t *numbers = array->data;
  int64_t count = array->dims[0];
  accel_value *items = take(room, count * (int64_t)sizeof *items);
  for (int64_t i = 0; i < count; ++i)
    give_value(context, kinds_within(kinds, i), accel_rt_boxed(&context->frame, numbers[i]), room,
               &items[i]);
  value->kind = first_kind(kinds);
  if (value->kind == ACCEL_OPTIONAL)
    value->u.optional.item = count ? items : NULL;
  else if (value->kind == ACCEL_MAP)
    value->u.map = (accel_map){&items[0], &items[1]};
  else
    value->u.sequence = (accel_sequence){items, count};
}

/// Copies a sequence, optional value or map to memory that lives until the next run.
static int32_t give_boxes(accel_context *context, int32_t number, const accel_array *array) {
  uint32_t kinds = context->program->outputs[number].flags;
  char *room = accel_rt_grow(&context->frame, number, value_bytes(context, kinds, array) + 16, 0);
  if (!room)
    return context->status;
  give_value(context, kinds, array, &room, context->frame.outputs[number]);
  return ACCEL_OK;
}
