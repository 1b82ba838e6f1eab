// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Labels, determinants, draws and multinomial samples.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <cmath>

using namespace ops;

namespace {

TEST(Labels, ClassesAndTheIgnoredOne) {
  Tensor labels = vector<int32_t>({2, 0, -100, 1});
  Result result = call(accel_op_labels, {labels}, {3, 1, -100});
  ASSERT_EQ(result.status, 0);
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{2, 0, -1, 1}));
  // One that is a class may be ignored, too; scores say how many there are.
  Tensor scores = tensor<float>({4, 3}, std::vector<float>(12));
  result = call(accel_op_labels, {vector<int64_t>({2, 0}), scores}, {-1, 1, 0});
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{2, -1}));
  expectFailure(accel_op_labels, {labels}, {2, 1, -100}, "found 2");
  expectFailure(accel_op_labels, {labels}, {3, 0, 0}, "found -100");
  expectFailure(accel_op_labels, {vector<int64_t>({3}), scores}, {-1, 0, 0}, "found 3");
}

TEST(Det, SingularAndOddMatrices) {
  auto det = [](const Dims &dims, const std::vector<double> &values) {
    Result result = call(accel_op_det, {tensor<double>(dims, values)});
    EXPECT_EQ(result.status, 0);
    return result.outputs[0].as<double>();
  };
  EXPECT_EQ(det({2, 2}, {0, 1, 1, 0}), (std::vector<double>{-1}));
  EXPECT_EQ(det({2, 2}, {1, 2, 2, 4}), (std::vector<double>{0}));
  EXPECT_EQ(det({0, 0}, {}), (std::vector<double>{1}));
  EXPECT_EQ(det({2, 0, 0}, {}), (std::vector<double>{1, 1}));
  EXPECT_EQ(det({0, 2, 2}, {}), (std::vector<double>{}));
  EXPECT_TRUE(std::isnan(det({2, 2}, {NAN, 1, 1, 1})[0]));
  expectFailure(accel_op_det, {tensor<double>({2, 3}, std::vector<double>(6))}, {}, "square");
}

TEST(Draw, KeysAndStreams) {
  Result a = call(accel_op_draw, {}, {0}, 2), b = call(accel_op_draw, {}, {1, 77}, 2);
  EXPECT_EQ(b.outputs[0].as<uint64_t>()[0], a.outputs[0].as<uint64_t>()[0] + 1);
  EXPECT_EQ(a.outputs[1].as<uint64_t>()[0], 0x1234u);
  EXPECT_EQ(b.outputs[1].as<uint64_t>()[0], 77u);
}

TEST(Multinomial, PicksByPartsOfTheSum) {
  const float none = -INFINITY;
  Tensor scores = tensor<float>({2, 4}, {0, 0, none, 0, none, 5, none, none});
  Tensor numbers = tensor<double>({2, 3}, {0.0, 0.5, 0.999999, 0.0, 0.5, 0.999999});
  Result result = call(accel_op_multinomial, {scores, numbers}, {64});
  ASSERT_EQ(result.status, 0);
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{0, 1, 3, 1, 1, 1}));
  result = call(accel_op_multinomial, {scores, numbers}, {32});
  EXPECT_EQ(result.outputs[0].as<int32_t>(), (std::vector<int32_t>{0, 1, 3, 1, 1, 1}));
  // Rows that are no distribution give some class.
  Tensor odd = tensor<float>({2, 2}, {none, none, NAN, INFINITY});
  result = call(accel_op_multinomial, {odd, numbers}, {64});
  for (int64_t found : result.outputs[0].as<int64_t>())
    EXPECT_TRUE(found == 0 || found == 1);
  // Infinite weights share all there is.
  Tensor endless = tensor<float>({2, 4}, {9, INFINITY, none, INFINITY, NAN, 3, INFINITY, 88});
  result = call(accel_op_multinomial, {endless, numbers}, {64});
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{1, 3, 3, 2, 2, 2}));
  expectFailure(accel_op_multinomial, {tensor<float>({2, 0}, {}), numbers}, {64}, "one class");
}

} // namespace
