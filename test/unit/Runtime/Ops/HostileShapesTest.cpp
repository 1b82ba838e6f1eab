// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions at shapes that nobody means: operands of the right ranks and types, whose dims are 0,
// 1, 2 or 3 and do not fit each other. They give a result or fail; under sanitizers, nothing else.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <cmath>

using namespace ops;

namespace {

/// An operand: its rank, and the elements of a shape.
struct Operand {
  int64_t rank;
  std::function<Tensor(Random &, const Dims &)> make;
  bool isOptional = false;
};

template <typename T> Operand numbers(int64_t rank, int64_t low = -2, int64_t high = 4) {
  return {rank, [=](Random &random, const Dims &dims) {
            std::vector<T> values;
            for (int64_t i = 0; i < product(dims); ++i)
              values.push_back(T(random.integer(low, high)));
            return tensor<T>(dims, values);
          }};
}
/// Floats, some of which are none.
template <typename T> Operand floats(int64_t rank) {
  return {rank, [](Random &random, const Dims &dims) {
            const T odd[] = {T(NAN), T(INFINITY), T(-INFINITY), T(1e30), T(-0.0)};
            std::vector<T> values;
            for (int64_t i = 0; i < product(dims); ++i)
              values.push_back(random.integer(0, 5) ? T(random.real(-4, 4))
                                                    : odd[random.integer(0, 4)]);
            return tensor<T>(dims, values);
          }};
}
Operand strings(int64_t rank) {
  return {rank, [](Random &random, const Dims &dims) {
            const std::string some[] = {"", " ", "a b", "--", "1e400", "-", "\xff\xfe", "nan"};
            std::vector<std::string> values;
            for (int64_t i = 0; i < product(dims); ++i)
              values.push_back(some[random.integer(0, 7)]);
            return texts(dims, values);
          }};
}
Operand maybe(Operand operand) {
  operand.isOptional = true;
  return operand;
}
/// One element, of any rank up to 1.
Operand single(Operand operand) {
  auto make = operand.make;
  operand.rank = 0;
  operand.make = [make](Random &random, const Dims &) {
    return make(random, random.integer(0, 1) ? Dims{1} : Dims{});
  };
  return operand;
}

/// Calls the function at many shapes; how often it gave a result.
int sweep(accel_op_fn fn, const std::vector<Operand> &operands, const std::vector<int64_t> &ints,
          int32_t outputs = 1, int rounds = 200) {
  int done = 0;
  Random random(ints.size() + operands.size());
  for (int round = 0; round < rounds; ++round) {
    Operands given;
    // Often dims are all alike, so that operands fit.
    int64_t common = random.integer(-4, 3);
    for (const Operand &operand : operands) {
      if (operand.isOptional && random.integer(0, 1)) {
        given.emplace_back();
        continue;
      }
      Dims dims = random.dims(operand.rank, 0, 3);
      if (common >= 0)
        dims.assign(operand.rank, common);
      given.push_back(operand.make(random, dims));
    }
    Result result = call(fn, given, ints, outputs);
    done += result.status == 0;
    if (result.status)
      EXPECT_FALSE(result.message.empty());
  }
  return done;
}

TEST(HostileShapes, Pictures) {
  for (int64_t mode = 0; mode < 3; ++mode)
    for (int64_t border = 0; border < 3; ++border) {
      sweep(accel_op_grid_sample, {floats<float>(3), floats<float>(3)}, {mode, border, 0});
      sweep(accel_op_grid_sample, {floats<double>(4), floats<double>(4)}, {mode, border, 1});
      sweep(accel_op_grid_sample, {floats<float>(5), floats<float>(5)}, {mode, border, 1});
    }
  for (int64_t samples : {0, 1, 3})
    for (int64_t isMax : {0, 1}) {
      sweep(accel_op_roi_align, {floats<float>(4), floats<float>(2), numbers<int64_t>(1)},
            {2, 3, samples, isMax, isMax});
      // Regions have four numbers.
      Operand four = floats<double>(2);
      auto make = four.make;
      four.make = [make](Random &random, const Dims &dims) { return make(random, {dims[0], 4}); };
      sweep(accel_op_roi_align, {floats<double>(4), four, numbers<int64_t>(1, 0, 0)},
            {1, 2, samples, isMax, isMax});
    }
  Operand five = floats<float>(2);
  auto make = five.make;
  five.make = [make](Random &random, const Dims &dims) { return make(random, {dims[0], 5}); };
  sweep(accel_op_max_roi_pool, {floats<float>(4), five}, {2, 1});
  sweep(accel_op_deform_columns, {floats<float>(4), floats<float>(4), maybe(floats<float>(4))},
        {1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1});
  sweep(accel_op_deform_columns, {floats<double>(4), floats<double>(4), maybe(floats<double>(4))},
        {2, 3, 2, 1, 1, 0, 2, 1, 1, 2, 2});
}

TEST(HostileShapes, Spectra) {
  for (int64_t inverse : {0, 1})
    for (int64_t onesided : {0, 1})
      for (int64_t axis : {0, 1}) {
        sweep(accel_op_dft, {floats<float>(3), maybe(single(numbers<int64_t>(0)))},
              {inverse, onesided, axis});
        sweep(accel_op_dft,
              {floats<double>(3), maybe(single(numbers<int64_t>(0))), single(numbers<int64_t>(0))},
              {inverse, onesided, 0});
      }
  for (int64_t rank : {2, 3})
    sweep(accel_op_stft,
          {floats<float>(rank), single(numbers<int64_t>(0)), maybe(floats<float>(1)),
           maybe(single(numbers<int64_t>(0)))},
          {1});
  sweep(accel_op_mel_weight_matrix,
        {single(numbers<int64_t>(0)), single(numbers<int64_t>(0)), single(numbers<int64_t>(0)),
         single(floats<float>(0)), single(floats<float>(0))},
        {});
}

TEST(HostileShapes, Orders) {
  for (int64_t axis : {0, 1, 2}) {
    for (int64_t largest : {0, 1})
      sweep(accel_op_topk, {floats<float>(3), single(numbers<int64_t>(0))}, {axis, largest}, 2);
    for (int64_t sorted : {0, 1}) {
      sweep(accel_op_unique, {floats<double>(3)}, {sorted, axis}, 4);
      sweep(accel_op_unique, {numbers<uint8_t>(3, 0, 3)}, {sorted}, 4);
    }
    sweep(accel_op_compress, {numbers<int16_t>(3), numbers<bool>(1, 0, 1)}, {axis});
    sweep(accel_op_onehot, {floats<float>(2), single(numbers<int64_t>(0)), numbers<double>(1)},
          {axis});
  }
  for (int64_t rank = 0; rank < 4; ++rank) {
    EXPECT_EQ(sweep(accel_op_nonzero, {floats<float>(rank)}, {}), 200);
    sweep(accel_op_unique, {floats<float>(rank)}, {1}, 4);
  }
  sweep(accel_op_nms,
        {floats<float>(3), floats<float>(3), maybe(single(numbers<int64_t>(0))),
         maybe(single(floats<float>(0))), maybe(single(floats<float>(0)))},
        {0});
  sweep(accel_op_multinomial, {floats<float>(2), numbers<double>(2, 0, 0)}, {64});
  sweep(accel_op_couple_classes, {floats<float>(2)}, {3});
}

TEST(HostileShapes, Strings) {
  for (int64_t rank = 0; rank < 3; ++rank) {
    sweep(accel_op_string_concat, {strings(rank), strings(2 - rank)}, {});
    for (int64_t most : {-1, 0, 1})
      EXPECT_EQ(sweep(accel_op_string_split, {strings(rank), single(strings(0))}, {most}, 2), 200);
    EXPECT_EQ(sweep(accel_op_string_ranks, {strings(rank)}, {}), 200);
    EXPECT_EQ(sweep(accel_op_number_to_string, {floats<float>(rank)}, {}), 200);
    for (int64_t kind : {ACCEL_TEXT_FLOAT, ACCEL_TEXT_INT, ACCEL_TEXT_UINT})
      sweep(accel_op_string_to_number, {strings(rank)}, {kind});
    sweep(accel_op_find, {strings(rank), strings(1)}, {0});
  }
  for (int64_t which : {ACCEL_CASE_NONE, ACCEL_CASE_LOWER, ACCEL_CASE_UPPER})
    for (int64_t rank : {1, 2})
      sweep(accel_op_string_normalize, {strings(rank), strings(1)}, {which, which == 1});
}

TEST(HostileShapes, Parts) {
  for (int64_t axis : {0, 1})
    for (int64_t keeps : {0, 1})
      for (int64_t rank : {0, 1})
        sweep(accel_op_split_to_sequence, {numbers<float>(2), maybe(numbers<int64_t>(rank, -1, 3))},
              {axis, keeps});
  for (int64_t mode = 0; mode < 4; ++mode)
    sweep(accel_op_pad,
          {numbers<float>(2), numbers<int64_t>(1), maybe(single(numbers<float>(0))),
           maybe(numbers<int64_t>(1))},
          {mode});
  sweep(accel_op_slice,
        {numbers<float>(2), numbers<int64_t>(1), numbers<int64_t>(1), maybe(numbers<int64_t>(1)),
         maybe(numbers<int64_t>(1))},
        {});
  sweep(accel_op_reverse_sequence, {numbers<float>(3), numbers<int64_t>(1)}, {0});
  sweep(accel_op_reverse_sequence, {numbers<float>(3), numbers<int64_t>(1)}, {1});
  sweep(accel_op_append_rows,
        {maybe(numbers<float>(4)), numbers<float>(4), numbers<int32_t>(1),
         single(numbers<int32_t>(0))},
        {});
}

} // namespace
