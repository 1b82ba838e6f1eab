// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Folds multiplications and additions of constants into the weights before them.
#include "lib/Transforms/NN/Constants.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace accel {
#define GEN_PASS_DEF_NNFOLDAFFINE
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

namespace {

/// `result` = `input` (op) `constant`, where op is an addition, subtraction, multiplication or
/// division.
struct Affine {
  Operation *op;
  Value input, constant;
  bool isScale() const { return isa<MulOp, DivOp>(op); }
};

/// Reads an op as one with a constant operand that leaves the shape of the other as it is.
std::optional<Affine> matchAffine(Operation *op) {
  if (!isa_and_nonnull<AddOp, SubOp, MulOp, DivOp>(op) ||
      !isa<Float32Type, Float64Type>(nn::detail::elementTypeOf(op->getResult(0))))
    return std::nullopt;
  Value lhs = op->getOperand(0), rhs = op->getOperand(1), result = op->getResult(0);
  if (lhs.getType() == result.getType() && isConstantExpression(rhs))
    return Affine{op, lhs, rhs};
  if (isa<AddOp, MulOp>(op) && rhs.getType() == result.getType() && isConstantExpression(lhs))
    return Affine{op, rhs, lhs};
  return std::nullopt;
}

/// True of a constant that has one value for each index of dim `channel` of `like`, or one
/// altogether.
bool isAlongChannel(Value constant, Value like, int64_t channel) {
  auto type = cast<RankedTensorType>(constant.getType()),
       to = cast<RankedTensorType>(like.getType());
  if (!type.hasStaticShape() || type.getRank() > to.getRank())
    return false;
  int64_t lead = to.getRank() - type.getRank();
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (size != 1 && (int64_t(i) + lead != channel || size != to.getDimSize(channel)))
      return false;
  return true;
}

/// Such a constant as a tensor of `shape`, in which -1 stands for the number of its values.
Value reshapeTo(PatternRewriter &rewriter, Value constant, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(constant.getType());
  SmallVector<int64_t> sizes(shape);
  llvm::replace(sizes, int64_t(-1), type.getNumElements());
  auto reshaped = RankedTensorType::get(sizes, type.getElementType());
  return reshaped == type ? constant
                          : ReshapeOp::create(rewriter, constant.getLoc(), reshaped, constant,
                                              ValueRange(), sizes);
}

/// The same op on other operands, with the result type of its first operand.
Value apply(PatternRewriter &rewriter, Operation *op, Value a, Value b) {
  OperationState state(op->getLoc(), op->getName(), {a, b}, a.getType());
  return rewriter.create(state)->getResult(0);
}

/// (conv(x, w) + b) op c: a scale goes into w and b, a shift into b. Output channels are dim
/// `feature` of the weight.
template <typename ConvT, int64_t feature> struct IntoConv : RewritePattern {
  IntoConv(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    std::optional<Affine> affine = matchAffine(op);
    auto conv = affine ? affine->input.getDefiningOp<ConvT>() : nullptr;
    if (!conv || !conv->hasOneUse() || !isConstantExpression(conv.getWeight()) ||
        (conv.getBias() && !isConstantExpression(conv.getBias())))
      return failure();
    if (feature != 0 && conv.getGroup() != 1)
      return rewriter.notifyMatchFailure(op, "output channels are not one dim of the weight");
    Value weight = conv.getWeight(), bias = conv.getBias();
    auto weightType = cast<RankedTensorType>(weight.getType());
    if (!isAlongChannel(affine->constant, conv, 1) || !weightType.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "constant that differs by more than output channel");
    Value channels = reshapeTo(rewriter, affine->constant, {-1});
    int64_t features = weightType.getDimSize(feature);
    if (affine->isScale()) {
      SmallVector<int64_t> column(weightType.getRank(), 1);
      column[feature] = -1;
      weight = apply(rewriter, op, weight, reshapeTo(rewriter, affine->constant, column));
      if (bias)
        bias = apply(rewriter, op, bias, channels);
    } else if (bias) {
      bias = apply(rewriter, op, bias, channels);
    } else {
      bias = isa<SubOp>(op)
                 ? NegOp::create(rewriter, op->getLoc(), channels.getType(), channels).getResult()
                 : channels;
      if (cast<RankedTensorType>(bias.getType()).getDimSize(0) != features)
        bias = BroadcastOp::create(rewriter, op->getLoc(),
                                   RankedTensorType::get(features, weightType.getElementType()),
                                   bias, ValueRange(), ArrayRef<int64_t>{features});
    }
    SmallVector<Value> operands{conv.getInput(), weight};
    if (bias)
      operands.push_back(bias);
    OperationState state(op->getLoc(), conv->getName(), operands, op->getResultTypes());
    state.propertiesAttr = conv->getPropertiesAsAttribute();
    rewriter.replaceOp(op, rewriter.create(state));
    return success();
  }
};

/// matmul(x, w) * s: into the columns of w.
struct IntoMatmul : RewritePattern {
  IntoMatmul(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    std::optional<Affine> affine = matchAffine(op);
    auto matmul = affine && affine->isScale() ? affine->input.getDefiningOp<MatmulOp>() : nullptr;
    if (!matmul || !matmul->hasOneUse() || !isConstantExpression(matmul.getRhs()))
      return failure();
    int64_t rank = cast<RankedTensorType>(matmul.getType()).getRank();
    if (!isAlongChannel(affine->constant, matmul, rank - 1))
      return rewriter.notifyMatchFailure(op, "constant that differs by more than column");
    Value columns = reshapeTo(rewriter, affine->constant, {-1});
    Value weight = apply(rewriter, op, matmul.getRhs(), columns);
    rewriter.replaceOpWithNewOp<MatmulOp>(op, op->getResult(0).getType(), matmul.getLhs(), weight);
    return success();
  }
};

/// Behind a matrix product, (y + b) * s becomes y * s + b * s, and (y + b) + c becomes y + (b + c).
struct MergeShifts : RewritePattern {
  MergeShifts(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    std::optional<Affine> outer = matchAffine(op);
    std::optional<Affine> inner = outer ? matchAffine(outer->input.getDefiningOp()) : std::nullopt;
    if (!inner || inner->isScale() || !inner->op->hasOneUse())
      return failure();
    auto matmul = inner->input.getDefiningOp<MatmulOp>();
    if (!matmul || !matmul->hasOneUse() || !isConstantExpression(matmul.getRhs()))
      return failure();
    int64_t last = cast<RankedTensorType>(matmul.getType()).getRank() - 1;
    if (!isAlongChannel(inner->constant, matmul, last) ||
        !isAlongChannel(outer->constant, matmul, last))
      return rewriter.notifyMatchFailure(op, "constants that differ by more than column");
    // Of [1] and [n] the larger comes first: it has the type of the result.
    auto count = [](Value v) { return cast<RankedTensorType>(v.getType()).getNumElements(); };
    bool swap = count(outer->constant) > count(inner->constant);
    if (outer->isScale() && swap && isa<DivOp>(op))
      return rewriter.notifyMatchFailure(op, "division of one value by many");
    // y + b + c, y - b - c: one sign for both.
    if (!outer->isScale() && op->getName() != inner->op->getName())
      return rewriter.notifyMatchFailure(op, "an addition and a subtraction");
    // Nothing may fail once there are new ops: the driver would come back for them forever.
    Value b = reshapeTo(rewriter, inner->constant, {-1}),
          c = reshapeTo(rewriter, outer->constant, {-1});
    if (outer->isScale()) {
      Value scaled = apply(rewriter, op, inner->input, outer->constant);
      rewriter.replaceOp(op, apply(rewriter, inner->op, scaled,
                                   swap ? apply(rewriter, op, c, b) : apply(rewriter, op, b, c)));
      return success();
    }
    OperationState sum(op->getLoc(), AddOp::getOperationName(),
                       swap ? ValueRange{c, b} : ValueRange{b, c}, (swap ? c : b).getType());
    rewriter.replaceOp(op, apply(rewriter, op, inner->input, rewriter.create(sum)->getResult(0)));
    return success();
  }
};

class NNFoldAffine : public accel::impl::NNFoldAffineBase<NNFoldAffine> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<IntoConv<ConvOp, 0>, IntoConv<ConvTransposeOp, 1>, IntoMatmul>(&getContext());
    patterns.add<MergeShifts>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
