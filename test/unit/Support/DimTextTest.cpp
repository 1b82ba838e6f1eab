// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dims as text.

#include "lib/Support/DimText.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;

TEST(DimText, WritesWhatAUserWould) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  AffineExpr n = getAffineSymbolExpr(0, &context), m = getAffineSymbolExpr(1, &context);
  auto text = [&](AffineExpr dim) {
    return accel::dimText(dim, [](unsigned i) { return std::string(i ? "m" : "n"); });
  };
  EXPECT_EQ(text(getAffineConstantExpr(7, &context)), "7");
  EXPECT_EQ(text(n), "n");
  EXPECT_EQ(text(n + 1), "n + 1");
  EXPECT_EQ(text(n - 1), "n - 1");
  EXPECT_EQ(text(n - m), "n - m");
  EXPECT_EQ(text((n - 3).floorDiv(2) + 1), "((n - 3) // 2) + 1");
  EXPECT_EQ(text(n * m * 4), "(n * m) * 4");
  EXPECT_EQ(text(n % 4), "n % 4");
  EXPECT_EQ(text(n.ceilDiv(m)), "n ceildiv m");
}
