// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NonZero, Compress, OneHot, TopK, Unique, NonMaxSuppression.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <algorithm>
#include <cmath>
#include <map>

using namespace ops;

namespace {

template <typename T> void checkNonZero(Random &random, int64_t rank) {
  Dims dims = random.dims(rank, 0, 9);
  Tensor input = tensor<T>(dims, random.values<T>(product(dims), 0, 2));
  Result result = call(accel_op_nonzero, {input});
  ASSERT_EQ(result.status, 0);
  std::vector<T> values = input.as<T>();
  std::vector<Dims> found;
  forEach(dims, [&](const Dims &index, int64_t number) {
    if (values[number])
      found.push_back(index.empty() ? Dims{0} : index);
  });
  int64_t rows = std::max<int64_t>(rank, 1);
  ASSERT_EQ(result.outputs[0].dims, (Dims{rows, int64_t(found.size())}));
  std::vector<int64_t> to = result.outputs[0].as<int64_t>();
  for (int64_t row = 0; row < rows; ++row)
    for (size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(to[row * found.size() + i], found[i][row]);
}

TEST(NonZero, RandomTensors) {
  Random random(1);
  for (int64_t rank = 0; rank < 5; ++rank)
    for (int round = 0; round < 10; ++round) {
      checkNonZero<uint8_t>(random, rank);
      checkNonZero<int16_t>(random, rank);
      checkNonZero<float>(random, rank);
      checkNonZero<int64_t>(random, rank);
    }
  Result result = call(accel_op_nonzero, {vector<float>({-0.f, NAN, 0, 1})});
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{1, 3}));
}

TEST(Compress, AlongAnAxisAndFlat) {
  Random random(2);
  for (int round = 0; round < 100; ++round) {
    Dims dims = random.dims(random.integer(1, 4), 0, 5);
    bool flat = random.integer(0, 1);
    int64_t axis = flat ? 0 : random.integer(0, int64_t(dims.size()) - 1);
    Dims seen = flat ? Dims{product(dims)} : dims;
    std::vector<bool> condition;
    for (int64_t i = random.integer(0, seen[axis]); i > 0; --i)
      condition.push_back(random.integer(0, 1));
    Tensor input = tensor<int32_t>(dims, random.values<int32_t>(product(dims)));
    Result result = call(accel_op_compress, {input, vector<bool>(condition)},
                         flat ? std::vector<int64_t>{} : std::vector<int64_t>{axis});
    std::vector<int32_t> expected, from = input.as<int32_t>();
    forEach(seen, [&](const Dims &index, int64_t number) {
      if (index[axis] < int64_t(condition.size()) && condition[index[axis]])
        expected.push_back(from[number]);
    });
    seen[axis] = std::count(condition.begin(), condition.end(), true);
    ASSERT_EQ(result.outputs[0].dims, seen);
    ASSERT_EQ(result.outputs[0].as<int32_t>(), expected);
  }
  // What is longer than the dim chooses nothing.
  EXPECT_EQ(call(accel_op_compress, {vector<float>({1, 2}), vector<bool>({false, true, true})}, {0})
                .outputs[0]
                .as<float>(),
            std::vector<float>{2});
}

TEST(OneHot, RandomIndices) {
  Random random(3);
  for (int round = 0; round < 100; ++round) {
    Dims dims = random.dims(random.integer(0, 3), 0, 4);
    int64_t axis = random.integer(0, int64_t(dims.size())), depth = random.integer(0, 5);
    Tensor indices = tensor<int64_t>(dims, random.values<int64_t>(product(dims), -7, 7));
    Result result =
        call(accel_op_onehot, {indices, scalar(float(depth)), vector<int16_t>({3, 9})}, {axis});
    ASSERT_EQ(result.status, 0) << result.message;
    Dims expected = dims;
    expected.insert(expected.begin() + axis, depth);
    ASSERT_EQ(result.outputs[0].dims, expected);
    std::vector<int64_t> from = indices.as<int64_t>();
    std::vector<int16_t> to = result.outputs[0].as<int16_t>();
    forEach(expected, [&](const Dims &index, int64_t number) {
      Dims source = index;
      source.erase(source.begin() + axis);
      int64_t value = from[offset(dims, source)];
      ASSERT_EQ(to[number], value == index[axis] || value + depth == index[axis] ? 9 : 3);
    });
  }
  Operands bad = {vector<float>({NAN, INFINITY, -1e30f, 1}), scalar<int32_t>(2),
                  vector<float>({0, 1})};
  EXPECT_EQ(call(accel_op_onehot, bad, {1}).outputs[0].as<float>(),
            (std::vector<float>{0, 0, 0, 0, 0, 0, 0, 1}));
  bad[1] = scalar<int32_t>(-1);
  expectFailure(accel_op_onehot, bad, {0}, "depth");
  bad[1] = scalar(NAN);
  expectFailure(accel_op_onehot, bad, {0}, "depth");
  bad[1] = scalar<int64_t>(INT64_MAX);
  expectFailure(accel_op_onehot, bad, {0}, "bad sizes");
  bad[1] = vector<int64_t>({});
  expectFailure(accel_op_onehot, bad, {0}, "one element");
}

template <typename T> void checkTopK(Random &random, std::vector<T> values, Dims dims) {
  int64_t axis = random.integer(0, int64_t(dims.size()) - 1);
  int64_t k = random.integer(0, dims[axis]);
  bool largest = random.integer(0, 1);
  Result result = call(accel_op_topk, {tensor<T>(dims, values), ints({k})}, {axis, largest}, 2);
  ASSERT_EQ(result.status, 0) << result.message;
  Dims expected = dims;
  expected[axis] = k;
  ASSERT_EQ(result.outputs[0].dims, expected);
  ASSERT_EQ(result.outputs[1].dims, expected);
  std::vector<T> best = result.outputs[0].as<T>();
  std::vector<int64_t> indices = result.outputs[1].as<int64_t>();
  auto less = [](T a, T b) { return b != b ? a == a : a < b; }; // NaN last
  Dims rows = dims;
  rows[axis] = 1;
  if (k)
    forEach(rows, [&](const Dims &row, int64_t) {
      std::vector<int64_t> order(dims[axis]);
      auto at = [&](int64_t i) {
        Dims index = row;
        index[axis] = i;
        return values[offset(dims, index)];
      };
      for (size_t i = 0; i < order.size(); ++i)
        order[i] = int64_t(i);
      std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        if (less(at(a), at(b)) || less(at(b), at(a)))
          return largest == less(at(b), at(a));
        return a < b;
      });
      for (int64_t i = 0; i < k; ++i) {
        Dims index = row;
        index[axis] = i;
        int64_t to = offset(expected, index);
        ASSERT_EQ(indices[to], order[i]);
        T value = at(order[i]);
        ASSERT_EQ(std::memcmp(&best[to], &value, sizeof value), 0);
      }
    });
}

template <typename T> void checkTopKOf(Random &random, int64_t low, int64_t high) {
  for (int round = 0; round < 30; ++round) {
    Dims dims = random.dims(random.integer(1, 3), 0, 40);
    checkTopK<T>(random, random.values<T>(product(dims), low, high), dims);
  }
}

TEST(TopK, AllTypes) {
  Random random(4);
  checkTopKOf<int8_t>(random, -128, 127);
  checkTopKOf<uint8_t>(random, 0, 255);
  checkTopKOf<int16_t>(random, -500, 500);
  checkTopKOf<uint16_t>(random, 0, 65535);
  checkTopKOf<int32_t>(random, INT32_MIN, INT32_MAX);
  checkTopKOf<uint32_t>(random, 0, UINT32_MAX);
  checkTopKOf<int64_t>(random, INT64_MIN, INT64_MAX);
  checkTopKOf<uint64_t>(random, 0, INT64_MAX);
  checkTopKOf<float>(random, -20, 20);
  checkTopKOf<double>(random, -1000000, 1000000);
}

TEST(TopK, SpecialFloats) {
  Random random(5);
  const double special[] = {NAN, -NAN, INFINITY, -INFINITY, 0.0, -0.0, 1, -1, 1e-45, -1e-45};
  for (int round = 0; round < 50; ++round) {
    Dims dims = {random.integer(1, 100)};
    std::vector<float> floats;
    std::vector<double> doubles;
    for (int64_t i = 0; i < dims[0]; ++i) {
      doubles.push_back(special[random.integer(0, 9)]);
      floats.push_back(float(doubles.back()));
    }
    checkTopK(random, floats, dims);
    checkTopK(random, doubles, dims);
  }
}

TEST(TopK, NarrowFloats) {
  // -2, 1, NaN, 3 as f16 and bf16
  for (const Tensor &x : {bits16(ACCEL_FLOAT, {4}, {0xc000, 0x3c00, 0x7e00, 0x4200}),
                          bits16(ACCEL_BFLOAT, {4}, {0xc000, 0x3f80, 0x7fc0, 0x4040})}) {
    EXPECT_EQ(call(accel_op_topk, {x, ints({4})}, {0, 1}, 2).outputs[1].as<int64_t>(),
              (std::vector<int64_t>{2, 3, 1, 0}));
    EXPECT_EQ(call(accel_op_topk, {x, ints({4})}, {0, 0}, 2).outputs[1].as<int64_t>(),
              (std::vector<int64_t>{0, 1, 3, 2}));
  }
}

TEST(TopK, RefusesBadK) {
  Tensor x = vector<float>({1, 2, 3});
  expectFailure(accel_op_topk, {x, ints({4})}, {0, 1}, "found 4", 2);
  expectFailure(accel_op_topk, {x, ints({-1})}, {0, 1}, "found -1", 2);
  expectFailure(accel_op_topk, {x, ints({})}, {0, 1}, "one element", 2);
}

/// NumPy's unique over rows of elements that compare with ==.
void checkUnique(const Tensor &input, const std::vector<std::vector<double>> &rows, bool sorted,
                 const std::vector<int64_t> &axis) {
  std::map<std::vector<double>, std::vector<int64_t>> groups;
  for (size_t i = 0; i < rows.size(); ++i)
    groups[rows[i]].push_back(int64_t(i));
  std::vector<std::vector<int64_t>> ordered;
  for (auto &[row, members] : groups)
    ordered.push_back(members);
  if (!sorted)
    std::sort(ordered.begin(), ordered.end());
  std::vector<int64_t> first, inverse(rows.size()), counts;
  for (size_t i = 0; i < ordered.size(); ++i) {
    first.push_back(ordered[i][0]);
    counts.push_back(int64_t(ordered[i].size()));
    for (int64_t member : ordered[i])
      inverse[member] = int64_t(i);
  }
  std::vector<int64_t> parameters = {sorted};
  parameters.insert(parameters.end(), axis.begin(), axis.end());
  Result result = call(accel_op_unique, {input}, parameters, 4);
  ASSERT_EQ(result.status, 0) << result.message;
  EXPECT_EQ(result.outputs[1].as<int64_t>(), first);
  EXPECT_EQ(result.outputs[2].as<int64_t>(), inverse);
  EXPECT_EQ(result.outputs[3].as<int64_t>(), counts);
  // The values are the slices that come first.
  Dims dims = axis.empty() ? Dims{product(input.dims)} : input.dims, expected = dims;
  int64_t along = axis.empty() ? 0 : axis[0];
  expected[along] = int64_t(first.size());
  ASSERT_EQ(result.outputs[0].dims, expected);
  std::vector<int32_t> from = input.as<int32_t>(), to = result.outputs[0].as<int32_t>();
  forEach(expected, [&](const Dims &index, int64_t number) {
    Dims source = index;
    source[along] = first[index[along]];
    ASSERT_EQ(to[number], from[offset(dims, source)]);
  });
}

TEST(Unique, RandomTensors) {
  Random random(6);
  for (int round = 0; round < 200; ++round) {
    Dims dims = random.dims(random.integer(1, 3), 1, 6);
    std::vector<int32_t> values = random.values<int32_t>(product(dims), -2, 1);
    Tensor input = tensor<int32_t>(dims, values);
    std::vector<std::vector<double>> rows;
    for (int32_t value : values)
      rows.push_back({double(value)});
    checkUnique(input, rows, round % 2, {});
    int64_t axis = random.integer(0, int64_t(dims.size()) - 1);
    rows.assign(dims[axis], {});
    forEach(dims, [&](const Dims &index, int64_t number) {
      rows[index[axis]].push_back(values[number]);
    });
    checkUnique(input, rows, round % 2, {axis});
  }
}

TEST(Unique, SpecialFloatsAndNoElements) {
  Result result = call(accel_op_unique, {vector<float>({NAN, 0, -0.f, NAN, -1})}, {1}, 4);
  EXPECT_EQ(result.outputs[1].as<int64_t>(), (std::vector<int64_t>{4, 1, 0}));
  EXPECT_EQ(result.outputs[3].as<int64_t>(), (std::vector<int64_t>{1, 2, 2}));
  result = call(accel_op_unique, {tensor<float>({0, 3}, {})}, {1}, 4);
  EXPECT_EQ(result.outputs[0].dims, Dims{0});
  result = call(accel_op_unique, {tensor<float>({0, 3}, {})}, {1, 0}, 4);
  EXPECT_EQ(result.outputs[0].dims, (Dims{0, 3}));
  result = call(accel_op_unique, {tensor<float>({3, 0}, {})}, {1, 0}, 4);
  EXPECT_EQ(result.outputs[0].dims, (Dims{1, 0}));
  Tensor large{dtypeOf<float>(), {int64_t(1) << 60, 0}, {}};
  expectFailure(accel_op_unique, {large}, {1, 0}, "expected fewer slices", 4);
}

float boxOverlap(const float *a, const float *b, bool center) {
  auto corners = [&](const float *box) {
    std::array<double, 4> c; // x0, y0, x1, y1
    if (center)
      c = {box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2};
    else
      c = {std::min(box[1], box[3]), std::min(box[0], box[2]), std::max(box[1], box[3]),
           std::max(box[0], box[2])};
    return c;
  };
  std::array<double, 4> p = corners(a), q = corners(b);
  double width = std::min(p[2], q[2]) - std::max(p[0], q[0]);
  double height = std::min(p[3], q[3]) - std::max(p[1], q[1]);
  if (width <= 0 || height <= 0)
    return 0;
  double both = width * height;
  return float(both / ((p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - both));
}

TEST(NonMaxSuppression, RandomBoxes) {
  Random random(7);
  for (int round = 0; round < 100; ++round) {
    int64_t batches = random.integer(0, 3), classes = random.integer(0, 3);
    int64_t count = random.integer(0, 60), most = random.integer(0, 8);
    bool center = random.integer(0, 1), hasScore = random.integer(0, 1);
    std::vector<float> boxes, scores;
    for (int64_t i = 0; i < batches * count * 4; ++i)
      boxes.push_back(float(random.real(0, 1)));
    for (int64_t i = 0; i < batches * classes * count; ++i)
      scores.push_back(float(random.integer(0, 20)) / 20);
    float threshold = float(random.real(0.1, 0.9)), least = 0.4f;
    Result result = call(accel_op_nms,
                         {tensor<float>({batches, count, 4}, boxes),
                          tensor<float>({batches, classes, count}, scores), ints({most}),
                          vector<float>({threshold}),
                          hasScore ? std::optional(vector<float>({least})) : std::nullopt},
                         {center});
    ASSERT_EQ(result.status, 0) << result.message;
    std::vector<int64_t> expected;
    for (int64_t group = 0; group < batches * classes; ++group) {
      const float *score = scores.data() + group * count;
      const float *box = boxes.data() + group / classes * count * 4;
      std::vector<int64_t> order, taken;
      for (int64_t i = 0; i < count; ++i)
        if (!hasScore || score[i] > least)
          order.push_back(i);
      std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return score[a] != score[b] ? score[a] > score[b] : a < b;
      });
      for (int64_t i : order) {
        bool free = std::none_of(taken.begin(), taken.end(), [&](int64_t other) {
          return boxOverlap(box + other * 4, box + i * 4, center) > threshold;
        });
        if (!free || int64_t(taken.size()) >= most)
          continue;
        taken.push_back(i);
        expected.insert(expected.end(), {group / classes, group % classes, i});
      }
    }
    ASSERT_EQ(result.outputs[0].dims, (Dims{int64_t(expected.size()) / 3, 3}));
    ASSERT_EQ(result.outputs[0].as<int64_t>(), expected);
  }
}

TEST(NonMaxSuppression, NaNsAndBadOperands) {
  Tensor boxes = tensor<float>({1, 3, 4}, {NAN, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1});
  Tensor scores = tensor<float>({1, 1, 3}, {NAN, 0.5f, 0.75f});
  Result result = call(accel_op_nms, {boxes, scores, ints({9}), scalar(0.5f)}, {0});
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(call(accel_op_nms, {boxes, scores}, {0}).outputs[0].dims, (Dims{0, 3}));
  expectFailure(accel_op_nms, {boxes, scores, ints({9}), scalar(NAN)}, {0}, "IoU");
  expectFailure(accel_op_nms, {boxes, tensor<float>({1, 1, 2}, {1, 2}), ints({9})}, {0}, "found 2");
  expectFailure(accel_op_nms, {tensor<float>({1, 1, 3}, {1, 2, 3}), scores}, {0}, "found 3");
  expectFailure(accel_op_nms, {boxes, scores, ints({})}, {0}, "one element");
}

} // namespace
