// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts: made, with the checks at load time and all memory that static shapes need, and freed.

#include "lib/Runtime/CPU/Pool.h"
#include <stdlib.h>
#include <string.h>

static accel_status check_program(const accel_model *model, const accel_options *options,
                                  accel_text *text) {
  if (!model || !model->program) {
    accel_print(text, "expected a model, found NULL");
    return ACCEL_INVALID_ARGUMENT;
  }
  const accel_program *program = accel_program_of(model);
  if (program->abi != ACCEL_RT_ABI) {
    accel_print(text,
                "the runtime linked into this program has version %u, but the model was compiled "
                "for version %u: compile all models of the program with one version of Accel, or "
                "make each a .so of its own",
                ACCEL_RT_ABI, program->abi);
    return ACCEL_INCOMPATIBLE;
  }
  accel_print(text, "model '%s', compiled for %s: this machine lacks ", program->name,
              program->target ? program->target : "an unknown target");
  if (accel_missing_features(program->cpu_features, text)) {
    accel_print(text, "; compile it with an older --cpu, such as --cpu=" ACCEL_PLAIN_CPU);
    return ACCEL_UNSUPPORTED;
  }
  *text = accel_text_in(text->data, text->bytes);
  // A caller that is newer than the model may ask for what this version does not know.
  if (options && options->size > sizeof(accel_options)) {
    const char *extra = (const char *)options;
    for (uint64_t i = sizeof(accel_options); i < options->size; ++i)
      if (extra[i]) {
        accel_print(text,
                    "model '%s': the options hold something that this model's runtime, "
                    "which is older, does not know: compile the model again",
                    program->name);
        return ACCEL_INCOMPATIBLE;
      }
  }
  return ACCEL_OK;
}

static accel_status check_options(const accel_options *options, accel_text *text) {
  if (options->threads < 0) {
    accel_print(text, "options: expected 0 or more threads, found %d", options->threads);
    return ACCEL_INVALID_ARGUMENT;
  }
  if (!options->allocator.allocate != !options->allocator.release) {
    accel_print(text, "options: expected an allocator with both functions or none, found one");
    return ACCEL_INVALID_ARGUMENT;
  }
  return ACCEL_OK;
}

/// Hands out parts of one allocation; counts only while base is NULL.
typedef struct carver {
  char *base;
  size_t used;
} carver;

static void *carve(carver *from, int64_t count, size_t size) {
  void *part = from->base ? from->base + from->used : NULL;
  from->used += ((size_t)count * size + 15) & ~(size_t)15;
  return part;
}

/// The arrays of a segment.
static void carve_segment(accel_segment *segment, carver *from, const accel_program *program) {
  int64_t output_dims = 0;
  for (int32_t i = 0; i < program->num_outputs; ++i)
    output_dims += program->outputs[i].rank;
  accel_segment arrays = {.symbols = carve(from, program->num_symbols, sizeof(int64_t)),
                          .offsets = carve(from, program->num_slots, sizeof(int64_t)),
                          .output_dims = carve(from, output_dims, sizeof(int64_t)),
                          .inputs = carve(from, program->num_inputs, sizeof(void *)),
                          .outputs = carve(from, program->num_outputs, sizeof(void *))};
  if (segment)
    *segment = arrays;
}

/// The arrays behind the context, whose lengths the program fixes.
static void carve_context(accel_context *context, carver *from, const accel_program *program) {
  accel_context arrays;
  const int32_t inputs = program->num_inputs + program->num_states;
  const int32_t outputs = program->num_outputs + program->num_states;
  int64_t output_dims = 0;
  for (int32_t i = 0; i < outputs; ++i)
    output_dims += program->outputs[i].rank;
  (void)carve(from, 1, sizeof(accel_context));
  arrays.symbols = carve(from, program->num_symbols, sizeof(int64_t));
  arrays.bound = carve(from, program->num_symbols, sizeof(int64_t));
  arrays.bound_input = carve(from, program->num_symbols, sizeof(int32_t));
  arrays.offsets = carve(from, program->num_slots, sizeof(int64_t));
  arrays.output_dims = carve(from, output_dims, sizeof(int64_t));
  arrays.query_offsets = carve(from, program->num_slots, sizeof(int64_t));
  arrays.query_dims = carve(from, output_dims, sizeof(int64_t));
  arrays.inputs = carve(from, inputs, sizeof(void *));
  arrays.input_ranges = carve(from, program->num_inputs, sizeof(accel_range));
  arrays.staging = carve(from, program->num_inputs, sizeof(accel_block));
  arrays.outputs = carve(from, outputs, sizeof(void *));
  arrays.output_states = carve(from, program->num_outputs, sizeof(accel_output_state));
  arrays.growable = carve(from, program->num_growable, sizeof(accel_block));
  arrays.wanted = carve(from, program->num_outputs, sizeof(uint8_t));
  arrays.states = carve(from, program->num_states, sizeof(accel_kept));
  for (int32_t i = 0; i < program->num_states; ++i) {
    int32_t rank = program->inputs[program->num_inputs + i].rank;
    int64_t *dims = carve(from, 3 * (int64_t)rank, sizeof(int64_t));
    if (context)
      arrays.states[i] =
          (accel_kept){.dims = dims, .next_dims = dims + rank, .strides = dims + 2 * rank};
  }
  const accel_script *script = program->script;
  if (script) {
    arrays.registers = carve(from, script->num_registers, sizeof(accel_array));
    arrays.taken = carve(from, program->num_inputs, sizeof(accel_array));
    arrays.segments = carve(from, script->num_segments, sizeof(accel_segment));
    int32_t most_symbols = 0;
    for (int32_t i = 0; i < script->num_segments; ++i) {
      carve_segment(context ? &arrays.segments[i] : NULL, from, script->segments[i]);
      if (script->segments[i]->num_symbols > most_symbols)
        most_symbols = script->segments[i]->num_symbols;
    }
    arrays.segment_bound = carve(from, most_symbols, sizeof(int64_t));
  }
  if (!context)
    return;
  if (script) {
    context->registers = arrays.registers;
    context->taken = arrays.taken;
    context->segments = arrays.segments;
    context->segment_bound = arrays.segment_bound;
  }
  context->symbols = arrays.symbols;
  context->bound = arrays.bound;
  context->bound_input = arrays.bound_input;
  context->offsets = arrays.offsets;
  context->output_dims = arrays.output_dims;
  context->query_offsets = arrays.query_offsets;
  context->query_dims = arrays.query_dims;
  context->inputs = arrays.inputs;
  context->input_ranges = arrays.input_ranges;
  context->staging = arrays.staging;
  context->outputs = arrays.outputs;
  context->output_states = arrays.output_states;
  context->growable = arrays.growable;
  context->wanted = arrays.wanted;
  memset(context->wanted, 1, (size_t)program->num_outputs);
  context->states = arrays.states;
  int64_t *dims = context->output_dims;
  for (int32_t i = 0; i < program->num_outputs; ++i) {
    context->output_states[i].dims = dims;
    dims += program->outputs[i].rank;
  }
  context->num_output_dims = dims - context->output_dims;
}

static accel_context *allocate_context(const accel_program *program, accel_allocator allocator) {
  carver count = {NULL, 0};
  carve_context(NULL, &count, program);
  size_t bytes = (count.used + ACCEL_ALIGNMENT - 1) & ~(size_t)(ACCEL_ALIGNMENT - 1);
  char *memory = allocator.allocate(allocator.user, bytes, ACCEL_ALIGNMENT);
  if (!memory)
    return NULL;
  memset(memory, 0, bytes);
  accel_context *context = (accel_context *)memory;
  carver parts = {memory, 0};
  carve_context(context, &parts, program);
  context->own_bytes = context->held_bytes = context->peak_bytes = (int64_t)bytes;
  context->allocations = 1;
  context->allocator = allocator;
  return context;
}

/// How many threads runs of this context may use, with the workers for them started: a run must
/// not have to make a thread.
static int32_t choose_threads(const accel_context *context, int32_t wanted) {
  if (wanted == 1)
    return 1;
  if (context->executor.run)
    return wanted ? wanted : accel_usable_cpus();
  if (!wanted)
    wanted = accel_threads_from_environment();
  if (wanted == 1)
    return 1;
  const accel_pool_table *pool = accel_shared_pool();
  return pool->prepare(wanted ? wanted : pool->default_threads());
}

static accel_status prepare_memory(accel_context *context) {
  const accel_program *program = context->frame.program;
  context->scratch_stride =
      (program->scratch_bytes + ACCEL_ALIGNMENT - 1) & ~(int64_t)(ACCEL_ALIGNMENT - 1);
  accel_status status = accel_grow(context, &context->scratch,
                                   context->scratch_stride * context->threads, 0, "scratch");
  context->frame.scratch = context->scratch.data;
  if (status || program->num_symbols)
    return status;
  status = accel_make_plan(context, NULL);
  if (!status)
    status = accel_reserve_outputs(context);
  return status ? status : accel_reserve_states(context, NULL);
}

ACCEL_LOCAL void accel_api_destroy(accel_context *context) {
  if (!context)
    return;
  const accel_program *program = context->frame.program;
  for (int32_t i = 0; i < program->num_inputs; ++i)
    accel_release(context, &context->staging[i]);
  for (int32_t i = 0; i < program->num_outputs; ++i)
    accel_release(context, &context->output_states[i].owned);
  for (int32_t i = 0; i < program->num_growable; ++i)
    accel_release(context, &context->growable[i]);
  accel_destroy_states(context);
  accel_destroy_buffers(context);
  accel_destroy_slices(context);
  accel_destroy_strings(context);
  accel_release(context, &context->arena);
  accel_release(context, &context->scratch);
  accel_release(context, &context->events);
  context->allocator.release(context->allocator.user, context, (size_t)context->own_bytes);
}

ACCEL_LOCAL accel_status accel_api_create(const accel_model *model, const accel_options *given,
                                          accel_context **result, char *message, size_t bytes) {
  char unused[1];
  accel_text text = message && bytes ? accel_text_in(message, bytes) : accel_text_in(unused, 1);
  if (!result) {
    accel_print(&text, "expected a place for the context, found NULL");
    return ACCEL_INVALID_ARGUMENT;
  }
  *result = NULL;
  accel_status status = check_program(model, given, &text);
  if (status)
    return status;
  accel_options options;
  memset(&options, 0, sizeof options);
  if (given)
    memcpy(&options, given, given->size < sizeof options ? (size_t)given->size : sizeof options);
  if ((status = check_options(&options, &text)))
    return status;
  if (!options.allocator.allocate)
    options.allocator = accel_default_allocator();

  const accel_program *program = accel_program_of(model);
  accel_context *context = allocate_context(program, options.allocator);
  if (!context) {
    accel_print(&text, "cannot allocate a context");
    return ACCEL_OUT_OF_MEMORY;
  }
  context->api = model->api;
  context->executor = options.executor;
  context->log = options.log;
  context->log_user = options.log_user;
  context->cancelled = options.cancelled;
  context->cancelled_user = options.cancelled_user;
  context->stream = options.stream;
  context->program = context->frame.program = program;
  context->frame.weights = program->weights_bytes
                               ? (const char *)&program->weights_offset + program->weights_offset
                               : NULL;
  context->frame.inputs = context->inputs;
  context->frame.outputs = context->outputs;
  context->frame.symbols = context->symbols;
  context->frame.offsets = context->offsets;
  context->threads = choose_threads(context, options.threads);
  status = prepare_memory(context);
  if (!status && options.profile)
    status = accel_api_set_profiling(context, 1);
  if (status) {
    accel_print(&text, "model '%s': %s", program->name, context->message);
    accel_api_destroy(context);
    return status;
  }
  *result = context;
  return ACCEL_OK;
}
