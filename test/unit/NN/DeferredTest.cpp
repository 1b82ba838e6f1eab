// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Deferred constants have the bytes that their ops make one after the other, in whatever pieces
// they are asked for.

#include "lib/Transforms/NN/Deferred.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace accel::nn;

namespace {

class Deferred : public testing::Test {
protected:
  Deferred() : builder(&context) {
    context.loadDialect<NNDialect>();
    builder.setInsertionPointToStart(&block);
  }

  int64_t random(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine);
  }

  ElementsAttr numbered(ArrayRef<int64_t> shape) {
    auto type = RankedTensorType::get(shape, builder.getI32Type());
    auto values = llvm::to_vector(llvm::seq<int32_t>(1, type.getNumElements() + 1));
    return DenseElementsAttr::get(type, ArrayRef<int32_t>(values));
  }

  /// A movement of a value, with random properties.
  Operation *movement(Value input) {
    auto shape = llvm::to_vector(cast<RankedTensorType>(input.getType()).getShape());
    Location at = builder.getUnknownLoc();
    int64_t rank = shape.size();
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::shuffle(order.begin(), order.end(), engine);
    switch (random(0, 5)) {
    case 0:
      return TransposeOp::create(builder, at, input, order);
    case 1: { // joins two dims, splits one
      int64_t join = random(0, rank - 2);
      shape[join] *= shape[join + 1];
      shape.erase(shape.begin() + join + 1);
      int64_t split = random(0, rank - 2), part = random(1, 4);
      if (shape[split] % part == 0) {
        shape[split] /= part;
        shape.insert(shape.begin() + split + 1, part);
      }
      if (shape.size() < 2)
        shape.push_back(1);
      return ReshapeOp::create(builder, at, input, ValueRange(), shape);
    }
    case 2:
    case 3: {
      int64_t dim = random(0, rank - 1);
      // A block that fits, mostly; else zeros fill the last.
      int64_t block = random(1, 4);
      if (random(0, 3))
        while (shape[dim] % block)
          --block;
      return PackOp::create(builder, at, input, ArrayRef<int64_t>{dim}, ArrayRef<int64_t>{block},
                            order);
    }
    case 4: {
      SmallVector<int64_t> offsets, sizes, steps;
      for (int64_t size : shape) {
        steps.push_back(random(0, 5) ? 1 : size > 2 ? 2 : 1);
        offsets.push_back(random(0, size > 1 ? 1 : 0));
        sizes.push_back(llvm::divideCeil(size - offsets.back(), steps.back()));
      }
      return SliceOp::create(builder, at, input, offsets, sizes, steps);
    }
    default: {
      SmallVector<int64_t> low, high;
      for (int64_t i = 0; i < rank; ++i) {
        low.push_back(random(0, 3) ? 0 : 1);
        high.push_back(random(0, 3) ? 0 : 2);
      }
      return PadOp::create(builder, at, input, low, high, builder.getI32IntegerAttr(-1));
    }
    }
  }

  std::vector<char> bytesOf(const DeferredBytes &bytes) {
    std::vector<char> result(bytes.size());
    bytes.make(result.data());
    return result;
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  Block block;
  OpBuilder builder;
  std::mt19937 engine{7};
};

TEST_F(Deferred, ChainsOfMovementsAreTheSameAsOneAfterTheOther) {
  for (int round = 0; round < 3000; ++round) {
    SmallVector<int64_t> shape;
    for (int64_t i = random(2, 4); i > 0; --i)
      shape.push_back(random(1, 9));
    ElementsAttr expected = numbered(shape), whole = expected;
    for (int64_t length = random(1, 5); length > 0; --length) {
      Value input = ConstantOp::create(builder, builder.getUnknownLoc(),
                                       cast<RankedTensorType>(expected.getType()), expected);
      Operation *op = movement(input);
      auto type = cast<RankedTensorType>(op->getResult(0).getType());
      whole = defer(op, whole);
      if (auto reshape = dyn_cast<ReshapeOp>(op)) {
        expected = cast<DenseElementsAttr>(expected).reshape(type);
        continue;
      }
      llvm::Expected<DeferredBytes> one = DeferredBytes::get(defer(op, expected));
      ASSERT_TRUE(bool(one));
      expected = DenseElementsAttr::getFromRawBuffer(type, bytesOf(*one));
    }
    llvm::Expected<DeferredBytes> bytes = DeferredBytes::get(cast<DeferredAttr>(whole));
    if (!bytes) { // of reshapes alone
      llvm::consumeError(bytes.takeError());
      continue;
    }
    std::optional<ConstantData> data = ConstantData::get(expected);
    std::vector<char> wanted;
    for (uint64_t i = 0; i < bytes->size(); ++i)
      wanted.push_back(data->bytes[data->isSplat ? i % 4 : i]);
    ASSERT_EQ(bytesOf(*bytes), wanted) << "round " << round;
    std::vector<char> pieces;
    for (auto range : bytes->ranges(random(1, 100)))
      ASSERT_FALSE(bool(bytes->write(range, [&](ArrayRef<uint8_t> piece) {
        EXPECT_LE(piece.size(), range.second - range.first);
        pieces.insert(pieces.end(), piece.begin(), piece.end());
        return llvm::Error::success();
      })));
    ASSERT_EQ(pieces, wanted) << "round " << round;
    block.clear();
  }
}

TEST_F(Deferred, PackingAPermutedTransposeNeedsNothingBetween) {
  // As the weights of a product behind a flattened blocked tensor.
  ElementsAttr weight = numbered({20, 4 * 16 * 9});
  Location at = builder.getUnknownLoc();
  Value value = ConstantOp::create(builder, at, cast<RankedTensorType>(weight.getType()), weight);
  auto transpose = TransposeOp::create(builder, at, value, ArrayRef<int64_t>{1, 0});
  auto rows = ReshapeOp::create(builder, at, transpose, ValueRange(), ArrayRef<int64_t>{64, 9, 20});
  auto blocks = PackOp::create(builder, at, rows, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{16},
                               ArrayRef<int64_t>{0, 1, 2});
  auto moved = TransposeOp::create(builder, at, blocks, ArrayRef<int64_t>{0, 1, 3, 2});
  auto matrix = ReshapeOp::create(builder, at, moved, ValueRange(), ArrayRef<int64_t>{576, 20});
  auto packed = PackOp::create(builder, at, matrix, ArrayRef<int64_t>{1}, ArrayRef<int64_t>{16},
                               ArrayRef<int64_t>{1, 0});
  ElementsAttr all = weight;
  for (Operation *op : {transpose.getOperation(), rows.getOperation(), blocks.getOperation(),
                        moved.getOperation(), matrix.getOperation(), packed.getOperation()})
    all = defer(op, all);
  llvm::Expected<DeferredBytes> bytes = DeferredBytes::get(cast<DeferredAttr>(all));
  ASSERT_TRUE(bool(bytes));
  // What can be cut in ranges has no operand that would be made as a whole.
  EXPECT_EQ(bytes->ranges(1).size(), 2u);
  std::vector<char> made = bytesOf(*bytes);
  for (int64_t panel = 0; panel < 2; ++panel)
    for (int64_t row = 0; row < 576; ++row)
      for (int64_t lane = 0; lane < 16; ++lane) {
        int64_t column = panel * 16 + lane;
        int64_t channel = row / 144 * 16 + row % 16, position = row % 144 / 16;
        int32_t wanted = column < 20 ? column * 576 + channel * 9 + position + 1 : 0, found;
        std::memcpy(&found, made.data() + ((panel * 576 + row) * 16 + lane) * 4, 4);
        ASSERT_EQ(found, wanted) << panel << " " << row << " " << lane;
      }
}

TEST_F(Deferred, WhatNoPassMakesIsRefused) {
  ElementsAttr value = numbered({4, 4});
  auto type = cast<RankedTensorType>(value.getType());
  auto refused = [&](StringRef op, ArrayRef<Attribute> operands, DictionaryAttr properties) {
    llvm::Expected<DeferredBytes> bytes = DeferredBytes::get(DeferredAttr::get(
        type, builder.getStringAttr(op), builder.getArrayAttr(operands), properties));
    std::string text = bytes ? "" : llvm::toString(bytes.takeError());
    return StringRef(text).starts_with("cannot evaluate the deferred constant of '" + op.str());
  };
  DictionaryAttr none = builder.getDictionaryAttr({});
  EXPECT_TRUE(refused("nn.nothing", value, none));
  EXPECT_TRUE(refused("builtin.module", value, none));
  EXPECT_TRUE(refused("nn.relu", value, none));
  EXPECT_TRUE(refused("nn.add", value, none));
  EXPECT_TRUE(refused("nn.add", builder.getUnitAttr(), none));
  EXPECT_TRUE(refused("nn.transpose", value, none));
  auto permutation = builder.getNamedAttr("permutation", builder.getDenseI64ArrayAttr({0, 2}));
  EXPECT_TRUE(refused("nn.transpose", value, builder.getDictionaryAttr(permutation)));
  EXPECT_TRUE(refused("nn.add", {value, value}, builder.getDictionaryAttr(permutation)));
}

} // namespace
