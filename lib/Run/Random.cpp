// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random inputs from splitmix64 (Steele, Lea, Flood 2014): the standard library's distributions
// differ from one library to the next.

#include "lib/Run/Random.h"
#include "lib/Run/DType.h"
#include <cmath>
#include <numbers>

using namespace accel::run;

namespace {
class Generator {
public:
  Generator(uint64_t seed, llvm::StringRef name) : state(seed) {
    for (unsigned char c : name)
      state = next() ^ c;
  }

  uint64_t next() {
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  /// From (0, 1].
  double uniform() { return static_cast<double>((next() >> 11) + 1) * 0x1p-53; }

  /// From N(0,1), by Box and Muller's method.
  double normal() {
    double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

private:
  uint64_t state;
};
} // namespace

/// What to draw from [0, n) for integers.
static uint64_t range(accel_dtype dtype) {
  if (dtype.code == ACCEL_BOOL)
    return 2;
  unsigned magnitude = dtype.bits - (dtype.code == ACCEL_INT);
  return std::min<uint64_t>(10, magnitude < 4 ? 1u << magnitude : 10);
}

void accel::run::fillRandom(Value &value, uint64_t seed, llvm::StringRef name) {
  Generator generator(seed, name);
  bool whole = isInteger(value.dtype) || value.dtype.code == ACCEL_BOOL;
  for (int64_t i = 0, e = value.elements(); i < e; ++i) {
    double number =
        whole ? static_cast<double>(generator.next() % range(value.dtype)) : generator.normal();
    writeElement(value.dtype, value.data.data(), i, number);
  }
}
