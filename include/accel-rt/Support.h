// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What emitted code and the runtime owe each other: the data that the compiler writes for a model,
// the functions it emits, and the functions it may call. All of it is one version (ACCEL_RT_ABI).
//
// For each model the compiler emits, in one object:
//   - kernels (accel_kernel_fn) and their grids (accel_grid_fn);
//   - one accel_program with all that it points to, constant data;
//   - plan (unless all shapes are static) and run;
//   - one accel_model {&accel_rt_api, &program}, and the function `<prefix>_model`, which returns
//     its address, with the weak alias `accel_model`.
// Only those two functions have default visibility. Everything that the runtime defines is hidden
// and weak, so that several models link into one program.
//
// Sizes and offsets of the structs are fixed and asserted below: the compiler writes them as LLVM
// constants.

#ifndef ACCEL_RT_SUPPORT_H
#define ACCEL_RT_SUPPORT_H

#include "accel-rt/Model.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Raised when anything below changes its meaning; the runtime refuses other numbers.
#define ACCEL_RT_ABI 7u

typedef struct accel_frame accel_frame;
typedef struct accel_kernel accel_kernel;

//===-- Functions in emitted code -----------------------------------------------------------===//

/// Does the work items [begin, end) of a kernel's grid. Any partition of [0, grid) must give the
/// same bits, so an item may not read what another one writes.
/// buffers: addresses of its inputs, then of its outputs. Those in the arena, in weights and in
/// scratch are 64-byte aligned; arguments of the run only as their element is.
/// dims: the distinct dynamic dims that it uses. scratch: scratch_bytes of this thread alone.
typedef void (*accel_kernel_fn)(void *const *buffers, const int64_t *dims, int64_t begin,
                                int64_t end, void *scratch);

/// Number of work items for these dims, 0 or more.
typedef int64_t (*accel_grid_fn)(const int64_t *dims);

/// Fills in the byte offset in the arena of each slot, and the dims of all outputs one after
/// another (ACCEL_UNKNOWN_DIM where only the run will know). Returns the arena's bytes; -1 if a
/// size overflows or is negative, ACCEL_PLAN_REQUIREMENT(i) if requirement i of the program does
/// not hold. Pure.
typedef int64_t (*accel_plan_fn)(const int64_t *symbols, int64_t *offsets, int64_t *output_dims);

#define ACCEL_PLAN_REQUIREMENT(i) (-2 - (int64_t)(i))

/// Runs the model in the calling thread. Returns 0, or the first status that is not 0 of the
/// functions it calls.
typedef int32_t (*accel_run_fn)(accel_frame *frame);

//===-- Data in emitted code ----------------------------------------------------------------===//

struct accel_kernel {
  accel_kernel_fn fn;
  accel_grid_fn grid;    ///< NULL: one work item
  int64_t scratch_bytes; ///< for each thread
  const char *name;
  uint64_t cpu_features;        ///< ACCEL_CPU_* that fn needs beyond the program's
  const accel_kernel *fallback; ///< used on machines without them; NULL if cpu_features is 0
};

typedef struct accel_site {
  const accel_kernel *kernel;
  const char *nodes; ///< names of ONNX nodes, separated by '\n'
  double flops;      ///< for one work item, dynamic dims taken as likely values
  double bytes;      ///< read and written for one work item; both 0: not known
} accel_site;

/// How a run changes a state. Its ports lie behind the program's other inputs and outputs.
typedef struct accel_state_info {
  int32_t axis;  ///< the dim that grows; -1: none does
  int32_t flags; ///< ACCEL_STATE_*
} accel_state_info;

/// The state lies with its axis outermost, and the output is the rows that the run puts behind it.
/// The dims of the input's port are in the ONNX file's order, those of the output's as rows lie.
#define ACCEL_STATE_APPENDS 1

typedef struct accel_program {
  uint32_t abi;   ///< ACCEL_RT_ABI
  uint32_t flags; ///< 0
  const char *name;
  const accel_port *inputs;
  const accel_port *outputs;
  const accel_symbol *symbols; ///< each is a dim of at least one input or state
  const accel_site *sites;
  int32_t num_inputs;
  int32_t num_outputs;
  int32_t num_symbols;
  int32_t num_sites;
  int64_t num_slots;      ///< entries of frame.offsets, filled in by plan; 0 without plan
  int64_t arena_bytes;    ///< without plan; else -1
  int64_t scratch_bytes;  ///< the most of any kernel
  int64_t weights_offset; ///< address of the weights minus the address of this field
  int64_t weights_bytes;  ///< 0: there are none
  accel_plan_fn plan;     ///< NULL: no symbols, and all output dims are constants
  accel_run_fn run;
  uint64_t cpu_features; ///< ACCEL_CPU_* without which nothing runs
  const char *target;
  const char *metadata; ///< JSON
  int64_t metadata_bytes;
  int32_t num_growable; ///< growable slots, see accel_rt_grow
  int32_t num_states;
  /// What must hold of the sizes, as text with the ONNX node's name; as many as plan may return.
  const char *const *requirements;
  const struct accel_script *script; ///< NULL: run is a table of launches
  /// State i is input num_inputs + i, and output num_outputs + i becomes its next value.
  const accel_state_info *states;
  /// The strings that constants stand for, by number; the first is the empty one. NULL and 0 where
  /// no tensor is of strings.
  const accel_string *strings;
  int64_t num_strings;
} accel_program;

/// The state of one run. The fields here are for emitted code; the runtime has more behind them.
/// In a tensor of strings each element is a number, see accel_rt_string.
/// An input or output that is not a tensor is the address of an accel_value, which run fills in for
/// outputs (of memory from accel_rt_grow).
struct accel_frame {
  const accel_program *program;
  void *arena;            ///< 64-byte aligned
  const void *weights;    ///< NULL if there are none
  void *const *inputs;    ///< contiguous data of each
  void *const *outputs;   ///< where to write each; NULL if plan did not know its size
  const int64_t *symbols; ///< sizes that this run's inputs bind
  const int64_t *offsets; ///< as plan filled them in
  void *scratch;          ///< the calling thread's, scratch_bytes of the program
};

//===-- Tables of launches ------------------------------------------------------------------===//
// What happens between two points of control flow is data, not code: a model of a thousand launches
// has the same run function as one of ten. All sizes are found by plan; run only adds.

/// Where an operand lies, in the low ACCEL_SPACE_BITS of its word; the rest says which.
typedef enum accel_space {
  ACCEL_SPACE_INPUT = 0,   ///< index of an input
  ACCEL_SPACE_OUTPUT = 1,  ///< index of an output
  ACCEL_SPACE_WEIGHTS = 2, ///< byte offset in the weights
  ACCEL_SPACE_ARENA = 3,   ///< index in values of its byte offset in the arena
  /// Index in values of an output's index and, behind that, of a byte offset in the output.
  ACCEL_SPACE_OUTPUT_PART = 4
} accel_space;
enum { ACCEL_SPACE_BITS = 3 };

typedef struct accel_launch {
  int32_t site; ///< in program.sites; -1: copies values[dims] bytes from operand 1 to operand 0
  int32_t num_operands;
  int32_t first_operand; ///< in operands
  int32_t dims;          ///< index in values of the first dim
} accel_launch;

typedef struct accel_launches {
  const accel_launch *launches;
  const int64_t *operands;
  const int64_t *values; ///< offsets of slots, dims and sizes; NULL: plan put them in frame.offsets
  int32_t max_operands;  ///< of a launch
  int32_t count;         ///< of launches
  /// What a run needs that is asked for some outputs only: row i, for each launch and then for each
  /// output of the program, is sources[sources[i]] up to sources[sources[i + 1]]: the launches
  /// whose results the launch reads, or that write the output.
  const int32_t *sources;
} accel_launches;

//===-- Scripts -----------------------------------------------------------------------------===//
// A program with control flow, or with sizes that follow from data, is a script: instructions on
// registers that hold tensors. Its straight parts are programs of their own, segments, whose sizes
// are bound each time they run. See docs/decisions/scripts.md.

enum { ACCEL_ARRAY_RANK = 32 };

/// A dense row-major tensor. Its bytes never change once an op or segment has made it, so that
/// registers share them.
typedef struct accel_array {
  void *data; ///< 64-byte aligned, unless it is an input of the run
  accel_dtype dtype;
  int32_t rank;
  int64_t dims[ACCEL_ARRAY_RANK];
  struct accel_buffer *buffer; ///< what holds data; NULL: weights, or memory of the caller
} accel_array;

/// A call of a function that is written in C. What each function wants of these is in
/// lib/Runtime/CPU/Ops.
typedef struct accel_op_call {
  const accel_array *const *inputs; ///< NULL where an optional one is left out
  accel_array *outputs;             ///< to be made by accel_rt_new_array or accel_rt_share_array
  const int64_t *ints;
  const double *floats;
  const char *const *strings;
  int32_t num_inputs;
  int32_t num_outputs; ///< those behind it are not wanted
  int32_t num_ints;
  int32_t num_floats;
  int32_t num_strings;
} accel_op_call;

/// Returns 0, or what accel_rt_fail returned. Inputs have the dtypes and ranks that the function's
/// comment names; the compiler has checked them. Dims and elements are the run's.
typedef int32_t (*accel_op_fn)(accel_frame *frame, accel_op_call *call);

/// A call of a script.
typedef struct accel_op {
  accel_op_fn fn;
  const accel_site *site; ///< for profiles and messages; its kernel has no fn
  const int64_t *ints;
  const double *floats;
  const char *const *strings;
  int32_t num_ints;
  int32_t num_floats;
  int32_t num_strings;
  int32_t reserved; ///< 0
} accel_op;

/// A constant, or what is known of a tensor that may have no elements.
typedef struct accel_array_type {
  int64_t offset;      ///< in the weights; -1: no constant
  const int64_t *dims; ///< as in accel_port
  accel_dtype dtype;
  int32_t rank;
} accel_array_type;

/// Instructions are 32-bit words: an opcode, then its operands. Registers are numbers; -1 is none.
typedef enum accel_opcode {
  ACCEL_OP_INPUT,    ///< register, input
  ACCEL_OP_CONSTANT, ///< register, type
  ACCEL_OP_RUN,      ///< segment, its inputs, its outputs
  ACCEL_OP_CALL,     ///< op, count of inputs, inputs, count of outputs, outputs
  ACCEL_OP_SHARE,    ///< to, from
  ACCEL_OP_FREE,     ///< register
  ACCEL_OP_OUTPUT,   ///< output, register
  /// output, register of N x C, op: the output is a sequence of N maps from the C ints or strings
  /// of the op.
  ACCEL_OP_MAPS,
  /// condition, words of the code that follows, words of the code behind that. The first is done
  /// if the condition (one bool) holds, else the second.
  ACCEL_OP_IF,
  /// trip count (one i64) or -1, condition (one bool) or -1, register for the iteration (one i64),
  /// register of the condition that an iteration leaves or -1, count of scans, for each scan the
  /// register that an iteration leaves, the register for all and its type, words of the body.
  ACCEL_OP_LOOP
} accel_opcode;

typedef struct accel_script {
  const int32_t *code;
  const accel_program *const *segments;
  const accel_op *ops;
  const accel_array_type *types;
  int32_t num_words;
  int32_t num_registers;
  int32_t num_segments;
  int32_t reserved; ///< 0
} accel_script;

/// An intermediate in the arena, for accel_rt_plan_arena.
typedef struct accel_slot {
  int32_t size;  ///< index in values of its bytes
  int32_t first; ///< number of the launch that writes it
  int32_t last;  ///< number of the launch that reads it last
} accel_slot;

//===-- Functions that emitted code calls ---------------------------------------------------===//

#ifndef ACCEL_RT_EXPORT
#define ACCEL_RT_EXPORT __attribute__((visibility("hidden"), weak))
#endif

/// The table that accel_model.api points to.
extern ACCEL_RT_EXPORT const accel_api accel_rt_api;

/// Launches a site: does all work items of its kernel, on as many threads as pay, and waits for
/// them. buffers and dims need to live only during the call. Not 0: the run must return it at once
/// (cancelled). An empty grid is a success.
ACCEL_RT_EXPORT int32_t accel_rt_dispatch(accel_frame *frame, const accel_site *site,
                                          void *const *buffers, const int64_t *dims);

/// Does the launches [begin, end) of a table, one after another. Not 0: the run must return it.
ACCEL_RT_EXPORT int32_t accel_rt_run_launches(accel_frame *frame, const accel_launches *launches,
                                              int32_t begin, int32_t end);

/// Does the program's script. Not 0: the run must return it.
ACCEL_RT_EXPORT int32_t accel_rt_run_script(accel_frame *frame);

/// For ops: makes an array of these dims and returns its data, which is 64-byte aligned and not
/// initialized; NULL on failure (too large, no memory, a negative dim), which the op must then
/// return as accel_rt_status(frame).
ACCEL_RT_EXPORT void *accel_rt_new_array(accel_frame *frame, accel_array *array, accel_dtype dtype,
                                         int32_t rank, const int64_t *dims);

/// For ops: makes array the elements of another with other dims, as many.
ACCEL_RT_EXPORT void accel_rt_share_array(accel_frame *frame, accel_array *array,
                                          const accel_array *from, int32_t rank,
                                          const int64_t *dims);

/// For ops: memory that lives until the op returns; NULL as accel_rt_new_array. A second call in an
/// op gives other memory, too.
ACCEL_RT_EXPORT void *accel_rt_scratch(accel_frame *frame, int64_t bytes);

/// Does the items [begin, end) of a loop. Any partition of the loop must give the same bits.
typedef void (*accel_loop_fn)(const void *argument, int64_t begin, int64_t end);

/// For ops: does count items on as many threads as pay by the time of one on one core, and waits
/// for them. Not 0: the op must return it at once (cancelled).
ACCEL_RT_EXPORT int32_t accel_rt_parallel(accel_frame *frame, accel_loop_fn body,
                                          const void *argument, int64_t count, double item_ns);

/// For ops: how many draws of random numbers this context has done since it was made or reset, this
/// one not counted, then a key that is the context's own, of the system's entropy.
ACCEL_RT_EXPORT void accel_rt_draw(accel_frame *frame, uint64_t words[2]);

/// For ops: the number of a box that shares the array; -1 on failure, as accel_rt_new_array.
/// Sequences and optional values are arrays of these (ACCEL_OPAQUE of 64 bits, one dim).
ACCEL_RT_EXPORT int64_t accel_rt_box(accel_frame *frame, const accel_array *array);
/// For ops: what a box holds. It moves when another box is made.
ACCEL_RT_EXPORT const accel_array *accel_rt_boxed(accel_frame *frame, int64_t number);
/// For ops: lets go of an array that is no result.
ACCEL_RT_EXPORT void accel_rt_release_array(accel_frame *frame, accel_array *array);

/// The string that a number stands for. Numbers are the run's: equal strings have one number, 0 is
/// the empty string. It stays where it is until the context's next run.
ACCEL_RT_EXPORT accel_string accel_rt_string(accel_frame *frame, int64_t number);

/// The number of a string, which is copied if it is new; -1 on failure, which the op must then
/// return as accel_rt_status(frame).
ACCEL_RT_EXPORT int64_t accel_rt_number_string(accel_frame *frame, const char *data, int64_t size);

/// Gives each slot an offset that is a multiple of 64, so that slots that live at the same time do
/// not overlap. work is room for count entries. Returns the arena's bytes; -1 if a size is negative
/// or they overflow.
ACCEL_RT_EXPORT int64_t accel_rt_plan_arena(const accel_slot *slots, int32_t count,
                                            const int64_t *values, int64_t *offsets, int64_t *work);

/// Declares the dims of an output whose size only the run knows, and returns where to write it
/// (64-byte aligned or the caller's buffer); NULL on failure, which the run must then return as
/// accel_rt_status(frame).
ACCEL_RT_EXPORT void *accel_rt_output(accel_frame *frame, int32_t output, const int64_t *dims);

/// At least bytes of memory for growable slot number slot, 64-byte aligned, its contents kept up to
/// keep bytes. It belongs to the context, so that later runs find it large enough. NULL on failure.
ACCEL_RT_EXPORT void *accel_rt_grow(accel_frame *frame, int32_t slot, int64_t bytes, int64_t keep);

/// Records why the run fails and returns the status to return. message names the ONNX node, what
/// was expected and what was found; value replaces a single %lld in it.
ACCEL_RT_EXPORT int32_t accel_rt_fail(accel_frame *frame, int32_t status, const char *message,
                                      int64_t value);

/// The status of the failure recorded last in this run, 0 if there is none.
ACCEL_RT_EXPORT int32_t accel_rt_status(accel_frame *frame);

/// The bits of accel_program.cpu_features that this machine and its system have, without those that
/// the environment's ACCEL_CPU_WITHOUT names ("avx512f,amx-tile").
ACCEL_RT_EXPORT uint64_t accel_rt_cpu_features(void);

//===-- CPU features ------------------------------------------------------------------------===//
// Bits are for each architecture its own; a feature counts only if the system saves its registers.

#define ACCEL_CPU_SSE3 (1ull << 0)
#define ACCEL_CPU_SSSE3 (1ull << 1)
#define ACCEL_CPU_SSE4_1 (1ull << 2)
#define ACCEL_CPU_SSE4_2 (1ull << 3)
#define ACCEL_CPU_POPCNT (1ull << 4)
#define ACCEL_CPU_CX16 (1ull << 5)
#define ACCEL_CPU_LAHF (1ull << 6)
#define ACCEL_CPU_AVX (1ull << 7)
#define ACCEL_CPU_AVX2 (1ull << 8)
#define ACCEL_CPU_FMA (1ull << 9)
#define ACCEL_CPU_F16C (1ull << 10)
#define ACCEL_CPU_BMI (1ull << 11)
#define ACCEL_CPU_BMI2 (1ull << 12)
#define ACCEL_CPU_LZCNT (1ull << 13)
#define ACCEL_CPU_MOVBE (1ull << 14)
#define ACCEL_CPU_AVX512F (1ull << 15)
#define ACCEL_CPU_AVX512BW (1ull << 16)
#define ACCEL_CPU_AVX512CD (1ull << 17)
#define ACCEL_CPU_AVX512DQ (1ull << 18)
#define ACCEL_CPU_AVX512VL (1ull << 19)
#define ACCEL_CPU_AVX512VNNI (1ull << 20)
#define ACCEL_CPU_AVX512BF16 (1ull << 21)
#define ACCEL_CPU_AVX512FP16 (1ull << 22)
#define ACCEL_CPU_AVX512VBMI (1ull << 23)
#define ACCEL_CPU_AVX512VBMI2 (1ull << 24)
#define ACCEL_CPU_AVX512IFMA (1ull << 25)
#define ACCEL_CPU_AVX512BITALG (1ull << 26)
#define ACCEL_CPU_AVX512VPOPCNTDQ (1ull << 27)
#define ACCEL_CPU_AVXVNNI (1ull << 28)
#define ACCEL_CPU_AVXVNNIINT8 (1ull << 29)
#define ACCEL_CPU_AVXIFMA (1ull << 30)
#define ACCEL_CPU_AVXNECONVERT (1ull << 31)
#define ACCEL_CPU_GFNI (1ull << 32)
#define ACCEL_CPU_VAES (1ull << 33)
#define ACCEL_CPU_VPCLMULQDQ (1ull << 34)
#define ACCEL_CPU_AMX_TILE (1ull << 35)
#define ACCEL_CPU_AMX_INT8 (1ull << 36)
#define ACCEL_CPU_AMX_BF16 (1ull << 37)
#define ACCEL_CPU_AMX_FP16 (1ull << 38)

// aarch64, beyond what every ARMv8-A has.
#define ACCEL_CPU_ARM_AES (1ull << 0)
#define ACCEL_CPU_ARM_SHA2 (1ull << 1)
#define ACCEL_CPU_ARM_CRC (1ull << 2)
#define ACCEL_CPU_ARM_LSE (1ull << 3)
#define ACCEL_CPU_ARM_FULLFP16 (1ull << 4)
#define ACCEL_CPU_ARM_RDM (1ull << 5)
#define ACCEL_CPU_ARM_JSCONV (1ull << 6)
#define ACCEL_CPU_ARM_COMPLXNUM (1ull << 7)
#define ACCEL_CPU_ARM_RCPC (1ull << 8)
#define ACCEL_CPU_ARM_SHA3 (1ull << 9)
#define ACCEL_CPU_ARM_SM4 (1ull << 10)
#define ACCEL_CPU_ARM_DOTPROD (1ull << 11)
#define ACCEL_CPU_ARM_SVE (1ull << 12)
#define ACCEL_CPU_ARM_FP16FML (1ull << 13)
#define ACCEL_CPU_ARM_RCPC_IMMO (1ull << 14)
#define ACCEL_CPU_ARM_FLAGM (1ull << 15)
#define ACCEL_CPU_ARM_SVE2 (1ull << 16)
#define ACCEL_CPU_ARM_ALTNZCV (1ull << 17)
#define ACCEL_CPU_ARM_FPTOINT (1ull << 18)
#define ACCEL_CPU_ARM_F32MM (1ull << 19)
#define ACCEL_CPU_ARM_F64MM (1ull << 20)
#define ACCEL_CPU_ARM_I8MM (1ull << 21)
#define ACCEL_CPU_ARM_BF16 (1ull << 22)

#define ACCEL_CPU_X86_64_V2                                                                        \
  (ACCEL_CPU_SSE3 | ACCEL_CPU_SSSE3 | ACCEL_CPU_SSE4_1 | ACCEL_CPU_SSE4_2 | ACCEL_CPU_POPCNT |     \
   ACCEL_CPU_CX16 | ACCEL_CPU_LAHF)
#define ACCEL_CPU_X86_64_V3                                                                        \
  (ACCEL_CPU_X86_64_V2 | ACCEL_CPU_AVX | ACCEL_CPU_AVX2 | ACCEL_CPU_FMA | ACCEL_CPU_F16C |         \
   ACCEL_CPU_BMI | ACCEL_CPU_BMI2 | ACCEL_CPU_LZCNT | ACCEL_CPU_MOVBE)
#define ACCEL_CPU_X86_64_V4                                                                        \
  (ACCEL_CPU_X86_64_V3 | ACCEL_CPU_AVX512F | ACCEL_CPU_AVX512BW | ACCEL_CPU_AVX512CD |             \
   ACCEL_CPU_AVX512DQ | ACCEL_CPU_AVX512VL)

//===-- Layout ------------------------------------------------------------------------------===//

#ifdef __cplusplus
#define ACCEL_RT_ASSERT static_assert
#else
#define ACCEL_RT_ASSERT _Static_assert
#endif
ACCEL_RT_ASSERT(sizeof(accel_tensor) == 48, "accel_tensor is DLPack's DLTensor");
ACCEL_RT_ASSERT(sizeof(accel_value) == 64, "accel_value");
ACCEL_RT_ASSERT(sizeof(accel_port) == 32, "{ptr, ptr, i32, i32, {i8, i8, i16}, i32}");
ACCEL_RT_ASSERT(sizeof(accel_symbol) == 24, "{ptr, i64, i64}");
ACCEL_RT_ASSERT(sizeof(accel_kernel) == 48, "{ptr, ptr, i64, ptr, i64, ptr}");
ACCEL_RT_ASSERT(sizeof(accel_site) == 32, "{ptr, ptr, double, double}");
ACCEL_RT_ASSERT(sizeof(accel_program) == 200,
                "{i32, i32, ptr x 5, i32 x 4, i64 x 5, ptr, ptr, "
                "i64, ptr, ptr, i64, i32, i32, ptr, ptr, ptr, ptr, i64}");
ACCEL_RT_ASSERT(offsetof(accel_program, num_inputs) == 48, "accel_program.num_inputs");
ACCEL_RT_ASSERT(offsetof(accel_program, weights_offset) == 88, "accel_program.weights_offset");
ACCEL_RT_ASSERT(offsetof(accel_program, plan) == 104, "accel_program.plan");
ACCEL_RT_ASSERT(offsetof(accel_program, metadata_bytes) == 144, "accel_program.metadata_bytes");
ACCEL_RT_ASSERT(sizeof(accel_launch) == 16, "{i32 x 4}");
ACCEL_RT_ASSERT(sizeof(accel_launches) == 40, "{ptr x 3, i32, i32, ptr}");
ACCEL_RT_ASSERT(sizeof(accel_slot) == 12, "{i32 x 3}");
ACCEL_RT_ASSERT(sizeof(accel_op) == 56, "{ptr x 5, i32 x 4}");
ACCEL_RT_ASSERT(sizeof(accel_array_type) == 24, "{i64, ptr, {i8, i8, i16}, i32}");
ACCEL_RT_ASSERT(sizeof(accel_script) == 48, "{ptr x 4, i32 x 4}");
ACCEL_RT_ASSERT(sizeof(accel_frame) == 64, "{ptr x 8}");
ACCEL_RT_ASSERT(sizeof(accel_model) == 16, "{ptr, ptr}");

#ifdef __cplusplus
}
#endif

#endif // ACCEL_RT_SUPPORT_H
