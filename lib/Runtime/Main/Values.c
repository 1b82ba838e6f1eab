// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs from files or made up, and outputs to files.

#include "lib/Runtime/Main/Main.h"
#include <sys/stat.h>

static accel_value read_input(const accel_port *port, const char *path) {
  accel_npy *array = allocate(1, sizeof *array); // its shape must live as long as the value
  char reason[256], descr[16];
  if (port->kind != ACCEL_TENSOR)
    die(1, "input '%s' is not a tensor; use the library's interface", port->name);
  if (!accel_npy_read(path, array, reason, sizeof reason))
    die(1, "cannot read '%s': %s", path, reason);
  accel_npy_descr(port->dtype, descr);
  if (!accel_npy_matches(array->descr, port->dtype))
    die(1, "input '%s': expected elements '%s', found '%s' in '%s'", port->name, descr,
        array->descr, path);
  return accel_tensor_value(accel_host_tensor(array->data, port->dtype.code, port->dtype.bits,
                                              array->rank, array->shape));
}

static int64_t chosen_size(const arguments *parsed, const accel_symbol *symbol) {
  for (int i = 0; i < parsed->num_dims; ++i) {
    const dim_choice *choice = &parsed->dims[i];
    if (strlen(symbol->name) == choice->name_bytes &&
        strncmp(symbol->name, choice->name, choice->name_bytes) == 0)
      return choice->size;
  }
  return symbol->min > 0 ? symbol->min : 1;
}

/// Floats in [-1, 1), other types 0 or 1: random bits would be NaN, or indices out of range.
static void fill_randomly(void *data, int64_t count, accel_dtype dtype, uint64_t *state) {
  int64_t element = (dtype.bits + 7) / 8;
  for (int64_t i = 0; i < count; ++i) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    uint32_t bits = (uint32_t)(*state >> 40); // 24 of them
    float f = (float)bits / 8388608.0f - 1.0f;
    double d = f;
    char *to = (char *)data + i * element;
    if (dtype.code == ACCEL_FLOAT && element == 4)
      memcpy(to, &f, 4);
    else if (dtype.code == ACCEL_FLOAT && element == 8)
      memcpy(to, &d, 8);
    else if ((dtype.code == ACCEL_FLOAT || dtype.code == ACCEL_BFLOAT) && element == 2) {
      // 1.0 to 1.99: an exponent of 0 and random fraction bits
      uint16_t half = dtype.code == ACCEL_FLOAT ? 0x3c00 | (bits & 0x3ff) : 0x3f80 | (bits & 0x7f);
      memcpy(to, &half, 2);
    } else {
      memset(to, 0, (size_t)element);
      *to = (char)(bits & 1);
    }
  }
}

static accel_value random_input(const accel_model *model, const accel_port *port,
                                const arguments *parsed, uint64_t *state) {
  if (port->kind != ACCEL_TENSOR)
    die(1, "input '%s' is not a tensor; use the library's interface", port->name);
  int64_t *shape = allocate((size_t)port->rank, sizeof *shape), count = 1;
  for (int32_t axis = 0; axis < port->rank; ++axis) {
    int64_t dim = port->dims[axis];
    shape[axis] =
        dim >= 0 ? dim : chosen_size(parsed, accel_get_symbol(model, (int32_t)(-1 - dim)));
    if (__builtin_mul_overflow(count, shape[axis], &count) || count > INT64_MAX / 64)
      die(1, "input '%s': its size overflows", port->name);
  }
  void *data = allocate((size_t)count, (size_t)(port->dtype.bits + 7) / 8);
  fill_randomly(data, count, port->dtype, state);
  return accel_tensor_value(
      accel_host_tensor(data, port->dtype.code, port->dtype.bits, port->rank, shape));
}

/// FOLDER/NAME.npy. Of the name only what is harmless in a file name is kept; if that makes two
/// names equal, or none is left, the output's number is added.
static void output_path(const accel_model *model, const char *folder, int32_t index, char *path,
                        size_t bytes) {
  char names[2][128];
  bool unique = true;
  for (int32_t i = index; i >= 0; --i) {
    char *name = names[i != index];
    const char *from = accel_get_output(model, i)->name;
    size_t used = 0;
    for (; *from && used + 1 < sizeof names[0]; ++from) {
      bool plain = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') ||
                   (*from >= '0' && *from <= '9') || *from == '-' || *from == '_' ||
                   (*from == '.' && used);
      name[used++] = plain ? *from : '_';
    }
    name[used] = '\0';
    unique &= used > 0 && (i == index || strcmp(names[0], names[1]) != 0);
  }
  int length = unique ? snprintf(path, bytes, "%s/%s.npy", folder, names[0])
                      : snprintf(path, bytes, "%s/%s-%d.npy", folder, names[0], index);
  if (length < 0 || (size_t)length >= bytes)
    die(1, "the path of output %d is too long", index);
}

static void write_outputs(const accel_model *model, const char *folder, const accel_value *outputs,
                          int32_t count) {
  char path[4096], reason[256];
  if (mkdir(folder, 0777) != 0 && errno != EEXIST)
    die(1, "cannot make the folder '%s': %s", folder, strerror(errno));
  for (int32_t i = 0; i < count; ++i) {
    output_path(model, folder, i, path, sizeof path);
    if (outputs[i].kind != ACCEL_TENSOR)
      die(1, "output %d is not a tensor; use the library's interface", i);
    if (!accel_npy_write(path, &outputs[i].u.tensor, reason, sizeof reason))
      die(1, "cannot write '%s': %s", path, reason);
    puts(path);
  }
}
