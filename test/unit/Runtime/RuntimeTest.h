// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime's tests share: the fake models, contexts that free themselves, random data and
// an independent computation of what the models must return.
#pragma once

#include "accel-rt/Model.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

extern "C" {
ACCEL_DECLARE_MODEL(alpha_fixed);
ACCEL_DECLARE_MODEL(alpha_dynamic);
ACCEL_DECLARE_MODEL(alpha_kept);
ACCEL_DECLARE_MODEL(beta_fixed);
ACCEL_DECLARE_MODEL(beta_dynamic);
ACCEL_DECLARE_MODEL(small_fixed);
}

namespace accel::test {

constexpr int64_t kRows = 8, kColumns = 1024, kWidth = 256;

inline accel_options options(int threads = 1) {
  accel_options result = {};
  result.size = sizeof result;
  result.threads = threads;
  return result;
}

class Context {
public:
  explicit Context(const accel_model *model, const accel_options &options = test::options()) {
    char message[256] = "";
    EXPECT_EQ(accel_create(model, &options, &context, message, sizeof message), ACCEL_OK)
        << message;
  }
  Context(const accel_model *model, int threads) : Context(model, options(threads)) {}
  Context(const Context &) = delete;
  ~Context() { accel_destroy(context); }
  operator accel_context *() const { return context; }
  std::string message() const { return accel_message(context); }
  accel_memory_info memory() const {
    accel_memory_info info = {};
    info.size = sizeof info;
    EXPECT_EQ(accel_get_memory(context, &info), ACCEL_OK);
    return info;
  }
  accel_profile profile() const {
    accel_profile result = {};
    result.size = sizeof result;
    EXPECT_EQ(accel_get_profile(context, &result), ACCEL_OK);
    return result;
  }

private:
  accel_context *context = nullptr;
};

inline std::vector<float> randomFloats(int64_t count, unsigned seed, float low = 0) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> distribution(low, 3);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(engine);
  return values;
}

/// A tensor with a shape of its own.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  accel_tensor tensor;
  Tensor(const void *data, std::vector<int64_t> dims, uint8_t code = ACCEL_FLOAT, uint8_t bits = 32)
      : shape(std::move(dims)),
        tensor(accel_host_tensor(const_cast<void *>(data), code, bits,
                                 static_cast<int32_t>(shape.size()), shape.data())) {}
  Tensor(const Tensor &) = delete;
  void setStrides(std::vector<int64_t> values) {
    strides = std::move(values);
    tensor.strides = strides.data();
  }
  accel_value value() const { return accel_tensor_value(tensor); }
};

/// The weights of the fixed model, by their definition in FakeModel.c.
inline float weight(int64_t column) {
  switch (column) {
  case 0:
    return 0.5f;
  case 1:
    return 1.5f;
  case 7:
    return 3.25f;
  case 100:
    return 0.125f;
  case 1023:
    return 9.0f;
  default:
    return 0;
  }
}

/// y of the fixed model, in double precision.
inline void expectFixed(const std::vector<float> &x, const float *y, const float *sums) {
  for (int64_t row = 0; row < kRows; ++row) {
    double sum = 0;
    for (int64_t column = 0; column < kColumns; ++column) {
      int64_t i = row * kColumns + column;
      double expected = std::sqrt(double(x[i]) * weight(column) + 1);
      ASSERT_NEAR(y[i], expected, 1e-6 * expected) << "y[" << row << ", " << column << "]";
      sum += expected;
    }
    ASSERT_NEAR(sums[row], sum, 1e-3) << "s[" << row << "]";
  }
}

template <class T> const T *data(const accel_value &value) {
  return static_cast<const T *>(value.u.tensor.data);
}

} // namespace accel::test
