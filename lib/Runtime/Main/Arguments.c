// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line: what it says and what it may say.

#include "lib/Runtime/Main/Main.h"

static void print_name(const char *name) {
  for (; *name; ++name)
    putchar((unsigned char)*name < ' ' || *name == 127 ? '?' : *name);
}

static void print_port(const accel_model *model, const accel_port *port) {
  char descr[16];
  printf("  ");
  print_name(port->name);
  if (port->kind != ACCEL_TENSOR) {
    puts("  (not a tensor)");
    return;
  }
  accel_npy_descr(port->dtype, descr);
  printf("  %s%s[", port->dtype.code == ACCEL_BFLOAT ? "bfloat16 as " : "", descr + 1);
  for (int32_t axis = 0; axis < port->rank; ++axis) {
    int64_t dim = port->dims[axis];
    printf("%s", axis ? ", " : "");
    if (dim >= 0)
      printf("%lld", (long long)dim);
    else if (dim == ACCEL_UNKNOWN_DIM)
      printf("?");
    else
      print_name(accel_get_symbol(model, (int32_t)(-1 - dim))->name);
  }
  puts("]");
}

static void print_model(const accel_model *model, const accel_model_info *info) {
  printf("model ");
  print_name(info->name);
  puts("\ninputs:");
  for (int32_t i = 0; i < info->inputs; ++i)
    print_port(model, accel_get_input(model, i));
  puts("outputs:");
  for (int32_t i = 0; i < info->outputs; ++i)
    print_port(model, accel_get_output(model, i));
  for (int32_t i = 0; i < info->symbols; ++i) {
    const accel_symbol *symbol = accel_get_symbol(model, i);
    printf(i ? "       " : "sizes: ");
    print_name(symbol->name);
    printf(" from %lld", (long long)symbol->min);
    if (symbol->max != INT64_MAX)
      printf(" to %lld", (long long)symbol->max);
    putchar('\n');
  }
}

static void print_usage(void) {
  printf("usage: %s FILE.npy... -o FOLDER      run once; each output goes to FOLDER/<name>.npy\n"
         "       %s [FILE.npy...] --benchmark  time runs; without files, on random numbers\n\n"
         "A file is for the next input in order, or NAME=FILE.npy for the input of that name.\n\n"
         "  -o, --output FOLDER  where outputs go; made if it is not there\n"
         "  --benchmark          print the times of runs in microseconds\n"
         "  --warm-up N          runs before the timed ones (10)\n"
         "  --iterations N       timed runs (as many as fit into a second, at least %d)\n"
         "  --dim NAME=N         a size for random inputs (its least, but not 0)\n"
         "  --threads N          threads to use (ACCEL_NUM_THREADS, else all CPUs)\n"
         "  --help, --version\n",
         program_name, program_name, MIN_ITERATIONS);
}

static int64_t parse_count(const char *option, const char *text, int64_t least, int64_t most) {
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno || *end || end == text || value < least || value > most)
    die(EXIT_USAGE, "%s: expected a whole number from %lld, found '%s'", option, (long long)least,
        text);
  return value;
}

static void parse_dim(arguments *parsed, const char *text) {
  const char *equals = strrchr(text, '=');
  if (!equals || parsed->num_dims == MAX_DIMS)
    die(EXIT_USAGE, "--dim: expected NAME=N, found '%s'", text);
  parsed->dims[parsed->num_dims++] =
      (dim_choice){text, (size_t)(equals - text), parse_count("--dim", equals + 1, 0, INT64_MAX)};
}

static void parse_file(const accel_model *model, const accel_model_info *info, arguments *parsed,
                       const char *text) {
  const char *equals = strchr(text, '=');
  int32_t index = 0;
  if (equals)
    for (int32_t i = 0; i < info->inputs; ++i) {
      const char *name = accel_get_input(model, i)->name;
      if (strlen(name) == (size_t)(equals - text) && strncmp(name, text, strlen(name)) == 0) {
        parsed->files[i] = equals + 1;
        ++parsed->num_files;
        return;
      }
    }
  while (index < info->inputs && parsed->files[index])
    ++index;
  if (index == info->inputs)
    die(EXIT_USAGE, "expected %d input files, found '%s' as well", info->inputs, text);
  parsed->files[index] = text;
  ++parsed->num_files;
}

static arguments parse_arguments(const accel_model *model, const accel_model_info *info, int argc,
                                 char **argv) {
  arguments parsed;
  memset(&parsed, 0, sizeof parsed);
  parsed.files = allocate((size_t)info->inputs, sizeof *parsed.files);
  parsed.warm_up = 10;
  for (int i = 1; i < argc; ++i) {
    const char *text = argv[i];
    if (text[0] != '-') {
      parse_file(model, info, &parsed, text);
      continue;
    }
    if (strcmp(text, "--benchmark") == 0) {
      parsed.benchmark = true;
      continue;
    }
    static const char *const with_value[] = {"-o",           "--output", "--warm-up",
                                             "--iterations", "--dim",    "--threads"};
    bool known = false;
    for (size_t k = 0; k < sizeof with_value / sizeof *with_value; ++k)
      known |= strcmp(text, with_value[k]) == 0;
    if (!known)
      die(EXIT_USAGE, "unknown option '%s'; see --help", text);
    if (++i == argc)
      die(EXIT_USAGE, "%s: expected a value after it", text);
    if (strcmp(text, "--warm-up") == 0)
      parsed.warm_up = parse_count(text, argv[i], 0, INT64_MAX);
    else if (strcmp(text, "--iterations") == 0)
      parsed.iterations = parse_count(text, argv[i], 1, INT64_MAX / 64);
    else if (strcmp(text, "--dim") == 0)
      parse_dim(&parsed, argv[i]);
    else if (strcmp(text, "--threads") == 0)
      parsed.threads = (int32_t)parse_count(text, argv[i], 1, MAX_THREADS);
    else
      parsed.output = argv[i];
  }
  if (parsed.num_files != info->inputs && !(parsed.benchmark && parsed.num_files == 0))
    die(EXIT_USAGE, "expected %d input files, found %d; see --help", info->inputs,
        parsed.num_files);
  if (!parsed.output && !parsed.benchmark)
    die(EXIT_USAGE, "expected -o FOLDER or --benchmark; see --help");
  return parsed;
}
