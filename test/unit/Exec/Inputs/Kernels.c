// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels as code generation would emit them, for models with the prefix "t". Work item i is row i.

#include <stdint.h>

#define KERNEL(name)                                                                               \
  int64_t t_##name##_grid(const int64_t *dims);                                                    \
  void t_##name(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end,             \
                void *scratch)

/// c = a / 2 + b / 4 + 1, for rows of WIDTH.
#define MIX(WIDTH)                                                                                 \
  KERNEL(mix##WIDTH);                                                                              \
  int64_t t_mix##WIDTH##_grid(const int64_t *dims) { return dims[0]; }                             \
  KERNEL(mix##WIDTH) {                                                                             \
    const float *a = buffers[0], *b = buffers[1];                                                  \
    float *c = buffers[2];                                                                         \
    (void)dims, (void)scratch;                                                                     \
    for (int64_t i = begin * WIDTH; i < end * WIDTH; ++i)                                          \
      c[i] = a[i] * 0.5f + b[i] * 0.25f + 1.0f;                                                    \
  }
MIX(4)
MIX(16)
MIX(64)

/// b = a + 1 and c = a / 2, for rows of WIDTH.
#define BOTH(WIDTH)                                                                                \
  KERNEL(both##WIDTH);                                                                             \
  int64_t t_both##WIDTH##_grid(const int64_t *dims) { return dims[0]; }                            \
  KERNEL(both##WIDTH) {                                                                            \
    const float *a = buffers[0];                                                                   \
    float *b = buffers[1], *c = buffers[2];                                                        \
    (void)dims, (void)scratch;                                                                     \
    for (int64_t i = begin * WIDTH; i < end * WIDTH; ++i) {                                        \
      b[i] = a[i] + 1.0f;                                                                          \
      c[i] = a[i] * 0.5f;                                                                          \
    }                                                                                              \
  }
BOTH(4)
BOTH(16)
BOTH(64)

/// The same on 8 rows, a constant. Through scratch, so that scratch_bytes matters.
KERNEL(fixed);
int64_t t_fixed_grid(const int64_t *dims) { return (void)dims, 8; }
KERNEL(fixed) {
  const float *a = buffers[0], *w = buffers[1];
  const uint8_t *flags = buffers[2];
  float *y = buffers[3], *row = scratch;
  (void)dims;
  for (int64_t item = begin; item < end; ++item) {
    for (int64_t i = 0; i < 16; ++i)
      row[i] = flags[i] ? a[item * 16 + i] * w[i] : -1.0f;
    for (int64_t i = 0; i < 16; ++i)
      y[item * 16 + i] = row[i];
  }
}
