// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// States as bytes: a head with the count of draws, then for each state a record, its dims, its name
// and its data, each padded to 8 bytes. All numbers are little-endian, as all targets are. What is
// loaded may come from anybody: all of it is checked before any of it is used.

#include "lib/Runtime/Common/Internal.h"
#include <string.h>

static const char saved_magic[8] = {'A', 'c', 'c', 'e', 'l', 'S', 't', '\n'};
enum { SAVED_VERSION = 2, SAVED_KNOWN = 1, SAVED_AXIS_FIRST = 2 };

typedef struct saved_head {
  char magic[8];
  uint32_t version;
  uint32_t states;
  int64_t bytes;  ///< of all, this head included
  uint64_t draws; ///< of random numbers so far; the key is each context's own
} saved_head;

typedef struct saved_record {
  accel_dtype dtype;
  uint32_t flags;
  int32_t rank;
  int32_t axis;
  int64_t name_bytes;
  int64_t data_bytes;
} saved_record;

static int64_t padded(int64_t bytes) { return (bytes + 7) & ~(int64_t)7; }

static int64_t saved_bytes(const accel_context *context) {
  int64_t bytes = sizeof(saved_head);
  for (int32_t index = 0; index < context->program->num_states; ++index) {
    const accel_port *port = accel_state_port(context, index);
    bytes += (int64_t)sizeof(saved_record) + port->rank * (int64_t)sizeof(int64_t) +
             padded((int64_t)strlen(port->name)) + padded(accel_state_bytes(context, index));
  }
  return bytes;
}

/// Copies to where *to points, and moves that on.
static void put(char **to, const void *from, int64_t bytes) {
  if (bytes)
    memcpy(*to, from, (size_t)bytes);
  memset(*to + bytes, 0, (size_t)(padded(bytes) - bytes));
  *to += padded(bytes);
}

static void save(accel_context *context, char *to, int64_t bytes) {
  const accel_program *program = context->program;
  saved_head head = {.version = SAVED_VERSION,
                     .states = (uint32_t)program->num_states,
                     .bytes = bytes,
                     .draws = context->draws};
  memcpy(head.magic, saved_magic, sizeof head.magic);
  put(&to, &head, sizeof head);
  for (int32_t index = 0; index < program->num_states; ++index) {
    const accel_port *port = accel_state_port(context, index);
    accel_kept *state = &context->states[index];
    accel_show_dims(context, index);
    saved_record record = {.dtype = port->dtype,
                           .flags = (state->known ? SAVED_KNOWN : 0u) |
                                    (accel_appends(context, index) ? SAVED_AXIS_FIRST : 0u),
                           .rank = port->rank,
                           .axis = program->states[index].axis,
                           .name_bytes = (int64_t)strlen(port->name),
                           .data_bytes = accel_state_bytes(context, index)};
    put(&to, &record, sizeof record);
    put(&to, state->dims, port->rank * (int64_t)sizeof *state->dims);
    put(&to, port->name, record.name_bytes);
    put(&to, accel_state_block(state)->data, record.data_bytes);
  }
}

ACCEL_LOCAL accel_status accel_api_save(accel_context *context, void *data, int64_t capacity,
                                        int64_t *bytes) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  int64_t needed = saved_bytes(context);
  accel_status status = ACCEL_OK;
  if (bytes)
    *bytes = needed;
  if ((!data && capacity) || capacity < 0)
    status =
        accel_error(context, ACCEL_INVALID_ARGUMENT, "expected memory for the states, found %s",
                    data ? "a negative size" : "NULL");
  else if (!data && !bytes)
    status = accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "expected memory for the states or a place for their size, found neither");
  else if (data && capacity < needed)
    status = accel_error(context, ACCEL_INVALID_ARGUMENT,
                         "expected room for %lld bytes of states, found %lld", (long long)needed,
                         (long long)capacity);
  else if (data)
    save(context, data, needed);
  accel_give_back(context);
  return status;
}

/// The next bytes of what is loaded, which may lie at any address; false if there are too few.
static bool get(const char **from, int64_t *left, void *to, int64_t bytes) {
  if (bytes < 0 || bytes > *left || padded(bytes) > *left)
    return false;
  if (to && bytes)
    memcpy(to, *from, (size_t)bytes);
  *from += padded(bytes);
  *left -= padded(bytes);
  return true;
}

static accel_status refuse(accel_context *context, const char *reason) {
  return accel_error(context, ACCEL_INVALID_ARGUMENT,
                     "model '%s': cannot load states: %s; expected what accel_save wrote for a "
                     "model with the same states",
                     context->program->name, reason);
}

static accel_status refuse_state(accel_context *context, int32_t index, const char *reason) {
  return accel_error(context, ACCEL_INVALID_ARGUMENT,
                     "model '%s': cannot load states: that of '%s' %s; expected what accel_save "
                     "wrote for a model with the same states",
                     context->program->name, accel_state_port(context, index)->name, reason);
}

/// Whether dims are possible for a state; symbols that states share are checked by context->bound.
static const char *problem_of(accel_context *context, int32_t index, const saved_record *record,
                              const int64_t *dims) {
  const accel_program *program = context->program;
  const accel_port *port = accel_state_port(context, index);
  if (!(record->flags & SAVED_KNOWN))
    return record->data_bytes ? "has no sizes but bytes" : NULL;
  for (int32_t axis = 0; axis < port->rank; ++axis) {
    if (dims[axis] < 0)
      return "has a negative size";
    if (port->dims[axis] >= 0) {
      if (dims[axis] != port->dims[axis])
        return "has another shape";
      continue;
    }
    int32_t number = (int32_t)(-1 - port->dims[axis]);
    // The next run says if a state has become too long for it.
    if (axis != program->states[index].axis &&
        (dims[axis] < program->symbols[number].min || dims[axis] > program->symbols[number].max))
      return "has a size that the model was not compiled for";
    if (context->bound_input[number] >= 0 && context->bound[number] != dims[axis])
      return "has a size that differs from that of another state";
    context->bound[number] = dims[axis];
    context->bound_input[number] = program->num_inputs + index;
  }
  int64_t bytes = accel_tensor_bytes(dims, port->rank, accel_element_bytes(port->dtype));
  return bytes != record->data_bytes ? "has another number of bytes than its shape" : NULL;
}

/// Checks all, then, if `apply`, sets all.
static accel_status load(accel_context *context, const char *from, int64_t left, bool apply) {
  const accel_program *program = context->program;
  saved_head head;
  if (!from || left < (int64_t)sizeof head)
    return refuse(context, "there are too few bytes");
  get(&from, &left, &head, sizeof head);
  if (memcmp(head.magic, saved_magic, sizeof head.magic))
    return refuse(context, "they do not begin as saved states do");
  if (head.version != SAVED_VERSION)
    return refuse(context, "they were saved by another version");
  if (head.bytes != left + (int64_t)sizeof head)
    return refuse(context, "there are more or fewer bytes than were saved");
  if (head.states != (uint32_t)program->num_states)
    return refuse(context, "there are more or fewer of them");
  for (int32_t number = 0; number < program->num_symbols; ++number)
    context->bound_input[number] = -1;
  for (int32_t index = 0; index < program->num_states; ++index) {
    const accel_port *port = accel_state_port(context, index);
    saved_record record;
    if (!get(&from, &left, &record, sizeof record))
      return refuse(context, "they end too early");
    if (record.dtype.code != port->dtype.code || record.dtype.bits != port->dtype.bits ||
        record.dtype.lanes != port->dtype.lanes)
      return refuse_state(context, index, "has another type");
    if (record.rank != port->rank || record.axis != program->states[index].axis ||
        !(record.flags & SAVED_AXIS_FIRST) != !accel_appends(context, index) ||
        (record.flags & ~(uint32_t)(SAVED_KNOWN | SAVED_AXIS_FIRST)))
      return refuse_state(context, index, "lies or grows otherwise");
    int64_t *dims = context->states[index].next_dims;
    if (!get(&from, &left, dims, record.rank * (int64_t)sizeof *dims))
      return refuse(context, "they end too early");
    const char *name = from;
    if (!get(&from, &left, NULL, record.name_bytes))
      return refuse(context, "they end too early");
    if (record.name_bytes != (int64_t)strlen(port->name) ||
        memcmp(name, port->name, (size_t)record.name_bytes))
      return refuse_state(context, index, "has another name");
    const char *problem = problem_of(context, index, &record, dims);
    if (problem)
      return refuse_state(context, index, problem);
    const char *data = from;
    if (!get(&from, &left, NULL, record.data_bytes))
      return refuse(context, "they end too early");
    if (!apply)
      continue;
    context->states[index].known = false;
    accel_status status = record.flags & SAVED_KNOWN
                              ? accel_set_state(context, index, dims, data, record.data_bytes)
                              : ACCEL_OK;
    if (status) {
      accel_forget_states(context);
      return status;
    }
  }
  if (left)
    return refuse(context, "there is more behind them");
  if (apply)
    context->draws = head.draws;
  return ACCEL_OK;
}

ACCEL_LOCAL accel_status accel_api_load(accel_context *context, const void *data, int64_t bytes) {
  if (!accel_take(context))
    return ACCEL_BUSY;
  accel_status status = load(context, data, bytes, false);
  if (!status)
    status = load(context, data, bytes, true);
  accel_give_back(context);
  return status;
}
