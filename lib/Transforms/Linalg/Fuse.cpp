// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Upstream's elementwise fusion, which keeps what is said of sums: linalg-fuse.
#include "dialects/Exec/ExecOps.h"
#include "lib/Transforms/Linalg/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace accel {
#define GEN_PASS_DEF_LINALGFUSEPASS
#include "lib/Transforms/Linalg/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

/// The attributes of the exec dialect, which other ops do not know and therefore drop.
static SmallVector<NamedAttribute> ownAttributes(Operation *op) {
  return llvm::to_vector(llvm::make_filter_range(op->getDiscardableAttrs(), [](NamedAttribute a) {
    return isa_and_nonnull<exec::ExecDialect>(a.getNameDialect());
  }));
}

static void keepAttributes(Operation *from, Operation *to) {
  for (NamedAttribute attribute : ownAttributes(from))
    if (!to->hasAttr(attribute.getName()))
      to->setAttr(attribute.getName(), attribute.getValue());
}

static bool isOnlyUse(OpOperand *operand) {
  Operation *producer = operand->get().getDefiningOp();
  return producer && producer->hasOneUse();
}

namespace {
/// Fuses a producer into an op with attributes of ours. Upstream's pattern erases the op without
/// saying what takes its place, so that no listener can tell.
struct FuseProducer : OpRewritePattern<linalg::GenericOp> {
  FuseProducer(MLIRContext *context) : OpRewritePattern(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op, PatternRewriter &rewriter) const override {
    if (ownAttributes(op).empty())
      return failure();
    for (OpOperand &operand : op->getOpOperands()) {
      if (!linalg::areElementwiseOpsFusable(&operand) || !isOnlyUse(&operand))
        continue;
      FailureOr<linalg::ElementwiseOpFusionResult> fused =
          linalg::fuseElementwiseOps(rewriter, &operand);
      if (failed(fused))
        return rewriter.notifyMatchFailure(op, "not fusable after all");
      keepAttributes(op, fused->fusedOp);
      // The producer has no other use, so that all of its results that are kept are the op's.
      rewriter.replaceOp(op, llvm::map_to_vector(op.getResults(), [&](Value result) {
                           return fused->replacements.lookup(result);
                         }));
      return success();
    }
    return failure();
  }
};

/// What takes the place of an op in any other pattern keeps its attributes.
struct KeepAttributes : RewriterBase::Listener {
  void notifyOperationReplaced(Operation *op, ValueRange replacement) override {
    for (Value value : replacement) {
      while (auto reshape = value.getDefiningOp<tensor::CollapseShapeOp>())
        value = reshape.getSrc();
      if (auto generic = value.getDefiningOp<linalg::GenericOp>();
          generic && isa<linalg::GenericOp>(op))
        keepAttributes(op, generic);
    }
  }
};
} // namespace

namespace accel {
namespace {
struct LinalgFusePass : impl::LinalgFusePassBase<LinalgFusePass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<FuseProducer>(context);
    linalg::populateElementwiseOpsFusionPatterns(patterns, isOnlyUse);
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, isOnlyUse);
    tensor::populateBubbleUpExpandShapePatterns(patterns);
    affine::AffineApplyOp::getCanonicalizationPatterns(patterns, context);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
    context->getLoadedDialect<linalg::LinalgDialect>()->getCanonicalizationPatterns(patterns);
    linalg::populateConstantFoldLinalgOperations(patterns, isOnlyUse);
    KeepAttributes listener;
    // From the top down, as upstream does, for the time that it takes.
    (void)applyPatternsGreedily(
        getOperation(), std::move(patterns),
        GreedyRewriteConfig().setUseTopDownTraversal().setListener(&listener));
  }
};
} // namespace
} // namespace accel
