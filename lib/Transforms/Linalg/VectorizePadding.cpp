// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands with padding around them: no padded copy is made. Loops over a window are cut to what is
// inside, or unrolled, so that a position at an edge leaves out what it would add zero for.
#include "lib/Transforms/Linalg/Vectorizer.h"
#include "lib/Transforms/Linalg/WindowCopy.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace accel::linalg_ext;

/// A loop over a window of at most so many positions is unrolled where positions at an edge differ.
static constexpr int64_t kMaxUnrolledWindow = 16;

namespace {
/// The values that an index may take, both ends included.
struct Interval {
  int64_t low, high;
};
} // namespace

static std::optional<Interval> intervalOf(OpFoldResult index);

static std::optional<Interval> intervalOf(AffineExpr expr, AffineMap map, ValueRange operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Interval{constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return intervalOf(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return intervalOf(operands[map.getNumDims() + symbol.getPosition()]);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<Interval> a = intervalOf(binary.getLHS(), map, operands),
                          b = intervalOf(binary.getRHS(), map, operands);
  if (!a || !b)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return Interval{a->low + b->low, a->high + b->high};
  if (b->low != b->high)
    return std::nullopt;
  int64_t factor = b->low;
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return factor >= 0 ? Interval{a->low * factor, a->high * factor}
                       : Interval{a->high * factor, a->low * factor};
  case AffineExprKind::FloorDiv:
    return Interval{llvm::divideFloorSigned(a->low, factor),
                    llvm::divideFloorSigned(a->high, factor)};
  case AffineExprKind::CeilDiv:
    return Interval{llvm::divideCeilSigned(a->low, factor),
                    llvm::divideCeilSigned(a->high, factor)};
  case AffineExprKind::Mod:
    return Interval{0, factor - 1};
  default:
    return std::nullopt;
  }
}

static std::optional<Interval> intervalOf(OpFoldResult index) {
  if (std::optional<int64_t> known = getConstantIntValue(index))
    return Interval{*known, *known};
  auto value = cast<Value>(index);
  if (auto apply = value.getDefiningOp<affine::AffineApplyOp>())
    return intervalOf(apply.getAffineMap().getResult(0), apply.getAffineMap(),
                      apply.getMapOperands());
  auto argument = dyn_cast<BlockArgument>(value);
  auto loop = argument ? dyn_cast_or_null<LoopLikeOpInterface>(argument.getOwner()->getParentOp())
                       : LoopLikeOpInterface();
  std::optional<SmallVector<Value>> ivs = loop ? loop.getLoopInductionVars() : std::nullopt;
  auto lows = loop ? loop.getLoopLowerBounds() : std::nullopt,
       highs = loop ? loop.getLoopUpperBounds() : std::nullopt,
       steps = loop ? loop.getLoopSteps() : std::nullopt;
  if (!ivs || !lows || !highs || !steps)
    return std::nullopt;
  for (auto [iv, low, high, step] : llvm::zip_equal(*ivs, *lows, *highs, *steps)) {
    if (iv != value)
      continue;
    std::optional<int64_t> first = getConstantIntValue(low), end = getConstantIntValue(high),
                           by = getConstantIntValue(step);
    if (!first || !end || !by || *end <= *first)
      return std::nullopt;
    return Interval{*first, *first + (*end - 1 - *first) / *by * *by};
  }
  return std::nullopt;
}

/// True if two indices are the same expression of the same values.
static bool isSameIndex(Index a, Index b) {
  if (a == b)
    return true;
  auto applyOf = [](Index index) {
    auto value = dyn_cast<Value>(index);
    return value ? value.getDefiningOp<affine::AffineApplyOp>() : affine::AffineApplyOp();
  };
  affine::AffineApplyOp x = applyOf(a), y = applyOf(b);
  return x && y && x.getAffineMap() == y.getAffineMap() && x.getMapOperands() == y.getMapOperands();
}

std::optional<Vectorizer::Padded> Vectorizer::paddedOperand(Value from) {
  SmallVector<OpFoldResult> offsets;
  while (true) {
    if (auto cast = from.getDefiningOp<tensor::CastOp>()) {
      from = cast.getSource();
    } else if (auto slice = from.getDefiningOp<tensor::ExtractSliceOp>();
               slice && offsets.empty() && slice.hasUnitStride() &&
               slice.getSourceType().getRank() == slice.getType().getRank()) {
      offsets = slice.getMixedOffsets();
      from = slice.getSource();
    } else {
      break;
    }
  }
  auto pad = from.getDefiningOp<tensor::PadOp>();
  if (!pad || !pad.getConstantPaddingValue())
    return std::nullopt;
  Padded padded{pad.getSource(), pad.getConstantPaddingValue(), {}, {}, {}};
  auto type = pad.getSourceType();
  for (int64_t i = 0; i < type.getRank(); ++i) {
    std::optional<int64_t> low = getConstantIntValue(pad.getMixedLowPad()[i]),
                           high = getConstantIntValue(pad.getMixedHighPad()[i]);
    bool checked = low != 0 || high != 0;
    if (checked && !low)
      return std::nullopt;
    AffineExpr d = builder.getAffineDimExpr(0);
    Index offset = offsets.empty() ? Index(builder.getIndexAttr(0)) : offsets[i];
    padded.shift.push_back(affine::makeComposedFoldedAffineApply(
        builder, location, AffineMap::get(1, 0, d - low.value_or(0)), {offset}));
    padded.checked.push_back(checked);
    padded.sizes.push_back(checked ? tensor::getMixedSize(builder, location, pad.getSource(), i)
                                   : Index());
  }
  return padded;
}

Vectorizer::Inside Vectorizer::isInside(const Padded &padded, unsigned dim, Index position) {
  std::optional<Interval> range = intervalOf(position);
  if (!range)
    return Inside::Unknown;
  std::optional<int64_t> size = getConstantIntValue(padded.sizes[dim]);
  if (range->low >= 0 && size && range->high < *size)
    return Inside::Always;
  return range->high < 0 || (size && range->low >= *size) ? Inside::Never : Inside::Unknown;
}

/// Where an operand's element at a point lies in the source.
SmallVector<Index> Vectorizer::sourcePosition(linalg::GenericOp op, OpOperand *operand,
                                              const Padded &padded, const Point &point) {
  SmallVector<Index> position;
  unsigned loops = point.index.size();
  AffineExpr shift = builder.getAffineDimExpr(loops);
  for (auto [i, expr] : llvm::enumerate(op.getMatchingIndexingMap(operand).getResults())) {
    SmallVector<Index> operands(point.index);
    operands.push_back(padded.shift[i]);
    position.push_back(affine::makeComposedFoldedAffineApply(
        builder, location, AffineMap::get(loops + 1, 0, expr + shift), operands));
  }
  return position;
}

Value Vectorizer::readPadded(linalg::GenericOp op, OpOperand *operand, const Padded &padded,
                             const Point &point, int vectorDim) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  Access kind = point.width && vectorDim >= 0 ? access(map, vectorDim) : Access::Uniform;
  SmallVector<Index> position = sourcePosition(op, operand, padded, point);
  Value inside;
  for (unsigned i = 0; i < position.size(); ++i) {
    if (!padded.checked[i])
      continue;
    bool alongVector = kind == Access::Contiguous && i + 1 == position.size();
    Inside where = alongVector ? Inside::Unknown : isInside(padded, i, position[i]);
    if (where == Inside::Never)
      return padded.outside;
    if (where == Inside::Always || clipped.contains({operand, i}))
      continue;
    // One unsigned comparison covers both ends.
    Value index = asValue(position[i]);
    Value size = asValue(padded.sizes[i]);
    if (alongVector) {
      auto type = VectorType::get({point.width}, builder.getIndexType());
      index = arith::AddIOp::create(builder, location, widen(index, point.width),
                                    vector::StepOp::create(builder, location, type));
      size = widen(size, point.width);
    }
    Value good = arith::CmpIOp::create(builder, location, arith::CmpIPredicate::ult, index, size);
    if (!alongVector)
      position[i] = arith::SelectOp::create(builder, location, good, index,
                                            arith::ConstantIndexOp::create(builder, location, 0))
                        .getResult();
    if (inside && isa<VectorType>(good.getType()))
      inside = vector::BroadcastOp::create(builder, location, good.getType(), inside);
    inside = inside ? arith::AndIOp::create(builder, location, inside, good).getResult() : good;
  }
  Point at = point;
  if (inside && kind == Access::Contiguous) {
    Type mask = VectorType::get({point.width}, builder.getI1Type());
    if (inside.getType() != mask)
      inside = vector::BroadcastOp::create(builder, location, mask, inside);
    at.mask =
        at.mask ? arith::AndIOp::create(builder, location, at.mask, inside).getResult() : inside;
  }
  Value value = load(padded.source, position, kind, at);
  if (!inside)
    return value;
  return arith::SelectOp::create(builder, location, inside, value,
                                 kind == Access::Contiguous ? widen(padded.outside, point.width)
                                                            : padded.outside);
}

/// True if a step of a reduction reads padding that leaves the sum as it is.
bool Vectorizer::addsNothing(linalg::GenericOp op, const Point &point) {
  for (OpOperand *input : op.getDpsInputOperands()) {
    std::optional<Padded> padded = paddedOperand(input->get());
    if (!padded || !isNeutral(op, input, padded->outside))
      continue;
    SmallVector<Index> position = sourcePosition(op, input, *padded, point);
    for (unsigned i = 0; i < position.size(); ++i)
      if (padded->checked[i] && isInside(*padded, i, position[i]) == Inside::Never)
        return true;
  }
  return false;
}

/// True of the innermost loop of a small window whose operands are vectors: points side by side
/// read the same vectors in different steps, which are loaded once where the steps are unrolled.
bool Vectorizer::sharesReads(linalg::GenericOp op, const Plan &plan, unsigned dim) {
  if (plan.vectorDim < 0 || plan.horizontal || dim != plan.reduction.back() ||
      *getConstantIntValue(plan.extents[dim]) > kMaxUnrolledWindow)
    return false;
  bool slides = false;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (op.getMatchingBlockArgument(input).use_empty())
      continue;
    if (access(map, plan.vectorDim) != Access::Contiguous)
      return false;
    slides |= !map.isProjectedPermutation() && map.isFunctionOfDim(dim);
  }
  return slides;
}

/// How a loop over a reduction dim treats padding.
Vectorizer::WindowLoop Vectorizer::windowLoop(linalg::GenericOp op, const Plan &plan, unsigned dim,
                                              ArrayRef<Point> points) {
  std::optional<int64_t> extent = getConstantIntValue(plan.extents[dim]);
  if (!extent)
    return WindowLoop::Whole;
  for (OpOperand *input : op.getDpsInputOperands()) {
    std::optional<Padded> padded = paddedOperand(input->get());
    if (!padded || !isNeutral(op, input, padded->outside))
      continue;
    AffineMap map = op.getMatchingIndexingMap(input);
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      if (!padded->checked[i] || !map.getResult(i).isFunctionOfDim(dim))
        continue;
      // At both ends of the loop: a position is monotonic in it.
      SmallVector<Index> starts;
      bool always = true;
      for (int64_t step : {int64_t(0), *extent - 1})
        for (Point point : points) {
          point.index[dim] = builder.getIndexAttr(step);
          Index position = sourcePosition(op, input, *padded, point)[i];
          always &= isInside(*padded, i, position) == Inside::Always;
          if (!step)
            starts.push_back(position);
        }
      if (always)
        continue;
      if (llvm::all_of(starts, [&](Index start) { return isSameIndex(start, starts.front()); }))
        return WindowLoop::Clipped;
      if (*extent <= kMaxUnrolledWindow &&
          llvm::all_of(starts, [](Index start) { return getConstantIntValue(start); }))
        return WindowLoop::Unrolled;
    }
  }
  return points.size() > 1 && sharesReads(op, plan, dim) ? WindowLoop::Unrolled : WindowLoop::Whole;
}

/// The steps of a loop in which the elements that all points read lie inside.
std::pair<Index, Index> Vectorizer::clippedRange(linalg::GenericOp op, const Plan &plan,
                                                 unsigned dim, const Point &point) {
  int64_t extent = *getConstantIntValue(plan.extents[dim]);
  Index low = builder.getIndexAttr(0), high = builder.getIndexAttr(extent);
  MLIRContext *context = builder.getContext();
  AffineExpr start = builder.getAffineDimExpr(0), other = builder.getAffineDimExpr(1),
             size = builder.getAffineDimExpr(2);
  for (OpOperand *input : op.getDpsInputOperands()) {
    std::optional<Padded> padded = paddedOperand(input->get());
    if (!padded || !isNeutral(op, input, padded->outside))
      continue;
    AffineMap map = op.getMatchingIndexingMap(input);
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      AffineExpr expr = map.getResult(i), d = builder.getAffineDimExpr(dim);
      if (!padded->checked[i] || !expr.isFunctionOfDim(dim))
        continue;
      AffineExpr step = simplifyAffineExpr(expr.replace(d, d + 1) - expr, map.getNumDims(), 0);
      auto by = dyn_cast<AffineConstantExpr>(step);
      if (!by || by.getValue() <= 0)
        continue;
      Point first = point;
      first.index[dim] = builder.getIndexAttr(0);
      Index from = sourcePosition(op, input, *padded, first)[i];
      // 0 <= from + k * by < size
      AffineMap lower = AffineMap::get(2, 0, {(-start).ceilDiv(by.getValue()), other}, context),
                upper =
                    AffineMap::get(3, 0, {(size - start).ceilDiv(by.getValue()), other}, context);
      low = affine::makeComposedFoldedAffineMax(builder, location, lower, {from, low});
      high = affine::makeComposedFoldedAffineMin(builder, location, upper,
                                                 {from, high, padded->sizes[i]});
      clipped.insert({input, i});
    }
  }
  return {low, high};
}
