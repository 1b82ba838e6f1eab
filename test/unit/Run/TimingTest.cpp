// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Percentiles, and what random inputs look like.

#include "lib/Run/Benchmark.h"
#include "lib/Run/DType.h"
#include "lib/Run/Random.h"
#include "gtest/gtest.h"
#include <cmath>
#include <numeric>

using namespace accel::run;

TEST(Timing, PercentileIsTheSmallestRunThatSoManyDoNotExceed) {
  std::vector<int64_t> runs(200);
  std::iota(runs.begin(), runs.end(), 1);
  EXPECT_EQ(percentile(runs, 50), 100);
  EXPECT_EQ(percentile(runs, 99), 198);
  EXPECT_EQ(percentile(runs, 99.9), 200);
  EXPECT_EQ(percentile(runs, 100), 200);
  EXPECT_EQ(percentile(runs, 0.001), 1);
  EXPECT_EQ(percentile({7}, 50), 7);
}

TEST(Random, FloatsAreNormal) {
  Value value = llvm::cantFail(makeTensor({ACCEL_FLOAT, 32, 1}, {20000}));
  fillRandom(value, 3, "x");
  double sum = 0, squares = 0, beyond = 0;
  for (int64_t i = 0; i < 20000; ++i) {
    double x = readElement(value.dtype, value.data.data(), i);
    sum += x;
    squares += x * x;
    beyond += std::abs(x) > 1.959964;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.03);
  EXPECT_NEAR(squares / 20000, 1, 0.05);
  EXPECT_NEAR(beyond / 20000, 0.05, 0.01);
}

TEST(Random, DependsOnSeedAndName) {
  auto first = [](uint64_t seed, const char *name) {
    Value value = llvm::cantFail(makeTensor({ACCEL_FLOAT, 64, 1}, {1}));
    fillRandom(value, seed, name);
    return readElement(value.dtype, value.data.data(), 0);
  };
  EXPECT_EQ(first(0, "x"), first(0, "x"));
  EXPECT_NE(first(0, "x"), first(1, "x"));
  EXPECT_NE(first(0, "x"), first(0, "y"));
}

TEST(Random, IntegersFitTheirType) {
  for (uint8_t bits : {2, 4, 8, 64})
    for (uint8_t code : {ACCEL_INT, ACCEL_UINT}) {
      Value value = llvm::cantFail(makeTensor({code, bits, 1}, {500}));
      fillRandom(value, 0, "x");
      double low = 1e9, high = -1e9;
      for (int64_t i = 0; i < 500; ++i) {
        double x = readElement(value.dtype, value.data.data(), i);
        low = std::min(low, x);
        high = std::max(high, x);
      }
      EXPECT_EQ(low, 0);
      unsigned magnitude = bits - (code == ACCEL_INT);
      EXPECT_EQ(high, magnitude < 4 ? (1 << magnitude) - 1 : 9) << dtypeName(value.dtype);
    }
}
