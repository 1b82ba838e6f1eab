// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The public C interface of a compiled model: what a program that uses one includes.
//
// A model is found by its symbol: `<prefix>_model()` when it is linked (see ACCEL_DECLARE_MODEL),
// or by dlopen and dlsym(handle, ACCEL_MODEL_SYMBOL). Its first field is a table of functions; all
// calls here go through that table, so a program needs no other symbol, and models made by
// different versions of the compiler live in one process without meeting.
//
//   const accel_model *model = mnist_model();
//   accel_context *context;
//   char message[256];
//   if (accel_create(model, NULL, &context, message, sizeof message) != ACCEL_OK) ...
//   int64_t shape[] = {1, 1, 28, 28};
//   accel_value in = accel_tensor_value(accel_float32(pixels, 4, shape)), out = accel_none();
//   if (accel_run(context, &in, 1, &out, 1) != ACCEL_OK) puts(accel_message(context));
//   const float *scores = (const float *)out.u.tensor.data;
//   accel_destroy(context);
//
// Threads: a model is immutable and may be shared. A context belongs to one caller at a time; only
// accel_cancel may be called while another thread runs the context. A second accel_run on a
// context that is running returns ACCEL_BUSY. Results never depend on the number of threads.
//
// Compatibility: structs with a first field `size` and the table only ever grow at their end.

#ifndef ACCEL_RT_MODEL_H
#define ACCEL_RT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The version of this interface; accel_api.abi holds that of a model.
#define ACCEL_ABI 1u

/// The symbol that every compiled library exports beside `<prefix>_model`, for generic loaders.
#define ACCEL_MODEL_SYMBOL "accel_model"

typedef struct accel_api accel_api;
typedef struct accel_model accel_model;
typedef struct accel_context accel_context;
typedef struct accel_value accel_value;

/// The type of the function behind ACCEL_MODEL_SYMBOL. The result lives as long as the library.
typedef const accel_model *(*accel_model_fn)(void);

//===-- Status ------------------------------------------------------------------------------===//

/// What a call returns. Any value but ACCEL_OK leaves the context usable for a next call.
typedef int32_t accel_status;
enum {
  ACCEL_OK = 0,
  ACCEL_INVALID_ARGUMENT = 1, ///< count, kind, dtype, rank, shape or pointer of an argument
  ACCEL_OUT_OF_MEMORY = 2,    ///< the allocator returned NULL
  ACCEL_UNSUPPORTED = 3,      ///< this machine lacks what the model was compiled for
  ACCEL_INCOMPATIBLE = 4,     ///< model, runtime and caller disagree about the interface
  ACCEL_CANCELLED = 5,        ///< accel_cancel or the cancellation hook stopped the run
  ACCEL_BUSY = 6,             ///< the context is running in another thread
  ACCEL_RUN_FAILED = 7,       ///< an op met values it is not defined for; outputs are unspecified
  ACCEL_UNIMPLEMENTED = 8     ///< this model's runtime lacks the function
};

//===-- Values ------------------------------------------------------------------------------===//

/// Element type, layout-identical to DLPack's DLDataType. Types narrower than a byte (4-bit
/// integers and floats, 1-bit booleans) take a byte for each element.
typedef struct accel_dtype {
  uint8_t code; ///< accel_dtype_code
  uint8_t bits;
  uint16_t lanes; ///< 1
} accel_dtype;

/// DLPack's DLDataTypeCode.
enum accel_dtype_code {
  ACCEL_INT = 0,
  ACCEL_UINT = 1,
  ACCEL_FLOAT = 2,
  ACCEL_OPAQUE = 3,
  ACCEL_BFLOAT = 4,
  ACCEL_COMPLEX = 5,
  ACCEL_BOOL = 6, ///< 8 bits
  ACCEL_FLOAT8_E3M4 = 7,
  ACCEL_FLOAT8_E4M3 = 8,
  ACCEL_FLOAT8_E4M3B11FNUZ = 9,
  ACCEL_FLOAT8_E4M3FN = 10,
  ACCEL_FLOAT8_E4M3FNUZ = 11,
  ACCEL_FLOAT8_E5M2 = 12,
  ACCEL_FLOAT8_E5M2FNUZ = 13,
  ACCEL_FLOAT8_E8M0FNU = 14,
  ACCEL_FLOAT6_E2M3FN = 15,
  ACCEL_FLOAT6_E3M2FN = 16,
  ACCEL_FLOAT4_E2M1FN = 17
};

/// Layout-identical to DLPack's DLDevice.
typedef struct accel_device {
  int32_t type; ///< DLPack's DLDeviceType; ACCEL_CPU for host memory
  int32_t id;
} accel_device;
enum { ACCEL_CPU = 1, ACCEL_CUDA = 2, ACCEL_CUDA_HOST = 3 };

/// A dense tensor, layout-identical to DLPack's DLTensor: a DLTensor* may be cast to this.
typedef struct accel_tensor {
  void *data;          ///< may be NULL only if the tensor has no elements
  accel_device device; ///< {ACCEL_CPU, 0}
  int32_t ndim;
  accel_dtype dtype;
  int64_t *shape;       ///< ndim sizes
  int64_t *strides;     ///< ndim strides in elements, or NULL for row-major without gaps
  uint64_t byte_offset; ///< of the first element from data
} accel_tensor;

/// One element of a tensor of strings: UTF-8, size bytes, no terminating NUL needed.
typedef struct accel_string {
  const char *data;
  int64_t size;
} accel_string;

/// A tensor of strings, row-major without gaps.
typedef struct accel_string_tensor {
  accel_string *data;
  int64_t ndim;
  int64_t *shape;
} accel_string_tensor;

/// A sequence of values of one type.
typedef struct accel_sequence {
  accel_value *items;
  int64_t count;
} accel_sequence;

/// An optional value; item is NULL when there is none.
typedef struct accel_optional {
  accel_value *item;
} accel_optional;

/// A map: keys (a rank-1 tensor of i64 or of strings), each once, and as many values (a rank-1
/// tensor, of strings or others).
typedef struct accel_map {
  accel_value *keys;
  accel_value *values;
} accel_map;

typedef int32_t accel_kind;
enum {
  ACCEL_NONE = 0, ///< an output that the context shall own
  ACCEL_TENSOR = 1,
  ACCEL_STRING_TENSOR = 2,
  ACCEL_SEQUENCE = 3,
  ACCEL_OPTIONAL = 4,
  ACCEL_MAP = 5
};

/// accel_value.flags of an output that a run need not compute; see accel_run.
#define ACCEL_UNWANTED 1u

/// An argument or result of a run: a tag and what it says. Nothing in it is ever freed by the
/// runtime; what it points to belongs to whoever filled it in.
struct accel_value {
  accel_kind kind;
  uint32_t flags; ///< 0, or ACCEL_UNWANTED
  /// Outputs of kind ACCEL_TENSOR only: 0, or the bytes behind data. If it is not 0, shape is
  /// written by the run instead of compared (its ndim must be right).
  uint64_t capacity;
  union {
    accel_tensor tensor;
    accel_string_tensor strings;
    accel_sequence sequence;
    accel_optional optional;
    accel_map map;
  } u;
};

//===-- What a model says of itself ---------------------------------------------------------===//

/// Values of a dimension in accel_port.dims: a constant (0 or more), a symbol (-1 - its index), or
/// ACCEL_UNKNOWN_DIM, which only an output can have: known after accel_plan or accel_run.
#define ACCEL_UNKNOWN_DIM INT64_MIN
#define ACCEL_SYMBOL_DIM(index) (-1 - (int64_t)(index))

/// Bits that one kind takes in accel_port.flags.
#define ACCEL_KIND_BITS 3

/// An input or output.
typedef struct accel_port {
  const char *name;    ///< as in the ONNX file
  const int64_t *dims; ///< rank entries
  accel_kind kind;
  int32_t rank;
  accel_dtype dtype;
  /// Of sequences, optional values and maps: the kinds of values from the outside to the inside,
  /// the outermost in the lowest ACCEL_KIND_BITS; behind that of a map its keys', then its values'.
  /// Of others 0.
  uint32_t flags;
} accel_port;

/// A named size that inputs and states share, such as "batch". Unnamed ones are called
/// "input:axis".
typedef struct accel_symbol {
  const char *name;
  int64_t min; ///< smallest size allowed, 0 or more
  int64_t max; ///< largest size allowed; INT64_MAX for any
} accel_symbol;

/// One place in the model where a kernel is launched.
typedef struct accel_site_info {
  const char *kernel; ///< name of the compiled kernel
  const char *nodes;  ///< names of the ONNX nodes it computes, separated by '\n'
  double flops;       ///< floating-point operations for one work item, an estimate
  double bytes;       ///< bytes read and written for one work item, an estimate
} accel_site_info;

/// What a model says without being run. All pointers live as long as the model's library.
typedef struct accel_model_info {
  uint64_t size; ///< sizeof(accel_model_info), set by the caller
  const char *name;
  const char *target;   ///< triple and CPU that it was compiled for
  const char *metadata; ///< JSON: names, shapes, source hash, flags, versions
  int64_t metadata_bytes;
  int32_t inputs, outputs, symbols, sites; ///< how many there are of each
  int64_t arena_bytes;                     ///< peak of intermediates; -1 if it depends on the sizes
  int64_t weights_bytes;
  uint64_t cpu_features; ///< bits of accel-rt/Support.h that the machine must have
  const void *weights;   ///< the packed constants, for tools
  int32_t states;        ///< tensors that a context keeps from run to run, see accel_state
  int32_t reserved;      ///< 0
} accel_model_info;

/// A tensor that a context keeps from one run to the next (accel-compile --state): an input that a
/// run finds in the context, and the output that becomes its next value there. Neither is among the
/// model's inputs and outputs. In a new context, and after accel_reset, it is empty if it grows,
/// else zeros. A run that fails leaves it as it was.
typedef struct accel_state {
  uint64_t size;      ///< sizeof(accel_state), set by the caller
  const char *input;  ///< as in the ONNX file
  const char *output; ///< as in the ONNX file
  /// Its value, to be read only; valid until the context's next call. It has strides. Sizes that no
  /// run has given yet are 0.
  accel_tensor tensor;
  int32_t axis;     ///< the dim that grows, one position after another; -1: none does
  int32_t reserved; ///< 0
  int64_t capacity; ///< positions that its memory has room for; 0 if none grows
} accel_state;

//===-- Contexts ----------------------------------------------------------------------------===//

/// Where a context gets its memory. Both NULL: from the C library and huge pages.
/// allocate returns at least bytes at that alignment (a power of two), or NULL.
typedef struct accel_allocator {
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *memory, size_t bytes);
  void *user;
} accel_allocator;

/// The caller's thread pool. run must call task(argument, i) once for each i in [0, tasks), on any
/// threads, and return after the last has returned. NULL run: the pool that all Accel libraries
/// of the process share.
typedef struct accel_executor {
  void (*run)(void *user, int32_t tasks, void (*task)(void *argument, int32_t index),
              void *argument);
  void *user;
} accel_executor;

enum { ACCEL_LOG_ERROR = 0, ACCEL_LOG_WARNING = 1, ACCEL_LOG_INFO = 2 };

/// How to make a context. Zero everything, set size, then what is wanted.
typedef struct accel_options {
  uint64_t size; ///< sizeof(accel_options)
  /// Threads that a run may use, with the caller's; 0: ACCEL_NUM_THREADS, else the CPUs that this
  /// process may use (affinity mask or cgroup quota, whichever is less). 1 never makes a thread.
  int32_t threads;
  int32_t profile;           ///< not 0: record one event for each launch from the start
  accel_allocator allocator; ///< called by create, plan, run and destroy in the caller's thread
  accel_executor executor;
  /// Called in the caller's thread for messages worth a log line; NULL: none are written.
  void (*log)(void *user, int32_t level, const char *message);
  void *log_user;
  /// Asked between launches, in the caller's thread; not 0 ends the run with ACCEL_CANCELLED.
  int32_t (*cancelled)(void *user);
  void *cancelled_user;
  void *stream; ///< device stream that a run is ordered on (a CUstream); ignored by CPU models
} accel_options;

/// What accel_plan finds for given sizes.
typedef struct accel_plan_info {
  uint64_t size;         ///< sizeof(accel_plan_info), set by the caller
  int64_t arena_bytes;   ///< peak of intermediates
  int64_t output_bytes;  ///< of all outputs, as far as known
  int64_t scratch_bytes; ///< of all threads together
  /// NULL, or room for the dims of all outputs, one after another; those that depend on the data
  /// become ACCEL_UNKNOWN_DIM.
  int64_t *output_dims;
} accel_plan_info;

/// What a context holds, in bytes.
typedef struct accel_memory_info {
  uint64_t size; ///< sizeof(accel_memory_info), set by the caller
  int64_t arena_bytes;
  int64_t output_bytes;  ///< of the outputs that the context owns
  int64_t staging_bytes; ///< copies of arguments that were not contiguous or not aligned
  int64_t scratch_bytes;
  int64_t total_bytes; ///< all that is held now, the context itself included
  int64_t peak_bytes;  ///< the most that was ever held
  int64_t allocations; ///< calls of the allocator so far
  int64_t state_bytes; ///< of the states, with the room for them to grow
} accel_memory_info;

/// One launch in the last run.
typedef struct accel_event {
  int32_t site;      ///< index for accel_get_site
  int32_t threads;   ///< that took part
  int64_t items;     ///< work items of the launch
  int64_t start_ns;  ///< CLOCK_MONOTONIC
  int64_t finish_ns; ///< CLOCK_MONOTONIC
} accel_event;

/// The events of the last run. They stay valid until the next run of the context.
typedef struct accel_profile {
  uint64_t size; ///< sizeof(accel_profile), set by the caller
  const accel_event *events;
  int64_t count;
  int64_t dropped;   ///< launches beyond the context's room for events
  int64_t start_ns;  ///< of the run, CLOCK_MONOTONIC
  int64_t finish_ns; ///< of the run
  int32_t threads;   ///< that runs of this context may use
  int32_t wakeups;   ///< times that parked workers were woken for the run; seldom more than 1
} accel_profile;

//===-- The table ---------------------------------------------------------------------------===//

/// The functions of a model; the wrappers below say what each does.
struct accel_api {
  uint32_t size; ///< of this struct in the model's version
  uint32_t abi;  ///< ACCEL_ABI of the model's version
  accel_status (*info)(const accel_model *, accel_model_info *);
  const accel_port *(*input)(const accel_model *, int32_t);
  const accel_port *(*output)(const accel_model *, int32_t);
  const accel_symbol *(*symbol)(const accel_model *, int32_t);
  accel_status (*site)(const accel_model *, int32_t, accel_site_info *);
  accel_status (*create)(const accel_model *, const accel_options *, accel_context **, char *,
                         size_t);
  void (*destroy)(accel_context *);
  accel_status (*run)(accel_context *, const accel_value *, int32_t, accel_value *, int32_t);
  accel_status (*result)(accel_context *, int32_t, accel_value *);
  accel_status (*plan)(accel_context *, const int64_t *, int32_t, accel_plan_info *);
  accel_status (*reserve)(accel_context *, const int64_t *, int32_t);
  accel_status (*bind)(accel_context *, const accel_value *, int32_t, int64_t *, int32_t);
  const char *(*message)(const accel_context *);
  void (*cancel)(accel_context *);
  accel_status (*set_profiling)(accel_context *, int32_t);
  accel_status (*profile)(const accel_context *, accel_profile *);
  accel_status (*memory)(const accel_context *, accel_memory_info *);
  accel_status (*state)(accel_context *, int32_t, accel_state *);
  accel_status (*reset)(accel_context *);
  accel_status (*rewind)(accel_context *, int64_t);
  accel_status (*fork)(accel_context *, accel_context **, char *, size_t);
  accel_status (*save)(accel_context *, void *, int64_t, int64_t *);
  accel_status (*load)(accel_context *, const void *, int64_t);
};

/// Public heads; the rest is private.
struct accel_model {
  const accel_api *api;
  const void *program;
};
struct accel_context_head {
  const accel_api *api;
};

//===-- Calls -------------------------------------------------------------------------------===//

static inline const accel_api *accel_context_api(const accel_context *context) {
  return ((const struct accel_context_head *)context)->api;
}

/// Fills in *info. Needs no context and runs nothing.
static inline accel_status accel_get_info(const accel_model *model, accel_model_info *info) {
  return model->api->info(model, info);
}

/// Input number index, or NULL if there is none. Lives as long as the model.
static inline const accel_port *accel_get_input(const accel_model *model, int32_t index) {
  return model->api->input(model, index);
}

/// Output number index, or NULL if there is none.
static inline const accel_port *accel_get_output(const accel_model *model, int32_t index) {
  return model->api->output(model, index);
}

/// Symbol number index, or NULL if there is none.
static inline const accel_symbol *accel_get_symbol(const accel_model *model, int32_t index) {
  return model->api->symbol(model, index);
}

/// Launch site number index; ACCEL_INVALID_ARGUMENT if there is none.
static inline accel_status accel_get_site(const accel_model *model, int32_t index,
                                          accel_site_info *info) {
  return model->api->site(model, index, info);
}

/// Makes a context: checks the machine and the versions, and takes all memory that a model with
/// static shapes will ever need. options may be NULL. On failure *context is NULL and message (if
/// not NULL, of message_bytes) holds the reason.
static inline accel_status accel_create(const accel_model *model, const accel_options *options,
                                        accel_context **context, char *message,
                                        size_t message_bytes) {
  return model->api->create(model, options, context, message, message_bytes);
}

/// Frees the context with all that it owns. NULL is allowed.
static inline void accel_destroy(accel_context *context) {
  if (context)
    accel_context_api(context)->destroy(context);
}

/// Runs the model once. Inputs and outputs are in the model's order, all of them.
///
/// An output that accel_unwanted() made stays as it is: the run leaves out the launches (of a model
/// with control flow: the segments and calls) that only such outputs need. The others get the same
/// bits as in a whole run. A model of an older compiler makes it an output that the context owns.
///
/// Inputs are read in place when they are contiguous and aligned to their element; others are
/// first copied to memory of the context. An output of kind ACCEL_NONE is filled in with a tensor
/// that belongs to the context, valid until its next run, reserve or destroy. An output of kind
/// ACCEL_TENSOR is written in place (through the context when it is strided, misaligned or
/// overlaps an input); see accel_value.capacity for shapes not known before. outputs may be NULL
/// with 0 outputs: all then belong to the context, and accel_result finds them.
///
/// Allocates nothing for static shapes, nor when no size is larger than in a run before; only the
/// first argument that must be copied makes room for its copy, and the first run of a set of
/// outputs for what it found out.
static inline accel_status accel_run(accel_context *context, const accel_value *inputs,
                                     int32_t num_inputs, accel_value *outputs,
                                     int32_t num_outputs) {
  return accel_context_api(context)->run(context, inputs, num_inputs, outputs, num_outputs);
}

/// Output number index of the last successful run, as that run placed it.
static inline accel_status accel_result(accel_context *context, int32_t index, accel_value *value) {
  return accel_context_api(context)->result(context, index, value);
}

/// Memory and output shapes for given sizes (one for each symbol, in order), without running.
static inline accel_status accel_plan(accel_context *context, const int64_t *symbols,
                                      int32_t num_symbols, accel_plan_info *info) {
  return accel_context_api(context)->plan(context, symbols, num_symbols, info);
}

/// Takes the memory for given sizes now, so that runs up to them allocate nothing. The sizes of
/// states are those before the run.
static inline accel_status accel_reserve(accel_context *context, const int64_t *symbols,
                                         int32_t num_symbols) {
  return accel_context_api(context)->reserve(context, symbols, num_symbols);
}

/// Checks inputs as accel_run does and writes the sizes of the symbols that they bind.
static inline accel_status accel_bind(accel_context *context, const accel_value *inputs,
                                      int32_t num_inputs, int64_t *symbols, int32_t num_symbols) {
  return accel_context_api(context)->bind(context, inputs, num_inputs, symbols, num_symbols);
}

/// Why the last call on the context failed, or "". Lives until the next call.
static inline const char *accel_message(const accel_context *context) {
  return accel_context_api(context)->message(context);
}

/// Ends the run in progress between two launches; if none is, the next one. From any thread.
static inline void accel_cancel(accel_context *context) {
  accel_context_api(context)->cancel(context);
}

/// Turns recording of events on or off (off costs nothing).
static inline accel_status accel_set_profiling(accel_context *context, int32_t on) {
  return accel_context_api(context)->set_profiling(context, on);
}

/// The events of the last run.
static inline accel_status accel_get_profile(const accel_context *context, accel_profile *profile) {
  return accel_context_api(context)->profile(context, profile);
}

/// What the context holds.
static inline accel_status accel_get_memory(const accel_context *context, accel_memory_info *info) {
  return accel_context_api(context)->memory(context, info);
}

//===-- States ------------------------------------------------------------------------------===//
// A model that was compiled with --state decodes a sequence step by step: each accel_run continues
// where the last one of its context ended. Contexts of one model are sequences of their own; the
// model's weights are shared by all.
//
//   accel_reserve(context, sizes, num_sizes);    room for the longest sequence
//   accel_run(context, &prompt, 1, &logits, 1);  the prompt, then token after token
//   accel_rewind(context, 5);                    as if only 5 positions had been run
//   accel_fork(context, &other, NULL, 0);        two continuations of one sequence
//
// On a model whose runtime is older than these calls they return ACCEL_UNIMPLEMENTED.

#define ACCEL_API_HAS(api, field) ((api)->size >= offsetof(accel_api, field) + sizeof((api)->field))

/// State number index of the context, in 0..accel_model_info.states-1.
static inline accel_status accel_get_state(accel_context *context, int32_t index,
                                           accel_state *state) {
  const accel_api *api = accel_context_api(context);
  return ACCEL_API_HAS(api, state) ? api->state(context, index, state) : ACCEL_UNIMPLEMENTED;
}

/// Makes all states those of a new context. Their memory is kept.
static inline accel_status accel_reset(accel_context *context) {
  const accel_api *api = accel_context_api(context);
  return ACCEL_API_HAS(api, reset) ? api->reset(context) : ACCEL_UNIMPLEMENTED;
}

/// Keeps the first positions of each state, as many as given, and drops those behind them. Fails,
/// and changes nothing, if there are fewer, if states differ in how many they have, or if one does
/// not grow: what it was before is not kept (save or fork what you want to return to).
static inline accel_status accel_rewind(accel_context *context, int64_t positions) {
  const accel_api *api = accel_context_api(context);
  return ACCEL_API_HAS(api, rewind) ? api->rewind(context, positions) : ACCEL_UNIMPLEMENTED;
}

/// Makes another context of the same model with the same options and a copy of the states. On
/// failure *copy is NULL and message (if not NULL, of message_bytes) holds the reason.
static inline accel_status accel_fork(accel_context *context, accel_context **copy, char *message,
                                      size_t message_bytes) {
  const accel_api *api = accel_context_api(context);
  if (ACCEL_API_HAS(api, fork))
    return api->fork(context, copy, message, message_bytes);
  if (copy)
    *copy = NULL;
  if (message && message_bytes)
    message[0] = '\0';
  return ACCEL_UNIMPLEMENTED;
}

/// Writes the states, and how many random numbers were drawn, to data, which has room for capacity
/// bytes, and how many they take to *bytes. data may be NULL with a capacity of 0, to ask for
/// *bytes. Where there is too little room nothing is written.
static inline accel_status accel_save(accel_context *context, void *data, int64_t capacity,
                                      int64_t *bytes) {
  const accel_api *api = accel_context_api(context);
  return ACCEL_API_HAS(api, save) ? api->save(context, data, capacity, bytes) : ACCEL_UNIMPLEMENTED;
}

/// Makes the states, and the count of draws, what accel_save wrote, in this process or another, for
/// a model whose states have the same names, types and shapes. Anything else is refused with a
/// message, and changes nothing. The bytes are checked for what they say of themselves; numbers in
/// them are taken as they are.
static inline accel_status accel_load(accel_context *context, const void *data, int64_t bytes) {
  const accel_api *api = accel_context_api(context);
  return ACCEL_API_HAS(api, load) ? api->load(context, data, bytes) : ACCEL_UNIMPLEMENTED;
}

//===-- Small helpers -----------------------------------------------------------------------===//

/// Declares the model that was compiled with this prefix and is linked into the program.
#define ACCEL_DECLARE_MODEL(prefix) const accel_model *prefix##_model(void)

/// An output that the context shall own.
static inline accel_value accel_none(void) {
  accel_value value;
  value.kind = ACCEL_NONE;
  value.flags = 0;
  value.capacity = 0;
  value.u.sequence.items = NULL;
  value.u.sequence.count = 0;
  return value;
}

/// An output that the run need not compute.
static inline accel_value accel_unwanted(void) {
  accel_value value = accel_none();
  value.flags = ACCEL_UNWANTED;
  return value;
}

/// A value that holds this tensor.
static inline accel_value accel_tensor_value(accel_tensor tensor) {
  accel_value value = accel_none();
  value.kind = ACCEL_TENSOR;
  value.u.tensor = tensor;
  return value;
}

/// A tensor in host memory, row-major without gaps. shape must outlive it.
static inline accel_tensor accel_host_tensor(void *data, uint8_t code, uint8_t bits, int32_t ndim,
                                             int64_t *shape) {
  accel_tensor tensor;
  tensor.data = data;
  tensor.device.type = ACCEL_CPU;
  tensor.device.id = 0;
  tensor.ndim = ndim;
  tensor.dtype.code = code;
  tensor.dtype.bits = bits;
  tensor.dtype.lanes = 1;
  tensor.shape = shape;
  tensor.strides = NULL;
  tensor.byte_offset = 0;
  return tensor;
}

/// A tensor of f32 in host memory, row-major without gaps.
static inline accel_tensor accel_float32(const float *data, int32_t ndim, int64_t *shape) {
  return accel_host_tensor((void *)data, ACCEL_FLOAT, 32, ndim, shape);
}

#ifdef __cplusplus
}
#endif

#endif // ACCEL_RT_MODEL_H
