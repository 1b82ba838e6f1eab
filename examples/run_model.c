// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads a compiled model with one float32 input, runs it on a ramp from 0 to 1, prints its output.
//   cc -Iinclude examples/run_model.c -ldl -o run_model && ./run_model ./model.so

#include "accel-rt/Model.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
  accel_model_fn entry = library ? (accel_model_fn)dlsym(library, ACCEL_MODEL_SYMBOL) : NULL;
  if (!entry)
    return fprintf(stderr, "usage: run_model ./model.so (%s)\n", library ? dlerror() : "no file");
  const accel_port *port = accel_get_input(entry(), 0);
  int64_t shape[8], count = 1;
  for (int axis = 0; axis < port->rank && axis < 8; ++axis) {
    int64_t dim = port->dims[axis]; // a constant, or a size that the caller chooses
    count *= shape[axis] = dim >= 0 ? dim : 1;
  }
  float *data = malloc(count * sizeof *data);
  for (int64_t i = 0; i < count; ++i)
    data[i] = (float)i / (float)count;

  char message[256];
  accel_context *context;
  if (accel_create(entry(), NULL, &context, message, sizeof message))
    return fprintf(stderr, "%s\n", message);
  accel_value input = accel_tensor_value(accel_float32(data, port->rank, shape)), output;
  if (accel_run(context, &input, 1, NULL, 0) || accel_result(context, 0, &output))
    return fprintf(stderr, "%s\n", accel_message(context));
  int64_t values = 1;
  for (int axis = 0; axis < output.u.tensor.ndim; ++axis)
    values *= output.u.tensor.shape[axis];
  for (int64_t i = 0; i < values && i < 10; ++i)
    printf("%g\n", ((const float *)output.u.tensor.data)[i]);
  accel_destroy(context);
  free(data);
  return 0;
}
