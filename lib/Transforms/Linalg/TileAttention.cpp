// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass linalg-tile-attention: a work item holds the scores of a few rows at a time, never all.
//
// for each item (batch, rows):
//   for each block of keys:
//     pack the block's keys, transposed and scaled, and its values
//     for each tile of rows:
//       scores = query * keys (+ mask); weights = exp(scores - the row's largest so far)
//       result = result * exp(what the largest was - what it is) + weights * values
//   result = result / sum of weights
//
// Where all keys are one block the largest is known at once, and nothing is rescaled. Items of few
// rows are not packed for; where only the run knows how many there are, it chooses.
#include "lib/Transforms/Linalg/AttentionLowering.h"
#include "lib/Transforms/Linalg/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/SaveAndRestore.h"

namespace accel {
#define GEN_PASS_DEF_LINALGTILEATTENTIONPASS
#include "lib/Transforms/Linalg/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

using Index = OpFoldResult;
using Indices = SmallVector<OpFoldResult>;

/// State: the item's result, and where there are several blocks, sums of weights and largest scores
/// of its rows.
SmallVector<Value> AttentionLowering::emitTile(const Item &item, const Block &block, Index row,
                                               int64_t rows, ValueRange state) {
  Indices from = {row}, size = {number(rows)};
  Values tile = {scoresOf(item, block, row, rows)};
  if (plan.oneBlock)
    tile.push_back(empty(size));
  else
    tile.append({part(state[1], from, size), part(state[2], from, size), empty(size)});
  tile = steps(number(rows), plan.softmaxRows, tile,
               [&](Index within, int64_t count, ValueRange into) {
                 return softmaxRows(item, block, row, within, count, into);
               });
  Value factors = plan.oneBlock ? inverses(tile[1]) : tile[3];
  Values result = {weightedValues(item, block, row, rows, tile[0], factors, state[0])};
  if (!plan.oneBlock) {
    result.push_back(withPart(state[1], tile[1], from, size));
    result.push_back(withPart(state[2], tile[2], from, size));
  }
  return result;
}

/// Where only the run knows sizes, rows may be few, as in a decoder's step, and all their scores be
/// near.
Value AttentionLowering::emitItem(const Item &item, Value destination) {
  Value few;
  auto atMost = [&](unsigned dim, Index size, int64_t most) {
    if (op.getSizes()[dim] >= 0)
      return;
    Value fits = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::sle, value(size),
                                       value(number(most)));
    few = few ? arith::AndIOp::create(builder, at, few, fits).getResult() : fits;
  };
  if (op.getSizes()[dims.row()] <= kFewRows) {
    atMost(dims.row(), item.rows, kFewRows);
    atMost(dims.key(), sizes[dims.key()], kFewKeys);
  }
  if (!few)
    return emitRows(item, destination);
  auto choice = scf::IfOp::create(builder, at, destination.getType(), few, /*withElse=*/true);
  auto branch = [&](mlir::Block *block, const AttentionPlan &how) {
    OpBuilder::InsertionGuard guard(builder);
    llvm::SaveAndRestore restore(plan, how);
    builder.setInsertionPointToStart(block);
    scf::YieldOp::create(builder, at, emitRows(item, destination));
  };
  branch(choice.thenBlock(), planFewRows(op, plan));
  branch(choice.elseBlock(), plan);
  return choice.getResult(0);
}

Value AttentionLowering::emitRows(const Item &item, Value destination) {
  int64_t all = op.getSizes()[dims.row()], rest = all < 0 ? 1 : all % plan.tileRows;
  if (!rest || plan.tileRows == 1)
    rest = -1;
  auto rows = [&](const Block &block, ValueRange state) {
    return steps(
        item.rows, plan.tileRows, state,
        [&](Index row, int64_t count, ValueRange into) {
          return emitTile(item, block, row, count, into);
        },
        rest);
  };
  Index keys = sizes[dims.key()];
  if (plan.oneBlock)
    return rows(packBlock(item, number(0), keys), destination)[0];
  Indices size = {number(plan.rows)};
  // Only of the rows that there are.
  Values state = steps(
      item.rows, plan.tileRows, Values{destination, empty(size), empty(size)},
      [&](Index row, int64_t count, ValueRange into) {
        Target to = target(row, count, number(0), op.getSizes()[dims.column()]);
        Indices from = {row}, some = {number(count)};
        return Values{
            withPart(into[0], filled(part(into[0], to.from, to.size), 0), to.from, to.size),
            withPart(into[1], filled(part(into[1], from, some), 0), from, some),
            withPart(into[2], filled(part(into[2], from, some), kLowest), from, some)};
      },
      rest);
  auto blockAt = [&](Index from, Index count, ValueRange into) {
    return rows(packBlock(item, from, count), into);
  };
  if (getConstantIntValue(keys))
    state = steps(keys, plan.keys, state, [&](Index from, int64_t count, ValueRange into) {
      return blockAt(from, number(count), into);
    });
  else {
    // Whole blocks, whose loops have known ends, and what is left.
    Index whole = apply(d(0).floorDiv(plan.keys) * plan.keys, keys);
    state = loop(number(0), whole, plan.keys, state, [&](Index from, ValueRange into) {
      return blockAt(from, number(plan.keys), into);
    });
    state = loop(whole, keys, plan.keys, state, [&](Index from, ValueRange into) {
      return blockAt(from, apply(d(0) - d(1), {keys, from}), into);
    });
  }
  int64_t columns = op.getSizes()[dims.column()];
  return steps(
      item.rows, plan.tileRows, ValueRange(state[0]),
      [&](Index row, int64_t count, ValueRange into) {
        Value factors = inverses(part(state[1], {row}, {number(count)}));
        Target to = target(row, count, number(0), columns);
        Indices unit = ones(to.from.size());
        Value tile =
            tensor::ExtractSliceOp::create(builder, at, to.type, into[0], to.from, to.size, unit);
        Value made = scaledRows(tile, to.where, factors, op.getEmptyRowsZero());
        return Values{
            tensor::InsertSliceOp::create(builder, at, made, into[0], to.from, to.size, unit)};
      },
      rest)[0];
}

Value AttentionLowering::tiled(const AttentionPlan &how, int64_t width) {
  plan = how;
  lanes = width;
  // The grid: batch dims, then blocks of rows, as far as they are more than one.
  SmallVector<unsigned> grid;
  Indices counts;
  for (unsigned dim = 0; dim <= dims.row(); ++dim) {
    Index count = dim < dims.row() ? sizes[dim] : apply(d(0).ceilDiv(plan.rows), sizes[dim]);
    if (getConstantIntValue(count) == 1)
      continue;
    grid.push_back(dim);
    counts.push_back(count);
  }
  Item item{Indices(dims.count(), number(0)), sizes[dims.row()]};
  if (grid.empty())
    return emitItem(item, output);
  auto forall = scf::ForallOp::create(builder, at, counts, output, std::nullopt);
  builder.setInsertionPointToStart(forall.getBody());
  for (auto [i, dim] : llvm::enumerate(grid)) {
    Index index = forall.getInductionVar(i);
    item.from[dim] = dim < dims.row() ? index : apply(d(0) * plan.rows, index);
    if (dim < dims.row())
      continue;
    std::optional<int64_t> all = getConstantIntValue(sizes[dim]);
    item.rows = all && *all % plan.rows == 0 ? number(plan.rows)
                                             : least(plan.rows, sizes[dim], item.from[dim]);
  }
  Indices from, size;
  for (int64_t dim : op.getOrder()) {
    bool isColumn = dim > int64_t(dims.row());
    from.push_back(isColumn ? number(0) : item.from[dim]);
    size.push_back(isColumn                     ? sizes[dims.column()]
                   : dim == int64_t(dims.row()) ? item.rows
                                                : number(1));
  }
  Value shared = forall.getRegionIterArgs()[0];
  Value result = emitItem(item, part(shared, from, size));
  builder.setInsertionPointToEnd(forall.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, at, result, shared, from, size, ones(from.size()));
  return forall.getResult(0);
}

namespace accel {
namespace {
struct LinalgTileAttentionPass : impl::LinalgTileAttentionPassBase<LinalgTileAttentionPass> {
  using Base::Base;
  void runOnOperation() override {
    std::optional<cpu::Target> target = cpu::Target::parseFor(getOperation(), cpu);
    if (!target)
      return signalPassFailure();
    SmallVector<nn::AttentionOp> ops;
    getOperation().walk([&](nn::AttentionOp op) { ops.push_back(op); });
    for (nn::AttentionOp op : ops) {
      OpBuilder builder(op);
      Value output;
      // A result of the kernel is written where its argument says.
      for (OpOperand &use : op->getUses())
        if (auto ret = dyn_cast<func::ReturnOp>(use.getOwner()))
          output = getOperation().getArgument(getOperation().getNumArguments() -
                                              ret.getNumOperands() + use.getOperandNumber());
      if (!output) {
        op.emitError("expected attention to be a kernel's result");
        return signalPassFailure();
      }
      AttentionLowering lowering(op, output);
      Value result =
          plain ? lowering.plain() : lowering.tiled(planAttention(op, *target), target->lanes(32));
      op.getResult().replaceAllUsesWith(result);
      op.erase();
    }
  }
};
} // namespace
} // namespace accel
