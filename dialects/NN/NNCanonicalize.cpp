// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rewrites that always pay and change no result by more than one rounding.
#include "dialects/NN/NNOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace accel::nn;

/// The one value of a constant, as a double; floats only.
static std::optional<double> splatOf(Value value) {
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) || !elements.isSplat() ||
      !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  APFloat number = elements.getSplatValue<APFloat>();
  bool inexact;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return number.convertToDouble();
}

/// A constant of the shape and element type of `like` with every element `number`.
static Value splatLike(PatternRewriter &rewriter, Location location, Value like, double number) {
  auto type = cast<RankedTensorType>(like.getType());
  auto value = DenseElementsAttr::get(type, rewriter.getFloatAttr(type.getElementType(), number));
  return ConstantOp::create(rewriter, location, type, value);
}

// --- transpose ---

static LogicalResult mergeTransposes(TransposeOp op, PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> permutation;
  for (int64_t from : op.getPermutation())
    permutation.push_back(inner.getPermutation()[from]);
  rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), inner.getInput(), permutation);
  return success();
}

/// A transpose that keeps the order of all dims but those of size 1 moves nothing.
static LogicalResult transposeToReshape(TransposeOp op, PatternRewriter &rewriter) {
  ArrayRef<int64_t> sizes = cast<RankedTensorType>(op.getInput().getType()).getShape();
  if (sizes.empty())
    return failure();
  SmallVector<int64_t> moved;
  for (int64_t from : op.getPermutation())
    if (sizes[from] != 1)
      moved.push_back(from);
  if (!llvm::is_sorted(moved))
    return failure();
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  for (int64_t from : op.getPermutation()) {
    shape.push_back(sizes[from]);
    if (ShapedType::isDynamic(sizes[from]))
      dynamic.push_back(tensor::DimOp::create(rewriter, op.getLoc(), op.getInput(), from));
  }
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput(), dynamic, shape);
  return success();
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(mergeTransposes);
  patterns.add(transposeToReshape);
}

// --- reshape ---

static LogicalResult mergeReshapes(ReshapeOp op, PatternRewriter &rewriter) {
  auto inner = op.getInput().getDefiningOp<ReshapeOp>();
  if (!inner)
    return failure();
  rewriter.modifyOpInPlace(op, [&] { op.getInputMutable().assign(inner.getInput()); });
  return success();
}

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(mergeReshapes);
}

// --- arithmetic ---

/// x / c is x * (1 / c) to the bit where 1 / c is exact: c is a power of two, both far from
/// denormal.
static LogicalResult divideByPowerOfTwo(DivOp op, PatternRewriter &rewriter) {
  std::optional<double> divisor = splatOf(op.getRhs());
  int exponent = 0;
  if (!divisor || !std::isfinite(*divisor) || std::abs(std::frexp(*divisor, &exponent)) != 0.5 ||
      std::abs(exponent) > 10)
    return failure();
  Value factor = splatLike(rewriter, op.getLoc(), op.getRhs(), 1 / *divisor);
  rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), op.getLhs(), factor);
  return success();
}

void DivOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(divideByPowerOfTwo);
}

/// Small whole powers are products; at most one rounding more than a correctly rounded pow.
static LogicalResult expandPower(PowOp op, PatternRewriter &rewriter) {
  std::optional<double> exponent = splatOf(op.getRhs());
  Value x = op.getLhs();
  if (!exponent || x.getType() != op.getType() ||
      cast<ShapedType>(op.getRhs().getType()).getNumElements() != 1)
    return failure();
  if (*exponent == 1) {
    rewriter.replaceOp(op, x);
  } else if (*exponent == 2) {
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), x, x);
  } else if (*exponent == 3) {
    Value square = MulOp::create(rewriter, op.getLoc(), op.getType(), x, x);
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), square, x);
  } else if (*exponent == -1) {
    rewriter.replaceOpWithNewOp<ReciprocalOp>(op, op.getType(), x);
  } else {
    return rewriter.notifyMatchFailure(op, "exponent other than -1, 1, 2, 3");
  }
  return success();
}

void PowOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(expandPower);
}

// --- all elementwise ops ---

namespace {
/// An elementwise op broadcasts its operands itself.
struct DropBroadcast : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseOpInterface op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    // Another operand must have the result's static shape, so that the result stays as it is.
    auto fills = [&](Value operand) {
      return type.hasStaticShape() &&
             cast<ShapedType>(operand.getType()).getShape() == type.getShape();
    };
    for (OpOperand &operand : op->getOpOperands()) {
      auto broadcast = operand.get().getDefiningOp<BroadcastOp>();
      if (!broadcast || llvm::none_of(op->getOpOperands(), [&](OpOperand &other) {
            return &other != &operand && fills(other.get());
          }))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(broadcast.getInput()); });
      return success();
    }
    return failure();
  }
};
} // namespace

void NNDialect::getCanonicalizationPatterns(RewritePatternSet &patterns) const {
  patterns.add<DropBroadcast>(patterns.getContext());
}

// --- convolution ---

/// Zeros written around the spatial dims become the convolution's own padding.
static LogicalResult absorbPad(ConvOp op, PatternRewriter &rewriter) {
  auto pad = op.getInput().getDefiningOp<PadOp>();
  auto value = pad ? dyn_cast<FloatAttr>(pad.getValue()) : FloatAttr();
  if (!value || !value.getValue().isZero())
    return failure();
  if (!pad.getDynamicLow().empty() || !pad.getDynamicHigh().empty())
    return rewriter.notifyMatchFailure(op, "padding that only a run knows");
  ArrayRef<int64_t> low = pad.getLow(), high = pad.getHigh();
  if (low[0] || low[1] || high[0] || high[1])
    return failure();
  SmallVector<int64_t> pads(op.getPads());
  size_t spatial = pads.size() / 2;
  for (size_t i = 0; i < spatial; ++i) {
    pads[i] += low[2 + i];
    pads[spatial + i] += high[2 + i];
  }
  rewriter.modifyOpInPlace(op, [&] {
    op.getInputMutable().assign(pad.getInput());
    op.setPads(pads);
  });
  return success();
}

void ConvOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(absorbPad);
}
