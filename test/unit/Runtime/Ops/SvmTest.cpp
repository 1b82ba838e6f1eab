// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Probabilities of classes from those of pairs, and conditions of a run.

#include "test/unit/Runtime/Ops/OpsTest.h"

using namespace ops;

namespace {

TEST(CoupleClasses, OfTwoClassesIsTheirPair) {
  Result result = call(accel_op_couple_classes, {tensor<float>({2, 1}, {0.75f, 0.5f})}, {2});
  ASSERT_EQ(result.outputs[0].dims, (Dims{2, 2}));
  std::vector<float> found = result.outputs[0].as<float>();
  for (auto [i, expected] : {std::pair(0, 0.75f), {1, 0.25f}, {2, 0.5f}, {3, 0.5f}})
    EXPECT_NEAR(found[i], expected, 0.0025f);
}

/// Pairs that follow from probabilities give these back.
TEST(CoupleClasses, FindsWhatPairsFollowFrom) {
  const float p[3] = {0.5f, 0.3f, 0.2f};
  auto pair = [&](int i, int j) { return p[i] / (p[i] + p[j]); };
  Result result = call(accel_op_couple_classes,
                       {tensor<float>({1, 3}, {pair(0, 1), pair(0, 2), pair(1, 2)})}, {3});
  std::vector<float> found = result.outputs[0].as<float>();
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(found[i], p[i], 0.005f);
}

TEST(CoupleClasses, NeedsAllPairs) {
  expectFailure(accel_op_couple_classes, {tensor<float>({1, 2}, {0.5f, 0.5f})}, {3},
                "for each pair of classes, found 2");
}

} // namespace
