// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lowers one nn.attention to tiles, or to plain loops.
#pragma once
#include "dialects/NN/NNAttention.h"
#include "lib/Transforms/Linalg/AttentionPlan.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include <limits>

namespace accel::linalg_ext {

using namespace mlir; // names of MLIR only, in a header of one pass

/// Stands for no score yet: less than any but -inf, so that a row of -inf has weights of zero
/// whatever comes behind it.
inline constexpr double kLowest = -std::numeric_limits<float>::max();

/// Lowers one attention into a given tensor.
class AttentionLowering {
public:
  AttentionLowering(nn::AttentionOp op, Value output)
      : op(op), output(output), dims(op.getSizes().size()), builder(op), at(op.getLoc()),
        maps(llvm::to_vector(op.getMaps().getAsValueRange<AffineMapAttr>())) {
    findSizes();
  }

  /// `lanes` f32 are a vector.
  Value tiled(const AttentionPlan &plan, int64_t lanes);
  Value plain();

private:
  using Index = OpFoldResult;
  using Indices = SmallVector<OpFoldResult>;
  using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;
  /// An operand of a generic.
  struct Read {
    Value tensor;
    SmallVector<AffineExpr> position;
  };

  void findSizes();
  Index number(int64_t value) { return builder.getIndexAttr(value); }
  Value value(Index index) { return getValueOrCreateConstantIndexOp(builder, at, index); }
  AffineExpr d(unsigned i) { return builder.getAffineDimExpr(i); }
  AffineExpr c(int64_t value) { return builder.getAffineConstantExpr(value); }
  Index apply(AffineExpr expr, ArrayRef<Index> of) {
    return affine::makeComposedFoldedAffineApply(builder, at, AffineMap::get(of.size(), 0, expr),
                                                 of);
  }
  Index least(int64_t most, Index total, Index from);
  Value constant(double number) {
    return arith::ConstantOp::create(builder, at, builder.getF32FloatAttr(number));
  }
  Value empty(ArrayRef<Index> shape) {
    return tensor::EmptyOp::create(builder, at, shape, builder.getF32Type());
  }
  Value filled(Value tensor, double number) {
    return linalg::FillOp::create(builder, at, constant(number), tensor).getResult(0);
  }
  Value generic(ArrayRef<Read> inputs, Read init, unsigned loops, ArrayRef<unsigned> reductions,
                Body body);
  Value product(Read lhs, Read rhs, Value init);
  /// Steps of 1 in so many dims.
  Indices ones(size_t count) { return Indices(count, number(1)); }
  Value part(Value tensor, ArrayRef<Index> from, ArrayRef<Index> size);
  Value withPart(Value tensor, Value part, ArrayRef<Index> from, ArrayRef<Index> size);
  using Values = SmallVector<Value>;
  Value loop(Index from, Index to, int64_t step, Value carried,
             llvm::function_ref<Value(Index, Value)> body);
  Values loop(Index from, Index to, int64_t step, ValueRange carried,
              llvm::function_ref<Values(Index, ValueRange)> body);
  /// Runs over 0..size-1 in steps of a static size, and what is left in steps of `rest`: by default
  /// in one where it is known, else one by one. -1: nothing is left.
  Values steps(Index size, int64_t step, ValueRange carried,
               llvm::function_ref<Values(Index, int64_t, ValueRange)> body, int64_t rest = 0);
  Value steps(Index size, int64_t step, Value carried,
              llvm::function_ref<Value(Index, int64_t, Value)> body);

  /// An item of the grid: batch dims' positions, its first row, and how many.
  struct Item {
    Indices from; ///< of each iteration dim; dims that are not the batch's or row: 0
    Index rows;
  };
  Read operand(unsigned number, ArrayRef<Index> from, unsigned first, Index firstSize,
               unsigned second, Index secondSize);
  Value emitItem(const Item &item, Value destination);
  Value emitRows(const Item &item, Value destination);
  struct Block {
    Index from, keys;
    Value packedKeys, packedValues; ///< null: read where they lie
  };
  Block packBlock(const Item &item, Index from, Index keys);
  Value packKeys(const Item &item, const Block &block);
  Value packValues(const Item &item, const Block &block);
  Value scoresOf(const Item &item, const Block &block, Index row, int64_t rows);
  Values keySteps(const Block &block, ValueRange carried,
                  llvm::function_ref<Values(Index, Index, ValueRange)> body);
  Values finishScores(const Item &item, const Block &block, Index row, ArrayRef<Index> to,
                      ArrayRef<Index> size, Value scores, Value top);
  Values weigh(ArrayRef<Index> to, ArrayRef<Index> size, Value scores, Value top, Value sums);
  Values softmaxRows(const Item &item, const Block &block, Index row, Index within, int64_t rows,
                     ValueRange state);
  Values emitTile(const Item &item, const Block &block, Index row, int64_t rows, ValueRange state);
  Value weightedValues(const Item &item, const Block &block, Index row, int64_t rows, Value weights,
                       Value factors, Value result);
  Value inverses(Value sums);
  Value scaledRows(Value results, ArrayRef<AffineExpr> where, Value factors, bool zeros);
  /// A part of the result's rows and columns as a matrix, and where (row, column) is in it.
  struct Target {
    Indices from, size;
    RankedTensorType type;
    SmallVector<AffineExpr> where;
  };
  Target target(Index row, int64_t rows, Index column, int64_t columns);

  nn::AttentionOp op;
  Value output;
  nn::AttentionDims dims;
  OpBuilder builder;
  Location at;
  SmallVector<AffineMap> maps;
  AttentionPlan plan;
  int64_t lanes = 1;
  Indices sizes;
};

} // namespace accel::linalg_ext
