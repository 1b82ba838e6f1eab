// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A window has an element every so many rows and columns (its dilation). A copy of all that lies
// between them can be many times as large as what is read: of a window of 3 x 3 whose elements are
// 36 apart, 73 rows where three are used, of which two lie outside of a small picture.
#include "lib/Transforms/Linalg/WindowCopy.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

bool linalg_ext::isPadded(tensor::PadOp pad, unsigned dim) {
  return getConstantIntValue(pad.getMixedLowPad()[dim]) != 0 ||
         getConstantIntValue(pad.getMixedHighPad()[dim]) != 0;
}

bool linalg_ext::isNeutral(linalg::GenericOp op, OpOperand *operand, Value outside) {
  SmallVector<Operation *> combiners;
  Value reduced = matchReduction(op.getRegionOutputArgs(), 0, combiners);
  TypedAttr padding;
  if (!reduced || combiners.size() != 1 || !matchPattern(outside, m_Constant<TypedAttr>(&padding)))
    return false;
  auto isArgument = [&](Value value) {
    while (auto extended = value.getDefiningOp<arith::ExtFOp>())
      value = extended.getIn();
    return value == op.getMatchingBlockArgument(operand);
  };
  if (isArgument(reduced))
    return arith::getNeutralElement(combiners[0]) == padding;
  auto product = reduced.getDefiningOp<arith::MulFOp>();
  auto number = dyn_cast<FloatAttr>(padding);
  return product && isa<arith::AddFOp>(combiners[0]) && number && number.getValue().isZero() &&
         (isArgument(product.getLhs()) || isArgument(product.getRhs()));
}

static OpFoldResult apply(OpBuilder &b, Location at, AffineExpr expr,
                          ArrayRef<OpFoldResult> operands) {
  return affine::makeComposedFoldedAffineApply(
      b, at, AffineMap::get(operands.size(), 0, expr, b.getContext()), operands);
}

/// The position, or what is nearest to it in 0 .. most.
static OpFoldResult clamped(OpBuilder &b, Location at, OpFoldResult position, int64_t most) {
  AffineExpr d0 = b.getAffineDimExpr(0);
  AffineMap upper = AffineMap::get(1, 0, {d0, b.getAffineConstantExpr(most)}, b.getContext()),
            lower = AffineMap::get(1, 0, {d0, b.getAffineConstantExpr(0)}, b.getContext());
  return affine::makeComposedFoldedAffineMin(
      b, at, upper, {affine::makeComposedFoldedAffineMax(b, at, lower, {position})});
}

namespace {
/// A loop of an op along which an operand's position moves.
struct Step {
  unsigned loop = 0;
  int64_t by = 0, count = 1;
};

/// A position in a window: the elements of a window, and results side by side.
struct Window {
  Step element, result;
};

/// A dim of the copy.
struct Axis {
  unsigned dim;   ///< of the source
  int64_t by = 1; ///< elements of the source from one to the next
  int64_t count;
  OpFoldResult from, to; ///< what of it is written
  bool inside = false;   ///< all of that lies in the source
};
} // namespace

/// The loops that an operand's position follows along one dim, null if they are more than those of
/// a window.
static std::optional<Window> windowOf(linalg::GenericOp op, AffineExpr expr) {
  Window window;
  AffineExpr rest = expr;
  for (auto [i, range, iterator] :
       llvm::enumerate(op.getStaticLoopRanges(), op.getIteratorTypesArray())) {
    AffineExpr d = getAffineDimExpr(i, op.getContext());
    auto by = dyn_cast<AffineConstantExpr>(
        simplifyAffineExpr(expr.replace(d, d + 1) - expr, op.getNumLoops(), 0));
    rest = rest.replace(d, getAffineConstantExpr(0, op.getContext()));
    if (!by || by.getValue() < 0 || (by.getValue() && ShapedType::isDynamic(range)))
      return std::nullopt;
    bool isResult = iterator == utils::IteratorType::parallel;
    if (by.getValue() == 0 || (isResult && range == 1))
      continue;
    Step &step = isResult ? window.result : window.element;
    if (step.by)
      return std::nullopt;
    step = {unsigned(i), by.getValue(), range};
  }
  auto constant = dyn_cast<AffineConstantExpr>(simplifyAffineExpr(rest, op.getNumLoops(), 0));
  return constant && constant.getValue() == 0 && window.element.by ? std::optional(window)
                                                                   : std::nullopt;
}

/// True if an op can do a part of the loop's steps by slices of its operands.
static bool canCut(linalg::GenericOp op, OpOperand &operand, unsigned loop) {
  if (op.hasIndexSemantics())
    return false;
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &other) {
    AffineMap map = op.getMatchingIndexingMap(&other);
    return &other == &operand || llvm::all_of(map.getResults(), [&](AffineExpr expr) {
      return !expr.isFunctionOfDim(loop) || isa<AffineDimExpr>(expr);
    });
  });
}

namespace {
class WindowCopy {
public:
  WindowCopy(OpBuilder &builder, Location at, tensor::PadOp pad, ArrayRef<Axis> axes,
             ArrayRef<OpFoldResult> position)
      : b(builder), at(at), pad(pad), axes(axes), position(position),
        outside(pad.getConstantPaddingValue()), index(axes.size()) {}

  Value emit() {
    auto shape = llvm::map_to_vector(axes, [](const Axis &axis) { return axis.count; });
    Value window = tensor::EmptyOp::create(b, at, shape, pad.getSourceType().getElementType());
    return nest(0, window, /*inside=*/true);
  }

private:
  Value value(OpFoldResult x) { return getValueOrCreateConstantIndexOp(b, at, x); }

  Value nest(unsigned i, Value window, bool inside) {
    const Axis &axis = axes[i];
    if (i + 1 == axes.size())
      return element(window, inside);
    bool decides = isPadded(pad, axis.dim) && !axis.inside && axes[i + 1].dim != axis.dim;
    if (!inside || !decides)
      return loop(i, axis.from, axis.to, window, inside);
    // Before the source, in it, after it.
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    OpFoldResult start = position[axis.dim],
                 size = tensor::getMixedSize(b, at, pad.getSource(), axis.dim);
    OpFoldResult first = clamped(b, at, apply(b, at, (-d0).ceilDiv(axis.by), {start}), axis.count),
                 last = clamped(b, at, apply(b, at, (d1 - d0).ceilDiv(axis.by), {start, size}),
                                axis.count);
    window = loop(i, axis.from, first, window, false);
    window = loop(i, first, last, window, true);
    return loop(i, last, axis.to, window, false);
  }

  Value loop(unsigned i, OpFoldResult from, OpFoldResult to, Value window, bool inside) {
    const Axis &axis = axes[i];
    auto forOp =
        scf::ForOp::create(b, at, value(from), value(to), value(b.getIndexAttr(1)), window);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    index[i] = forOp.getInductionVar();
    OpFoldResult before = position[axis.dim];
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
    position[axis.dim] = apply(b, at, d0 + d1 * axis.by, {before, OpFoldResult(index[i])});
    scf::YieldOp::create(b, at, nest(i + 1, forOp.getRegionIterArg(0), inside));
    position[axis.dim] = before;
    return forOp.getResult(0);
  }

  Value element(Value window, bool inside) {
    index.back() = value(b.getIndexAttr(0));
    SmallVector<Value> source;
    if (inside)
      source = llvm::map_to_vector(position, [&](OpFoldResult x) { return value(x); });
    int64_t count = axes.back().count;
    if (count == 1) {
      Value scalar =
          inside ? tensor::ExtractOp::create(b, at, pad.getSource(), source).getResult() : outside;
      return tensor::InsertOp::create(b, at, scalar, window, index);
    }
    auto type = VectorType::get({count}, outside.getType());
    auto minor = [&](unsigned rank) {
      return AffineMapAttr::get(AffineMap::getMinorIdentityMap(rank, 1, b.getContext()));
    };
    ArrayAttr inBounds = b.getBoolArrayAttr({true});
    Value vector =
        inside ? vector::TransferReadOp::create(b, at, type, pad.getSource(), source,
                                                minor(source.size()), outside, Value(), inBounds)
                     .getResult()
               : vector::BroadcastOp::create(b, at, type, outside).getResult();
    return vector::TransferWriteOp::create(b, at, window.getType(), vector, window, index,
                                           minor(index.size()), Value(), inBounds)
        .getResult();
  }

  OpBuilder &b;
  Location at;
  tensor::PadOp pad;
  ArrayRef<Axis> axes;
  SmallVector<OpFoldResult> position; ///< in the source
  Value outside;
  SmallVector<Value> index;
};
} // namespace

Value linalg_ext::copyWindows(OpBuilder &b, OpOperand &operand, tensor::ExtractSliceOp slice,
                              tensor::PadOp pad, SmallVectorImpl<Cut> &cuts) {
  auto op = cast<linalg::GenericOp>(operand.getOwner());
  Location at = op.getLoc();
  AffineMap map = op.getMatchingIndexingMap(&operand);
  bool neutral = isNeutral(op, &operand, pad.getConstantPaddingValue());
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  SmallVector<Axis> axes;
  SmallVector<AffineExpr> results;
  SmallVector<OpFoldResult> position;
  auto addAxis = [&](unsigned dim, const Step &step, AffineExpr result) -> Axis & {
    results.push_back(result);
    return axes.emplace_back(
        Axis{dim, step.by, step.count, b.getIndexAttr(0), b.getIndexAttr(step.count)});
  };
  for (auto [i, expr, count] : llvm::enumerate(map.getResults(), slice.getType().getShape())) {
    int64_t low = getConstantIntValue(pad.getMixedLowPad()[i]).value_or(0);
    position.push_back(apply(b, at, d0 - low, {slice.getMixedOffsets()[i]}));
    std::optional<Window> window = isPadded(pad, i) ? windowOf(op, expr) : std::optional<Window>();
    bool isApart =
        window && (!window->result.by || window->element.count * window->result.count < count);
    if (!isApart) {
      addAxis(i, {0, 1, count}, expr);
      continue;
    }
    const auto &[element, result] = *window;
    Axis &axis = addAxis(i, element, b.getAffineDimExpr(element.loop));
    if (neutral && canCut(op, operand, element.loop)) {
      int64_t by = element.by, across = result.by * (result.count - 1);
      OpFoldResult size = tensor::getMixedSize(b, at, pad.getSource(), i);
      axis.from =
          clamped(b, at, apply(b, at, (-d0 - across).ceilDiv(by), {position[i]}), element.count);
      axis.to =
          clamped(b, at, apply(b, at, (d1 - d0).ceilDiv(by), {position[i], size}), element.count);
      axis.inside = !result.by;
      cuts.push_back({element.loop, axis.from, axis.to});
    }
    if (result.by)
      addAxis(i, result, b.getAffineDimExpr(result.loop));
  }
  Value copy = WindowCopy(b, at, pad, axes, position).emit();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[operand.getOperandNumber()] =
      AffineMap::get(map.getNumDims(), map.getNumSymbols(), results, b.getContext());
  op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  return copy;
}

void linalg_ext::cutLoops(OpBuilder &b, linalg::GenericOp op, ArrayRef<Cut> cuts) {
  if (cuts.empty())
    return;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!type || llvm::none_of(cuts, [&](const Cut &cut) { return map.isFunctionOfDim(cut.loop); }))
      continue;
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
        sizes = tensor::getMixedSizes(b, op.getLoc(), operand.get()),
        unit(type.getRank(), b.getIndexAttr(1));
    for (auto [i, expr] : llvm::enumerate(map.getResults()))
      for (const Cut &cut : cuts)
        if (expr.isFunctionOfDim(cut.loop)) {
          offsets[i] = cut.from;
          sizes[i] = apply(b, op.getLoc(), d1 - d0, {cut.from, cut.to});
        }
    operand.set(
        tensor::ExtractSliceOp::create(b, op.getLoc(), operand.get(), offsets, sizes, unit));
  }
}
