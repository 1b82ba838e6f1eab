// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Measures the rate of float32 multiply-adds of one core: the most of many short tries, so that
// neighbours do not matter, in GFLOP/s.
#include <stdio.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX__)
#define WIDTH 8
#else
#define WIDTH 4
#endif
typedef float vec __attribute__((vector_size(4 * WIDTH)));

// Enough independent chains to hide the latency of a multiply-add on any core, few enough for
// registers.
#define CHAINS 12

int main(void) {
  double best = 0;
  for (int attempt = 0; attempt < 400; ++attempt) {
    vec sums[CHAINS];
    vec factor, term;
    for (int j = 0; j < WIDTH; ++j) {
      factor[j] = 0.999f;
      term[j] = 1e-3f;
    }
    for (int i = 0; i < CHAINS; ++i)
      sums[i] = term * (float)i;
    const long rounds = 200000;
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long r = 0; r < rounds; ++r) {
#pragma clang loop unroll(full)
      for (int i = 0; i < CHAINS; ++i)
        sums[i] = sums[i] * factor + term;
      // The chains stay in registers, and the loop stays a loop.
      __asm__ volatile("" : "+x"(sums[0]), "+x"(sums[CHAINS - 1]));
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    volatile float sink = 0;
    for (int i = 0; i < CHAINS; ++i)
      sink += sums[i][0];
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    double rate = 2.0 * WIDTH * CHAINS * (double)rounds / seconds * 1e-9;
    best = rate > best ? rate : best;
  }
  printf("%.1f\n", best);
  return 0;
}
