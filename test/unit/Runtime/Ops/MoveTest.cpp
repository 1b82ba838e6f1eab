// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reshape, Squeeze, Unsqueeze, Expand, Slice, Tile, Split, ConstantOfShape, Pad, Range.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <cmath>
#include <numeric>

using namespace ops;

namespace {

constexpr int64_t kMost = INT64_MAX, kLeast = INT64_MIN;

std::vector<int32_t> counting(int64_t count) {
  std::vector<int32_t> values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}
Tensor counted(const Dims &dims) { return tensor<int32_t>(dims, counting(product(dims))); }

TEST(Reshape, TakesZeroAndMinusOne) {
  Result result = call(accel_op_reshape, {counted({2, 3, 4}), ints({0, -1, 2})}, {0});
  EXPECT_EQ(result.outputs[0].dims, (Dims{2, 6, 2}));
  EXPECT_EQ(result.outputs[0].as<int32_t>(), counting(24));
  EXPECT_EQ(call(accel_op_reshape, {counted({0, 3}), ints({3, 0})}, {1}).outputs[0].dims,
            (Dims{3, 0}));
  EXPECT_EQ(call(accel_op_reshape, {counted({1, 1}), ints({})}, {0}).outputs[0].dims, Dims{});
}

TEST(Reshape, RefusesWhatDoesNotFit) {
  expectFailure(accel_op_reshape, {counted({2, 3}), ints({4, 2})}, {0}, "found 8");
  expectFailure(accel_op_reshape, {counted({2, 3}), ints({-1, 4})}, {0}, "-1 can stand");
  expectFailure(accel_op_reshape, {counted({2, 3}), ints({-1, -1})}, {0}, "at most one -1");
  expectFailure(accel_op_reshape, {counted({2, 3}), ints({-2})}, {0}, "found -2");
  expectFailure(accel_op_reshape, {counted({6}), ints({6, 0})}, {0}, "has fewer");
  expectFailure(accel_op_reshape, {counted({6}), ints({-1, 0})}, {1}, "-1 can stand");
  expectFailure(accel_op_reshape, {counted({6}), ints({kMost, kMost})}, {0}, "can be counted");
  expectFailure(accel_op_reshape, {counted({6}), ints(std::vector<int64_t>(33, 1))}, {0}, "32");
}

TEST(Reshape, HasTheRankThatTheModelDeclares) {
  const std::string text = "the model declares, found 2 dims";
  EXPECT_EQ(call(accel_op_reshape, {counted({6}), ints({2, 3})}, {0, 2}).outputs[0].dims,
            (Dims{2, 3}));
  expectFailure(accel_op_reshape, {counted({6}), ints({2, 3})}, {0, 3}, text);
  expectFailure(accel_op_squeeze, {counted({1, 3, 2}), ints({0})}, {1}, text);
  expectFailure(accel_op_unsqueeze, {counted({3}), ints({0})}, {3}, text);
  expectFailure(accel_op_expand, {counted({3, 1}), ints({3, 4})}, {3}, text);
  expectFailure(accel_op_constant_of_shape, {ints({3, 4}), counted({})}, {1}, text);
  expectFailure(accel_op_reduce, {counted({1, 3, 2}), ints({0})}, {0, 0, 0, 3}, text);
}

TEST(Squeeze, WithAndWithoutAxes) {
  EXPECT_EQ(call(accel_op_squeeze, {counted({1, 3, 1, 2}), ints({-2})}).outputs[0].dims,
            (Dims{1, 3, 2}));
  EXPECT_EQ(call(accel_op_squeeze, {counted({1, 3, 1, 2})}).outputs[0].dims, (Dims{3, 2}));
  expectFailure(accel_op_squeeze, {counted({1, 3}), ints({1})}, {}, "found 3");
  expectFailure(accel_op_squeeze, {counted({1, 3}), ints({2})}, {}, "found 2");
  expectFailure(accel_op_squeeze, {counted({1, 3}), ints({0, -2})}, {}, "again");
}

TEST(Unsqueeze, PutsDimsOfOne) {
  EXPECT_EQ(call(accel_op_unsqueeze, {counted({3, 2}), ints({-1, 1})}).outputs[0].dims,
            (Dims{3, 1, 2, 1}));
  expectFailure(accel_op_unsqueeze, {counted({3}), ints({0, 0})}, {}, "again");
  expectFailure(accel_op_unsqueeze, {counted({3}), ints({kLeast})}, {}, "axes");
}

TEST(Extent, IsASizeOfAnyType) {
  EXPECT_EQ(call(accel_op_extent, {ints({5})}).outputs[0].dims, Dims{5});
  EXPECT_EQ(call(accel_op_extent, {scalar<float>(4.9f)}).outputs[0].dims, Dims{4});
  EXPECT_EQ(call(accel_op_extent, {scalar<int32_t>(0)}).outputs[0].dims, Dims{0});
  expectFailure(accel_op_extent, {ints({-1})}, {}, "found -1");
  expectFailure(accel_op_extent, {ints({kMost})}, {}, "0..2^31");
  expectFailure(accel_op_extent, {ints({1, 2})}, {}, "one element");
  expectFailure(accel_op_extent, {scalar<float>(NAN)}, {}, "a number");
}

TEST(Expand, RandomShapes) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    Dims wanted = random.dims(random.integer(0, 5), 0, 4), own;
    size_t rank = random.integer(0, int64_t(wanted.size()));
    for (size_t i = wanted.size() - rank; i < wanted.size(); ++i)
      own.push_back(random.integer(0, 2) ? wanted[i] : 1);
    Dims shape = wanted;
    for (size_t i = 0; i < shape.size(); ++i)
      if (i + own.size() >= shape.size() && random.integer(0, 1))
        shape[i] = own[i - (shape.size() - own.size())] == wanted[i] ? 1 : wanted[i];
    Tensor input = counted(own);
    Result result = call(accel_op_expand, {input, ints(shape)});
    ASSERT_EQ(result.status, 0) << result.message;
    ASSERT_EQ(result.outputs[0].dims, wanted);
    std::vector<int32_t> from = input.as<int32_t>(), to = result.outputs[0].as<int32_t>();
    forEach(wanted, [&](const Dims &index, int64_t number) {
      Dims source(index.end() - own.size(), index.end());
      for (size_t i = 0; i < own.size(); ++i)
        source[i] = own[i] == 1 ? 0 : source[i];
      ASSERT_EQ(to[number], from[offset(own, source)]);
    });
  }
  expectFailure(accel_op_expand, {counted({2, 3}), ints({2, 2})}, {}, "found");
  expectFailure(accel_op_expand, {counted({2, 1}), ints({2, -1})}, {}, "size of -1");
  expectFailure(accel_op_expand, {counted({1}), ints({kMost, kMost})}, {}, "bad sizes");
}

TEST(Slice, RandomWindows) {
  Random random(2);
  for (int round = 0; round < 500; ++round) {
    Dims dims = random.dims(random.integer(1, 4), 0, 5), starts, ends, axes, steps;
    std::vector<std::vector<int64_t>> chosen;
    for (int64_t size : dims) {
      chosen.emplace_back();
      for (int64_t i = 0; i < size; ++i)
        chosen.back().push_back(i);
    }
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      if (!random.integer(0, 2))
        continue;
      int64_t size = dims[axis], step = random.integer(-3, 3);
      step = step ? step : (random.integer(0, 1) ? kMost : kLeast);
      int64_t start = random.integer(-7, 7), end = random.integer(-7, 7);
      if (!random.integer(0, 3))
        end = step > 0 ? kMost : kLeast;
      if (!random.integer(0, 3))
        start = step > 0 ? kLeast : kMost;
      axes.push_back(random.integer(0, 1) ? int64_t(axis) : int64_t(axis) - int64_t(dims.size()));
      starts.push_back(start);
      ends.push_back(end);
      steps.push_back(step);
      // The standard's text, in arithmetic that does not overflow.
      __int128 at = start < 0 ? __int128(start) + size : start;
      __int128 stop = end < 0 ? __int128(end) + size : end;
      auto clamp = [](__int128 v, int64_t low, int64_t high) {
        return v < low ? __int128(low) : v > high ? __int128(high) : v;
      };
      at = step > 0 ? clamp(at, 0, size) : clamp(at, 0, size - 1);
      stop = step > 0 ? clamp(stop, 0, size) : clamp(stop, -1, size - 1);
      chosen[axis].clear();
      for (; size && (step > 0 ? at < stop : at > stop); at += step)
        chosen[axis].push_back(int64_t(at));
    }
    Tensor input = counted(dims);
    Result result =
        call(accel_op_slice, {input, ints(starts), ints(ends), ints(axes), ints(steps)});
    ASSERT_EQ(result.status, 0) << result.message;
    Dims expected;
    for (const auto &list : chosen)
      expected.push_back(int64_t(list.size()));
    ASSERT_EQ(result.outputs[0].dims, expected);
    std::vector<int32_t> from = input.as<int32_t>(), to = result.outputs[0].as<int32_t>();
    forEach(expected, [&](const Dims &index, int64_t number) {
      Dims source = index;
      for (size_t axis = 0; axis < dims.size(); ++axis)
        source[axis] = chosen[axis][index[axis]];
      ASSERT_EQ(to[number], from[offset(dims, source)]);
    });
  }
}

TEST(Slice, RefusesBadOperands) {
  Tensor x = counted({4, 4});
  expectFailure(accel_op_slice, {x, ints({0}), ints({1, 2})}, {}, "one length");
  expectFailure(accel_op_slice, {x, ints({0}), ints({1}), ints({2})}, {}, "found 2");
  expectFailure(accel_op_slice, {x, ints({0, 0}), ints({1, 1}), ints({1, -1})}, {}, "each once");
  expectFailure(accel_op_slice, {x, ints({0}), ints({1}), std::nullopt, ints({0})}, {}, "steps");
  expectFailure(accel_op_slice, {x, ints({0, 0, 0}), ints({1, 1, 1})}, {}, "found 2");
}

TEST(Tile, RandomRepeats) {
  Random random(3);
  for (int round = 0; round < 100; ++round) {
    Dims dims = random.dims(random.integer(0, 4), 0, 4), repeats = random.dims(dims.size(), 0, 3);
    Dims expected = dims;
    for (size_t i = 0; i < dims.size(); ++i)
      expected[i] *= repeats[i];
    Tensor input = counted(dims);
    Result result = call(accel_op_tile, {input, ints(repeats)});
    ASSERT_EQ(result.outputs[0].dims, expected);
    std::vector<int32_t> from = input.as<int32_t>(), to = result.outputs[0].as<int32_t>();
    forEach(expected, [&](const Dims &index, int64_t number) {
      Dims source = index;
      for (size_t axis = 0; axis < dims.size(); ++axis)
        source[axis] %= dims[axis];
      ASSERT_EQ(to[number], from[offset(dims, source)]);
    });
  }
  expectFailure(accel_op_tile, {counted({2, 2}), ints({2})}, {}, "found 1");
  expectFailure(accel_op_tile, {counted({2}), ints({-1})}, {}, "found -1");
  expectFailure(accel_op_tile, {counted({2}), ints({kMost})}, {}, "counted");
}

TEST(Split, GivenAndEqualSizes) {
  Tensor x = counted({2, 5, 3});
  for (const Dims &sizes : {Dims{2, 0, 3}, Dims{}}) {
    std::optional<Tensor> given = sizes.empty() ? std::nullopt : std::optional(ints(sizes));
    Result result = call(accel_op_split, {x, given}, {1}, 3);
    ASSERT_EQ(result.status, 0) << result.message;
    int64_t begin = 0;
    for (int part = 0; part < 3; ++part) {
      const Tensor &output = result.outputs[part];
      ASSERT_EQ(output.dims[1], (sizes.empty() ? Dims{2, 2, 1} : sizes)[part]);
      std::vector<int32_t> to = output.as<int32_t>();
      forEach(output.dims, [&](const Dims &index, int64_t number) {
        EXPECT_EQ(to[number], 1 + offset(x.dims, {index[0], index[1] + begin, index[2]}));
      });
      begin += output.dims[1];
    }
  }
  expectFailure(accel_op_split, {x, ints({1, 2})}, {1}, "sum", 2);
  expectFailure(accel_op_split, {x, ints({-1, 6})}, {1}, "sum", 2);
  expectFailure(accel_op_split, {x, ints({kMost, kMost})}, {1}, "sum", 2);
  expectFailure(accel_op_split, {x, ints({5})}, {1}, "found 1", 2);
}

TEST(ConstantOfShape, AllWidths) {
  EXPECT_EQ(call(accel_op_constant_of_shape, {ints({2, 3}), vector<int16_t>({515})})
                .outputs[0]
                .as<int16_t>(),
            std::vector<int16_t>(6, 515));
  EXPECT_EQ(
      call(accel_op_constant_of_shape, {ints({}), vector<double>({2.5})}).outputs[0].as<double>(),
      std::vector<double>{2.5});
  EXPECT_EQ(call(accel_op_constant_of_shape, {ints({3, 0}), vector<bool>({true})}).outputs[0].dims,
            (Dims{3, 0}));
  expectFailure(accel_op_constant_of_shape, {ints({-1}), scalar(1.f)}, {}, "found -1");
  expectFailure(accel_op_constant_of_shape, {ints({kMost, 9}), scalar(1.f)}, {}, "bad sizes");
}

TEST(Pad, RandomPadsInAllModes) {
  Random random(4);
  for (int round = 0; round < 600; ++round) {
    int64_t mode = random.integer(0, 3);
    Dims dims = random.dims(random.integer(1, 4), mode ? 1 : 0, 4), axes, before, after;
    std::vector<std::vector<int64_t>> sources; // -1: the constant
    bool fails = false;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      int64_t size = dims[axis], low = 0, high = 0;
      sources.emplace_back();
      if (random.integer(0, 1)) {
        low = random.integer(-2, 5);
        high = random.integer(-2, 5);
        axes.push_back(int64_t(axis));
        before.push_back(low);
        after.push_back(high);
      }
      int64_t first = std::max<int64_t>(-low, 0), kept = size - first - std::max<int64_t>(-high, 0);
      low = std::max<int64_t>(low, 0);
      high = std::max<int64_t>(high, 0);
      fails |= kept < 0 || (mode && kept == 0 && low + high);
      for (int64_t at = -low; !fails && at < kept + high; ++at) {
        int64_t inside = at;
        if (mode == ACCEL_PAD_EDGE)
          inside = std::clamp<int64_t>(at, 0, kept - 1);
        while (mode == ACCEL_PAD_WRAP && (inside < 0 || inside >= kept))
          inside += inside < 0 ? kept : -kept;
        while (mode == ACCEL_PAD_REFLECT && (inside < 0 || inside >= kept))
          inside = kept == 1 ? 0 : inside < 0 ? -inside : 2 * (kept - 1) - inside;
        bool exists = inside >= 0 && inside < kept;
        sources.back().push_back(exists ? first + inside : -1);
      }
    }
    before.insert(before.end(), after.begin(), after.end());
    Tensor input = counted(dims);
    Result result =
        call(accel_op_pad, {input, ints(before), scalar<int32_t>(-7), ints(axes)}, {mode});
    ASSERT_EQ(result.status != 0, fails) << result.message;
    if (fails)
      continue;
    Dims expected;
    for (const auto &list : sources)
      expected.push_back(int64_t(list.size()));
    ASSERT_EQ(result.outputs[0].dims, expected);
    std::vector<int32_t> from = input.as<int32_t>(), to = result.outputs[0].as<int32_t>();
    forEach(expected, [&](const Dims &index, int64_t number) {
      Dims source = index;
      bool constant = false;
      for (size_t axis = 0; axis < dims.size(); ++axis) {
        source[axis] = sources[axis][index[axis]];
        constant |= source[axis] < 0;
      }
      ASSERT_EQ(to[number], constant ? -7 : from[offset(dims, source)]);
    });
  }
}

TEST(Pad, RefusesBadPads) {
  Tensor x = counted({2, 2});
  expectFailure(accel_op_pad, {x, ints({1, 1})}, {0}, "found 2");
  expectFailure(accel_op_pad, {x, ints({-2, 0, -1, 0})}, {0}, "which is 2");
  expectFailure(accel_op_pad, {x, ints({kLeast, 0, 0, 0})}, {0}, "which is 2");
  expectFailure(accel_op_pad, {x, ints({kMost, 0, kMost, 0})}, {0}, "counted");
  expectFailure(accel_op_pad, {x, ints({kMost / 4, 0, 0, 0})}, {0}, "bad sizes");
  expectFailure(accel_op_pad, {x, ints({1, 1}), std::nullopt, ints({2})}, {0}, "found 2");
}

template <typename T> std::vector<T> rangeOf(T start, T limit, T delta) {
  Result result = call(accel_op_range, {scalar(start), scalar(limit), scalar(delta)});
  EXPECT_EQ(result.status, 0) << result.message;
  return result.outputs[0].as<T>();
}

TEST(Range, AllTypes) {
  EXPECT_EQ(rangeOf<int64_t>(1, 8, 3), (std::vector<int64_t>{1, 4, 7}));
  EXPECT_EQ(rangeOf<int64_t>(1, 7, 3), (std::vector<int64_t>{1, 4}));
  EXPECT_EQ(rangeOf<int8_t>(100, -100, -100), (std::vector<int8_t>{100, 0}));
  EXPECT_EQ(rangeOf<uint8_t>(250, 255, 2), (std::vector<uint8_t>{250, 252, 254}));
  EXPECT_EQ(rangeOf<uint64_t>(5, 3, 1), std::vector<uint64_t>{});
  EXPECT_EQ(rangeOf<int64_t>(kLeast, kMost, kMost), (std::vector<int64_t>{kLeast, -1, kMost - 1}));
  EXPECT_EQ(rangeOf<int64_t>(kMost, kLeast, kLeast), (std::vector<int64_t>{kMost, -1}));
  EXPECT_EQ(rangeOf<float>(0, 1, 0.25f), (std::vector<float>{0, 0.25f, 0.5f, 0.75f}));
  EXPECT_EQ(rangeOf<double>(1, -1.5, -1), (std::vector<double>{1, 0, -1}));
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    int32_t start = int32_t(random.integer(-50, 50)), limit = int32_t(random.integer(-50, 50));
    int32_t delta = int32_t(random.integer(-9, 9));
    if (!delta)
      continue;
    std::vector<int32_t> expected;
    for (int32_t at = start; delta > 0 ? at < limit : at > limit; at += delta)
      expected.push_back(at);
    EXPECT_EQ(rangeOf(start, limit, delta), expected);
    std::vector<float> floats(expected.begin(), expected.end());
    EXPECT_EQ(rangeOf<float>(float(start), float(limit), float(delta)), floats);
  }
  // 1, 1.5, 2 as f16
  Result half =
      call(accel_op_range, {bits16(ACCEL_FLOAT, {}, {0x3c00}), bits16(ACCEL_FLOAT, {}, {0x4080}),
                            bits16(ACCEL_FLOAT, {}, {0x3800})});
  EXPECT_EQ(half.outputs[0].as<uint16_t>(), (std::vector<uint16_t>{0x3c00, 0x3e00, 0x4000}));
}

TEST(Range, RefusesWhatHasNoEnd) {
  expectFailure(accel_op_range, {scalar<int64_t>(0), scalar<int64_t>(5), scalar<int64_t>(0)}, {},
                "delta");
  expectFailure(accel_op_range, {scalar(0.f), scalar(5.f), scalar(0.f)}, {}, "steps");
  expectFailure(accel_op_range, {scalar(0.f), scalar(NAN), scalar(1.f)}, {}, "steps");
  expectFailure(accel_op_range, {scalar(0.f), scalar(INFINITY), scalar(1.f)}, {}, "steps");
  expectFailure(accel_op_range, {scalar(0.f), scalar(1e30f), scalar(1e-30f)}, {}, "steps");
  expectFailure(accel_op_range,
                {scalar<int64_t>(kLeast), scalar<int64_t>(kMost), scalar<int64_t>(1)}, {}, "bad");
  expectFailure(accel_op_range, {vector<float>({}), scalar(1.f), scalar(1.f)}, {}, "one element");
}

} // namespace
