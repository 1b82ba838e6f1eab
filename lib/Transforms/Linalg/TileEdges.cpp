// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the size of a padded dim is known, the tiles at its edges are emitted on their own, and
// what they read of padding is left out. Here it is not: a tile is emitted twice, and the run takes
// the one that reads the source as it is, or the one that reads a copy of its windows with the
// padding. A copy costs little beside the products that are made of each element.
#include "lib/Transforms/Linalg/TileEdges.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

using Sizes = SmallVector<OpFoldResult>;

static bool isPadded(tensor::PadOp pad, unsigned dim) {
  return getConstantIntValue(pad.getMixedLowPad()[dim]) != 0 ||
         getConstantIntValue(pad.getMixedHighPad()[dim]) != 0;
}

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

namespace {
/// Copies a window of a padded tensor, in vectors along its last dim.
class WindowCopy {
public:
  WindowCopy(OpBuilder &builder, Location at, tensor::PadOp pad, ArrayRef<OpFoldResult> offsets,
             ArrayRef<int64_t> shape)
      : b(builder), at(at), pad(pad), offsets(offsets), shape(shape),
        outside(pad.getConstantPaddingValue()), index(shape.size()), source(shape.size()) {}

  Value emit() {
    Value window = tensor::EmptyOp::create(b, at, shape, pad.getSourceType().getElementType());
    return nest(0, window, /*inside=*/true);
  }

private:
  Value value(OpFoldResult x) { return getValueOrCreateConstantIndexOp(b, at, x); }

  Value nest(unsigned dim, Value window, bool inside) {
    if (dim + 1 == shape.size())
      return element(window, inside);
    OpFoldResult begin = b.getIndexAttr(0), end = b.getIndexAttr(shape[dim]);
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    if (!inside || !isPadded(pad, dim))
      return loop(dim, begin, end, b.getIndexAttr(0), window, inside);
    // Before the source, in it, after it.
    int64_t low = *getConstantIntValue(pad.getMixedLowPad()[dim]);
    OpFoldResult size = tensor::getMixedSize(b, at, pad.getSource(), dim);
    auto clamped = [&](OpFoldResult position) {
      AffineMap least =
          AffineMap::get(1, 0, {d0, b.getAffineConstantExpr(shape[dim])}, b.getContext());
      AffineMap most = AffineMap::get(1, 0, {d0, b.getAffineConstantExpr(0)}, b.getContext());
      return affine::makeComposedFoldedAffineMin(
          b, at, least, {affine::makeComposedFoldedAffineMax(b, at, most, {position})});
    };
    OpFoldResult first = clamped(apply(b, at, low - d0, {offsets[dim]})),
                 last = clamped(apply(b, at, d1 + low - d0, {offsets[dim], size})),
                 shift = apply(b, at, d0 - low, {offsets[dim]});
    window = loop(dim, begin, first, shift, window, false);
    window = loop(dim, first, last, shift, window, true);
    return loop(dim, last, end, shift, window, false);
  }

  Value loop(unsigned dim, OpFoldResult from, OpFoldResult to, OpFoldResult shift, Value window,
             bool inside) {
    auto forOp =
        scf::ForOp::create(b, at, value(from), value(to), value(b.getIndexAttr(1)), window);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    index[dim] = forOp.getInductionVar();
    if (inside) {
      AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
      OpFoldResult position = isPadded(pad, dim) ? shift : offsets[dim];
      source[dim] = value(apply(b, at, d0 + d1, {OpFoldResult(index[dim]), position}));
    }
    scf::YieldOp::create(b, at, nest(dim + 1, forOp.getRegionIterArg(0), inside));
    return forOp.getResult(0);
  }

  Value element(Value window, bool inside) {
    index.back() = value(b.getIndexAttr(0));
    source.back() = value(offsets.back());
    if (shape.back() == 1) {
      Value scalar =
          inside ? tensor::ExtractOp::create(b, at, pad.getSource(), source).getResult() : outside;
      return tensor::InsertOp::create(b, at, scalar, window, index);
    }
    auto type = VectorType::get({shape.back()}, outside.getType());
    auto map = AffineMapAttr::get(AffineMap::getMinorIdentityMap(shape.size(), 1, b.getContext()));
    ArrayAttr inBounds = b.getBoolArrayAttr({true});
    Value vector = inside ? vector::TransferReadOp::create(b, at, type, pad.getSource(), source,
                                                           map, outside, Value(), inBounds)
                                .getResult()
                          : vector::BroadcastOp::create(b, at, type, outside).getResult();
    return vector::TransferWriteOp::create(b, at, window.getType(), vector, window, index, map,
                                           Value(), inBounds)
        .getResult();
  }

  OpBuilder &b;
  Location at;
  tensor::PadOp pad;
  ArrayRef<OpFoldResult> offsets;
  ArrayRef<int64_t> shape;
  Value outside;
  SmallVector<Value> index, source;
};
} // namespace

Value linalg_ext::operandWithin(OpBuilder &b, OpOperand &operand, tensor::ExtractSliceOp slice,
                                tensor::PadOp pad, Edges edges, SmallVectorImpl<Reach> &reaches) {
  auto op = dyn_cast<linalg::LinalgOp>(operand.getOwner());
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
    return WindowCopy(b, at, pad, offsets, slice.getType().getShape()).emit();
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
