// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line of a model that was compiled to an executable: what its files share. They are
// compiled as one unit (Main.c).

#ifndef ACCEL_RUNTIME_MAIN_H
#define ACCEL_RUNTIME_MAIN_H

#include "lib/Runtime/Main/Npy.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, MAX_DIMS = 64, MAX_THREADS = 1024, MIN_ITERATIONS = 10 };

/// A size for random inputs, as --dim gives it.
typedef struct dim_choice {
  const char *name;
  size_t name_bytes;
  int64_t size;
} dim_choice;

typedef struct arguments {
  const char **files; ///< a file for each input, by its number
  const char *output; ///< folder; NULL: none asked for
  dim_choice dims[MAX_DIMS];
  int num_dims;
  int num_files;
  int32_t threads;
  int64_t warm_up, iterations;
  bool benchmark;
} arguments;

/// Says what is wrong and exits with status.
__attribute__((noreturn, format(printf, 2, 3))) static void die(int status, const char *format,
                                                                ...);
/// Zeroed memory, or an exit.
static void *allocate(size_t count, size_t size);

/// Arguments.c
static arguments parse_arguments(const accel_model *model, const accel_model_info *info, int argc,
                                 char **argv);
static void print_usage(void);
/// Prints a name of the model's own: nothing in it may steer a terminal.
static void print_name(const char *name);
static void print_model(const accel_model *model, const accel_model_info *info);

/// Values.c
static accel_value read_input(const accel_port *port, const char *path);
static accel_value random_input(const accel_model *model, const accel_port *port,
                                const arguments *parsed, uint64_t *state);
static void write_outputs(const accel_model *model, const char *folder, const accel_value *outputs,
                          int32_t count);

/// Benchmark.c
static void run_once(accel_context *context, const accel_value *inputs, int32_t num_inputs,
                     accel_value *outputs, int32_t num_outputs);
static void benchmark(accel_context *context, const arguments *parsed, const accel_value *inputs,
                      int32_t num_inputs, accel_value *outputs, int32_t num_outputs);

static const char *program_name;

#endif // ACCEL_RUNTIME_MAIN_H
