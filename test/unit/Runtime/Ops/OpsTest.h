// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls functions of lib/Runtime/CPU/Ops without a model: FakeRuntime.cpp stands for the runtime.
//
#ifndef ACCEL_TEST_UNIT_RUNTIME_OPS_OPSTEST_H
#define ACCEL_TEST_UNIT_RUNTIME_OPS_OPSTEST_H

extern "C" {
#include "lib/Runtime/CPU/Ops/Ops.h"
}
#include "gtest/gtest.h"
#include <cstring>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace ops {

using Dims = std::vector<int64_t>;

template <typename T> constexpr accel_dtype dtypeOf() {
  uint8_t code = std::is_same_v<T, bool>       ? ACCEL_BOOL
                 : std::is_floating_point_v<T> ? ACCEL_FLOAT
                 : std::is_signed_v<T>         ? ACCEL_INT
                                               : ACCEL_UINT;
  return {code, uint8_t(8 * sizeof(T)), 1};
}

inline int64_t product(const Dims &dims, size_t begin = 0, size_t end = -1) {
  int64_t result = 1;
  for (size_t i = begin; i < std::min(end, dims.size()); ++i)
    result *= dims[i];
  return result;
}

/// A tensor that owns its bytes, exactly as many as it needs, so that AddressSanitizer sees every
/// access outside of them.
struct Tensor {
  accel_dtype dtype = {};
  Dims dims;
  std::vector<uint8_t> bytes;

  template <typename T> std::vector<T> as() const {
    EXPECT_EQ(dtype.bits, 8 * sizeof(T));
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty())
      std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
};

template <typename T> Tensor tensor(Dims dims, const std::vector<T> &values) {
  Tensor result{dtypeOf<T>(), std::move(dims), std::vector<uint8_t>(values.size() * sizeof(T))};
  EXPECT_EQ(product(result.dims), int64_t(values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    T value = values[i];
    std::memcpy(result.bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return result;
}
template <typename T> Tensor vector(const std::vector<T> &values) {
  return tensor<T>({int64_t(values.size())}, values);
}
inline Tensor ints(const std::vector<int64_t> &values) { return vector<int64_t>(values); }
template <typename T> Tensor scalar(T value) { return tensor<T>({}, {value}); }
/// A tensor of the numbers of strings, and the strings of one.
Tensor texts(Dims dims, const std::vector<std::string> &values);
std::vector<std::string> textsOf(const Tensor &tensor);
/// Any 16-bit type from its bits.
inline Tensor bits16(uint8_t code, Dims dims, const std::vector<uint16_t> &values) {
  Tensor result = tensor<uint16_t>(std::move(dims), values);
  result.dtype.code = code;
  return result;
}

struct Result {
  int32_t status = 0;
  std::string message;
  std::vector<Tensor> outputs;
};

using Operands = std::vector<std::optional<Tensor>>;

/// The features that functions are told the machine has.
extern uint64_t cpuFeatures;

/// Calls a function; an operand that is std::nullopt is left out.
Result call(accel_op_fn fn, const Operands &inputs, const std::vector<int64_t> &parameters = {},
            int32_t numOutputs = 1);
/// Expects that the call fails with a message that has this in it.
void expectFailure(accel_op_fn fn, const Operands &inputs, const std::vector<int64_t> &parameters,
                   const std::string &message, int32_t numOutputs = 1);

/// Calls visit(index, number) for each index of these dims, in row-major order.
void forEach(const Dims &dims, const std::function<void(const Dims &, int64_t)> &visit);
int64_t offset(const Dims &dims, const Dims &index);

struct Random {
  std::mt19937_64 engine;
  explicit Random(uint64_t seed) : engine(seed) {}
  int64_t integer(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine);
  }
  double real(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(engine);
  }
  Dims dims(int64_t rank, int64_t low, int64_t high) {
    Dims result;
    for (int64_t i = 0; i < rank; ++i)
      result.push_back(integer(low, high));
    return result;
  }
  /// Integers in a small range, so that equal ones are common.
  template <typename T> std::vector<T> values(int64_t count, int64_t low = 0, int64_t high = 100) {
    std::vector<T> result;
    for (int64_t i = 0; i < count; ++i)
      result.push_back(T(integer(low, high)));
    return result;
  }
};

} // namespace ops

#endif // ACCEL_TEST_UNIT_RUNTIME_OPS_OPSTEST_H
