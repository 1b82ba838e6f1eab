// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GridSample, RoiAlign, MaxRoiPool, DeformConv: places that no picture has, on all kinds of CPUs.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <cmath>
#include <limits>

using namespace ops;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// Calls a function as each kind of CPU does that this machine has.
template <typename Check> void onEachLevel(const Check &check) {
  std::vector<uint64_t> levels{0};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v3"))
    levels.push_back(ACCEL_CPU_X86_64_V3);
  if (__builtin_cpu_supports("x86-64-v4"))
    levels.push_back(ACCEL_CPU_X86_64_V4);
#endif
  for (uint64_t level : levels) {
    cpuFeatures = level;
    check();
  }
  cpuFeatures = 0;
}

/// Numbers around -2..2, and some that are far away or none.
template <typename T> Tensor wild(const Dims &dims, uint64_t seed, double reach = 2) {
  const T odd[] = {T(NAN), T(kInf), T(-kInf), T(1e30), T(-1e30), T(1e9), T(-1e9), T(0)};
  Random random(seed);
  std::vector<T> values;
  for (int64_t i = 0; i < product(dims); ++i)
    values.push_back(random.integer(0, 7) ? T(random.real(-reach, reach))
                                          : odd[random.integer(0, 7)]);
  return tensor<T>(dims, values);
}
template <typename T> Tensor ones(const Dims &dims) {
  return tensor<T>(dims, std::vector<T>(product(dims), T(1)));
}

template <typename T> void sampleAnything() {
  for (int64_t mode = 0; mode < 3; ++mode)
    for (int64_t border = 0; border < 3; ++border)
      for (int64_t align = 0; align < 2; ++align) {
        call(accel_op_grid_sample, {ones<T>({1, 2, 5}), wild<T>({1, 70, 1}, 1)},
             {mode, border, align});
        call(accel_op_grid_sample, {ones<T>({2, 2, 1, 3}), wild<T>({2, 9, 31, 2}, 2)},
             {mode, border, align});
        Result result =
            call(accel_op_grid_sample, {ones<T>({1, 65, 2, 3, 4}), wild<T>({1, 3, 3, 5, 3}, 3)},
                 {mode, border, align});
        ASSERT_EQ(result.outputs.size(), 1u);
        // Weights add up to 1 where each tap is some element.
        if (border == ACCEL_BORDER_REFLECT || (border == ACCEL_BORDER_REPEAT && mode < 2))
          for (T value : result.outputs[0].as<T>())
            EXPECT_NEAR(value, 1, 1e-4);
      }
}

TEST(GridSample, AnyPlaceOnAnyCpu) {
  onEachLevel([] {
    sampleAnything<float>();
    sampleAnything<double>();
  });
}

TEST(GridSample, NearestOfAnyType) {
  Tensor grid = tensor<float>({1, 1, 3, 2}, {-1, -1, 1, 1, 5, 5});
  for (int64_t border : {ACCEL_BORDER_ZEROS, ACCEL_BORDER_REPEAT}) {
    Result result = call(accel_op_grid_sample, {tensor<int16_t>({1, 1, 2, 2}, {1, 2, 3, 4}), grid},
                         {ACCEL_SAMPLE_NEAREST, border, 1});
    EXPECT_EQ(result.outputs[0].as<int16_t>(),
              (std::vector<int16_t>{1, 4, int16_t(border == ACCEL_BORDER_ZEROS ? 0 : 4)}));
  }
}

TEST(GridSample, RefusesWhatDoesNotFit) {
  std::vector<int64_t> nearest{0, 0, 0};
  expectFailure(accel_op_grid_sample, {ones<float>({1, 1, 2, 2}), ones<float>({1, 2, 2, 3})},
                nearest, "found 3");
  expectFailure(accel_op_grid_sample, {ones<float>({2, 1, 2, 2}), ones<float>({1, 2, 2, 2})},
                nearest, "a grid for each picture");
  expectFailure(accel_op_grid_sample, {ones<float>({1, 1, 0, 2}), ones<float>({1, 2, 2, 2})},
                nearest, "pictures with elements");
  EXPECT_EQ(
      call(accel_op_grid_sample, {ones<float>({1, 1, 0, 2}), ones<float>({1, 0, 2, 2})}, nearest)
          .outputs[0]
          .dims,
      (Dims{1, 1, 0, 2}));
}

TEST(DeformColumns, AnyOffsetOnAnyCpu) {
  onEachLevel([] {
    std::vector<int64_t> parameters{2, 3, 1, 2, 1, 0, 0, 1, 1, 1, 2};
    for (bool masked : {false, true}) {
      Operands operands{ones<float>({2, 4, 5, 6}), wild<float>({2, 24, 5, 3}, 1, 9)};
      if (masked)
        operands.push_back(wild<float>({2, 12, 5, 3}, 2));
      Result result = call(accel_op_deform_columns, operands, parameters);
      ASSERT_EQ(result.message, "");
      EXPECT_EQ(result.outputs[0].dims, (Dims{2, 24, 15}));
      for (float value : masked ? std::vector<float>{} : result.outputs[0].as<float>())
        EXPECT_TRUE(value >= 0 && value <= 1.0001f) << value;
    }
  });
}

TEST(DeformColumns, RefusesWhatDoesNotFit) {
  std::vector<int64_t> parameters{2, 2, 1, 1, 0, 0, 0, 0, 1, 1, 1};
  Tensor x = ones<float>({1, 3, 4, 4}), offset = ones<float>({1, 8, 3, 3});
  expectFailure(accel_op_deform_columns, {x, ones<float>({1, 6, 3, 3})}, parameters, "found 6");
  expectFailure(accel_op_deform_columns, {x, ones<float>({1, 8, 3, 4})}, parameters, "found 4");
  expectFailure(accel_op_deform_columns, {x, offset, ones<float>({1, 4, 2, 3})}, parameters,
                "a mask for each place");
  expectFailure(accel_op_deform_columns, {x, offset, ones<float>({1, 5, 3, 3})}, parameters,
                "found 5");
  parameters.back() = 2;
  expectFailure(accel_op_deform_columns, {x, offset}, parameters, "offset_group divides");
}

TEST(RoiAlign, AnyRegionOnAnyCpu) {
  onEachLevel([] {
    for (int64_t samples : {0, 3})
      for (int64_t halfPixel : {0, 1})
        for (int64_t isMax : {0, 1}) {
          Random random(5);
          std::vector<float> corners;
          for (int i = 0; i < 40; ++i)
            corners.push_back(random.integer(0, 5) ? float(random.real(-50, 50)) : NAN);
          call(accel_op_roi_align,
               {ones<float>({2, 66, 4, 5}), tensor<float>({10, 4}, corners),
                ints(std::vector<int64_t>(10, 1))},
               {17, 18, samples, halfPixel, isMax});
        }
  });
}

TEST(RoiAlign, RefusesWhatDoesNotFit) {
  Tensor x = ones<float>({2, 1, 4, 5}), roi = tensor<float>({1, 4}, {0, 0, 2, 2});
  std::vector<int64_t> parameters{2, 2, 0, 1, 0};
  expectFailure(accel_op_roi_align, {x, roi, ints({2})}, parameters, "found number 2");
  expectFailure(accel_op_roi_align, {x, roi, ints({-1})}, parameters, "found number -1");
  expectFailure(accel_op_roi_align, {x, roi, ints({0, 0})}, parameters, "four numbers");
  expectFailure(accel_op_roi_align, {x, tensor<float>({1, 4}, {0, 0, 1e9f, 2}), ints({0})},
                parameters, "samples of a bin");
  expectFailure(accel_op_roi_align, {ones<float>({1, 1, 0, 5}), roi, ints({0})}, parameters,
                "pictures with elements");
}

TEST(MaxRoiPool, AnyRegionOnAnyCpu) {
  onEachLevel([] {
    Random random(6);
    std::vector<float> regions;
    for (int i = 0; i < 20; ++i) {
      regions.push_back(float(i % 2));
      for (int k = 0; k < 4; ++k)
        regions.push_back(random.integer(0, 5) ? float(random.real(-9, 9)) : kInf);
    }
    Result result = call(accel_op_max_roi_pool,
                         {ones<float>({2, 3, 4, 5}), tensor<float>({20, 5}, regions)}, {3, 2});
    ASSERT_EQ(result.message, "");
    for (float value : result.outputs[0].as<float>())
      EXPECT_TRUE(value == 0 || value == 1);
  });
  expectFailure(accel_op_max_roi_pool,
                {ones<float>({1, 1, 2, 2}), tensor<float>({1, 5}, {3, 0, 0, 1, 1})}, {1, 1},
                "found number 3");
  expectFailure(accel_op_max_roi_pool, {ones<float>({1, 1, 2, 2}), ones<float>({1, 4})}, {1, 1},
                "five numbers");
}

} // namespace
