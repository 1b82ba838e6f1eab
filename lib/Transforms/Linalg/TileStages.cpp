// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Items of kernels of two stages: scratch for the first one's rows, and the loop over rows.
#include "lib/Transforms/Linalg/TileStages.h"
#include "dialects/Exec/ExecOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

/// Pictures in blocks: batch, block of channels, row, column, channel.
static constexpr unsigned kRank = 5, kBlock = 1, kRow = 2, kColumn = 3, kChannel = 4;

static tensor::PadOp padBetweenStages(Operation *root) {
  for (auto pad : root->getBlock()->getOps<tensor::PadOp>())
    if (pad.getNofold())
      return pad;
  return {};
}

bool linalg_ext::hasStages(Operation *root) { return bool(padBetweenStages(root)); }

SmallVector<int64_t> Stage::scratch(int64_t rows) const {
  auto shape = cast<RankedTensorType>(tensor::PadOp(pad).getResultType()).getShape();
  SmallVector<int64_t> result(shape);
  result[0] = 1;
  if (!channelsWhole)
    result[kBlock] = 1;
  // What no other window reads is overwritten, unless there are rows of padding to keep.
  bool padded = shape[kRow] != tensor::PadOp(pad).getSourceType().getDimSize(kRow);
  result[kRow] = rowsShared() || padded ? (rows - 1) * stride + window : window;
  return result;
}

std::optional<Stage> linalg_ext::planStage(Operation *root, const cpu::Target &target,
                                           TilePlan &plan) {
  Stage stage;
  stage.pad = padBetweenStages(root);
  if (!stage.pad || !stage.pad->hasOneUse() || !stage.pad.getConstantPaddingValue())
    return std::nullopt;
  stage.maker = stage.pad.getSource().getDefiningOp<linalg::GenericOp>();
  stage.reader = dyn_cast<linalg::GenericOp>(*stage.pad->user_begin());
  auto result = cast<RankedTensorType>(root->getResult(0).getType());
  auto padded = stage.pad.getResultType(), made = stage.pad.getSourceType();
  auto isKnown = [](RankedTensorType type) {
    return type.getRank() == kRank &&
           llvm::none_of(type.getShape().drop_front(), ShapedType::isDynamic);
  };
  if (!stage.maker || !stage.reader || !stage.pad.getSource().hasOneUse() || !isKnown(result) ||
      !isKnown(padded) || padded.getDimSize(kBlock) != made.getDimSize(kBlock) ||
      padded.getDimSize(kChannel) != made.getDimSize(kChannel))
    return std::nullopt;
  // All that is between the reader and the root is over the same space.
  if (stage.reader.getResult(0).getType() != result &&
      cast<RankedTensorType>(stage.reader.getResult(0).getType()).getShape() != result.getShape())
    return std::nullopt;

  // How the reader walks the pad; result dims come first among its loops.
  AffineMap map = stage.reader.getMatchingIndexingMap(&*stage.pad->use_begin()),
            out = stage.reader.getMatchingIndexingMap(stage.reader.getDpsInitOperand(0));
  MLIRContext *context = root->getContext();
  auto iterators = stage.reader.getIteratorTypesArray();
  auto walks = [&](AffineMap map, unsigned i) {
    return map.getResult(i) == getAffineDimExpr(i, context);
  };
  auto walksOne = [&](AffineMap map) {
    return map.getResult(0) == getAffineConstantExpr(0, context);
  };
  if (map.getNumResults() != kRank || out.getNumResults() != kRank ||
      (!walks(map, 0) && !walksOne(map)) || (!walks(out, 0) && !walksOne(out)) ||
      !walks(out, kBlock) || !walks(out, kRow) || !walks(out, kColumn) || !walks(out, kChannel))
    return std::nullopt;
  auto isReduced = [&](unsigned i) {
    auto dim = dyn_cast<AffineDimExpr>(map.getResult(i));
    return dim && iterators[dim.getPosition()] == utils::IteratorType::reduction;
  };
  stage.channelsWhole = isReduced(kBlock) && isReduced(kChannel);
  if (!stage.channelsWhole && (!walks(map, kBlock) || !walks(map, kChannel)))
    return std::nullopt;
  // stride * row + dilation * window
  SmallVector<int64_t> first(map.getNumDims(), 0), last = first, next = first;
  SmallVector<int64_t> ranges = stage.reader.getStaticLoopRanges();
  for (unsigned i = 0; i < ranges.size(); ++i)
    if (iterators[i] == utils::IteratorType::reduction)
      last[i] = ranges[i] - 1;
  next[kRow] = 1;
  auto at = [&](ArrayRef<int64_t> point) { return map.getSubMap({kRow}).compose(point).front(); };
  if (!map.getResult(kRow).isFunctionOfDim(kRow) || !map.getResult(kRow).isPureAffine())
    return std::nullopt;
  stage.stride = at(next) - at(first);
  stage.window = at(last) - at(first) + 1;
  if (at(first) != 0 || stage.stride < 1)
    return std::nullopt;

  std::optional<TilePlan> tiles = planTiles(stage.maker, target);
  if (!tiles || llvm::is_contained(tiles->tile, 0) || tiles->tile[kRow] != 1 ||
      llvm::is_contained(plan.tile, 0) || plan.tile[kRow] != 1)
    return std::nullopt;
  stage.tiles = *tiles;
  llvm::fill(stage.tiles.item, 0);
  stage.tiles.staticEdges = llvm::any_of(root->getBlock()->getOps<tensor::PadOp>(),
                                         [&](tensor::PadOp pad) { return pad != stage.pad; });
  plan.staticEdges = false; // scratch has the padding
  // A row after the other: no sum is cut to visit many tiles.
  for (TilePlan *each : {&stage.tiles, &plan}) {
    each->cut = nullptr;
    each->depth = 0;
  }

  int64_t rows = result.getDimSize(kRow), item = rows;
  if (auto known = root->getParentOfType<func::FuncOp>()->getAttrOfType<IntegerAttr>(
          exec::KernelOp::kItemRowsAttr))
    item = std::clamp<int64_t>(known.getInt(), 1, rows);
  plan.item = {1, stage.channelsWhole ? 0 : 1, item == rows ? 0 : item, 0, 0};
  plan.order = llvm::to_vector(llvm::seq<unsigned>(0, kRank));
  return stage;
}

namespace {
class StagedItem {
public:
  StagedItem(OpBuilder &b, const Stage &stage, const StageSizes &offsets, const StageSizes &sizes)
      : b(b), stage(stage), pad(stage.pad), at(pad.getLoc()), offsets(offsets), sizes(sizes),
        rows(*getConstantIntValue(sizes[kRow])), shape(stage.scratch(rows)), low(kRank),
        made(pad.getSourceType().getShape()) {
    for (auto [i, size] : llvm::enumerate(pad.getMixedLowPad()))
      low[i] = *getConstantIntValue(size);
    moves = shape[kRow] == stage.window && rows > 1;
    padsRows = pad.getResultType().getDimSize(kRow) != made[kRow];
  }

  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, at, value); }
  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> operands) {
    return affine::makeComposedFoldedAffineApply(
        b, at, AffineMap::get(operands.size(), 0, expr, b.getContext()), operands);
  }
  OpFoldResult clamp(OpFoldResult value, int64_t from, int64_t to) {
    AffineExpr d0 = b.getAffineDimExpr(0);
    auto limit = [&](int64_t bound) {
      return AffineMap::get(1, 0, {d0, b.getAffineConstantExpr(bound)}, b.getContext());
    };
    OpFoldResult most = affine::makeComposedFoldedAffineMax(b, at, limit(from), {value});
    return affine::makeComposedFoldedAffineMin(b, at, limit(to), {most});
  }

  /// Loops over rows and columns of scratch that padding takes.
  Value fill(Value scratch, OpFoldResult fromRow, OpFoldResult toRow, int64_t fromColumn,
             int64_t toColumn) {
    if (fromColumn == toColumn || fromRow == toRow)
      return scratch;
    Value zero = index(0), one = index(1);
    auto value = [&](OpFoldResult x) { return getValueOrCreateConstantIndexOp(b, at, x); };
    SmallVector<Value> position(kRank, zero);
    auto loop = [&](Value from, Value to, Value into, auto body) -> Value {
      auto forOp = scf::ForOp::create(b, at, from, to, one, into);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(forOp.getBody());
      scf::YieldOp::create(b, at, Value(body(forOp.getInductionVar(), forOp.getRegionIterArg(0))));
      return forOp.getResult(0);
    };
    return loop(zero, index(shape[kBlock]), scratch, [&](Value block, Value into) {
      position[kBlock] = block;
      return loop(value(fromRow), value(toRow), into, [&](Value row, Value into) {
        position[kRow] = row;
        return loop(index(fromColumn), index(toColumn), into, [&](Value column, Value into) {
          position[kColumn] = column;
          Value outside = pad.getConstantPaddingValue();
          auto type = VectorType::get({shape[kChannel]}, outside.getType());
          Value vector = vector::BroadcastOp::create(b, at, type, outside);
          auto map = AffineMapAttr::get(AffineMap::getMinorIdentityMap(kRank, 1, b.getContext()));
          return vector::TransferWriteOp::create(b, at, into.getType(), vector, into, position, map,
                                                 Value(), b.getBoolArrayAttr({true}))
              .getResult();
        });
      });
    });
  }

  /// Position of the pad that row `step` of the item finds first in scratch.
  StageSizes base(Value step) {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    OpFoldResult zero = b.getIndexAttr(0);
    OpFoldResult row = moves ? apply((d0 + d1) * stage.stride, {offsets[kRow], OpFoldResult(step)})
                             : apply(d0 * stage.stride, {offsets[kRow]});
    return {offsets[0], stage.channelsWhole ? zero : offsets[kBlock], row, zero, zero};
  }

  /// The rows that row `step` of the item reads and no row before it did, as those of the maker's
  /// result: all, and those that are no padding.
  struct Rows {
    OpFoldResult first, end, from, to;
  };
  Rows rowsFor(Value step) {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    OpFoldResult first = apply((d0 + d1) * stage.stride - low[kRow],
                               {offsets[kRow], OpFoldResult(step)}),
                 end = apply(d0 + stage.window, {first});
    if (stage.rowsShared() && rows > 1) {
      Value isFirst =
          arith::CmpIOp::create(b, at, arith::CmpIPredicate::eq, step, index(0)).getResult();
      auto value = [&](OpFoldResult x) { return getValueOrCreateConstantIndexOp(b, at, x); };
      first = arith::SelectOp::create(b, at, isFirst, value(first),
                                      value(apply(d0 - stage.stride, {end})))
                  .getResult();
    }
    if (!padsRows)
      return {first, end, first, end};
    return {first, end, clamp(first, 0, made[kRow]), clamp(end, 0, made[kRow])};
  }

  Value emit(Value destination,
             llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &)> make,
             llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &, Value,
                                      const StageSizes &)>
                 read) {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    Value scratch = tensor::EmptyOp::create(b, at, shape, pad.getSourceType().getElementType());
    auto loop = scf::ForOp::create(b, at, index(0), index(rows), index(1),
                                   ValueRange{destination, scratch});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value step = loop.getInductionVar();
    destination = loop.getRegionIterArg(0);
    scratch = loop.getRegionIterArg(1);
    StageSizes unit(kRank, b.getIndexAttr(1)), origin = base(step);

    // All in the loop over rows: padding that is the same for each item would be hoisted out of the
    // loop over items, and then copied by each.
    Rows rows = rowsFor(step);
    auto inScratch = [&](OpFoldResult row) {
      return apply(d0 + low[kRow] - d1, {row, origin[kRow]});
    };
    OpFoldResult first = inScratch(rows.first), end = inScratch(rows.end),
                 from = inScratch(rows.from), to = inScratch(rows.to);
    int64_t right = low[kColumn] + made[kColumn];
    scratch = fill(scratch, first, end, 0, low[kColumn]);
    scratch = fill(scratch, first, end, right, shape[kColumn]);
    if (padsRows) {
      scratch = fill(scratch, first, from, low[kColumn], right);
      scratch = fill(scratch, to, end, low[kColumn], right);
    }
    StageSizes where = origin, extent(kRank), place(kRank, b.getIndexAttr(0));
    for (unsigned i = 0; i < kRank; ++i)
      extent[i] = b.getIndexAttr(shape[i]);
    extent[kRow] = apply(d1 - d0, {rows.from, rows.to});
    extent[kColumn] = b.getIndexAttr(made[kColumn]);
    where[kRow] = rows.from;
    where[kColumn] = b.getIndexAttr(0);
    place[kRow] = from;
    place[kColumn] = b.getIndexAttr(low[kColumn]);
    Value slice = tensor::ExtractSliceOp::create(b, at, scratch, place, extent, unit);
    slice = make(slice, where, extent);
    scratch = tensor::InsertSliceOp::create(b, at, slice, scratch, place, extent, unit);

    StageSizes relative(kRank, b.getIndexAttr(0)), result = offsets, one = sizes;
    relative[kRow] = step;
    one[kRow] = b.getIndexAttr(1);
    result[kRow] = apply(d0 + d1, {offsets[kRow], OpFoldResult(step)});
    Value row = tensor::ExtractSliceOp::create(b, at, destination, relative, one, unit);
    row = read(row, result, one, scratch, origin);
    destination = tensor::InsertSliceOp::create(b, at, row, destination, relative, one, unit);
    scf::YieldOp::create(b, at, ValueRange{destination, scratch});
    return loop.getResult(0);
  }

private:
  OpBuilder &b;
  const Stage &stage;
  tensor::PadOp pad;
  Location at;
  const StageSizes &offsets, &sizes;
  int64_t rows;               ///< of the item
  SmallVector<int64_t> shape; ///< of scratch
  SmallVector<int64_t> low;
  ArrayRef<int64_t> made; ///< shape of the first stage's result
  bool moves = false;     ///< each row of the item overwrites scratch
  bool padsRows = false;  ///< above or below the picture
};
} // namespace

Value linalg_ext::emitStagedItem(
    OpBuilder &builder, const Stage &stage, Value destination, const StageSizes &offsets,
    const StageSizes &sizes,
    llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &)> make,
    llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &, Value,
                             const StageSizes &)>
        read) {
  return StagedItem(builder, stage, offsets, sizes).emit(destination, make, read);
}
