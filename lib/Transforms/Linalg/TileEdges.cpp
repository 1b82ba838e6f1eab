// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the size of a padded dim is known, the tiles at its edges are emitted on their own, and
// what they read of padding is left out. Here it is not: a tile is emitted twice, and the run takes
// the one that reads the source as it is, or the one that reads a copy of its windows with the
// padding. A copy costs little beside the products that are made of each element.
#include "lib/Transforms/Linalg/TileEdges.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

using Sizes = SmallVector<OpFoldResult>;

bool linalg_ext::hasUnknownEdges(tensor::PadOp pad) {
  for (int64_t i = 0; i < pad.getSourceType().getRank(); ++i)
    if (isPadded(pad, i) && pad.getSourceType().isDynamicDim(i))
      return true;
  return false;
}

/// True if results of the op that lie side by side read different elements along a result of the
/// map.
static bool hasSeveral(linalg::LinalgOp op, AffineExpr expr) {
  for (auto [i, range, iterator] :
       llvm::enumerate(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::parallel && range != 1 && expr.isFunctionOfDim(i))
      return true;
  return false;
}

static OpFoldResult apply(OpBuilder &b, Location at, AffineExpr expr,
                          ArrayRef<OpFoldResult> operands) {
  return affine::makeComposedFoldedAffineApply(
      b, at, AffineMap::get(operands.size(), 0, expr, b.getContext()), operands);
}

Value linalg_ext::operandWithin(OpBuilder &b, OpOperand &operand, tensor::ExtractSliceOp slice,
                                tensor::PadOp pad, Edges edges, SmallVectorImpl<Reach> &reaches,
                                SmallVectorImpl<Cut> &cuts) {
  auto op = dyn_cast<linalg::GenericOp>(operand.getOwner());
  auto sourceType = pad.getSourceType();
  int64_t rank = sourceType.getRank();
  if (!op || !pad.getConstantPaddingValue() || !slice.hasUnitStride() ||
      slice.getType().getRank() != rank || isPadded(pad, rank - 1))
    return {};
  Location at = op.getLoc();
  AffineMap map = op.getMatchingIndexingMap(&operand);
  Sizes low = pad.getMixedLowPad(), high = pad.getMixedHighPad(), offsets = slice.getMixedOffsets(),
        sizes = slice.getMixedSizes();
  SmallVector<bool> several(rank, false);
  bool any = false, others = false;
  for (int64_t i = 0; i < rank; ++i) {
    if (!isPadded(pad, i))
      continue;
    if (!getConstantIntValue(low[i]))
      return {};
    several[i] = sourceType.isDynamicDim(i) && hasSeveral(op, map.getResult(i));
    if (several[i] && !getConstantIntValue(sizes[i]))
      return {};
    any |= several[i];
    others |= !several[i];
  }
  if (!any)
    return {};
  if (edges == Edges::Copied) {
    if (!slice.getType().hasStaticShape())
      return {};
    return copyWindows(b, operand, slice, pad, cuts);
  }

  AffineExpr d0 = b.getAffineDimExpr(0);
  OpFoldResult zero = b.getIndexAttr(0);
  Sizes unit(rank, b.getIndexAttr(1)), from(rank, zero),
      extent = tensor::getMixedSizes(b, at, pad.getSource());
  SmallVector<int64_t> shape(pad.getResultType().getShape());
  for (int64_t i = 0; i < rank; ++i) {
    if (!several[i])
      continue;
    from[i] = apply(b, at, d0 - *getConstantIntValue(low[i]), {offsets[i]});
    reaches.push_back(
        {from[i], apply(b, at, d0 + *getConstantIntValue(sizes[i]), {from[i]}), extent[i]});
    extent[i] = sizes[i];
    shape[i] = *getConstantIntValue(sizes[i]);
    low[i] = high[i] = offsets[i] = zero;
  }
  Value within = tensor::ExtractSliceOp::create(b, at, pad.getSource(), from, extent, unit);
  if (others)
    within = tensor::PadOp::create(b, at, sourceType.clone(shape), within, low, high,
                                   pad.getConstantPaddingValue());
  return tensor::ExtractSliceOp::create(b, at, slice.getType(), within, offsets, sizes, unit);
}
