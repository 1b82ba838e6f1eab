// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Drives the fake model through its generated header; returns the number of the check that failed.

#include "fake.h"
#include "fake.h" // The guard works.
#include <cstring>

int main() {
  namespace fake = accel::fake;
  static_assert(fake::inputs::x::shape.size() == 2, "");
  static_assert(fake::inputs::x::shape[0] == -1 && fake::inputs::x::shape[1] == 3, "");
  static_assert(std::is_same<fake::inputs::x::type, float>::value, "");
  static_assert(fake::inputs::words::elements == 2, "");
  fake::Model model;
  if (model.status() != ACCEL_OK)
    return 1;
  const float x[] = {1, 2, 3, -4, -5, -6, 0.5f, 0.25f, 0};
  const std::int64_t scale = 10;
  const accel_string words[] = {{"ab", 2}, {"c", 1}};
  float y[3];
  fake::Tensor<std::int64_t, 1> found;
  fake::Strings<1> echo;
  if (model.run(3, x, &scale, words, y, found, echo) != ACCEL_OK)
    return 2;
  if (y[0] != 60 || y[1] != -150 || y[2] != 7.5f)
    return 3;
  if (found.shape[0] != 2 || found.data[0] != 0 || found.data[1] != 2)
    return 4;
  if (echo.shape[0] != 2 || echo.data[1].size != 1 || echo.data[1].data[0] != 'c')
    return 5;
  if (model.run(0, x, &scale, words, y, found, echo) != ACCEL_RUN_FAILED ||
      model.status() != ACCEL_RUN_FAILED || std::strcmp(model.message(), "n is 0"))
    return 6;
  accel_options options = {};
  options.size = sizeof options;
  options.threads = 99;
  fake::Model none(&options);
  if (none.status() != ACCEL_UNSUPPORTED || std::strcmp(none.message(), "too many threads"))
    return 7;
  if (none.run(3, x, &scale, words, y, found, echo) != ACCEL_UNSUPPORTED)
    return 8;
  return 0;
}
