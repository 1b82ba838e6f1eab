// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows that are appended to caches.

#include "test/unit/Runtime/Ops/OpsTest.h"

using namespace ops;

namespace {

/// The row of a sample's head in a cache of `rows` rows.
std::vector<float> rowOf(const Tensor &cache, int64_t slice, int64_t row) {
  int64_t rows = cache.dims[2], width = cache.dims[3];
  std::vector<float> all = cache.as<float>();
  auto begin = all.begin() + (slice * rows + row) * width;
  return {begin, begin + width};
}

TEST(AppendRows, BehindWhatEachSampleHas) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    int64_t batch = random.integer(1, 3), heads = random.integer(1, 3),
            width = random.integer(1, 5), more = random.integer(1, 3),
            before = random.integer(1, 6), room = before + random.integer(0, 8),
            total = before + more;
    Tensor past = tensor<float>({batch, heads, room, width},
                                random.values<float>(batch * heads * room * width)),
           rows = tensor<float>({batch, heads, more, width},
                                random.values<float>(batch * heads * more * width));
    std::vector<int32_t> lasts;
    for (int64_t b = 0; b < batch; ++b)
      lasts.push_back(int32_t(b ? random.integer(more, total) - 1 : total - 1));
    Result result =
        call(accel_op_append_rows, {past, rows, vector<int32_t>(lasts), scalar(int32_t(total))});
    ASSERT_EQ(result.status, 0);
    const Tensor &cache = result.outputs[0];
    ASSERT_EQ(cache.dims, (Dims{batch, heads, std::max(total, room), width}));
    for (int64_t slice = 0; slice < batch * heads; ++slice)
      for (int64_t row = 0; row < cache.dims[2]; ++row) {
        int64_t has = lasts[slice / heads] + 1 - more;
        std::vector<float> expected(width);
        if (row < has)
          expected = rowOf(past, slice, row);
        else if (row < has + more)
          expected = rowOf(rows, slice, row - has);
        ASSERT_EQ(rowOf(cache, slice, row), expected);
      }
  }
}

TEST(AppendRows, ToNothing) {
  Tensor rows = tensor<float>({2, 1, 2, 1}, {1, 2, 3, 4});
  // All rows are new: they come first, whatever a sample's length.
  Result result =
      call(accel_op_append_rows, {std::nullopt, rows, vector<int32_t>({0, 1}), scalar(int32_t(2))});
  ASSERT_EQ(result.status, 0);
  EXPECT_EQ(result.outputs[0].as<float>(), (std::vector<float>{1, 2, 3, 4}));
  Tensor past = tensor<float>({2, 1, 3, 1}, {5, 6, 7, 8, 9, 10});
  result = call(accel_op_append_rows, {past, rows, vector<int32_t>({1, 1}), scalar(int32_t(2))});
  ASSERT_EQ(result.status, 0);
  EXPECT_EQ(result.outputs[0].as<float>(), (std::vector<float>{1, 2, 0, 3, 4, 0}));
}

TEST(AppendRows, Mistakes) {
  Tensor past = tensor<float>({1, 1, 2, 1}, {5, 6}), rows = tensor<float>({1, 1, 1, 1}, {1});
  auto lasts = [](int32_t last) { return vector<int32_t>({last}); };
  auto fails = [&](const Operands &operands, const std::string &message) {
    expectFailure(accel_op_append_rows, operands, {}, message);
  };
  fails({past, rows, lasts(2), vector<int32_t>({3, 3})}, "one element");
  fails({past, rows, lasts(2), scalar(int32_t(0))}, "total_sequence_length");
  fails({past, rows, lasts(3), scalar(int32_t(3))}, "no place for the new rows");
  fails({past, rows, lasts(-1), scalar(int32_t(3))}, "no place for the new rows");
  fails({past, rows, lasts(3), scalar(int32_t(4))}, "no place for the new rows");
  fails({std::nullopt, rows, lasts(1), scalar(int32_t(2))}, "no place for the new rows");
  fails({past, rows, vector<int32_t>({2, 2}), scalar(int32_t(3))}, "one seqlens_k");
  fails({tensor<float>({1, 2, 1, 1}, {5, 6}), rows, lasts(1), scalar(int32_t(2))},
        "a cache of the new rows' dims");
}

} // namespace
