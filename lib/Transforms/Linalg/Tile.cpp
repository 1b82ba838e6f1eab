// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tiles a kernel's root by a plan and fuses producers into the tiles.
#include "lib/Transforms/Linalg/Tile.h"
#include "dialects/NN/NNOps.h"
#include "lib/Transforms/Linalg/TileEdges.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

using Sizes = SmallVector<OpFoldResult>;

Operation *linalg_ext::findRoot(func::FuncOp function) {
  auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  if (ret.getNumOperands() != 1)
    return nullptr;
  auto root = ret.getOperand(0).getDefiningOp<linalg::GenericOp>();
  if (!root || root.getNumDpsInits() != 1)
    return nullptr;
  return root;
}

static OpFoldResult add(OpBuilder &b, Location at, OpFoldResult x, OpFoldResult y) {
  AffineExpr d0, d1;
  bindDims(b.getContext(), d0, d1);
  return affine::makeComposedFoldedAffineApply(b, at, d0 + d1, {x, y});
}

/// Tiles of what full ones leave of a dim that only the run knows: so many positions still use the
/// registers well.
static constexpr int64_t kRestTile = 4;

namespace {
/// Emits tiles of one root, with its producers.
class Tiler {
public:
  Tiler(func::FuncOp function, linalg::GenericOp root, const TilePlan &plan)
      : root(root), plan(plan), output(function.getArguments().back()),
        builder(function.getContext()) {}

  LogicalResult run();

private:
  Value emitPartialItems(Value slice, ArrayRef<std::pair<Value, unsigned>> partial,
                         const Sizes &offsets, Sizes sizes, const Sizes &extents);
  Value emitItem(Value destination, const Sizes &offsets, const Sizes &sizes);
  Value emitSums(const Sizes &offsets, const Sizes &sizes);
  Value emitSumsTile(Value sums, const Sizes &relative, const Sizes &offsets, const Sizes &sizes);
  Value emitTiles(unsigned dim, Value destination, Sizes &relative, Sizes &sizes,
                  const Sizes &offsets, const Sizes &itemSizes);
  Value emitTile(Value destination, const Sizes &relative, const Sizes &offsets,
                 const Sizes &sizes);
  Value emitTileBody(Value destination, const Sizes &relative, const Sizes &offsets,
                     const Sizes &sizes);
  Value fuse(Value source, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes);
  Value packedTile(nn::PackedMatmulOp matmul, ArrayRef<OpFoldResult> offsets,
                   ArrayRef<OpFoldResult> sizes);
  void fuseOperands(Operation *first);

  linalg::GenericOp root;
  const TilePlan &plan;
  Value output;
  OpBuilder builder;
  SmallVector<unsigned> parallel; ///< iteration dim of each result dim
  SmallVector<Range> domain;      ///< of the root, known before its loops
  /// Where the tile being emitted goes: slices of the output become this one.
  Value tileDestination;
  /// Fused producers of the tile being emitted: the same slice is computed once.
  struct Fused {
    Value source, tile;
    Sizes offsets, sizes;
    Block *block;
  };
  SmallVector<Fused> fused;
  /// A block of the depth of the packed product, whose sums so far are in `sums`, one element each
  /// of the item.
  struct DepthBlock {
    nn::PackedMatmulOp product;
    OpFoldResult from;
    int64_t size = 0;
    bool last = false;
    Value sums;
    Value tile; ///< the slice of the sums for the tile being emitted
  } block;
  Edges edges = Edges::Unknown;
  SmallVector<Reach> reaches; ///< of the tile being emitted
  bool unknownEdges = false;  ///< of some operand of the kernel
  bool failedToFuse = false;
};
} // namespace

LogicalResult Tiler::run() {
  AffineMap map = root.getMatchingIndexingMap(root.getDpsInitOperand(0));
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return failure();
    parallel.push_back(dim.getPosition());
  }
  if (parallel.empty() || plan.item.size() != parallel.size())
    return failure();
  unknownEdges = llvm::any_of(root->getBlock()->getOps<tensor::PadOp>(), hasUnknownEdges);

  Location at = root.getLoc();
  builder.setInsertionPoint(root);
  Sizes extents = tensor::getMixedSizes(builder, at, output);
  domain = cast<TilingInterface>(root.getOperation()).getIterationDomain(builder);
  // Grid: one dim of the forall a dim that items cut.
  SmallVector<unsigned> gridDims;
  Sizes counts;
  for (unsigned i : plan.order) {
    if (!plan.item[i])
      continue;
    gridDims.push_back(i);
    AffineExpr d0 = builder.getAffineDimExpr(0);
    counts.push_back(
        affine::makeComposedFoldedAffineApply(builder, at, d0.ceilDiv(plan.item[i]), {extents[i]}));
  }
  if (gridDims.empty()) {
    Value result = emitItem(output, Sizes(parallel.size(), builder.getIndexAttr(0)), extents);
    root.getResult(0).replaceAllUsesWith(result);
    return failure(failedToFuse);
  }
  auto forall = scf::ForallOp::create(builder, at, counts, output, std::nullopt);
  builder.setInsertionPointToStart(forall.getBody());
  Sizes offsets(parallel.size(), builder.getIndexAttr(0)), sizes = extents;
  SmallVector<std::pair<Value, unsigned>> partial; // index of the last, smaller item of a dim
  for (auto [i, dim] : llvm::enumerate(gridDims)) {
    Value index = forall.getInductionVar(i);
    AffineExpr d0 = builder.getAffineDimExpr(0), d1 = builder.getAffineDimExpr(1);
    int64_t item = plan.item[dim];
    offsets[dim] =
        affine::makeComposedFoldedAffineApply(builder, at, d0 * item, {OpFoldResult(index)});
    std::optional<int64_t> extent = getConstantIntValue(extents[dim]);
    if (item == 1 || (extent && *extent % item == 0)) {
      sizes[dim] = builder.getIndexAttr(item);
    } else if (extent) {
      sizes[dim] = builder.getIndexAttr(item);
      partial.push_back({index, dim});
    } else {
      AffineMap least = AffineMap::get(2, 0, {builder.getAffineConstantExpr(item), d0 - d1},
                                       builder.getContext());
      sizes[dim] =
          affine::makeComposedFoldedAffineMin(builder, at, least, {extents[dim], offsets[dim]});
    }
  }
  Value shared = forall.getRegionIterArgs()[0];
  SmallVector<OpFoldResult> unit(parallel.size(), builder.getIndexAttr(1));
  // The item's slice: dynamic where a last item is smaller.
  Sizes sliceSizes = sizes;
  for (auto [index, dim] : partial) {
    AffineExpr d0 = builder.getAffineDimExpr(0);
    AffineMap least = AffineMap::get(
        1, 0,
        {builder.getAffineConstantExpr(plan.item[dim]), -d0 + *getConstantIntValue(extents[dim])},
        builder.getContext());
    sliceSizes[dim] = affine::makeComposedFoldedAffineMin(builder, at, least, {offsets[dim]});
  }
  Value slice = tensor::ExtractSliceOp::create(builder, at, shared, offsets, sliceSizes, unit);
  Value result = emitPartialItems(slice, partial, offsets, sizes, extents);
  builder.setInsertionPointToEnd(forall.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(builder, at, result, shared, offsets, sliceSizes, unit);
  root.getResult(0).replaceAllUsesWith(forall.getResult(0));
  return failure(failedToFuse);
}

/// Whole and smaller items of a dim get a branch each, in which their size is static.
Value Tiler::emitPartialItems(Value slice, ArrayRef<std::pair<Value, unsigned>> partial,
                              const Sizes &offsets, Sizes sizes, const Sizes &extents) {
  Location at = root.getLoc();
  if (partial.empty()) {
    auto type = cast<RankedTensorType>(slice.getType());
    SmallVector<int64_t> shape(type.getShape());
    for (auto [size, known] : llvm::zip_equal(shape, sizes))
      size = getConstantIntValue(known).value_or(ShapedType::kDynamic);
    Value known = type.getShape() == ArrayRef(shape)
                      ? slice
                      : tensor::CastOp::create(builder, at, type.clone(shape), slice);
    Value result = emitItem(known, offsets, sizes);
    return result.getType() == type ? result : tensor::CastOp::create(builder, at, type, result);
  }
  auto [index, dim] = partial.front();
  int64_t extent = *getConstantIntValue(extents[dim]), item = plan.item[dim];
  if (extent < item) {
    sizes[dim] = builder.getIndexAttr(extent);
    return emitPartialItems(slice, partial.drop_front(), offsets, sizes, extents);
  }
  Value limit = arith::ConstantIndexOp::create(builder, at, extent / item);
  Value whole = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::slt, index, limit);
  auto ifOp = scf::IfOp::create(builder, at, slice.getType(), whole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  for (bool then : {true, false}) {
    builder.setInsertionPointToStart(then ? ifOp.thenBlock() : ifOp.elseBlock());
    sizes[dim] = builder.getIndexAttr(then ? item : extent % item);
    scf::YieldOp::create(builder, at,
                         emitPartialItems(slice, partial.drop_front(), offsets, sizes, extents));
  }
  return ifOp.getResult(0);
}

Value Tiler::emitItem(Value destination, const Sizes &offsets, const Sizes &sizes) {
  if (plan.depth)
    block.sums = emitSums(offsets, sizes);
  Sizes relative(sizes.size(), builder.getIndexAttr(0)), tile = sizes;
  return emitTiles(0, destination, relative, tile, offsets, sizes);
}

/// Sums of all blocks of the depth but the last, one block after the other for all tiles of an
/// item.
Value Tiler::emitSums(const Sizes &offsets, const Sizes &sizes) {
  Location at = root.getLoc();
  block.product = *root->getBlock()->getOps<nn::PackedMatmulOp>().begin();
  auto rhs = cast<RankedTensorType>(block.product.getRhs().getType());
  int64_t depth = rhs.getDimSize(1), last = (depth - 1) / plan.depth * plan.depth;
  SmallVector<int64_t> shape;
  for (auto [i, item] : llvm::enumerate(plan.item))
    shape.push_back(item ? item : cast<RankedTensorType>(output.getType()).getDimSize(i));
  Value sums = tensor::EmptyOp::create(builder, at, shape, rhs.getElementType());
  auto index = [&](int64_t i) { return arith::ConstantIndexOp::create(builder, at, i); };
  auto loop = scf::ForOp::create(builder, at, index(0), index(last), index(plan.depth), sums);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    block.from = loop.getInductionVar();
    block.size = plan.depth;
    block.last = false;
    Sizes relative(sizes.size(), builder.getIndexAttr(0)), tile = sizes;
    Value next = emitTiles(0, loop.getRegionIterArg(0), relative, tile, offsets, sizes);
    scf::YieldOp::create(builder, at, next);
  }
  block.from = builder.getIndexAttr(last);
  block.size = depth - last;
  block.last = true;
  return loop.getResult(0);
}

/// Adds a block of the depth to the sums of a tile.
Value Tiler::emitSumsTile(Value sums, const Sizes &relative, const Sizes &offsets,
                          const Sizes &sizes) {
  Location at = root.getLoc();
  Sizes unit(sizes.size(), builder.getIndexAttr(1)), position;
  for (auto [offset, more] : llvm::zip_equal(offsets, relative))
    position.push_back(add(builder, at, offset, more));
  Value slice = tensor::ExtractSliceOp::create(builder, at, sums, relative, sizes, unit);
  // The first block starts from zeros, which is said here and not before the loop: there nothing
  // would depend on the item, and one filled tensor would be copied for each.
  Value start = arith::ConstantIndexOp::create(builder, at, 0);
  Value isFirst =
      arith::CmpIOp::create(builder, at, arith::CmpIPredicate::eq, cast<Value>(block.from), start);
  auto ifOp = scf::IfOp::create(builder, at, slice.getType(), isFirst, /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(ifOp.thenBlock());
    Value zero = arith::ConstantOp::create(
        builder, at, builder.getZeroAttr(getElementTypeOrSelf(slice.getType())));
    scf::YieldOp::create(builder, at,
                         linalg::FillOp::create(builder, at, zero, slice).getResult(0));
    builder.setInsertionPointToStart(ifOp.elseBlock());
    scf::YieldOp::create(builder, at, slice);
  }
  block.tile = ifOp.getResult(0);
  Value result = packedTile(block.product, position, sizes);
  return tensor::InsertSliceOp::create(builder, at, result, sums, relative, sizes, unit);
}

Value Tiler::emitTiles(unsigned dim, Value destination, Sizes &relative, Sizes &sizes,
                       const Sizes &offsets, const Sizes &itemSizes) {
  if (dim == parallel.size())
    return emitTile(destination, relative, offsets, sizes);
  Location at = root.getLoc();
  int64_t tile = plan.tile[dim];
  std::optional<int64_t> extent = getConstantIntValue(itemSizes[dim]);
  auto next = [&](Value into) {
    return emitTiles(dim + 1, into, relative, sizes, offsets, itemSizes);
  };
  if (!tile || (extent && *extent <= tile)) {
    relative[dim] = builder.getIndexAttr(0);
    sizes[dim] = itemSizes[dim];
    return next(destination);
  }
  auto loop = [&](OpFoldResult from, OpFoldResult to, int64_t step, Value into) {
    auto value = [&](OpFoldResult x) { return getValueOrCreateConstantIndexOp(builder, at, x); };
    auto forOp = scf::ForOp::create(builder, at, value(from), value(to),
                                    value(builder.getIndexAttr(step)), into);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(forOp.getBody());
    relative[dim] = forOp.getInductionVar();
    sizes[dim] = builder.getIndexAttr(step);
    scf::YieldOp::create(builder, at, next(forOp.getRegionIterArg(0)));
    return forOp.getResult(0);
  };
  if (extent) {
    auto one = [&](int64_t from, int64_t size) {
      relative[dim] = builder.getIndexAttr(from);
      sizes[dim] = builder.getIndexAttr(size);
      destination = next(destination);
    };
    int64_t from = 0, full = *extent / tile * tile, to = full;
    if (plan.staticEdges && tile > 1 && !plan.item[dim] && full > tile) {
      one(0, tile);
      from = tile;
      to = full - tile;
    }
    if (to - from == tile)
      one(from, tile);
    else if (to > from)
      destination = loop(builder.getIndexAttr(from), builder.getIndexAttr(to), tile, destination);
    if (to != full)
      one(to, tile);
    if (full != *extent)
      one(full, *extent - full);
    return destination;
  }
  // Full tiles, then smaller ones of what is left.
  AffineExpr d0 = builder.getAffineDimExpr(0), d1 = builder.getAffineDimExpr(1);
  OpFoldResult from = builder.getIndexAttr(0);
  auto loopTo = [&](OpFoldResult to, int64_t step) {
    destination = loop(from, to, step, destination);
    from = to;
  };
  auto wholes = [&](int64_t step) {
    return affine::makeComposedFoldedAffineApply(builder, at, d0 + (d1 - d0).floorDiv(step) * step,
                                                 {from, itemSizes[dim]});
  };
  loopTo(wholes(tile), tile);
  // An odd half of a tile, where it leaves an even number: a single position costs most.
  if (int64_t half = tile / 2; half > kRestTile && half % 2) {
    OpFoldResult rest =
        affine::makeComposedFoldedAffineApply(builder, at, d1 - d0, {from, itemSizes[dim]});
    AffineMap least = AffineMap::get(1, 0, {d0.floorDiv(half), d0 % 2}, builder.getContext());
    OpFoldResult count = affine::makeComposedFoldedAffineMin(builder, at, least, {rest});
    loopTo(affine::makeComposedFoldedAffineApply(builder, at, d0 + d1 * half, {from, count}), half);
  }
  while (tile > 1) {
    tile = tile > kRestTile ? kRestTile : tile / 2;
    loopTo(wholes(tile), tile);
  }
  return destination;
}

/// A copy before `op` of what computes a value inside it.
static Value valueBefore(Operation *op, Value value, OpBuilder &builder, IRMapping &copies) {
  Operation *producer = value.getDefiningOp();
  if (!producer || !op->isProperAncestor(producer))
    return value;
  if (!copies.contains(value)) {
    assert(isPure(producer) && !producer->getNumRegions() && "positions are computed by pure ops");
    for (Value operand : producer->getOperands())
      copies.map(operand, valueBefore(op, operand, builder, copies));
    builder.clone(*producer, copies);
  }
  return copies.lookup(value);
}

/// The tile, where the run knows first how far dims with padding go: twice, for Edges::Inside and
/// Edges::Copied.
Value Tiler::emitTile(Value destination, const Sizes &relative, const Sizes &offsets,
                      const Sizes &sizes) {
  if (plan.depth && !block.last)
    return emitSumsTile(destination, relative, offsets, sizes);
  if (!unknownEdges)
    return emitTileBody(destination, relative, offsets, sizes);
  Location at = root.getLoc();
  Value inside = arith::ConstantIntOp::create(builder, at, 1, 1);
  auto ifOp =
      scf::IfOp::create(builder, at, destination.getType(), inside, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  auto branch = [&](Block *block, Edges assumed) {
    builder.setInsertionPointToStart(block);
    edges = assumed;
    reaches.clear();
    Value result = emitTileBody(destination, relative, offsets, sizes);
    scf::YieldOp::create(builder, at, result);
  };
  branch(ifOp.thenBlock(), Edges::Inside);
  builder.setInsertionPoint(ifOp);
  if (reaches.empty()) {
    Operation *yield = ifOp.thenBlock()->getTerminator();
    Value result = yield->getOperand(0);
    yield->erase();
    ifOp->getBlock()->getOperations().splice(ifOp->getIterator(),
                                             ifOp.thenBlock()->getOperations());
    ifOp->erase();
    return result;
  }
  IRMapping copies;
  auto before = [&](OpFoldResult x) {
    auto value = dyn_cast<Value>(x);
    return value ? valueBefore(ifOp, value, builder, copies)
                 : getValueOrCreateConstantIndexOp(builder, at, x);
  };
  for (const Reach &reach : reaches) {
    Value zero = arith::ConstantIndexOp::create(builder, at, 0);
    for (Value holds :
         {arith::CmpIOp::create(builder, at, arith::CmpIPredicate::sge, before(reach.first), zero)
              .getResult(),
          arith::CmpIOp::create(builder, at, arith::CmpIPredicate::sle, before(reach.last),
                                before(reach.size))
              .getResult()})
      inside = arith::AndIOp::create(builder, at, inside, holds);
  }
  ifOp.getConditionMutable().assign(inside);
  branch(ifOp.elseBlock(), Edges::Copied);
  return ifOp.getResult(0);
}

Value Tiler::emitTileBody(Value destination, const Sizes &relative, const Sizes &offsets,
                          const Sizes &sizes) {
  Location at = root.getLoc();
  fused.clear();
  Sizes unit(sizes.size(), builder.getIndexAttr(1));
  tileDestination = tensor::ExtractSliceOp::create(builder, at, destination, relative, sizes, unit);
  if (plan.depth)
    block.tile = tensor::ExtractSliceOp::create(builder, at, block.sums, relative, sizes, unit);

  // Tile the root itself: its parallel dims at the tile, its reduction dims whole.
  unsigned loops = root.getNumLoops();
  Sizes from(loops, builder.getIndexAttr(0)), extent(loops);
  for (unsigned i = 0; i < loops; ++i)
    extent[i] = domain[i].size;
  for (auto [i, dim] : llvm::enumerate(parallel)) {
    from[dim] = add(builder, at, offsets[i], relative[i]);
    extent[dim] = sizes[i];
  }
  FailureOr<TilingResult> tiled =
      cast<TilingInterface>(root.getOperation()).getTiledImplementation(builder, from, extent);
  if (failed(tiled)) {
    failedToFuse = true;
    return destination;
  }
  if (auto op = dyn_cast<linalg::GenericOp>(tiled->tiledOps.front());
      op && op.getRegionOutputArgs()[0].use_empty() &&
      op.getDpsInits()[0].getType() == tileDestination.getType())
    op.getDpsInitsMutable()[0].set(tileDestination);
  fuseOperands(tiled->tiledOps.front());
  Value result = tiled->tiledValues[0];
  if (result.getType() != tileDestination.getType())
    result = tensor::CastOp::create(builder, at, tileDestination.getType(), result);
  return tensor::InsertSliceOp::create(builder, at, result, destination, relative, sizes, unit);
}

/// Replaces slices of outer values that are operands of a tiled op: of the output by the tile's
/// destination, of producers by their tile.
void Tiler::fuseOperands(Operation *op) {
  for (OpOperand &operand : op->getOpOperands()) {
    auto slice = operand.get().getDefiningOp<tensor::ExtractSliceOp>();
    Value source = slice ? slice.getSource() : operand.get();
    if (source == output) {
      operand.set(tileDestination);
    } else if (auto pad = slice && unknownEdges ? source.getDefiningOp<tensor::PadOp>()
                                                : tensor::PadOp()) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(slice);
      if (Value within = operandWithin(builder, operand, slice, pad, edges, reaches))
        operand.set(within);
    } else if (source.getDefiningOp() && source.getParentBlock() == root->getBlock() &&
               isa<linalg::LinalgOp, nn::PackedMatmulOp, tensor::EmptyOp>(source.getDefiningOp())) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(slice ? slice.getOperation() : op);
      auto type = cast<RankedTensorType>(source.getType());
      Sizes offsets(type.getRank(), builder.getIndexAttr(0));
      Sizes sizes =
          slice ? slice.getMixedSizes() : tensor::getMixedSizes(builder, op->getLoc(), source);
      if (slice) {
        offsets = slice.getMixedOffsets();
        if (!llvm::all_of(slice.getMixedStrides(),
                          [](OpFoldResult s) { return getConstantIntValue(s) == 1; })) {
          failedToFuse = true;
          continue;
        }
      }
      Value tile = fuse(source, offsets, sizes);
      if (!tile) {
        failedToFuse = true;
        continue;
      }
      if (tile.getType() != operand.get().getType())
        tile = tensor::CastOp::create(builder, op->getLoc(), operand.get().getType(), tile);
      operand.set(tile);
    }
    if (slice && slice->use_empty())
      slice->erase();
  }
}

Value Tiler::fuse(Value source, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  Block *here = builder.getInsertionBlock();
  for (const Fused &known : fused)
    if (known.source == source && known.block == here && llvm::equal(known.offsets, offsets) &&
        llvm::equal(known.sizes, sizes))
      return known.tile;
  Operation *producer = source.getDefiningOp();
  Location at = producer->getLoc();
  Value tile;
  if (isa<tensor::EmptyOp>(producer)) {
    tile = tensor::EmptyOp::create(builder, at, sizes,
                                   cast<RankedTensorType>(source.getType()).getElementType());
  } else if (auto packed = dyn_cast<nn::PackedMatmulOp>(producer)) {
    tile = packedTile(packed, offsets, sizes);
  } else {
    FailureOr<TilingResult> tiled = cast<TilingInterface>(producer).generateResultTileValue(
        builder, cast<OpResult>(source).getResultNumber(), offsets, sizes);
    if (failed(tiled))
      return Value();
    for (Operation *op : tiled->tiledOps)
      fuseOperands(op);
    tile = tiled->tiledValues[0];
  }
  if (tile)
    fused.push_back({source, tile, Sizes(offsets), Sizes(sizes), here});
  return tile;
}

/// A tile of columns inside one panel: rows of the left operand times a slice of the panel.
Value Tiler::packedTile(nn::PackedMatmulOp matmul, ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes) {
  Location at = matmul.getLoc();
  auto lhsType = cast<RankedTensorType>(matmul.getLhs().getType()),
       rhsType = cast<RankedTensorType>(matmul.getRhs().getType());
  if (lhsType.getRank() != 2)
    return Value();
  int64_t k = plan.depth ? block.size : rhsType.getDimSize(1), nr = rhsType.getDimSize(2);
  OpFoldResult zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1),
               depth = builder.getIndexAttr(k), from = plan.depth ? block.from : zero;
  AffineExpr d0 = builder.getAffineDimExpr(0);
  OpFoldResult panel =
      affine::makeComposedFoldedAffineApply(builder, at, d0.floorDiv(nr), {offsets[1]});
  Value lhs = tensor::ExtractSliceOp::create(builder, at, matmul.getLhs(), Sizes{offsets[0], from},
                                             Sizes{sizes[0], depth}, Sizes{one, one});
  SmallVector<int64_t> staticColumns = {
      k, getConstantIntValue(sizes[1]).value_or(ShapedType::kDynamic)};
  Value rhs = tensor::ExtractSliceOp::create(
      builder, at, RankedTensorType::get(staticColumns, rhsType.getElementType()), matmul.getRhs(),
      Sizes{panel, from, zero}, Sizes{one, depth, sizes[1]}, Sizes{one, one, one});
  Type element = rhsType.getElementType();
  Value init = block.tile;
  if (!plan.depth) {
    init = tensor::EmptyOp::create(builder, at, sizes, element);
    Value start = arith::ConstantOp::create(builder, at, builder.getZeroAttr(element));
    init = linalg::FillOp::create(builder, at, start, init).getResult(0);
  }
  AffineExpr m, n, kk;
  bindDims(builder.getContext(), m, n, kk);
  auto maps = AffineMap::inferFromExprList(ArrayRef<ArrayRef<AffineExpr>>{{m, kk}, {kk, n}, {m, n}},
                                           builder.getContext());
  using utils::IteratorType;
  auto product = linalg::GenericOp::create(
      builder, at, init.getType(), ValueRange{lhs, rhs}, init, maps,
      ArrayRef<IteratorType>{IteratorType::parallel, IteratorType::parallel,
                             IteratorType::reduction},
      [](OpBuilder &b, Location loc, ValueRange a) {
        Value p = arith::MulFOp::create(b, loc, a[0], a[1]);
        linalg::YieldOp::create(b, loc, arith::AddFOp::create(b, loc, a[2], p).getResult());
      });
  return product.getResult(0);
}

LogicalResult linalg_ext::tileKernel(func::FuncOp function, Operation *root, const TilePlan &plan) {
  auto generic = cast<linalg::GenericOp>(root);
  if (failed(Tiler(function, generic, plan).run()))
    return failure();
  // What was fused is dead outside the tiles.
  Block &body = function.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op) || (isa<linalg::LinalgOp>(op) && op.use_empty()))
      op.erase();
  return success();
}
