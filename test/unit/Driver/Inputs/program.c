// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A user's program with two models linked in.

#include <stdint.h>
#include <stdio.h>

int alpha_check(float), beta_check(float);
const uint8_t *alpha_bytes(void), *beta_bytes(void);

// Users have such names too; the models' hidden ones must not meet them.
int test_shared_name(int x) { return x; }
int test_pool(void) { return 1; }

int main(void) {
  printf("%d %d %d %u %u\n", alpha_check(1.0f), beta_check(1.0f), test_shared_name(2) + test_pool(),
         alpha_bytes()[3], beta_bytes()[3]);
  return 0;
}
