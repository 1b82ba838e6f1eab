// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dims: their normal form, the least of two, and what can be proved of them.

#include "dialects/NN/NNDims.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <functional>
#include <random>

using namespace mlir;
using namespace accel::nn;

namespace {

class Dims : public testing::Test {
protected:
  Dims() : table(&context) { table.nextSymbol = 3; }
  Dim s(unsigned i) { return getAffineSymbolExpr(i, &context); }
  Dim c(int64_t value) { return table.constant(value); }
  Dim simple(Dim dim) { return table.simplify(dim); }

  /// A dim's value, where every division is by a positive number.
  int64_t value(Dim dim, ArrayRef<int64_t> sizes) {
    if (std::optional<int64_t> number = constantDim(dim))
      return *number;
    if (auto symbol = dyn_cast<AffineSymbolExpr>(dim)) {
      if (symbol.getPosition() < sizes.size())
        return sizes[symbol.getPosition()];
      const LeastDim *least = table.definitionOf(symbol.getPosition());
      return std::min(value(least->a, sizes), value(least->b, sizes));
    }
    auto binary = cast<AffineBinaryOpExpr>(dim);
    int64_t a = value(binary.getLHS(), sizes), b = value(binary.getRHS(), sizes);
    switch (binary.getKind()) {
    case AffineExprKind::Add:
      return a + b;
    case AffineExprKind::Mul:
      return a * b;
    case AffineExprKind::FloorDiv:
      return llvm::divideFloorSigned(a, b);
    case AffineExprKind::CeilDiv:
      return llvm::divideCeilSigned(a, b);
    default:
      return llvm::mod(a, b);
    }
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  DimTable table;
};

TEST_F(Dims, HaveOneForm) {
  EXPECT_EQ(simple(s(1) + s(0) + 3 - s(1)), s(0) + 3);
  EXPECT_EQ(simple(s(1) * s(0)), simple(s(0) * s(1)));
  EXPECT_EQ(simple((s(0) + 1) * s(1)), simple(s(1) + s(1) * s(0)));
  EXPECT_EQ(simple((s(0) * 4 + s(1) + 9).floorDiv(4)), simple(s(0) + (s(1) + 1).floorDiv(4) + 2));
  EXPECT_EQ(simple((s(0) * 64).floorDiv(64)), s(0));
  EXPECT_EQ(simple((s(0) * s(1) * 12).floorDiv(s(1) * 4)), s(0) * 3);
  EXPECT_EQ(simple((s(0) * 2 + 1).floorDiv(4)), simple(s(0).floorDiv(2)));
  EXPECT_EQ(simple(((s(0) - 1).floorDiv(2) + 1).floorDiv(2)), simple((s(0) + 1).floorDiv(4)));
  EXPECT_EQ(simple(s(0).ceilDiv(2)), simple((s(0) + 1).floorDiv(2)));
  EXPECT_EQ(simple((s(0) * 4 + 6) % 4), c(2));
  EXPECT_EQ(simple(s(0) * 2 - s(0) - s(0)), c(0));
}

TEST_F(Dims, ThatDoNotFitStayAsTheyAre) {
  Dim large = s(0) * (int64_t(1) << 62), sum = (large + s(1)) + (large + s(2));
  EXPECT_EQ(simple(sum), sum);
  EXPECT_FALSE(table.atMost(sum, c(7)));
}

TEST_F(Dims, TheLeastOfTwoIsASymbol) {
  Dim five = table.min(s(0), c(5));
  EXPECT_TRUE(isa<AffineSymbolExpr>(five));
  EXPECT_EQ(table.min(c(5), s(0)), five);
  // What both share stays outside.
  EXPECT_EQ(table.min(s(0) + 1, c(6)), simple(five + 1));
  EXPECT_EQ(table.min(s(0) + s(1), s(1) + 5), simple(five + s(1)));
  EXPECT_EQ(table.min(s(0) * 4, c(20)), simple(five * 4));
  // The larger of two is their sum without the least.
  EXPECT_EQ(table.max(s(0), c(5)), simple(s(0) + 5 - five));
  EXPECT_EQ(table.max(s(0) - 5, c(0)), simple(s(0) - five));
  // A head and the rest are the whole.
  EXPECT_EQ(simple(five + table.max(s(0) - 5, c(0))), s(0));
  EXPECT_EQ(table.definitions().size(), 1u);
}

TEST_F(Dims, TheLeastFollowsFromBounds) {
  EXPECT_EQ(table.min(s(0), c(0)), c(0));
  EXPECT_EQ(table.max(s(0), c(0)), s(0));
  EXPECT_EQ(table.min(s(0), s(0) + 3), s(0));
  EXPECT_EQ(table.min(table.min(s(0), c(5)), c(3)), table.min(s(0), c(3)));
  EXPECT_EQ(table.min(table.min(s(0), c(5)), c(9)), table.min(s(0), c(5)));
  EXPECT_EQ(table.clamp(s(0), c(0), c(5)), table.min(s(0), c(5)));
  table.setBounds(1, {7, 9});
  EXPECT_EQ(table.min(s(1), c(5)), c(5));
  EXPECT_EQ(table.min(s(1), c(9)), s(1));
  EXPECT_EQ(table.isLess(s(1), c(7)), c(0));
  EXPECT_EQ(table.isLess(s(1), c(10)), c(1));
  EXPECT_EQ(table.isEqual(s(1), c(6)), c(0));
}

TEST_F(Dims, BoundsOfExpressions) {
  table.setBounds(0, {3, 10});
  table.setBounds(1, {0, 4});
  EXPECT_EQ(table.bounds(s(0) * 2 - s(1)), (Bounds{2, 20}));
  EXPECT_EQ(table.bounds(s(0) * s(1)), (Bounds{0, 40}));
  EXPECT_EQ(table.bounds((s(0) - 4).floorDiv(3)), (Bounds{-1, 2}));
  EXPECT_EQ(table.bounds(s(0) % 4).low, 0);
  EXPECT_EQ(table.bounds(s(0) % 4).high, 3);
  EXPECT_EQ(table.bounds(table.min(s(0), s(1) + 1)), (Bounds{1, 5}));
  EXPECT_EQ(table.bounds(s(2)), kAnySize);
}

TEST_F(Dims, ProofsByCases) {
  Dim least = table.min(s(0), c(100)), one = table.min(s(0), c(1));
  EXPECT_TRUE(table.atMost(least, s(0)));
  EXPECT_TRUE(table.atMost(one, least)) << "which of two the right side is comes first";
  EXPECT_FALSE(table.atMost(s(0), least));
  EXPECT_TRUE(table.atMost(s(0) - least, s(0)));
  EXPECT_TRUE(table.atMost(s(0).floorDiv(2) * 2, s(0)));
  EXPECT_TRUE(table.atMost(s(0), s(0).ceilDiv(2) * 2));
  EXPECT_FALSE(table.atMost(s(0), s(0).floorDiv(2) * 2));
  // A slice that ends with the dim.
  Dim start = table.max(s(0) - 7, c(0));
  EXPECT_EQ(simple(start + table.min(s(0), c(7))), s(0));
}

// Whatever is simplified or proved must hold of all sizes.
TEST_F(Dims, AgreeWithNumbers) {
  std::mt19937 random(7);
  auto below = [&](int n) { return int(random() % n); };
  struct Made {
    Dim dim;
    std::function<int64_t(ArrayRef<int64_t>)> exact;
  };
  auto less = [](int64_t a, int64_t b) { return int64_t(a < b); };
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Made> all;
    for (unsigned i = 0; i < 3; ++i)
      all.push_back({s(i), [i](ArrayRef<int64_t> sizes) { return sizes[i]; }});
    for (int64_t number : {0, 1, 2, 5})
      all.push_back({c(number), [number](ArrayRef<int64_t>) { return number; }});
    for (int step = 0; step < 8; ++step) {
      Made a = all[below(all.size())], b = all[below(all.size())];
      int64_t by = 1 + below(4);
      switch (below(8)) {
      case 0:
        all.push_back({simple(a.dim + b.dim), [=](auto n) { return a.exact(n) + b.exact(n); }});
        break;
      case 1:
        all.push_back({simple(a.dim - b.dim), [=](auto n) { return a.exact(n) - b.exact(n); }});
        break;
      case 2:
        all.push_back({simple(a.dim * by), [=](auto n) { return a.exact(n) * by; }});
        break;
      case 3:
        all.push_back({simple(a.dim.floorDiv(by)),
                       [=](auto n) { return llvm::divideFloorSigned(a.exact(n), by); }});
        break;
      case 4:
        all.push_back(
            {table.min(a.dim, b.dim), [=](auto n) { return std::min(a.exact(n), b.exact(n)); }});
        break;
      case 5:
        all.push_back(
            {table.max(a.dim, b.dim), [=](auto n) { return std::max(a.exact(n), b.exact(n)); }});
        break;
      case 6:
        all.push_back(
            {table.isLess(a.dim, b.dim), [=](auto n) { return less(a.exact(n), b.exact(n)); }});
        break;
      case 7:
        all.push_back(
            {table.divideTowardsZero(a.dim, by), [=](auto n) { return a.exact(n) / by; }});
        break;
      }
    }
    const Made &a = all[below(all.size())], &b = all.back();
    bool isLess = table.atMost(a.dim, b.dim);
    Bounds bounds = table.bounds(b.dim);
    for (int run = 0; run < 40; ++run) {
      int64_t sizes[] = {below(12), below(12), below(12)};
      for (const Made &made : all)
        ASSERT_EQ(value(made.dim, sizes), made.exact(sizes));
      ASSERT_TRUE(!isLess || a.exact(sizes) <= b.exact(sizes));
      ASSERT_LE(bounds.low, b.exact(sizes));
      ASSERT_GE(bounds.high, b.exact(sizes));
    }
  }
}

} // namespace
