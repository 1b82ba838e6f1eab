// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DFT, STFT, MelWeightMatrix: transforms of all lengths against sums, and what they refuse.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <complex>

using namespace ops;

namespace {

TEST(Dft, AnyLength) {
  Random random(1);
  for (int64_t length = 1; length <= 130; ++length)
    for (int64_t signals : {1, 19}) {
      std::vector<double> values;
      for (int64_t i = 0; i < signals * length * 2; ++i)
        values.push_back(random.real(-1, 1));
      Result result = call(accel_op_dft, {tensor<double>({signals, length, 2}, values)}, {0, 0, 1});
      ASSERT_EQ(result.message, "");
      std::vector<double> found = result.outputs[0].as<double>();
      for (int64_t k = 0; k < length; ++k) {
        std::complex<double> sum;
        const double *last = &values[(signals - 1) * length * 2];
        for (int64_t j = 0; j < length; ++j)
          sum += std::complex<double>(last[2 * j], last[2 * j + 1]) *
                 std::polar(1.0, -2 * M_PI * double(j * k % length) / double(length));
        EXPECT_NEAR(found[((signals - 1) * length + k) * 2], sum.real(), 1e-11);
        EXPECT_NEAR(found[((signals - 1) * length + k) * 2 + 1], sum.imag(), 1e-11);
      }
    }
}

TEST(Dft, RefusesWhatDoesNotFit) {
  Tensor x = tensor<float>({1, 2, 2}, {1, 2, 3, 4});
  expectFailure(accel_op_dft, {x, ints({0})}, {0, 0, 1}, "found 0");
  expectFailure(accel_op_dft, {x, ints({INT64_MAX})}, {0, 0, 1}, "2^28");
  expectFailure(accel_op_dft, {x, std::nullopt, ints({2})}, {0, 0, 1}, "found 2");
  expectFailure(accel_op_dft, {x, std::nullopt, ints({-4})}, {0, 0, 1}, "found -4");
  expectFailure(accel_op_dft, {x, ints({1, 2})}, {0, 0, 1}, "one element");
  expectFailure(accel_op_dft, {tensor<float>({1, 1, 3}, {1, 2, 3})}, {0, 0, 1}, "found 3");
  // One bin of half a spectrum says nothing of the length.
  expectFailure(accel_op_dft, {tensor<float>({1, 1, 2}, {1, 2})}, {1, 1, 1}, "found 0");
}

TEST(Stft, RefusesWhatDoesNotFit) {
  Tensor x = tensor<float>({1, 4, 1}, {1, 2, 3, 4}), window = vector<float>({1, 1});
  EXPECT_EQ(call(accel_op_stft, {x, ints({1}), window}, {1}).outputs[0].dims, (Dims{1, 3, 2, 2}));
  expectFailure(accel_op_stft, {x, ints({0}), window}, {1}, "found 0");
  expectFailure(accel_op_stft, {x, ints({1}), window, ints({3})}, {1}, "found 2");
  expectFailure(accel_op_stft, {x, ints({1}), std::nullopt, ints({5})}, {1}, "found 4");
  expectFailure(accel_op_stft, {x, ints({1}), std::nullopt, ints({-5})}, {1}, "found -5");
}

TEST(MelWeightMatrix, RefusesWhatDoesNotFit) {
  auto matrix = [](int64_t bins, int64_t length, int64_t rate, float low, float high) {
    return Operands{ints({bins}), ints({length}), ints({rate}), scalar<float>(low),
                    scalar<float>(high)};
  };
  EXPECT_EQ(call(accel_op_mel_weight_matrix, matrix(3, 16, 100, 0, 50)).outputs[0].dims,
            (Dims{9, 3}));
  expectFailure(accel_op_mel_weight_matrix, matrix(3, 16, 100, 0, 90), {}, "half of the sample");
  expectFailure(accel_op_mel_weight_matrix, matrix(3, 16, 100, -800, 50), {}, "half of the sample");
  expectFailure(accel_op_mel_weight_matrix, matrix(-1, 16, 100, 0, 50), {}, "found -1");
  expectFailure(accel_op_mel_weight_matrix, matrix(3, 16, 0, 0, 50), {}, "found 0");
  expectFailure(accel_op_mel_weight_matrix, matrix(3, -1, 100, 0, 50), {}, "found -1");
}

} // namespace
