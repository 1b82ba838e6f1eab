// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program made of a model: prints its arguments, its constructor's work and a model's answers.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern int accel_check(float);
extern const uint8_t *alpha_bytes(void);

static int constructed;
__attribute__((constructor)) static void construct(void) { constructed = 5; }
__attribute__((destructor)) static void destruct(void) { puts("destructed"); }

int main(int argc, char **argv, char **environment) {
  printf("%d %s %d %d %u %d\n", argc, argc > 1 ? argv[1] : "", constructed, accel_check(1.0f),
         alpha_bytes()[3], environment && getenv("ACCEL_LINK_TEST") != 0);
  return 3;
}
