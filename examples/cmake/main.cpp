// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a compiled model through its typed header, which CMakeLists.txt has accel-compile write.

#include "classifier.h"
#include <cstdio>
#include <vector>

int main() {
  using namespace accel::classifier;
  constexpr std::int64_t batch = 2;
  std::vector<inputs::pixels::type> pixels(batch * inputs::pixels::shape[1]);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = float(i) / float(pixels.size());
  std::vector<outputs::scores::type> scores(batch * outputs::scores::shape[1]);

  Model model;
  if (model.status() != ACCEL_OK || model.run(batch, pixels.data(), scores.data()) != ACCEL_OK) {
    std::fprintf(stderr, "%s\n", model.message());
    return 1;
  }
  for (std::int64_t row = 0; row < batch; ++row) {
    for (std::int64_t i = 0; i < outputs::scores::shape[1]; ++i)
      std::printf("%s%.5f", i ? " " : "", scores[row * outputs::scores::shape[1] + i]);
    std::printf("\n");
  }
  return 0;
}
