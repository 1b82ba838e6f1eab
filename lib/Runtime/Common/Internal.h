// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The runtime's own types, and which of its files answers what. The files are compiled as one unit
// (Runtime.c), so that everything but the functions of Support.h is static.

#ifndef ACCEL_RUNTIME_INTERNAL_H
#define ACCEL_RUNTIME_INTERNAL_H

#include "accel-rt/Support.h"
#include <stdatomic.h>
#include <stdbool.h>

#define ACCEL_LOCAL static

enum {
  ACCEL_ALIGNMENT = 64,      ///< of the arena, scratch and owned outputs
  ACCEL_MESSAGE_BYTES = 512, ///< room for a context's message
  ACCEL_MAX_RANK = 32        ///< of a strided argument
};

/// Memory of a context that only grows.
typedef struct accel_block {
  void *data;
  int64_t bytes;
} accel_block;

/// The bytes [begin, end) that an argument reaches.
typedef struct accel_range {
  uintptr_t begin, end;
} accel_range;

/// One output: where this run writes it, and where the caller wants it.
typedef struct accel_output_state {
  accel_block owned;      ///< the context's memory for it, if any
  int64_t *dims;          ///< of the current plan or run
  accel_value *requested; ///< the caller's value in this run; NULL if there is none
  void *direct;           ///< the caller's memory if it is written in place, else NULL
  accel_value value;      ///< of a kind other than tensor: filled in by the run
  bool placed;            ///< the last run gave it its dims and data
} accel_output_state;

/// Memory that arrays share; in the context's list of all, and in its free list while nobody does.
typedef struct accel_buffer {
  int64_t references;
  accel_block block;
  struct accel_buffer *next, *next_free;
} accel_buffer;

/// Memory for the characters of strings; a chunk never moves.
typedef struct accel_chunk {
  struct accel_chunk *next;
  int64_t bytes, used; ///< of what lies behind this struct
} accel_chunk;

/// Numbers of strings by their hashes: open addressing.
typedef struct accel_string_index {
  accel_block slots; ///< i32 for each, 1 + an index in strings; 0: free
  int64_t count;     ///< of strings
} accel_string_index;

/// The strings of a run. Those of the program come first and stay.
typedef struct accel_string_table {
  accel_string_index constants, own;
  accel_block strings;    ///< accel_string and hash of each, those of the program first
  accel_chunk *chunks[2]; ///< of this run and of the one before, whose outputs callers may read
  int64_t count;
} accel_string_table;

/// The arrays in sequences and optional values, by number.
typedef struct accel_box_table {
  accel_block items;
  int64_t count, used;
  int64_t first_free; ///< -1: none is
  int64_t enough;     ///< as many used ones are worth looking for those that nobody needs
} accel_box_table;

/// What a run does that is asked for some outputs only. In the context's list, the latest first.
typedef struct accel_slice {
  struct accel_slice *next;
  uint8_t *wanted; ///< for each output
  uint8_t
      *needed; ///< for each launch of the table, or word of the script that begins an instruction
} accel_slice;

/// What a segment of a script keeps from one run to the next.
typedef struct accel_segment {
  int64_t *symbols; ///< of the plan
  int64_t *offsets;
  int64_t *output_dims;
  void **inputs;
  void **outputs;
  int64_t arena_bytes;
  bool planned; ///< symbols, offsets and output dims belong together
} accel_segment;

/// A tensor that is kept from one run to the next.
typedef struct accel_kept {
  accel_block blocks[2]; ///< the second for what a run makes of a state that it replaces
  int32_t current;       ///< the block that holds the value
  bool known;            ///< dims are those of the value; else it is empty, or zeros
  bool placed;           ///< this run has a place for the next value, of next_dims
  int64_t *dims;
  int64_t *next_dims;
  int64_t *strides; ///< for callers
} accel_kept;

struct accel_context {
  const accel_api *api; ///< first: accel_context_head
  accel_frame frame;
  const accel_program *program; ///< the model's; the frame's is that of a segment while one runs
  accel_allocator allocator;
  accel_executor executor;
  void (*log)(void *, int32_t, const char *);
  void *log_user;
  int32_t (*cancelled)(void *);
  void *cancelled_user;
  void *stream;

  atomic_int busy;
  atomic_int cancel;
  int32_t status; ///< of the current run
  bool planned;   ///< symbols, offsets and output dims belong together

  int64_t *symbols;     ///< of the plan
  int64_t *bound;       ///< of the arguments being checked
  int32_t *bound_input; ///< the input that bound each symbol first
  int64_t *offsets;
  int64_t *output_dims;    ///< of all outputs, one after another, then of what states become
  int64_t num_output_dims; ///< of outputs alone
  int64_t *query_offsets;  ///< where accel_plan works, so that it disturbs no results
  int64_t *query_dims;
  void **inputs;
  void **outputs;
  accel_range *input_ranges; ///< of this run's inputs, to find outputs that overlap them
  accel_block *staging;      ///< for each input
  accel_output_state *output_states;
  accel_block *growable;
  accel_kept *states;
  accel_string_table strings;
  accel_box_table boxes;
  accel_block arena;
  accel_block scratch;
  int64_t scratch_stride; ///< bytes for each thread

  accel_array *registers; ///< of the script, as what follows
  accel_array *taken;     ///< of inputs that are sequences or optional values, for ACCEL_OP_INPUT
  accel_segment *segments;
  int64_t *segment_bound; ///< sizes that a segment's inputs bind
  accel_buffer *buffers;
  accel_buffer *free_buffers;
  accel_buffer *op_buffers; ///< scratch of the op that runs
  const char *at;           ///< the ONNX nodes of the op that runs

  uint64_t draws;      ///< of random numbers, of runs that succeeded and of this one
  uint64_t random_key; ///< this context's own, once has_key
  bool has_key;

  int32_t threads;
  struct accel_region *region; ///< the pool, while this run holds it
  double worth_ns;             ///< estimated work of this run that may pay on several threads
  double last_worth_ns;        ///< the same of the run before
  int32_t wakeups;

  accel_block events;
  bool profiling;
  int64_t num_events;
  int64_t dropped_events;
  int64_t run_start_ns;
  int64_t run_finish_ns;

  uint8_t *wanted;     ///< for each output: this run computes it
  bool partial;        ///< this run leaves out some outputs
  accel_slice *slices; ///< of the sets of outputs asked for so far
  int64_t slice_bytes; ///< of each
  int32_t num_slices;

  int64_t own_bytes; ///< of this struct with its arrays
  int64_t held_bytes;
  int64_t peak_bytes;
  int64_t allocations;
  char message[ACCEL_MESSAGE_BYTES];
};

static inline accel_context *accel_context_of(accel_frame *frame) {
  return (accel_context *)((char *)frame - offsetof(accel_context, frame));
}

static inline const accel_program *accel_program_of(const accel_model *model) {
  return (const accel_program *)model->program;
}

//===-- Message.c: what went wrong ----------------------------------------------------------===//

/// Text of limited size, always terminated.
typedef struct accel_text {
  char *data;
  size_t bytes; ///< room with the terminator
  size_t used;
} accel_text;

ACCEL_LOCAL accel_text accel_text_in(char *data, size_t bytes);
ACCEL_LOCAL void accel_print(accel_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
ACCEL_LOCAL void accel_print_dtype(accel_text *text, accel_dtype dtype);
/// "a tensor", "a sequence", ...
ACCEL_LOCAL const char *accel_kind_name(accel_kind kind);
ACCEL_LOCAL void accel_print_port(accel_text *text, const accel_program *program,
                                  const accel_port *port);
ACCEL_LOCAL void accel_print_tensor(accel_text *text, const accel_tensor *tensor);

/// Starts the context's message anew and returns where to write it.
ACCEL_LOCAL accel_text accel_new_message(accel_context *context);
/// Sets the context's message and returns status.
ACCEL_LOCAL accel_status accel_error(accel_context *context, accel_status status,
                                     const char *format, ...) __attribute__((format(printf, 3, 4)));

//===-- Memory.c: blocks through the allocator hook -----------------------------------------===//

ACCEL_LOCAL accel_allocator accel_default_allocator(void);
/// Makes the block at least bytes large, 64-byte aligned, keeping its first keep bytes.
ACCEL_LOCAL accel_status accel_grow(accel_context *context, accel_block *block, int64_t bytes,
                                    int64_t keep, const char *what);
ACCEL_LOCAL void accel_release(accel_context *context, accel_block *block);

//===-- Tensor.c: sizes and strided copies --------------------------------------------------===//

static inline int64_t accel_element_bytes(accel_dtype dtype) {
  return ((int64_t)dtype.bits * dtype.lanes + 7) / 8;
}
/// Bytes of dims[0] * ... * element; -1 if that overflows or a dim is negative.
ACCEL_LOCAL int64_t accel_tensor_bytes(const int64_t *dims, int32_t rank, int64_t element);
ACCEL_LOCAL bool accel_is_contiguous(const accel_tensor *tensor);
static inline char *accel_tensor_data(const accel_tensor *tensor) {
  return tensor->data ? (char *)tensor->data + tensor->byte_offset : NULL;
}
/// Copies a strided tensor to contiguous memory, or back.
ACCEL_LOCAL void accel_gather(void *contiguous, const accel_tensor *strided);
ACCEL_LOCAL void accel_scatter(const accel_tensor *strided, const void *contiguous);

//===-- Inputs.c: what callers pass against what the program wants ---------------------------===//

/// Checks inputs and writes the sizes they bind to context->bound. Touches no data.
ACCEL_LOCAL accel_status accel_check_inputs(accel_context *context, const accel_value *inputs,
                                            int32_t count);
/// Strings as the elements of a tensor of the port's type.
ACCEL_LOCAL accel_tensor accel_strings_as_tensor(const accel_string_tensor *strings,
                                                 accel_dtype dtype);
/// Points frame.inputs at contiguous data, copying where it must. Inputs have been checked.
ACCEL_LOCAL accel_status accel_place_inputs(accel_context *context, const accel_value *inputs);
ACCEL_LOCAL accel_range accel_range_of(const accel_tensor *tensor);
/// Whether some of these bytes are the last run's outputs, or states: they are about to be
/// overwritten or moved.
ACCEL_LOCAL bool accel_is_own_memory(const accel_context *context, accel_range range);
static inline bool accel_overlap(accel_range a, accel_range b) {
  return a.begin < b.end && b.begin < a.end;
}
static inline bool accel_is_aligned(const accel_tensor *tensor) {
  uintptr_t element = (uintptr_t)accel_element_bytes(tensor->dtype);
  return ((uintptr_t)accel_tensor_data(tensor) & (element - 1)) == 0;
}
static inline bool accel_is_host(accel_device device) {
  return device.type == ACCEL_CPU || device.type == ACCEL_CUDA_HOST;
}

/// True of ports whose elements lie one behind the other; those of strings are numbers.
static inline bool accel_is_dense(const accel_port *port) {
  return port->kind == ACCEL_TENSOR || port->kind == ACCEL_STRING_TENSOR;
}
/// The elements of a dense port within the program.
static inline accel_dtype accel_element_type(const accel_port *port) {
  return port->kind == ACCEL_STRING_TENSOR ? (accel_dtype){ACCEL_INT, 64, 1} : port->dtype;
}

//===-- Outputs.c ----------------------------------------------------------------------------===//

/// Checks outputs and points frame.outputs at where to write. The plan is current.
ACCEL_LOCAL accel_status accel_place_outputs(accel_context *context, accel_value *outputs,
                                             int32_t count);
/// After a run: hands out owned outputs, writes shapes, copies to strided ones.
ACCEL_LOCAL accel_status accel_finish_outputs(accel_context *context);
/// Output number index as the last run left it in the context's or the caller's memory.
ACCEL_LOCAL accel_value accel_placed_output(accel_context *context, int32_t index);
/// Makes room for every output of known size that the context may come to own.
ACCEL_LOCAL accel_status accel_reserve_outputs(accel_context *context);

//===-- Strings.c: the numbers that stand for strings ---------------------------------------===//

/// Forgets the strings of the runs before the last one; the run begins.
ACCEL_LOCAL accel_status accel_begin_strings(accel_context *context);
/// The numbers of count strings; messages speak of the input of that index.
ACCEL_LOCAL accel_status accel_number_input(accel_context *context, int32_t index,
                                            const accel_string *strings, int64_t count,
                                            int64_t *numbers);
/// Makes numbers, in memory that has room for as many strings, those strings.
ACCEL_LOCAL void accel_expand_strings(accel_context *context, void *numbers, int64_t count);
ACCEL_LOCAL void accel_destroy_strings(accel_context *context);

//===-- State.c, SavedState.c: what is kept from one run to the next --------------------------===//

/// The port of a state, with its dims in the ONNX file's order.
static inline const accel_port *accel_state_port(const accel_context *context, int32_t index) {
  return &context->program->inputs[context->program->num_inputs + index];
}
static inline bool accel_appends(const accel_context *context, int32_t index) {
  return context->program->states[index].flags & ACCEL_STATE_APPENDS;
}
static inline accel_block *accel_state_block(accel_kept *state) {
  return &state->blocks[state->current];
}
/// Bytes of a state's value; 0 while it has none.
ACCEL_LOCAL int64_t accel_state_bytes(const accel_context *context, int32_t index);
/// Makes a state what these dims and bytes say.
ACCEL_LOCAL accel_status accel_set_state(accel_context *context, int32_t index, const int64_t *dims,
                                         const void *data, int64_t bytes);
/// Makes all states those of a new context; their memory stays.
ACCEL_LOCAL void accel_forget_states(accel_context *context);
/// Sets a state's dims for callers: those that no run has given yet are 0.
ACCEL_LOCAL void accel_show_dims(accel_context *context, int32_t index);
/// Binds the sizes of states, after those of inputs; fails if a size is left that nothing says.
ACCEL_LOCAL accel_status accel_bind_states(accel_context *context);
/// Points frame.inputs and frame.outputs at states. The plan is current.
ACCEL_LOCAL accel_status accel_place_states(accel_context *context);
/// Where to write what a state becomes, whose dims the run has found; NULL on failure.
ACCEL_LOCAL void *accel_state_output(accel_context *context, int32_t index, const int64_t *dims);
/// After a run: whether what it made of the states can be their value.
ACCEL_LOCAL accel_status accel_check_states(accel_context *context);
/// It is, from now on.
ACCEL_LOCAL void accel_commit_states(accel_context *context);
/// Makes room for a run of these sizes. The plan is theirs.
ACCEL_LOCAL accel_status accel_reserve_states(accel_context *context, const int64_t *symbols);
ACCEL_LOCAL bool accel_is_state_memory(const accel_context *context, accel_range range);
ACCEL_LOCAL void accel_destroy_states(accel_context *context);
ACCEL_LOCAL accel_status accel_api_state(accel_context *context, int32_t index,
                                         accel_state *result);
ACCEL_LOCAL accel_status accel_api_reset(accel_context *context);
ACCEL_LOCAL accel_status accel_api_rewind(accel_context *context, int64_t positions);
ACCEL_LOCAL accel_status accel_api_fork(accel_context *context, accel_context **result,
                                        char *message, size_t bytes);
ACCEL_LOCAL accel_status accel_api_save(accel_context *context, void *data, int64_t capacity,
                                        int64_t *bytes);
ACCEL_LOCAL accel_status accel_api_load(accel_context *context, const void *data, int64_t bytes);

//===-- Plan.c: memory for given sizes ------------------------------------------------------===//

ACCEL_LOCAL accel_status accel_check_symbols(accel_context *context, const int64_t *symbols,
                                             int32_t count);
/// Calls the program's plan; bytes are the arena's. Fails with a message.
ACCEL_LOCAL accel_status accel_compute_plan(accel_context *context, const int64_t *symbols,
                                            int64_t *offsets, int64_t *dims, int64_t *bytes);
/// Makes the plan and the arena those of these sizes.
ACCEL_LOCAL accel_status accel_make_plan(accel_context *context, const int64_t *symbols);

//===-- Script.c ----------------------------------------------------------------------------===//

/// Makes an input that is a sequence or optional value an array of boxes, and says where its
/// elements lie.
ACCEL_LOCAL accel_status accel_take_boxes(accel_context *context, int32_t index,
                                          const accel_value *value);
/// Lets go of what the script's registers hold, and of what has been taken for them.
ACCEL_LOCAL void accel_release_values(accel_context *context);
ACCEL_LOCAL void accel_destroy_buffers(accel_context *context);

//===-- Slice.c: runs that are asked for some outputs only ----------------------------------===//

/// Which launches this run does; NULL on failure, with the context's status set.
ACCEL_LOCAL const uint8_t *accel_slice_launches(accel_context *context,
                                                const accel_launches *launches);
/// Which instructions of the script's outermost code this run does, by their first words; NULL on
/// failure, with the context's status set.
ACCEL_LOCAL const uint8_t *accel_slice_script(accel_context *context);
/// The instruction behind one.
ACCEL_LOCAL const int32_t *accel_next_instruction(const accel_script *script, const int32_t *code);
ACCEL_LOCAL void accel_destroy_slices(accel_context *context);

//===-- Dispatch.c --------------------------------------------------------------------------===//

/// Fails if the caller wants the run to end.
ACCEL_LOCAL accel_status accel_check_cancelled(accel_context *context);
/// Adds an event that ends now to the profile.
ACCEL_LOCAL void accel_record_event(accel_context *context, const accel_site *site, int64_t items,
                                    int32_t threads, int64_t start);

/// Takes the context for a call that changes it; false if another thread is in one. Waiting for it
/// would hide a mistake of the caller's.
static inline bool accel_take(accel_context *context) {
  int idle = 0;
  if (!atomic_compare_exchange_strong(&context->busy, &idle, 1))
    return false;
  context->message[0] = '\0';
  return true;
}
static inline void accel_give_back(accel_context *context) { atomic_store(&context->busy, 0); }

//===-- Context.c, Run.c, Model.c: the functions of the table --------------------------------===//

/// Copies as much of a result as the caller's version knows; its first field is that size.
ACCEL_LOCAL accel_status accel_hand_out(void *to, const void *from, size_t bytes);
ACCEL_LOCAL accel_status accel_api_create(const accel_model *model, const accel_options *given,
                                          accel_context **result, char *message, size_t bytes);
ACCEL_LOCAL void accel_api_destroy(accel_context *context);
ACCEL_LOCAL accel_status accel_api_run(accel_context *context, const accel_value *inputs,
                                       int32_t num_inputs, accel_value *outputs,
                                       int32_t num_outputs);
ACCEL_LOCAL accel_status accel_api_result(accel_context *context, int32_t index,
                                          accel_value *value);
ACCEL_LOCAL accel_status accel_api_reserve(accel_context *context, const int64_t *symbols,
                                           int32_t num_symbols);
ACCEL_LOCAL accel_status accel_api_bind(accel_context *context, const accel_value *inputs,
                                        int32_t num_inputs, int64_t *symbols, int32_t num_symbols);
ACCEL_LOCAL void accel_api_cancel(accel_context *context);
ACCEL_LOCAL accel_status accel_api_set_profiling(accel_context *context, int32_t on);

//===-- CPU/ ---------------------------------------------------------------------------------===//

/// Features.c: the first features of needed that this machine lacks, as text; false if there are
/// none. Asks the system for permission to use AMX where that is needed.
ACCEL_LOCAL bool accel_missing_features(uint64_t needed, accel_text *text);

/// Limits.c: CPUs that this process may use, at least 1.
ACCEL_LOCAL int32_t accel_usable_cpus(void);
/// The number in the environment variable ACCEL_NUM_THREADS, or 0.
ACCEL_LOCAL int32_t accel_threads_from_environment(void);

/// What to give to --cpu for a machine that has little.
#if defined(__x86_64__)
#define ACCEL_PLAIN_CPU "x86-64-v2"
#elif defined(__aarch64__)
#define ACCEL_PLAIN_CPU "generic"
#else
#define ACCEL_PLAIN_CPU "generic-rv64"
#endif

static inline void accel_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#else
  __asm__ volatile("" ::: "memory");
#endif
}

/// Now on CLOCK_MONOTONIC.
ACCEL_LOCAL int64_t accel_now_ns(void);

/// The thread's floating-point control word. A caller may flush denormals to zero or round
/// otherwise; workers may inherit that; results must not depend on either.
typedef struct accel_float_state {
  uint64_t word;
} accel_float_state;

/// Sets the default state and returns what was there.
static inline accel_float_state accel_set_float_state(void) {
  accel_float_state state = {0};
#if defined(__x86_64__)
  state.word = __builtin_ia32_stmxcsr();
  if (state.word != 0x1f80)
    __builtin_ia32_ldmxcsr(0x1f80);
#elif defined(__aarch64__)
  __asm__ volatile("mrs %0, fpcr" : "=r"(state.word));
  if (state.word != 0)
    __asm__ volatile("msr fpcr, %0" ::"r"((uint64_t)0));
#endif
  return state;
}

static inline void accel_restore_float_state(accel_float_state state) {
#if defined(__x86_64__)
  if (state.word != 0x1f80)
    __builtin_ia32_ldmxcsr((unsigned)state.word);
#elif defined(__aarch64__)
  if (state.word != 0)
    __asm__ volatile("msr fpcr, %0" ::"r"(state.word));
#else
  (void)state;
#endif
}

#endif // ACCEL_RUNTIME_INTERNAL_H
