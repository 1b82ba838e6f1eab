// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions on strings: random bytes, of which few are UTF-8, and what others compute of them.

#include "include/accel-rt/Ops.h"
#include "test/unit/Runtime/Ops/OpsTest.h"
#include <set>

using namespace ops;

namespace {

/// Bytes that are code points of all lengths now and then, and delimiters often.
std::string randomText(Random &random) {
  static const std::string parts[] = {"a",
                                      "-",
                                      " ",
                                      "--",
                                      "Z",
                                      "\xc3\xa9",
                                      "\xff",
                                      "\xe2",
                                      "\xf0",
                                      "\xf0\x9f\x98\x80",
                                      std::string(1, '\0'),
                                      "7"};
  std::string text;
  for (int64_t i = random.integer(0, 9); i > 0; --i)
    text += parts[random.integer(0, std::size(parts) - 1)];
  return text;
}

std::vector<std::string> randomTexts(Random &random, int64_t count) {
  std::vector<std::string> all;
  while (count-- > 0)
    all.push_back(randomText(random));
  return all;
}

TEST(Text, Concat) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    int64_t rows = random.integer(0, 5), columns = random.integer(1, 5);
    std::vector<std::string> a = randomTexts(random, rows * columns),
                             b = randomTexts(random, columns);
    Result result = call(accel_op_string_concat, {texts({rows, columns}, a), texts({columns}, b)});
    ASSERT_EQ(result.status, 0);
    ASSERT_EQ(result.outputs[0].dims, (Dims{rows, columns}));
    std::vector<std::string> joined = textsOf(result.outputs[0]);
    for (size_t i = 0; i < a.size(); ++i)
      ASSERT_EQ(joined[i], a[i] + b[i % columns]);
  }
  expectFailure(accel_op_string_concat, {texts({2}, {"", ""}), texts({3}, {"", "", ""})}, {},
                "expected dims that are equal or 1");
}

TEST(Text, SplitAtDelimiters) {
  Random random(2);
  for (int round = 0; round < 100; ++round) {
    int64_t most = random.integer(-1, 3);
    std::string delimiter = random.integer(0, 1) ? "-" : "--";
    std::vector<std::string> all = randomTexts(random, random.integer(0, 6));
    int64_t count = int64_t(all.size());
    Result result =
        call(accel_op_string_split, {texts({count}, all), texts({}, {delimiter})}, {most}, 2);
    ASSERT_EQ(result.status, 0);
    std::vector<std::string> parts = textsOf(result.outputs[0]);
    std::vector<int64_t> counts = result.outputs[1].as<int64_t>();
    int64_t width = result.outputs[0].dims[1];
    for (int64_t i = 0; i < count; ++i) {
      std::string joined;
      for (int64_t k = 0; k < width; ++k) {
        if (k < counts[i])
          joined += (k ? delimiter : "") + parts[i * width + k];
        else
          ASSERT_EQ(parts[i * width + k], "");
      }
      ASSERT_EQ(joined, all[i]);
      ASSERT_TRUE(most < 0 || counts[i] <= most + 1);
    }
  }
}

TEST(Text, SplitAtSpaces) {
  Result result = call(accel_op_string_split,
                       {texts({3}, {"  a \t b\xe3\x80\x80"
                                    "c ",
                                    "", "\xff x"}),
                        texts({}, {""})},
                       {-1}, 2);
  EXPECT_EQ(textsOf(result.outputs[0]),
            (std::vector<std::string>{"a", "b", "c", "", "", "", "\xff", "x", ""}));
  EXPECT_EQ(result.outputs[1].as<int64_t>(), (std::vector<int64_t>{3, 0, 2}));
}

TEST(Text, Ranks) {
  Random random(3);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::string> all = randomTexts(random, random.integer(0, 40));
    std::set<std::string> sorted(all.begin(), all.end());
    Result result = call(accel_op_string_ranks, {texts({int64_t(all.size())}, all)});
    ASSERT_EQ(result.status, 0);
    std::vector<int64_t> ranks = result.outputs[0].as<int64_t>();
    for (size_t i = 0; i < all.size(); ++i)
      ASSERT_EQ(ranks[i], std::distance(sorted.begin(), sorted.find(all[i])));
  }
}

TEST(Text, NormalizeKeepsWhatIsNoText) {
  Random random(4);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> all = randomTexts(random, random.integer(1, 5));
    int64_t count = int64_t(all.size());
    Result lower = call(accel_op_string_normalize, {texts({count}, all), texts({0}, {})},
                        {ACCEL_CASE_LOWER, 1});
    ASSERT_EQ(lower.status, 0);
    std::vector<std::string> changed = textsOf(lower.outputs[0]);
    for (int64_t i = 0; i < count; ++i) {
      std::string expected = all[i];
      for (char &c : expected)
        c = c == 'Z' ? 'z' : c;
      ASSERT_EQ(changed[i], expected);
    }
  }
  expectFailure(accel_op_string_normalize, {texts({2, 1}, {"a", "b"}), texts({0}, {})},
                {ACCEL_CASE_NONE, 1}, "expected strings of shape [C] or [1, C], found 2 rows");
}

TEST(Text, Numbers) {
  Result result = call(accel_op_string_to_number,
                       {texts({3}, {"-12x", " 7", "9223372036854775807"})}, {ACCEL_TEXT_INT});
  EXPECT_EQ(result.outputs[0].as<int64_t>(), (std::vector<int64_t>{-12, 7, INT64_MAX}));
  expectFailure(accel_op_string_to_number, {texts({2}, {"1", "9223372036854775808"})},
                {ACCEL_TEXT_INT}, "expected numbers of 64 bits, found a larger one in element 1");
  expectFailure(accel_op_string_to_number, {texts({1}, {"x"})}, {ACCEL_TEXT_FLOAT},
                "expected strings that begin with a number, found none in element 0");
  Result text = call(accel_op_number_to_string, {vector<float>({0.1f, -0.0f, 1e10f, INFINITY})});
  EXPECT_EQ(textsOf(text.outputs[0]), (std::vector<std::string>{"0.1", "-0", "1e+10", "INF"}));
}

TEST(Text, Regex) {
  // (a|-)*, then the end of the text
  Tensor code = tensor<int32_t>({4, 3}, {ACCEL_REGEX_SPLIT, 1, 3, ACCEL_REGEX_RANGES, 0, 2,
                                         ACCEL_REGEX_SPLIT, 0, 0, ACCEL_REGEX_MATCH, 0, 0});
  Tensor ranges = tensor<int32_t>({2, 2}, {'-', '-', 'a', 'a'});
  Random random(5);
  std::vector<std::string> all = randomTexts(random, 300);
  Result result = call(accel_op_regex_full_match, {texts({300}, all), code, ranges});
  ASSERT_EQ(result.status, 0);
  for (size_t i = 0; i < all.size(); ++i)
    ASSERT_EQ(result.outputs[0].bytes[i], all[i].find_first_not_of("a-") == std::string::npos);
}

TEST(Text, FindsKeys) {
  Random random(6);
  std::vector<int64_t> keys = {-5, 0, 3, 90}, values = random.values<int64_t>(500, -6, 100);
  Result result = call(accel_op_find, {ints(values), ints(keys)}, {0});
  std::vector<int64_t> places = result.outputs[0].as<int64_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    auto found = std::find(keys.begin(), keys.end(), values[i]);
    ASSERT_EQ(places[i], found - keys.begin());
  }
  expectFailure(accel_op_find, {ints({3, 4}), ints(keys)}, {1},
                "expected elements that are among the categories, found another at 1");
}

} // namespace
