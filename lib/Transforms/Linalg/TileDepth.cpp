// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tiles of packed products, and sums that are computed in blocks of their depth.
#include "lib/Transforms/Linalg/Tiler.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

/// Sums of all blocks of the depth, but of a packed product the last, one block after the other for
/// all tiles of an item.
Value Tiler::emitSums(const Sizes &offsets, const Sizes &sizes) {
  Location at = root.getLoc();
  auto product = dyn_cast<nn::PackedMatmulOp>(plan.cut);
  auto generic = dyn_cast<linalg::GenericOp>(plan.cut);
  int64_t depth = product ? cast<RankedTensorType>(product.getRhs().getType()).getDimSize(1)
                          : generic.getStaticLoopRanges()[plan.depthDim];
  // A packed product's last block is part of the tile that reads the sums.
  int64_t from = 0, to = product ? (depth - 1) / plan.depth * plan.depth : depth;
  SmallVector<int64_t> shape;
  for (auto [i, item] : llvm::enumerate(plan.item))
    shape.push_back(item ? item : cast<RankedTensorType>(output.getType()).getDimSize(i));
  Value sums = tensor::EmptyOp::create(builder, at, shape,
                                       getElementTypeOrSelf(plan.cut->getResult(0).getType()));
  auto tiles = [&](Value into) {
    Sizes relative(sizes.size(), builder.getIndexAttr(0)), tile = sizes;
    return emitTiles(0, into, relative, tile, offsets, sizes);
  };
  block.size = plan.depth;
  block.last = false;
  if (generic) {
    // The first block starts from what the op starts from.
    block.from = builder.getIndexAttr(0);
    sums = tiles(sums);
    from = plan.depth;
  }
  auto index = [&](int64_t i) { return arith::ConstantIndexOp::create(builder, at, i); };
  auto loop = scf::ForOp::create(builder, at, index(from), index(to), index(plan.depth), sums);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    block.from = loop.getInductionVar();
    scf::YieldOp::create(builder, at, tiles(loop.getRegionIterArg(0)));
  }
  block.from = builder.getIndexAttr(to);
  block.size = depth - to;
  block.last = true;
  return loop.getResult(0);
}

/// Adds a block of the depth to the sums of a tile.
Value Tiler::emitSumsTile(Value sums, const Sizes &relative, const Sizes &offsets,
                          const Sizes &sizes) {
  Location at = root.getLoc();
  fused.clear();
  Sizes unit(sizes.size(), builder.getIndexAttr(1)), position;
  for (auto [offset, more] : llvm::zip_equal(offsets, relative))
    position.push_back(add(builder, at, offset, more));
  Value slice = tensor::ExtractSliceOp::create(builder, at, sums, relative, sizes, unit), result;
  if (auto product = dyn_cast<nn::PackedMatmulOp>(plan.cut)) {
    block.tile = startOrGoOn(slice);
    result = packedTile(product, position, sizes);
  } else {
    result = genericBlock(cast<linalg::GenericOp>(plan.cut), slice, position, sizes);
  }
  if (!result) {
    failedToFuse = true;
    return sums;
  }
  return tensor::InsertSliceOp::create(builder, at, result, sums, relative, sizes, unit);
}

/// What the sums of a packed product go on from: the first block starts from zeros, which is said
/// here and not before the loop. There nothing would depend on the item, and one filled tensor
/// would be copied for each.
Value Tiler::startOrGoOn(Value slice) {
  Location at = root.getLoc();
  Value start = arith::ConstantIndexOp::create(builder, at, 0);
  Value isFirst =
      arith::CmpIOp::create(builder, at, arith::CmpIPredicate::eq, cast<Value>(block.from), start);
  auto ifOp = scf::IfOp::create(builder, at, slice.getType(), isFirst, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(ifOp.thenBlock());
  Value zero = arith::ConstantOp::create(
      builder, at, builder.getZeroAttr(getElementTypeOrSelf(slice.getType())));
  scf::YieldOp::create(builder, at, linalg::FillOp::create(builder, at, zero, slice).getResult(0));
  builder.setInsertionPointToStart(ifOp.elseBlock());
  scf::YieldOp::create(builder, at, slice);
  return ifOp.getResult(0);
}

/// A block of a generic op's sums, which go on from a slice of those so far.
Value Tiler::genericBlock(linalg::GenericOp op, Value slice, const Sizes &position,
                          const Sizes &sizes) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  Sizes from(op.getNumLoops(), builder.getIndexAttr(0)), extent;
  for (int64_t size : op.getStaticLoopRanges())
    extent.push_back(builder.getIndexAttr(size));
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    from[dim] = position[i];
    extent[dim] = sizes[i];
  }
  from[plan.depthDim] = block.from;
  extent[plan.depthDim] = builder.getIndexAttr(block.size);
  FailureOr<TilingResult> tiled =
      cast<TilingInterface>(op.getOperation()).getTiledImplementation(builder, from, extent);
  if (failed(tiled))
    return Value();
  auto part = cast<linalg::GenericOp>(tiled->tiledOps.front());
  if (isa<Value>(block.from))
    part.getDpsInitsMutable()[0].set(slice);
  fuseOperands(part);
  return part.getResult(0);
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
