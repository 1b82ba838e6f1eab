// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors that a context keeps from run to run: their values, their memory, saved ones.
#include "RuntimeTest.h"
#include "accel-rt/Support.h"
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

using namespace accel::test;

namespace {

using Row = std::array<float, 3>;

/// The model kept, computed anew from all rows.
struct Kept {
  Context context{alpha_kept_model(), 1};
  std::vector<Row> rows; ///< in the state that grows
  Row sum = {};          ///< the state that is replaced

  accel_status step(std::vector<Row> x, Row &y) {
    int64_t shape[] = {int64_t(x.size()), 3};
    accel_value in = accel_tensor_value(accel_float32(x.empty() ? nullptr : x[0].data(), 2, shape));
    accel_value out = accel_none();
    accel_status status = accel_run(context, &in, 1, &out, 1);
    if (!status)
      std::memcpy(&y, out.u.tensor.data, sizeof y);
    return status;
  }

  void check(std::vector<Row> x) {
    Row y, want = sum;
    ASSERT_EQ(step(x, y), ACCEL_OK) << context.message();
    rows.insert(rows.end(), x.begin(), x.end());
    for (int c = 0; c < 3; ++c) {
      for (const Row &row : rows)
        want[c] += row[c];
      for (const Row &row : x)
        sum[c] += row[c];
    }
    EXPECT_EQ(y, want);
  }
};

accel_state stateOf(accel_context *context, int index) {
  accel_state state = {};
  state.size = sizeof state;
  EXPECT_EQ(accel_get_state(context, index, &state), ACCEL_OK) << accel_message(context);
  return state;
}

std::vector<char> savedOf(accel_context *context) {
  int64_t bytes = 0;
  EXPECT_EQ(accel_save(context, nullptr, 0, &bytes), ACCEL_OK);
  std::vector<char> data(bytes);
  EXPECT_EQ(accel_save(context, data.data(), bytes, nullptr), ACCEL_OK);
  return data;
}

TEST(State, GrowsAndIsReplaced) {
  Kept kept;
  for (int i = 0; i < 50; ++i)
    kept.check(std::vector<Row>(i % 4, Row{float(i), 2, float(-i)}));
  accel_state past = stateOf(kept.context, 0), sum = stateOf(kept.context, 1);
  EXPECT_STREQ(past.input, "past");
  EXPECT_STREQ(past.output, "present");
  EXPECT_EQ(past.axis, 1);
  EXPECT_EQ(past.tensor.shape[0], 3);
  EXPECT_EQ(past.tensor.shape[1], int64_t(kept.rows.size()));
  EXPECT_GE(past.capacity, past.tensor.shape[1]);
  for (size_t i = 0; i < kept.rows.size(); ++i)
    for (int c = 0; c < 3; ++c)
      EXPECT_EQ(static_cast<float *>(
                    past.tensor.data)[c * past.tensor.strides[0] + i * past.tensor.strides[1]],
                kept.rows[i][c]);
  EXPECT_EQ(sum.axis, -1);
  EXPECT_EQ(static_cast<float *>(sum.tensor.data)[2], kept.sum[2]);
}

TEST(State, IsNeitherInputNorOutput) {
  accel_model_info info = {};
  info.size = sizeof info;
  ASSERT_EQ(accel_get_info(alpha_kept_model(), &info), ACCEL_OK);
  EXPECT_EQ(info.inputs, 1);
  EXPECT_EQ(info.outputs, 1);
  EXPECT_EQ(info.states, 2);
  EXPECT_EQ(accel_get_input(alpha_kept_model(), 1), nullptr);
  Kept kept;
  accel_state empty = stateOf(kept.context, 0), zeros = stateOf(kept.context, 1);
  EXPECT_EQ(empty.tensor.shape[1], 0);
  EXPECT_EQ(static_cast<float *>(zeros.tensor.data)[0], 0);
  accel_state state = {};
  EXPECT_EQ(accel_get_state(kept.context, 0, &state), ACCEL_INVALID_ARGUMENT);
  state.size = sizeof state;
  EXPECT_EQ(accel_get_state(kept.context, 2, &state), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(kept.context.message(), "expected state 0..1, found 2");
}

TEST(State, IsAsBeforeWhenARunFails) {
  Kept kept;
  kept.check({{1, 2, 3}, {4, 5, 6}});
  std::vector<char> before = savedOf(kept.context);
  Row y;
  EXPECT_EQ(kept.step({{-1, 0, 0}}, y), ACCEL_RUN_FAILED);
  EXPECT_EQ(savedOf(kept.context), before);
  kept.check({{7, 8, 9}});
}

TEST(State, HasASizeThatTheModelTakes) {
  Kept kept;
  kept.check(std::vector<Row>(1000, Row{1, 1, 1}));
  kept.check({{1, 1, 1}});
  Row y;
  EXPECT_EQ(kept.step({{1, 1, 1}}, y), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(kept.context.message(),
            "state 'past': dim 1 ('kept') is 1001, outside the 0..1000 that the model was compiled "
            "for; reset or rewind it");
}

TEST(State, AllocatesNothingBelowWhatIsReserved) {
  Kept kept;
  int64_t sizes[] = {4, 300};
  ASSERT_EQ(accel_reserve(kept.context, sizes, 2), ACCEL_OK) << kept.context.message();
  kept.check({{1, 2, 3}});
  int64_t allocations = kept.context.memory().allocations;
  EXPECT_GE(kept.context.memory().state_bytes, 304 * 3 * 4);
  for (int i = 0; i < 75; ++i)
    kept.check(std::vector<Row>(4, Row{1, float(i), 3}));
  EXPECT_EQ(accel_reset(kept.context), ACCEL_OK);
  kept.rows.clear();
  kept.sum = {};
  kept.check({{5, 5, 5}});
  EXPECT_EQ(kept.context.memory().allocations, allocations);
  // What is kept stays when more is reserved.
  sizes[1] = 900;
  ASSERT_EQ(accel_reserve(kept.context, sizes, 2), ACCEL_OK);
  kept.check({{6, 5, 5}});
}

TEST(State, IsReadAsAnInput) {
  Kept kept;
  kept.check({{1, 2, 3}, {3, 4, 5}});
  // The rows lie as x has them; the run may move them.
  accel_state past = stateOf(kept.context, 0);
  int64_t shape[] = {2, 3};
  accel_value in = accel_tensor_value(accel_float32((float *)past.tensor.data, 2, shape));
  ASSERT_EQ(accel_run(kept.context, &in, 1, nullptr, 0), ACCEL_OK);
  for (Row row : {Row{1, 2, 3}, Row{3, 4, 5}}) {
    kept.rows.push_back(row);
    for (int c = 0; c < 3; ++c)
      kept.sum[c] += row[c];
  }
  kept.check({{0, 1, 0}});
}

TEST(State, ForksWithItsContext) {
  Kept kept;
  kept.check({{1, 2, 3}, {3, 4, 5}});
  accel_context *fork = nullptr;
  char message[128];
  ASSERT_EQ(accel_fork(kept.context, &fork, message, sizeof message), ACCEL_OK) << message;
  std::vector<char> before = savedOf(fork);
  EXPECT_EQ(before, savedOf(kept.context));
  kept.check({{9, 9, 9}});
  EXPECT_EQ(before, savedOf(fork));
  EXPECT_NE(before, savedOf(kept.context));
  accel_destroy(fork);
  EXPECT_EQ(accel_fork(kept.context, nullptr, message, sizeof message), ACCEL_INVALID_ARGUMENT);
}

TEST(State, IsNotRewoundIfItIsReplaced) {
  Kept kept;
  kept.check({{1, 2, 3}});
  EXPECT_EQ(accel_rewind(kept.context, 0), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(kept.context.message(), "cannot rewind state 'sum': each run replaces it; save or fork "
                                    "before a run to return to");
  Context none(alpha_fixed_model(), 1);
  EXPECT_EQ(accel_rewind(none, 0), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(none.message(), "model 'alpha_fixed' has no states: it was compiled without --state");
}

TEST(State, IsLoadedWhole) {
  Kept kept, other;
  std::vector<char> empty = savedOf(kept.context);
  kept.check({{1, 2, 3}, {4, 5, 6}});
  std::vector<char> saved = savedOf(kept.context);
  ASSERT_EQ(accel_load(other.context, saved.data(), saved.size()), ACCEL_OK)
      << other.context.message();
  EXPECT_EQ(savedOf(other.context), saved);
  other.rows = kept.rows;
  other.sum = kept.sum;
  other.check({{7, 7, 7}});
  ASSERT_EQ(accel_load(other.context, empty.data(), empty.size()), ACCEL_OK);
  other.rows.clear();
  other.sum = {};
  other.check({{7, 7, 7}});
  EXPECT_EQ(accel_save(kept.context, saved.data(), saved.size() - 1, nullptr),
            ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(accel_save(kept.context, nullptr, 8, nullptr), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(accel_save(kept.context, nullptr, 0, nullptr), ACCEL_INVALID_ARGUMENT);
}

/// Each damage is refused, and what was there stays; the bytes end where the memory does.
TEST(State, RefusesWhatWasNotSaved) {
  Kept kept;
  kept.check({{1, 2, 3}, {4, 5, 6}});
  const std::vector<char> saved = savedOf(kept.context);
  auto refused = [&](const std::vector<char> &data) {
    std::unique_ptr<char[]> exact(new char[data.size()]);
    std::copy(data.begin(), data.end(), exact.get());
    accel_status status = accel_load(kept.context, exact.get(), data.size());
    EXPECT_EQ(savedOf(kept.context), saved);
    return status == ACCEL_INVALID_ARGUMENT;
  };
  for (size_t size = 0; size < saved.size(); ++size)
    EXPECT_TRUE(refused({saved.begin(), saved.begin() + size})) << size;
  EXPECT_EQ(accel_load(kept.context, nullptr, 100), ACCEL_INVALID_ARGUMENT);
  EXPECT_EQ(accel_load(kept.context, saved.data(), -1), ACCEL_INVALID_ARGUMENT);
  std::vector<char> longer = saved;
  longer.resize(saved.size() + 8);
  EXPECT_TRUE(refused(longer));
  // All that is not a number of the tensors, or padding, is looked at.
  auto changed = [&](size_t at, std::initializer_list<unsigned char> bytes) {
    std::vector<char> data = saved;
    for (unsigned char byte : bytes)
      data[at++] = char(byte);
    return data;
  };
  constexpr size_t record = 32, dims = record + 32, name = dims + 16;
  EXPECT_TRUE(refused(changed(0, {'X'})));
  EXPECT_TRUE(refused(changed(8, {1})));      // version
  EXPECT_TRUE(refused(changed(12, {1})));     // count
  EXPECT_TRUE(refused(changed(16, {0})));     // bytes
  EXPECT_TRUE(refused(changed(record, {0}))); // dtype
  for (size_t field : {8, 12, 16, 24})        // rank, axis, bytes of the name, of the data
    for (unsigned char byte : {0x7f, 0x80, 0xff})
      EXPECT_TRUE(refused(changed(record + field, {byte, byte, byte, byte}))) << field;
  EXPECT_TRUE(refused(changed(record + 4, {0})));
  EXPECT_TRUE(refused(changed(record + 4, {0xff})));
  for (size_t field : {0, 8})
    for (unsigned char byte : {0x03, 0x7f, 0x80, 0xff})
      EXPECT_TRUE(refused(changed(dims + field, {byte, byte, byte, byte, byte, byte, byte, byte})))
          << field;
  // As many bytes, after an overflow.
  EXPECT_TRUE(refused(changed(dims + 8, {2, 0, 0, 0, 0, 0, 0, 0x40})));
  EXPECT_TRUE(refused(changed(name, {'q'})));
}

/// A caller that is newer than the model is told so.
TEST(State, AsksAnOlderModel) {
  struct {
    const accel_api *api;
  } head;
  accel_api api = *alpha_kept_model()->api;
  api.size = offsetof(accel_api, state);
  head.api = &api;
  auto *context = reinterpret_cast<accel_context *>(&head);
  EXPECT_EQ(accel_reset(context), ACCEL_UNIMPLEMENTED);
  EXPECT_EQ(accel_rewind(context, 0), ACCEL_UNIMPLEMENTED);
  EXPECT_EQ(accel_load(context, nullptr, 0), ACCEL_UNIMPLEMENTED);
  accel_context *copy = context;
  char message[] = "not yet written";
  EXPECT_EQ(accel_fork(context, &copy, message, sizeof message), ACCEL_UNIMPLEMENTED);
  EXPECT_EQ(copy, nullptr);
  EXPECT_STREQ(message, "");
}

} // namespace
