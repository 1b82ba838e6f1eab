// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes as index values and back.

#include "dialects/Exec/ExecDims.h"
#include "dialects/Exec/ExecOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/OwningOpRef.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace accel::exec;

namespace {

class Dims : public testing::Test {
protected:
  Dims() : builder(&context), location(UnknownLoc::get(&context)) {
    context.loadDialect<ExecDialect>();
    module = ModuleOp::create(location);
    builder.setInsertionPointToEnd(module->getBody());
    ArrayAttr none = builder.getArrayAttr({});
    program = ProgramOp::create(builder, location, "main", builder.getStrArrayAttr({"a", "b"}),
                                {1, 1}, {9, 9}, none, none, none, none, none, none);
    Block &block = program.getBody().emplaceBlock();
    for (int i = 0; i < 2; ++i)
      symbols.push_back(block.addArgument(builder.getIndexType(), location));
    builder.setInsertionPointToEnd(&block);
  }
  AffineExpr s(unsigned i) { return getAffineSymbolExpr(i, &context); }
  AffineExpr c(int64_t value) { return getAffineConstantExpr(value, &context); }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  OpBuilder builder;
  Location location;
  OwningOpRef<ModuleOp> module;
  ProgramOp program;
  SmallVector<Value> symbols;
};

TEST_F(Dims, ComeBackAsTheyWere) {
  for (AffineExpr dim : {s(0), c(7), s(0) * 4 + s(1), (s(0) - 3).floorDiv(2), s(1).ceilDiv(8) * 8,
                         s(0) % 5, s(0) * s(1)})
    EXPECT_EQ(dimOf(buildDim(builder, location, dim, symbols)), dim);
}

TEST_F(Dims, AreReadThroughArithmeticOfOtherPasses) {
  Value four = arith::ConstantIndexOp::create(builder, location, 4);
  Value product = arith::MulIOp::create(builder, location, symbols[0], four);
  Value sum = arith::AddIOp::create(builder, location, product, symbols[1]);
  Value applied = buildDim(builder, location, s(0).floorDiv(2) - s(1), {sum, four});
  EXPECT_EQ(dimOf(applied), (s(0) * 4 + s(1)).floorDiv(2) - 4);
  Value difference = arith::SubIOp::create(builder, location, sum, four);
  EXPECT_EQ(dimOf(arith::CeilDivSIOp::create(builder, location, difference, four)),
            (s(0) * 4 + s(1) - 4).ceilDiv(4));
  EXPECT_EQ(dimOf(arith::FloorDivSIOp::create(builder, location, sum, symbols[1])),
            (s(0) * 4 + s(1)).floorDiv(s(1)));
}

TEST_F(Dims, AreNoneForOtherValues) {
  Value larger = arith::MaxSIOp::create(builder, location, symbols[0], symbols[1]);
  EXPECT_FALSE(dimOf(larger));
  EXPECT_FALSE(dimOf(arith::AddIOp::create(builder, location, larger, symbols[0])));
}

TEST_F(Dims, BytesOfTensors) {
  EXPECT_EQ(tensorBytes({s(0), c(3), s(1)}, builder.getF16Type()), c(6) * s(0) * s(1));
  EXPECT_EQ(tensorBytes({}, builder.getI1Type()), c(1));
  EXPECT_EQ(tensorBytes({c(5)}, builder.getIntegerType(4)), c(5)) << "a byte for each element";
  EXPECT_EQ(tensorBytes({c(5)}, ComplexType::get(builder.getF32Type())), c(40));
  EXPECT_EQ(tensorBytes({s(0), c(0)}, builder.getF64Type()), c(0));
}

} // namespace
