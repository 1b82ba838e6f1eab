// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tiles a kernel's root by a plan and fuses producers into the tiles.
#include "lib/Transforms/Linalg/Tiler.h"
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

Operation *linalg_ext::findRoot(func::FuncOp function) {
  auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  if (ret.getNumOperands() != 1)
    return nullptr;
  auto root = ret.getOperand(0).getDefiningOp<linalg::GenericOp>();
  if (!root || root.getNumDpsInits() != 1)
    return nullptr;
  return root;
}

OpFoldResult linalg_ext::add(OpBuilder &b, Location at, OpFoldResult x, OpFoldResult y) {
  AffineExpr d0, d1;
  bindDims(b.getContext(), d0, d1);
  return affine::makeComposedFoldedAffineApply(b, at, d0 + d1, {x, y});
}

/// Tiles of what full ones leave of a dim that only the run knows: so many positions still use the
/// registers well.
static constexpr int64_t kRestTile = 4;

/// Finds the root's dims; new ops come before the root.
LogicalResult Tiler::prepare() {
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
  builder.setInsertionPoint(root);
  domain = cast<TilingInterface>(root.getOperation()).getIterationDomain(builder);
  return success();
}

LogicalResult Tiler::run() {
  if (failed(prepare()))
    return failure();
  Location at = root.getLoc();
  Sizes extents = tensor::getMixedSizes(builder, at, output);
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

/// A row of the result after the other, each behind the rows that it reads.
Value Tiler::emitStages(Value destination, const Sizes &offsets, const Sizes &sizes) {
  linalg::GenericOp maker = stage->maker;
  Value init = maker.getDpsInits()[0];
  // Where the maker's sums start is where they go.
  while (auto op = init.getDefiningOp<linalg::LinalgOp>())
    init = op.getDpsInits()[0];
  Tiler first(init, maker, stage->tiles, nullptr);
  if (failed(first.prepare())) {
    failedToFuse = true;
    return destination;
  }
  return emitStagedItem(
      builder, *stage, plan.item, tensor::getMixedSizes(builder, root.getLoc(), init), destination,
      offsets, sizes,
      [&](Value into, const Sizes &from, const Sizes &extent) {
        first.builder.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
        Value rows = first.emitItem(into, from, extent);
        failedToFuse |= first.failedToFuse;
        return rows;
      },
      [&](Value into, const Sizes &from, const Sizes &extent, Value held, const Sizes &base) {
        scratch = held;
        scratchBase = base;
        Sizes relative(extent.size(), builder.getIndexAttr(0)), tile = extent;
        return emitTiles(0, into, relative, tile, from, extent);
      });
}

Value Tiler::emitItem(Value destination, const Sizes &offsets, const Sizes &sizes) {
  if (stage)
    return emitStages(destination, offsets, sizes);
  if (plan.depth)
    block.sums = emitSums(offsets, sizes);
  Sizes relative(sizes.size(), builder.getIndexAttr(0)), tile = sizes;
  return emitTiles(0, destination, relative, tile, offsets, sizes);
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
  int64_t half = tile / 2, more = half + 1;
  if (half <= kRestTile || half % 2 == 0) {
    loopTo(wholes(tile), tile);
  } else {
    // One or two positions cost nearly as much as four. Where they would be left, the last full
    // tile is cut as well: two halves and what is left are even halves, or an odd one and an even
    // one.
    AffineExpr left = (d0 - 3).floorDiv(tile) + d0.floorDiv(tile) - (d0 - 1).floorDiv(tile);
    AffineMap count =
        AffineMap::get(1, 0, {left, builder.getAffineConstantExpr(0)}, builder.getContext());
    loopTo(affine::makeComposedFoldedAffineApply(
               builder, at, d0 * tile,
               {affine::makeComposedFoldedAffineMax(builder, at, count, {itemSizes[dim]})}),
           tile);
    OpFoldResult rest =
        affine::makeComposedFoldedAffineApply(builder, at, d1 - d0, {from, itemSizes[dim]});
    AffineMap least = AffineMap::get(1, 0, {d0.floorDiv(half), d0 % 2}, builder.getContext());
    OpFoldResult odd = affine::makeComposedFoldedAffineMin(builder, at, least, {rest});
    loopTo(affine::makeComposedFoldedAffineApply(builder, at, d0 + d1 * half, {from, odd}), half);
    loopTo(wholes(more), more);
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
  auto emitBody = [&] {
    return plan.depth && !block.last ? emitSumsTile(destination, relative, offsets, sizes)
                                     : emitTileBody(destination, relative, offsets, sizes);
  };
  if (!unknownEdges)
    return emitBody();
  Location at = root.getLoc();
  Value inside = arith::ConstantIntOp::create(builder, at, 1, 1);
  auto ifOp =
      scf::IfOp::create(builder, at, destination.getType(), inside, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  auto branch = [&](Block *block, Edges assumed) {
    builder.setInsertionPointToStart(block);
    edges = assumed;
    reaches.clear();
    Value result = emitBody();
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
  SmallVector<Cut> cuts;
  for (OpOperand &operand : op->getOpOperands()) {
    auto slice = operand.get().getDefiningOp<tensor::ExtractSliceOp>();
    Value source = slice ? slice.getSource() : operand.get();
    if (source == output) {
      operand.set(tileDestination);
    } else if (stage && slice && source == Value(stage->pad->getResult(0))) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(slice);
      AffineExpr d0 = builder.getAffineDimExpr(0), d1 = builder.getAffineDimExpr(1);
      Sizes offsets = slice.getMixedOffsets();
      for (auto [offset, base] : llvm::zip_equal(offsets, scratchBase))
        offset =
            affine::makeComposedFoldedAffineApply(builder, slice.getLoc(), d0 - d1, {offset, base});
      operand.set(tensor::ExtractSliceOp::create(builder, slice.getLoc(), slice.getType(), scratch,
                                                 offsets, slice.getMixedSizes(),
                                                 slice.getMixedStrides()));
    } else if (auto pad = slice && unknownEdges ? source.getDefiningOp<tensor::PadOp>()
                                                : tensor::PadOp()) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(slice);
      if (Value within = operandWithin(builder, operand, slice, pad, edges, reaches, cuts))
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
  if (!cuts.empty())
    cutLoops(builder, cast<linalg::GenericOp>(op), cuts);
}

Value Tiler::fuse(Value source, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  Block *here = builder.getInsertionBlock();
  for (const Fused &known : fused)
    if (known.source == source && known.block == here && llvm::equal(known.offsets, offsets) &&
        llvm::equal(known.sizes, sizes))
      return known.tile;
  Operation *producer = source.getDefiningOp();
  if (producer == plan.cut && isa<linalg::GenericOp>(producer))
    return block.tile;
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

LogicalResult linalg_ext::tileKernel(func::FuncOp function, Operation *root, const TilePlan &plan,
                                     const Stage *stage) {
  auto generic = cast<linalg::GenericOp>(root);
  if (failed(Tiler(function.getArguments().back(), generic, plan, stage).run()))
    return failure();
  // What was fused is dead outside the tiles.
  Block &body = function.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op) || (isa<linalg::LinalgOp>(op) && op.use_empty()))
      op.erase();
  return success();
}
