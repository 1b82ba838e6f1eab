// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Col2Im, MaxUnpool, CenterCropPad, ReverseSequence.

#include "test/unit/Runtime/Ops/OpsTest.h"

using namespace ops;

namespace {

template <typename T> Tensor ones(const Dims &dims) {
  return tensor<T>(dims, std::vector<T>(product(dims), T(1)));
}

TEST(Col2Im, CountsBlocks) {
  Random random(1);
  for (int round = 0; round < 100; ++round) {
    Dims image = random.dims(2, 1, 6), block = random.dims(2, 1, 3),
         dilation = random.dims(2, 1, 3), pad = random.dims(4, 0, 3), stride = random.dims(2, 1, 3),
         places;
    for (int i = 0; i < 2; ++i) {
      int64_t room = image[i] + pad[i] + pad[2 + i] - dilation[i] * (block[i] - 1) - 1;
      places.push_back(room < 0 ? 0 : room / stride[i] + 1);
    }
    std::vector<int64_t> parameters{2,      dilation[0], dilation[1], pad[0],   pad[1],
                                    pad[2], pad[3],      stride[0],   stride[1]};
    Result result =
        call(accel_op_col2im,
             {ones<int64_t>({1, 2 * product(block), product(places)}), ints(image), ints(block)},
             parameters);
    ASSERT_EQ(result.message, "");
    std::vector<int64_t> expected(2 * product(image), 0);
    forEach({2, places[0], places[1], block[0], block[1]}, [&](const Dims &at, int64_t) {
      int64_t y = at[1] * stride[0] - pad[0] + at[3] * dilation[0],
              x = at[2] * stride[1] - pad[1] + at[4] * dilation[1];
      if (y >= 0 && y < image[0] && x >= 0 && x < image[1])
        ++expected[(at[0] * image[0] + y) * image[1] + x];
    });
    EXPECT_EQ(result.outputs[0].as<int64_t>(), expected);
  }
}

TEST(Col2Im, RefusesWhatDoesNotFit) {
  std::vector<int64_t> parameters{1, 1, 0, 0, 1};
  expectFailure(accel_op_col2im, {ones<float>({1, 3, 3}), ints({4}), ints({2})}, parameters,
                "found 3");
  expectFailure(accel_op_col2im, {ones<float>({1, 2, 4}), ints({4}), ints({2})}, parameters,
                "found 4");
  expectFailure(accel_op_col2im, {ones<float>({1, 2, 3}), ints({-4}), ints({2})}, parameters,
                "found -4");
  expectFailure(accel_op_col2im, {ones<float>({1, 2, 3}), ints({4}), ints({0})}, parameters,
                "found 0");
  expectFailure(accel_op_col2im, {ones<float>({1, 2, 3}), ints({4, 4}), ints({2})}, parameters,
                "as many sizes");
}

TEST(MaxUnpool, PutsElementsBack) {
  Tensor x = tensor<float>({1, 1, 2}, {1, 2}), at = tensor<int64_t>({1, 1, 2}, {1, 2});
  EXPECT_EQ(call(accel_op_max_unpool, {x, at}, {2, 2, 0}).outputs[0].as<float>(),
            (std::vector<float>{0, 1, 2, 0}));
  EXPECT_EQ(call(accel_op_max_unpool, {x, at, ints({1, 1, 5})}, {2, 2, 0}).outputs[0].as<float>(),
            (std::vector<float>{0, 1, 2, 0, 0}));
  for (int64_t bad : {-1, 4})
    expectFailure(accel_op_max_unpool, {x, tensor<int64_t>({1, 1, 2}, {1, bad})}, {2, 2, 0},
                  "found " + std::to_string(bad));
  expectFailure(accel_op_max_unpool, {x, at, ints({1, 1, 3})}, {2, 2, 0}, "found 3");
  expectFailure(accel_op_max_unpool, {x, at, ints({1, 5})}, {2, 2, 0}, "for each dim");
  expectFailure(accel_op_max_unpool, {x, ones<int64_t>({1, 1, 3})}, {2, 2, 0}, "for each element");
  expectFailure(accel_op_max_unpool, {x, at}, {1, 1, 9}, "0 or more");
}

TEST(CenterCropPad, AnySizes) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    Dims dims = random.dims(3, 0, 4), sizes = random.dims(2, 0, 6);
    Result result = call(accel_op_center_crop_pad, {ones<int16_t>(dims), ints(sizes)}, {2, 0});
    ASSERT_EQ(result.message, "");
    EXPECT_EQ(result.outputs[0].dims, (Dims{sizes[1], dims[1], sizes[0]}));
    int64_t sum = 0;
    for (int16_t value : result.outputs[0].as<int16_t>())
      sum += value;
    EXPECT_EQ(sum, std::min(dims[0], sizes[1]) * dims[1] * std::min(dims[2], sizes[0]));
  }
  expectFailure(accel_op_center_crop_pad, {ones<int16_t>({2, 2}), ints({-1})}, {0}, "found -1");
  expectFailure(accel_op_center_crop_pad, {ones<int16_t>({2, 2}), ints({1, 1})}, {0}, "each axis");
}

TEST(ReverseSequence, TurnsRows) {
  Tensor x = tensor<int8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(call(accel_op_reverse_sequence, {x, ints({2, 3})}, {1}).outputs[0].as<int8_t>(),
            (std::vector<int8_t>{2, 1, 3, 6, 5, 4}));
  EXPECT_EQ(call(accel_op_reverse_sequence, {x, ints({2, 0, 1})}, {0}).outputs[0].as<int8_t>(),
            (std::vector<int8_t>{4, 2, 3, 1, 5, 6}));
  expectFailure(accel_op_reverse_sequence, {x, ints({2, 4})}, {1}, "found 4");
  expectFailure(accel_op_reverse_sequence, {x, ints({-1, 3})}, {1}, "found -1");
  expectFailure(accel_op_reverse_sequence, {x, ints({3})}, {1}, "of the batch");
}

} // namespace
