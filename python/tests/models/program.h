// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program and the model for the ports, plan and run that the including file has defined.

#ifndef SYMBOLS
#define SYMBOLS 0
static const accel_symbol symbols[1];
#endif
#ifndef SITES
#define SITES sites
static const accel_kernel no_kernel = {NULL, NULL, 0, "none", 0, NULL};
static const accel_site sites[] = {{&no_kernel, "", 0, 0}};
#endif
#ifndef STRINGS
#define STRINGS 0
static const accel_string strings[1];
#endif
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const accel_program program = {
    .abi = ACCEL_RT_ABI,
    .name = "test",
    .inputs = inputs,
    .outputs = outputs,
    .symbols = symbols,
    .sites = SITES,
    .num_inputs = COUNT(inputs),
    .num_outputs = COUNT(outputs),
    .num_symbols = SYMBOLS,
    .num_sites = COUNT(SITES),
    .arena_bytes = -1,
    .plan = plan,
    .run = run,
    .target = "test",
    .metadata = metadata,
    .metadata_bytes = sizeof metadata - 1,
    .strings = strings,
    .num_strings = STRINGS,
};

__attribute__((visibility("default"))) const accel_model *
accel_model_function(void) __asm__("accel_model");
const accel_model *accel_model_function(void) {
  static const accel_model model = {&accel_rt_api, &program};
  return &model;
}
