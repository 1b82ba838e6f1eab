// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arena planner on random slots: no overlap, aligned, and how far above the lower bound.

#include "accel-rt/Support.h"
#include "lib/Transforms/Exec/ArenaSearch.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

namespace {

struct Problem {
  std::vector<accel_slot> slots;
  std::vector<int64_t> sizes;
};

Problem randomProblem(std::mt19937_64 &random) {
  auto upTo = [&](int64_t limit) {
    return std::uniform_int_distribution<int64_t>(0, limit)(random);
  };
  Problem problem;
  int32_t count = int32_t(upTo(80)), steps = 1 + int32_t(upTo(60));
  bool isChain = upTo(2) == 0, isRounded = upTo(1);
  for (int32_t i = 0; i < count; ++i) {
    int32_t first = int32_t(upTo(steps - 1));
    int32_t length = isChain ? 1 : int32_t(upTo(upTo(7) == 0 ? steps : 4));
    problem.slots.push_back({i, first, std::min(first + length, steps - 1)});
    int64_t size = upTo(9) == 0 ? 0 : int64_t(1) << upTo(20);
    problem.sizes.push_back(isRounded ? size : size + upTo(size));
  }
  return problem;
}

int64_t alignUp(int64_t bytes) { return (bytes + 63) / 64 * 64; }

bool liveTogether(const accel_slot &a, const accel_slot &b) {
  return a.first <= b.last && b.first <= a.last;
}

int64_t lowerBound(const Problem &problem) {
  int64_t bound = 0;
  for (int32_t step = 0; step < 100; ++step) {
    int64_t live = 0;
    for (size_t i = 0; i < problem.slots.size(); ++i)
      if (problem.slots[i].first <= step && step <= problem.slots[i].last)
        live += alignUp(problem.sizes[i]);
    bound = std::max(bound, live);
  }
  return bound;
}

int64_t plan(const Problem &problem, std::vector<int64_t> &offsets) {
  size_t count = problem.slots.size();
  std::vector<int64_t> work(count + 1, 0x5555555555555555);
  offsets.assign(count, -7);
  int64_t bytes = accel_rt_plan_arena(problem.slots.data(), int32_t(count), problem.sizes.data(),
                                      offsets.data(), work.data());
  EXPECT_EQ(work[count], 0x5555555555555555) << "wrote past its working space";
  return bytes;
}

/// Aligned, no two slots that live at once overlap, and the arena ends where the last slot does.
void checkPlan(const Problem &problem, llvm::ArrayRef<int64_t> offsets, int64_t bytes) {
  int64_t end = 0;
  for (size_t i = 0; i < offsets.size(); ++i) {
    ASSERT_EQ(offsets[i] % 64, 0);
    ASSERT_GE(offsets[i], 0);
    end = std::max(end, offsets[i] + problem.sizes[i]);
    for (size_t k = 0; k < i; ++k)
      if (liveTogether(problem.slots[i], problem.slots[k]))
        ASSERT_TRUE(offsets[i] + problem.sizes[i] <= offsets[k] ||
                    offsets[k] + problem.sizes[k] <= offsets[i] || !problem.sizes[i] ||
                    !problem.sizes[k])
            << "slots " << i << " and " << k;
  }
  ASSERT_EQ(bytes, alignUp(end));
}

TEST(ArenaPlan, NeverOverlapsAndStaysNearTheBound) {
  std::mt19937_64 random(20240607);
  double sum = 0, worst = 1;
  int counted = 0, optimal = 0;
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE(round);
    Problem problem = randomProblem(random);
    std::vector<int64_t> offsets;
    int64_t bytes = plan(problem, offsets);
    ASSERT_NO_FATAL_FAILURE(checkPlan(problem, offsets, bytes));
    int64_t bound = lowerBound(problem);
    ASSERT_GE(bytes, bound);
    if (!bound)
      continue;
    double ratio = double(bytes) / double(bound);
    sum += ratio;
    worst = std::max(worst, ratio);
    optimal += bytes == bound;
    ++counted;
  }
  std::printf("peak / lower bound: mean %.4f, worst %.3f, optimal in %d of %d\n", sum / counted,
              worst, optimal, counted);
  EXPECT_LT(sum / counted, 1.05);
}

TEST(ArenaPlan, ASearchComesNearerToTheBound) {
  std::mt19937_64 random(20240607);
  double before = 0, after = 0;
  int counted = 0;
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    Problem problem = randomProblem(random);
    std::vector<int64_t> greedy;
    int64_t bytes = plan(problem, greedy), bound = lowerBound(problem), better = bytes;
    llvm::SmallVector<int64_t> offsets(greedy.begin(), greedy.end());
    accel::exec::improvePlan(problem.slots, problem.sizes, bound, better, offsets);
    ASSERT_LE(better, bytes);
    ASSERT_GE(better, bound);
    ASSERT_NO_FATAL_FAILURE(checkPlan(problem, offsets, better));
    if (!bound)
      continue;
    before += double(bytes) / double(bound);
    after += double(better) / double(bound);
    ++counted;
  }
  std::printf("peak / lower bound: greedy %.4f, searched %.4f\n", before / counted,
              after / counted);
  EXPECT_LT(after - counted, (before - counted) / 2);
}

TEST(ArenaPlan, EqualInputGivesEqualOffsets) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    Problem problem = randomProblem(random);
    std::vector<int64_t> one, two;
    EXPECT_EQ(plan(problem, one), plan(problem, two));
    EXPECT_EQ(one, two);
  }
}

TEST(ArenaPlan, NothingNeedsNothing) {
  std::vector<int64_t> offsets;
  EXPECT_EQ(plan({}, offsets), 0);
  EXPECT_EQ(plan({{{0, 0, 0}}, {0}}, offsets), 0);
  EXPECT_EQ(offsets, (std::vector<int64_t>{0}));
}

TEST(ArenaPlan, AChainNeedsTwoSlots) {
  Problem problem;
  for (int32_t i = 0; i < 100; ++i) {
    problem.slots.push_back({i, i, i + 1});
    problem.sizes.push_back(1000);
  }
  std::vector<int64_t> offsets;
  EXPECT_EQ(plan(problem, offsets), 2048);
}

TEST(ArenaPlan, RefusesWhatOverflows) {
  std::vector<int64_t> offsets;
  EXPECT_EQ(plan({{{0, 0, 0}}, {-1}}, offsets), -1);
  EXPECT_EQ(plan({{{0, 0, 0}}, {INT64_MAX}}, offsets), -1);
  EXPECT_EQ(plan({{{0, 0, 0}}, {INT64_MAX - 62}}, offsets), -1);
  EXPECT_EQ(plan({{{0, 0, 0}}, {INT64_MAX - 63}}, offsets), INT64_MAX - 63);
  int64_t half = int64_t(1) << 62;
  EXPECT_EQ(plan({{{0, 0, 1}, {1, 1, 2}}, {half, half}}, offsets), -1);
  // They fit where they do not live at the same time.
  EXPECT_EQ(plan({{{0, 0, 1}, {1, 2, 2}}, {half, half}}, offsets), half);
}

} // namespace
