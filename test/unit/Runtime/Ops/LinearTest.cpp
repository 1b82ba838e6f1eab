// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scores of linear classifiers, and the Normalizer.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <cmath>

using namespace ops;

namespace {

std::vector<float> numbers(size_t count, float scale) {
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(scale * std::sin(float(i * i % 97) + 0.5f));
  return values;
}

/// The softmax of each row in f64.
std::vector<double> softmax(const std::vector<float> &scores, int64_t width) {
  std::vector<double> result;
  for (size_t row = 0; row < scores.size(); row += width) {
    double most = -INFINITY, sum = 0;
    for (int64_t k = 0; k < width; ++k)
      most = std::fmax(most, scores[row + k]);
    for (int64_t k = 0; k < width; ++k)
      sum += std::exp(scores[row + k] - most);
    for (int64_t k = 0; k < width; ++k)
      result.push_back(std::exp(scores[row + k] - most) / sum);
  }
  return result;
}

TEST(Linear, SeveralRowsKeepTheirScores) {
  Tensor x = tensor<float>({2, 1}, {0, 0}), table = tensor<float>({3, 1}, {1, 2, 3});
  Tensor scores = tensor<float>({2, 3}, {1, 5, 5, -1, -2, -3});
  Result result =
      call(accel_op_classify_rows, {x, table, vector<int64_t>({7, 8, 9}), scores}, {0}, 2);
  ASSERT_EQ(result.status, 0);
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{8, 7}));
  EXPECT_EQ(result.outputs[1].as<float>(), (std::vector<float>{1, 5, 5, -1, -2, -3}));
}

TEST(Linear, ASingleRowIsComputedAnew) {
  for (int64_t width : {1, 7, 8, 29})
    for (int64_t classes : {1, 2, 3, 5, 8, 11}) {
      std::vector<float> row = numbers(width, 2), table = numbers(width * classes, 1),
                         added = numbers(classes, 3);
      std::vector<int64_t> labels;
      for (int64_t i = 0; i < classes; ++i)
        labels.push_back(100 + i);
      Result result =
          call(accel_op_classify_rows,
               {tensor<float>({1, width}, row), tensor<float>({classes, width}, table),
                vector<int64_t>(labels), tensor<float>({1, classes}, std::vector<float>(classes)),
                vector<float>(added)},
               {0}, 2);
      ASSERT_EQ(result.status, 0);
      std::vector<float> scores = result.outputs[1].as<float>();
      int64_t best = 0;
      for (int64_t j = 0; j < classes; ++j) {
        double expected = added[j];
        for (int64_t k = 0; k < width; ++k)
          expected += double(row[k]) * table[j * width + k];
        EXPECT_NEAR(scores[j], expected, 1e-5);
        best = scores[j] > scores[best] ? j : best;
      }
      EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{100 + best}));
    }
}

TEST(Linear, SoftmaxOfAnyWidth) {
  for (int64_t width : {1, 2, 4, 5, 16, 17, 33, 100})
    for (int64_t rows : {2, 17, 9000}) {
      std::vector<float> scores = numbers(rows * width, 40);
      Result result = call(accel_op_classify_rows,
                           {tensor<float>({rows, 1}, std::vector<float>(rows)),
                            tensor<float>({width, 1}, std::vector<float>(width)),
                            vector<int64_t>(std::vector<int64_t>(width, 1)),
                            tensor<float>({rows, width}, scores)},
                           {1}, 2);
      ASSERT_EQ(result.status, 0);
      std::vector<float> found = result.outputs[1].as<float>();
      // A difference of 80 is rounded to 4e-6.
      std::vector<double> expected = softmax(scores, width);
      for (size_t i = 0; i < found.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], 6e-6 * expected[i] + 1e-37) << width << " " << i;
    }
}

TEST(Linear, NormalizedRows) {
  Result result =
      call(accel_op_normalize_rows, {tensor<float>({3, 2}, {1, -3, 0, 0, 0.5f, 0.5f})}, {});
  ASSERT_EQ(result.status, 0);
  EXPECT_EQ(result.outputs[0].as<float>(), (std::vector<float>{0.25f, -0.75f, 0, 0, 0.5f, 0.5f}));
  result = call(accel_op_normalize_rows, {tensor<float>({19, 3}, numbers(57, 5))}, {});
  std::vector<float> found = result.outputs[0].as<float>(), from = numbers(57, 5);
  for (size_t i = 0; i < found.size(); ++i) {
    size_t row = i / 3 * 3;
    double sum = 0;
    for (size_t k = row; k < row + 3; ++k)
      sum += std::fabs(from[k]);
    EXPECT_NEAR(found[i], from[i] / sum, 1e-6);
  }
  EXPECT_EQ(call(accel_op_normalize_rows, {tensor<float>({0, 3}, {})}, {}).status, 0);
}

} // namespace
