// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Items of kernels of two stages: scratch for the first one's rows, and the loop over rows.
#include "lib/Transforms/Linalg/TileStages.h"
#include "dialects/Exec/ExecOps.h"
#include "lib/Transforms/Linalg/WindowCopy.h"
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

/// Columns of an item where only the run knows how many there are.
static constexpr int64_t kMaxColumns = 256;

static tensor::PadOp padBetweenStages(Operation *root) {
  for (auto pad : root->getBlock()->getOps<tensor::PadOp>())
    if (pad.getNofold())
      return pad;
  return {};
}

bool linalg_ext::hasStages(Operation *root) { return bool(padBetweenStages(root)); }

SmallVector<int64_t> Stage::scratch(int64_t rows, int64_t columns) const {
  SmallVector<int64_t> result(tensor::PadOp(pad).getResultType().getShape());
  result[0] = 1;
  if (!channelsWhole)
    result[kBlock] = 1;
  // What no other window reads is overwritten, unless there are rows of padding to keep.
  result[kRow] = rowsShared() || isPadded(pad, kRow) ? row.reach(rows) : row.window;
  if (ShapedType::isDynamic(result[kColumn]))
    result[kColumn] = column.reach(columns);
  return result;
}

/// How a reader walks a dim of what it reads: stride * result + dilation * element of the window.
/// Null where it starts elsewhere than at 0.
static std::optional<Walk> walkOf(linalg::GenericOp reader, AffineMap map, unsigned dim) {
  SmallVector<int64_t> first(map.getNumDims(), 0), last = first, next = first;
  for (auto [i, range, iterator] :
       llvm::enumerate(reader.getStaticLoopRanges(), reader.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::reduction && map.getResult(dim).isFunctionOfDim(i)) {
      if (ShapedType::isDynamic(range))
        return std::nullopt;
      last[i] = range - 1;
    }
  next[dim] = 1;
  auto at = [&](ArrayRef<int64_t> point) { return map.getSubMap({dim}).compose(point).front(); };
  if (!map.getResult(dim).isFunctionOfDim(dim) || !map.getResult(dim).isPureAffine())
    return std::nullopt;
  Walk walk{at(next) - at(first), at(last) - at(first) + 1};
  return at(first) == 0 && walk.stride >= 1 ? std::optional(walk) : std::nullopt;
}

/// Columns of an item, as many as leave its rows a quarter of the second cache: parts of rows share
/// columns that are computed twice.
static int64_t columnsPerItem(const Stage &stage, int64_t rows, int64_t tile,
                              const cpu::Target &target) {
  auto bytes = [&](int64_t columns) {
    int64_t total = sizeof(float);
    for (int64_t size : stage.scratch(rows, columns))
      total *= size;
    return total;
  };
  int64_t columns = kMaxColumns;
  while (columns > tile && bytes(columns) > int64_t(target.l2Bytes) / 4)
    columns /= 2;
  return columns;
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
  // What only the run may know is the batch, and how far a picture goes.
  auto isKnown = [](RankedTensorType type) {
    return type.getRank() == kRank && !type.isDynamicDim(kBlock) && !type.isDynamicDim(kChannel);
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
  std::optional<Walk> row = walkOf(stage.reader, map, kRow),
                      column = walkOf(stage.reader, map, kColumn);
  if (!row || !column)
    return std::nullopt;
  stage.row = *row;
  stage.column = *column;

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

  int64_t rows = result.getDimSize(kRow), item = ShapedType::isDynamic(rows) ? 1 : rows;
  if (auto known = root->getParentOfType<func::FuncOp>()->getAttrOfType<IntegerAttr>(
          exec::KernelOp::kItemRowsAttr))
    item = std::max<int64_t>(known.getInt(), 1);
  if (!ShapedType::isDynamic(rows))
    item = std::min(item, rows);
  int64_t columns =
      padded.isDynamicDim(kColumn) ? columnsPerItem(stage, item, plan.tile[kColumn], target) : 0;
  plan.item = {1, stage.channelsWhole ? 0 : 1, item == rows ? 0 : item, columns, 0};
  plan.order = llvm::to_vector(llvm::seq<unsigned>(0, kRank));
  return stage;
}

namespace {
class StagedItem {
public:
  StagedItem(OpBuilder &b, const Stage &stage, ArrayRef<int64_t> item, ArrayRef<OpFoldResult> made,
             const StageSizes &offsets, const StageSizes &sizes)
      : b(b), stage(stage), pad(stage.pad), at(pad.getLoc()), offsets(offsets), sizes(sizes),
        rows(getConstantIntValue(sizes[kRow]).value_or(item[kRow])),
        shape(stage.scratch(rows, item[kColumn])), low(kRank), made(made) {
    for (auto [i, size] : llvm::enumerate(pad.getMixedLowPad()))
      low[i] = *getConstantIntValue(size);
    moves = shape[kRow] == stage.row.window && rows > 1;
  }

  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, at, value); }
  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> operands) {
    return affine::makeComposedFoldedAffineApply(
        b, at, AffineMap::get(operands.size(), 0, expr, b.getContext()), operands);
  }
  /// The nearest of 0 .. size to a position.
  OpFoldResult clamp(OpFoldResult value, OpFoldResult size) {
    AffineMap both = AffineMap::getMultiDimIdentityMap(2, b.getContext());
    OpFoldResult most =
        affine::makeComposedFoldedAffineMax(b, at, both, {value, b.getIndexAttr(0)});
    return affine::makeComposedFoldedAffineMin(b, at, both, {most, size});
  }

  /// Loops over rows and columns of scratch that padding takes.
  Value fill(Value scratch, OpFoldResult fromRow, OpFoldResult toRow, OpFoldResult fromColumn,
             OpFoldResult toColumn) {
    if (isEqualConstantIntOrValue(fromColumn, toColumn) ||
        isEqualConstantIntOrValue(fromRow, toRow))
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
        return loop(value(fromColumn), value(toColumn), into, [&](Value column, Value into) {
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
    OpFoldResult row =
        moves ? apply((d0 + d1) * stage.row.stride, {offsets[kRow], OpFoldResult(step)})
              : apply(d0 * stage.row.stride, {offsets[kRow]});
    return {offsets[0], stage.channelsWhole ? zero : offsets[kBlock], row,
            apply(d0 * stage.column.stride, {offsets[kColumn]}), zero};
  }

  /// Rows or columns of the maker's result: all that are read, and those that are no padding.
  struct Span {
    OpFoldResult first, end, from, to;
  };
  Span span(OpFoldResult first, OpFoldResult end, unsigned dim) {
    if (!isPadded(pad, dim))
      return {first, end, first, end};
    return {first, end, clamp(first, made[dim]), clamp(end, made[dim])};
  }

  /// The rows that row `step` of the item reads and no row before it did.
  Span rowsFor(Value step) {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    OpFoldResult first = apply((d0 + d1) * stage.row.stride - low[kRow],
                               {offsets[kRow], OpFoldResult(step)}),
                 end = apply(d0 + stage.row.window, {first});
    if (stage.rowsShared() && rows > 1) {
      Value isFirst =
          arith::CmpIOp::create(b, at, arith::CmpIPredicate::eq, step, index(0)).getResult();
      auto value = [&](OpFoldResult x) { return getValueOrCreateConstantIndexOp(b, at, x); };
      first = arith::SelectOp::create(b, at, isFirst, value(first),
                                      value(apply(d0 - stage.row.stride, {end})))
                  .getResult();
    }
    return span(first, end, kRow);
  }

  /// The columns that the item reads; all of a row, where their number is known.
  Span columns() {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    if (getConstantIntValue(made[kColumn]))
      return {b.getIndexAttr(-low[kColumn]), b.getIndexAttr(shape[kColumn] - low[kColumn]),
              b.getIndexAttr(0), made[kColumn]};
    OpFoldResult first = apply(d0 * stage.column.stride - low[kColumn], {offsets[kColumn]}),
                 end = apply(d0 + (d1 - 1) * stage.column.stride + stage.column.window,
                             {first, sizes[kColumn]});
    return span(first, end, kColumn);
  }

  Value emit(Value destination,
             llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &)> make,
             llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &, Value,
                                      const StageSizes &)>
                 read) {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    Value scratch = tensor::EmptyOp::create(b, at, shape, pad.getSourceType().getElementType());
    auto loop =
        scf::ForOp::create(b, at, index(0), getValueOrCreateConstantIndexOp(b, at, sizes[kRow]),
                           index(1), ValueRange{destination, scratch});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value step = loop.getInductionVar();
    destination = loop.getRegionIterArg(0);
    scratch = loop.getRegionIterArg(1);
    StageSizes unit(kRank, b.getIndexAttr(1)), origin = base(step);

    // All in the loop over rows: padding that is the same for each item would be hoisted out of the
    // loop over items, and then copied by each.
    Span rows = rowsFor(step), columns = this->columns();
    auto inScratch = [&](const Span &span, unsigned dim) {
      auto at = [&](OpFoldResult position) {
        return apply(d0 + low[dim] - d1, {position, origin[dim]});
      };
      return Span{at(span.first), at(span.end), at(span.from), at(span.to)};
    };
    Span row = inScratch(rows, kRow), column = inScratch(columns, kColumn);
    scratch = fill(scratch, row.first, row.end, column.first, column.from);
    scratch = fill(scratch, row.first, row.end, column.to, column.end);
    scratch = fill(scratch, row.first, row.from, column.from, column.to);
    scratch = fill(scratch, row.to, row.end, column.from, column.to);
    StageSizes where = origin, extent(kRank), place(kRank, b.getIndexAttr(0));
    for (unsigned i = 0; i < kRank; ++i)
      extent[i] = b.getIndexAttr(shape[i]);
    extent[kRow] = apply(d1 - d0, {rows.from, rows.to});
    extent[kColumn] = apply(d1 - d0, {columns.from, columns.to});
    where[kRow] = rows.from;
    where[kColumn] = columns.from;
    place[kRow] = row.from;
    place[kColumn] = column.from;
    Value slice = tensor::ExtractSliceOp::create(b, at, scratch, place, extent, unit);
    slice = make(slice, where, extent);
    scratch = tensor::InsertSliceOp::create(b, at, slice, scratch, place, extent, unit);

    StageSizes relative(kRank, b.getIndexAttr(0)), result = offsets, one = sizes;
    relative[kRow] = step;
    one[kRow] = b.getIndexAttr(1);
    result[kRow] = apply(d0 + d1, {offsets[kRow], OpFoldResult(step)});
    Value into = tensor::ExtractSliceOp::create(b, at, destination, relative, one, unit);
    into = read(into, result, one, scratch, origin);
    destination = tensor::InsertSliceOp::create(b, at, into, destination, relative, one, unit);
    scf::YieldOp::create(b, at, ValueRange{destination, scratch});
    return loop.getResult(0);
  }

private:
  OpBuilder &b;
  const Stage &stage;
  tensor::PadOp pad;
  Location at;
  const StageSizes &offsets, &sizes;
  int64_t rows;               ///< of the item, at most
  SmallVector<int64_t> shape; ///< of scratch
  SmallVector<int64_t> low;
  ArrayRef<OpFoldResult> made; ///< sizes of the first stage's result
  bool moves = false;          ///< each row of the item overwrites scratch
};
} // namespace

Value linalg_ext::emitStagedItem(
    OpBuilder &builder, const Stage &stage, ArrayRef<int64_t> item, ArrayRef<OpFoldResult> made,
    Value destination, const StageSizes &offsets, const StageSizes &sizes,
    llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &)> make,
    llvm::function_ref<Value(Value, const StageSizes &, const StageSizes &, Value,
                             const StageSizes &)>
        read) {
  return StagedItem(builder, stage, item, made, offsets, sizes).emit(destination, make, read);
}
