// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model that was compiled to an executable: reads .npy files, runs, writes .npy files.

// Not _GNU_SOURCE: with it, newer headers make strtol a symbol that glibc 2.17 does not have.
#define _POSIX_C_SOURCE 200809L

#include "lib/Runtime/Main/Main.h"

#include "lib/Runtime/Main/Arguments.c"
#include "lib/Runtime/Main/Benchmark.c"
#include "lib/Runtime/Main/Npy.c"
#include "lib/Runtime/Main/Values.c"

/// The model in this program. (In C, `accel_model` is the name of the type.)
extern const accel_model *this_model(void) __asm__("accel_model")
    __attribute__((visibility("hidden")));

static void die(int status, const char *format, ...) {
  va_list list;
  va_start(list, format);
  fprintf(stderr, "%s: error: ", program_name);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
  exit(status);
}

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory)
    die(1, "there is no memory left");
  return memory;
}

static accel_model_info get_info(const accel_model *model) {
  accel_model_info info;
  memset(&info, 0, sizeof info);
  info.size = sizeof info;
  if (accel_get_info(model, &info))
    die(1, "the model and its runtime are of different versions");
  return info;
}

int main(int argc, char **argv) {
  program_name = argc > 0 && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
  const accel_model *model = this_model();
  accel_model_info info = get_info(model);
  if (argc < 2) {
    print_model(model, &info);
    print_usage();
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      print_usage();
      return 0;
    }
    if (strcmp(argv[i], "--version") == 0) {
      print_name(info.name);
      printf(" for %s, compiled by Accel " ACCEL_VERSION "\n", info.target ? info.target : "?");
      return 0;
    }
  }
  arguments parsed = parse_arguments(model, &info, argc, argv);

  accel_value *inputs = allocate((size_t)info.inputs, sizeof *inputs);
  accel_value *outputs = allocate((size_t)info.outputs, sizeof *outputs);
  uint64_t seed = 1;
  for (int32_t i = 0; i < info.inputs; ++i) {
    const accel_port *port = accel_get_input(model, i);
    inputs[i] = parsed.files[i] ? read_input(port, parsed.files[i])
                                : random_input(model, port, &parsed, &seed);
  }
  accel_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.threads = parsed.threads;
  accel_context *context;
  char message[512];
  if (accel_create(model, &options, &context, message, sizeof message))
    die(1, "%s", message);
  if (parsed.benchmark)
    benchmark(context, &parsed, inputs, info.inputs, outputs, info.outputs);
  else
    run_once(context, inputs, info.inputs, outputs, info.outputs);
  if (parsed.output)
    write_outputs(model, parsed.output, outputs, info.outputs);
  accel_destroy(context);
  return fflush(stdout) == 0 ? 0 : 1;
}
