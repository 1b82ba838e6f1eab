// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's .npy files, for the command line of executable models.

#ifndef ACCEL_RUNTIME_NPY_H
#define ACCEL_RUNTIME_NPY_H

#include "accel-rt/Model.h"
#include <stdbool.h>

enum { ACCEL_NPY_MAX_RANK = 32 };

/// An array read from a file.
typedef struct accel_npy {
  void *memory; ///< to free
  void *data;
  int64_t bytes;
  int32_t rank;
  int64_t shape[ACCEL_NPY_MAX_RANK];
  char descr[16]; ///< NumPy's name of the element type, such as "<f4"
} accel_npy;

/// Reads a file (format 1, 2 or 3, C order, little endian). On failure says why in reason.
static bool accel_npy_read(const char *path, accel_npy *array, char *reason, size_t reason_bytes);
static bool accel_npy_write(const char *path, const accel_tensor *tensor, char *reason,
                            size_t reason_bytes);
/// NumPy's name of an element type. Types that NumPy lacks are raw bytes, as ml_dtypes saves them.
static void accel_npy_descr(accel_dtype dtype, char descr[16]);
/// Whether a file of this element type holds what dtype means.
static bool accel_npy_matches(const char *descr, accel_dtype dtype);

#endif // ACCEL_RUNTIME_NPY_H
