// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions whose axes are operands, against sums in long double.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <cmath>
#include <set>

using namespace ops;

namespace {

long double reduceReference(int64_t kind, const std::vector<long double> &terms) {
  long double sum = 0, product = 1, most = -INFINITY, least = INFINITY, size = 0, squares = 0;
  for (long double term : terms) {
    sum += term;
    product *= term;
    most = std::max(most, term);
    least = std::min(least, term);
    size += std::fabs(term);
    squares += term * term;
  }
  long double exps = 0;
  for (long double term : terms)
    exps += std::exp(term - most);
  switch (kind) {
  case ACCEL_REDUCE_SUM:
    return sum;
  case ACCEL_REDUCE_MEAN:
    return sum / (long double)terms.size();
  case ACCEL_REDUCE_MAX:
    return most;
  case ACCEL_REDUCE_MIN:
    return least;
  case ACCEL_REDUCE_PROD:
    return product;
  case ACCEL_REDUCE_L1:
    return size;
  case ACCEL_REDUCE_L2:
    return std::sqrt(squares);
  case ACCEL_REDUCE_LOG_SUM:
    return std::log(sum);
  case ACCEL_REDUCE_LOG_SUM_EXP:
    return terms.empty() ? -INFINITY : std::log(exps) + most;
  default:
    return squares;
  }
}

template <typename T> void checkReduce(Random &random, int64_t low, int64_t high) {
  for (int round = 0; round < 100; ++round) {
    int64_t kind = round % 10, rank = random.integer(0, 4);
    bool keep = random.integer(0, 1), isFloat = std::is_floating_point_v<T>;
    Dims dims = random.dims(rank, isFloat ? 0 : 1, 5), axes;
    if (rank && !random.integer(0, 3))
      dims.back() = 300;
    std::set<int64_t> vanish;
    for (int64_t axis = 0; axis < rank; ++axis)
      if (random.integer(0, 1)) {
        vanish.insert(axis);
        axes.push_back(random.integer(0, 1) ? axis : axis - rank);
      }
    if (axes.empty())
      for (int64_t axis = 0; axis < rank; ++axis)
        vanish.insert(axis);
    if (kind == ACCEL_REDUCE_PROD) // so that no product overflows
      for (int64_t &dim : dims)
        dim = std::min<int64_t>(dim, 2);
    std::vector<T> values =
        random.values<T>(product(dims), low, kind == ACCEL_REDUCE_PROD ? 2 : high);
    Result result = call(accel_op_reduce, {tensor<T>(dims, values), ints(axes)}, {kind, keep, 0});
    ASSERT_EQ(result.status, 0) << result.message;
    Dims kept = dims, expected;
    for (int64_t axis = 0; axis < rank; ++axis) {
      if (vanish.count(axis))
        kept[axis] = 1;
      if (keep || !vanish.count(axis))
        expected.push_back(kept[axis]);
    }
    ASSERT_EQ(result.outputs[0].dims, expected);
    std::vector<std::vector<long double>> terms(product(kept));
    forEach(dims, [&](const Dims &index, int64_t number) {
      Dims to = index;
      for (int64_t axis : vanish)
        to[axis] = 0;
      terms[offset(kept, to)].push_back(values[number]);
    });
    std::vector<T> found = result.outputs[0].as<T>();
    for (size_t i = 0; i < terms.size(); ++i) {
      long double wanted = reduceReference(kind, terms[i]);
      if (std::isnan(wanted) && isFloat)
        ASSERT_TRUE(std::isnan(double(found[i])));
      else if (std::isinf(wanted) || !isFloat)
        ASSERT_EQ(found[i], T(wanted)) << "kind " << kind;
      else
        ASSERT_NEAR(double(found[i]), double(wanted),
                    std::fabs(double(wanted)) * 1e-6 + (sizeof(T) == 8 ? 1e-13 : 1e-6))
            << "kind " << kind;
    }
  }
}

TEST(Reduce, RandomAxes) {
  Random random(1);
  checkReduce<float>(random, -3, 3);
  checkReduce<double>(random, -3, 3);
  checkReduce<int32_t>(random, 1, 4);
  checkReduce<int64_t>(random, 1, 5);
  checkReduce<uint32_t>(random, 1, 4);
  checkReduce<uint64_t>(random, 1, 4);
}

template <typename T> T reduceAll(int64_t kind, const std::vector<T> &values) {
  Result result = call(accel_op_reduce, {vector<T>(values)}, {kind, 0, 0});
  return result.outputs[0].as<T>()[0];
}

TEST(Reduce, NegativeIntegersAndWidths) {
  EXPECT_EQ(reduceAll<int32_t>(ACCEL_REDUCE_SUM, {-5, 3}), -2);
  EXPECT_EQ(reduceAll<int32_t>(ACCEL_REDUCE_MEAN, {-5, -2}), -3);
  EXPECT_EQ(reduceAll<int64_t>(ACCEL_REDUCE_L1, {-5, 3}), 8);
  EXPECT_EQ(reduceAll<int8_t>(ACCEL_REDUCE_MAX, {-5, -128}), -5);
  EXPECT_EQ(reduceAll<int8_t>(ACCEL_REDUCE_MIN, {-5, 100}), -5);
  EXPECT_EQ(reduceAll<uint8_t>(ACCEL_REDUCE_MIN, {200, 255}), 200);
  EXPECT_EQ(reduceAll<int8_t>(ACCEL_REDUCE_MAX, {}), -128);
  EXPECT_EQ(reduceAll<int8_t>(ACCEL_REDUCE_MIN, {}), 127);
  EXPECT_EQ(reduceAll<uint8_t>(ACCEL_REDUCE_MIN, {}), 255);
  EXPECT_EQ(reduceAll<int64_t>(ACCEL_REDUCE_MAX, {}), INT64_MIN);
  EXPECT_EQ(reduceAll<int64_t>(ACCEL_REDUCE_MEAN, {}), 0);
  EXPECT_EQ(call(accel_op_reduce, {vector<bool>({false, true})}, {ACCEL_REDUCE_MAX, 0, 0})
                .outputs[0]
                .as<uint8_t>()[0],
            1);
}

TEST(Reduce, SpecialFloats) {
  EXPECT_TRUE(std::isnan(reduceAll<float>(ACCEL_REDUCE_MAX, {1, NAN, 2})));
  EXPECT_TRUE(std::isnan(reduceAll<float>(ACCEL_REDUCE_MIN, {1, NAN, 2})));
  EXPECT_EQ(reduceAll<float>(ACCEL_REDUCE_LOG_SUM_EXP, {1000, 1000}), 1000 + std::log(2.f));
  EXPECT_EQ(reduceAll<float>(ACCEL_REDUCE_LOG_SUM_EXP, {-INFINITY, -INFINITY}), -INFINITY);
  EXPECT_EQ(reduceAll<float>(ACCEL_REDUCE_LOG_SUM_EXP, {INFINITY, 1}), INFINITY);
  // 65504 + 65504 is infinite in f16, 1 + 2^-24 is 1, subnormals are kept.
  auto half = [](std::vector<uint16_t> bits) {
    return call(accel_op_reduce, {bits16(ACCEL_FLOAT, {int64_t(bits.size())}, bits)}, {0, 0, 0})
        .outputs[0]
        .as<uint16_t>()[0];
  };
  EXPECT_EQ(half({0x7bff, 0x7bff}), 0x7c00);
  EXPECT_EQ(half({0x3c00, 0x0001}), 0x3c00);
  EXPECT_EQ(half({0x0001, 0x0002}), 0x0003);
  EXPECT_EQ(half({0x83ff, 0x0000}), 0x83ff);
  EXPECT_EQ(half({0xfc00, 0x3c00}), 0xfc00);
  EXPECT_EQ(call(accel_op_reduce, {bits16(ACCEL_BFLOAT, {2}, {0x3f80, 0x4040})}, {0, 0, 0})
                .outputs[0]
                .as<uint16_t>()[0],
            0x4080);
}

TEST(Reduce, EveryHalfSurvives) {
  std::vector<uint16_t> all;
  for (uint32_t bits = 0; bits < 65536; ++bits)
    all.push_back(uint16_t(bits));
  for (uint8_t code : {ACCEL_FLOAT, ACCEL_BFLOAT}) {
    uint32_t infinity = code == ACCEL_FLOAT ? 0x7c00 : 0x7f80;
    std::vector<uint16_t> found =
        call(accel_op_reduce, {bits16(code, {65536, 1}, all), ints({1})}, {ACCEL_REDUCE_MAX, 0, 0})
            .outputs[0]
            .as<uint16_t>();
    for (uint32_t bits = 0; bits < 65536; ++bits)
      if ((bits & 0x7fff) > infinity)
        ASSERT_GT(found[bits] & 0x7fffu, infinity);
      else
        ASSERT_EQ(found[bits], bits);
  }
}

TEST(Reduce, AxesThatAreNone) {
  Tensor x = tensor<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(call(accel_op_reduce, {x, ints({})}, {ACCEL_REDUCE_SUM, 1, 1}).outputs[0].bytes,
            x.bytes);
  EXPECT_EQ(call(accel_op_reduce, {x}, {ACCEL_REDUCE_SUM, 1, 0}).outputs[0].as<float>(),
            std::vector<float>{10});
  expectFailure(accel_op_reduce, {x, ints({2})}, {0, 1, 0}, "found 2");
  expectFailure(accel_op_reduce, {x, ints({1, -1})}, {0, 1, 0}, "again");
}

} // namespace
