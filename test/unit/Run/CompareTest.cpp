// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What counts as different.

#include "lib/Run/Compare.h"
#include "lib/Run/DType.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace accel::run;

static Value tensor(accel_dtype dtype, std::vector<double> elements) {
  Value value = llvm::cantFail(makeTensor(dtype, {static_cast<int64_t>(elements.size())}));
  for (size_t i = 0; i < elements.size(); ++i)
    writeElement(dtype, value.data.data(), static_cast<int64_t>(i), elements[i]);
  return value;
}

static const accel_dtype f32 = {ACCEL_FLOAT, 32, 1}, i64 = {ACCEL_INT, 64, 1};

TEST(Compare, FloatsWithinTheTolerance) {
  Value expected = tensor(f32, {100, -1, 0});
  EXPECT_TRUE(compare(tensor(f32, {100.5, -1, 0}), expected, {0.01, 0}).ok());
  Difference difference = compare(tensor(f32, {102, -1.5, 0}), expected, {0.01, 0});
  EXPECT_EQ(difference.wrong, 2);
  EXPECT_EQ(difference.worst, 2);
  EXPECT_EQ(difference.worstIndex, 0);
  EXPECT_EQ(difference.got, 102);
  EXPECT_FALSE(compare(tensor(f32, {100, -1, 0.1}), expected, {0.01, 0.05}).ok());
  EXPECT_TRUE(compare(tensor(f32, {100, -1, 0.1}), expected, {0.01, 0.11}).ok());
}

TEST(Compare, NotFiniteInTheSamePlaces) {
  CompareOptions loose = {1, 1e30};
  EXPECT_TRUE(compare(tensor(f32, {NAN, INFINITY}), tensor(f32, {NAN, INFINITY}), loose).ok());
  EXPECT_FALSE(compare(tensor(f32, {1}), tensor(f32, {NAN}), loose).ok());
  EXPECT_FALSE(compare(tensor(f32, {NAN}), tensor(f32, {1}), loose).ok());
  EXPECT_FALSE(compare(tensor(f32, {INFINITY}), tensor(f32, {-INFINITY}), loose).ok());
  EXPECT_FALSE(compare(tensor(f32, {1}), tensor(f32, {INFINITY}), loose).ok());
}

TEST(Compare, IntegersExactly) {
  CompareOptions loose = {1, 10};
  EXPECT_FALSE(compare(tensor(i64, {3, 4}), tensor(i64, {3, 5}), loose).ok());
  // Both round to 2^60 as doubles.
  Value a = tensor(i64, {0}), b = tensor(i64, {0});
  int64_t big = int64_t(1) << 60;
  memcpy(a.data.data(), &big, 8);
  ++big;
  memcpy(b.data.data(), &big, 8);
  EXPECT_EQ(compare(a, b, loose).wrong, 1);
  EXPECT_TRUE(compare(a, a, loose).ok());
}

TEST(Compare, TypesAndShapes) {
  EXPECT_EQ(compare(tensor(f32, {1}), tensor(i64, {1}), {}).what,
            "got float32[1], expected int64[1]");
  EXPECT_EQ(compare(tensor(f32, {1}), tensor(f32, {1, 1}), {}).what,
            "got float32[1], expected float32[2]");
}
