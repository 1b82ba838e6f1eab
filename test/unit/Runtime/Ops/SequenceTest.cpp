// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sequences: elements that differ from what the model says, and ones without elements.

#include "test/unit/Runtime/Ops/OpsTest.h"

using namespace ops;

namespace {

int64_t typeOf(accel_dtype dtype) { return int64_t(dtype.code) << 8 | dtype.bits; }
template <typename T> int64_t typeOf() { return typeOf(dtypeOf<T>()); }

Tensor sequence(const std::vector<Tensor> &items) {
  Result result = call(accel_op_sequence_construct, Operands(items.begin(), items.end()));
  EXPECT_EQ(result.status, 0) << result.message;
  return result.outputs.at(0);
}

TEST(Sequence, ElementsAreAsTheModelSays) {
  Tensor given = sequence({vector<float>({1, 2}), vector<float>({3, 4})});
  int64_t f32 = typeOf<float>(), i32 = typeOf<int32_t>();
  Result at = call(accel_op_sequence_at, {given, scalar<int64_t>(-1)}, {0, f32, 2});
  ASSERT_EQ(at.status, 0) << at.message;
  EXPECT_EQ(at.outputs[0].as<float>(), (std::vector<float>{3, 4}));
  expectFailure(accel_op_sequence_at, {given, scalar<int64_t>(0)}, {0, i32, 2}, "of the type");
  expectFailure(accel_op_sequence_at, {given, scalar<int64_t>(0)}, {0, f32, 3}, "dim of 2");
  expectFailure(accel_op_sequence_at, {given, scalar<int64_t>(0)}, {0, f32, 2, 1}, "rank 1");
  expectFailure(accel_op_sequence_at, {given, scalar<int64_t>(2)}, {0, f32, -1}, "found 2");
  expectFailure(accel_op_sequence_at, {given, scalar<int64_t>(INT64_MIN)}, {0, f32, -1},
                "position");

  Result all = call(accel_op_concat_from_sequence, {given}, {0, 1, f32, 2, -1, 2});
  ASSERT_EQ(all.status, 0) << all.message;
  EXPECT_EQ(all.outputs[0].dims, (Dims{2, 2}));
  expectFailure(accel_op_concat_from_sequence, {given}, {0, 0, i32, 1, -1}, "of the type");
  // Bytes of two sizes would be read past the end of the narrow ones.
  Tensor mixed = sequence({vector<double>({1, 2}), vector<uint8_t>({3, 4})});
  expectFailure(accel_op_concat_from_sequence, {mixed}, {0, 0, typeOf<double>(), 1, -1}, "8 bits");
}

TEST(Sequence, EmptyOnes) {
  Tensor none = sequence({}), hollow = sequence({tensor<float>({0, 3}, {}), scalar(1.0f)});
  EXPECT_EQ(call(accel_op_sequence_length, {none}).outputs[0].as<int64_t>()[0], 0);
  for (int64_t place : {0, -1, 1})
    expectFailure(accel_op_sequence_at, {none, scalar(place)}, {1}, "position");
  expectFailure(accel_op_sequence_at, {none}, {1}, "found none");
  expectFailure(accel_op_sequence_erase, {none}, {}, "empty");
  expectFailure(accel_op_concat_from_sequence, {none}, {0, 0, typeOf<float>(), 1, -1}, "empty");
  expectFailure(accel_op_concat_from_sequence, {hollow}, {0, 0, typeOf<float>(), 2, -1, 3},
                "rank 0");
  Result at = call(accel_op_sequence_at, {hollow, scalar<int64_t>(0)}, {0, typeOf<float>(), -1, 3});
  ASSERT_EQ(at.status, 0) << at.message;
  EXPECT_EQ(at.outputs[0].dims, (Dims{0, 3}));
  Result more = call(accel_op_sequence_insert, {none, scalar(2.0f), scalar<int64_t>(0)}, {0});
  EXPECT_EQ(more.outputs[0].dims, Dims{1});
  expectFailure(accel_op_sequence_insert, {none, scalar(2.0f), scalar<int64_t>(1)}, {0}, "found 1");

  for (int64_t keeps : {0, 1}) {
    EXPECT_EQ(
        call(accel_op_split_to_sequence, {tensor<float>({0, 3}, {})}, {0, keeps}).outputs[0].dims,
        Dims{0});
    EXPECT_EQ(
        call(accel_op_split_to_sequence, {tensor<float>({2, 0}, {})}, {0, keeps}).outputs[0].dims,
        Dims{2});
  }
  Tensor column = tensor<float>({3, 1}, {1, 2, 3});
  expectFailure(accel_op_split_to_sequence, {column, scalar<int64_t>(0)}, {0, 1}, "found 0");
  expectFailure(accel_op_split_to_sequence, {column, ints({2, 2})}, {0, 1}, "add up");
  expectFailure(accel_op_split_to_sequence, {column, ints({})}, {0, 1}, "sum of 0");
  expectFailure(accel_op_split_to_sequence, {column, ints({-1, 4})}, {0, 1}, "one of -1");
  EXPECT_EQ(call(accel_op_split_to_sequence, {column, scalar<int64_t>(INT64_MAX)}, {0, 1})
                .outputs[0]
                .dims,
            Dims{1});
}

} // namespace
