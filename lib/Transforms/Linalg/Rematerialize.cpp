// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Computes again what is cheaper to compute than to keep: linalg-rematerialize.
#include "lib/Transforms/Linalg/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace accel {
#define GEN_PASS_DEF_LINALGREMATERIALIZEPASS
#include "lib/Transforms/Linalg/Passes.h.inc"
} // namespace accel

using namespace mlir;

/// More operations than a store and a load of their result take longer.
static constexpr unsigned kMaxOps = 2;

/// True of an elementwise op that reads one tensor of its result's size, besides smaller ones that
/// are read again in any case or lie in registers, and computes next to nothing.
static bool isCheap(linalg::GenericOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops() || op.getNumDpsInits() != 1 ||
      op.hasIndexSemantics() || !op.getRegionOutputArgs()[0].use_empty())
    return false;
  unsigned large = 0;
  for (OpOperand *input : op.getDpsInputOperands())
    large += op.getMatchingIndexingMap(input).isPermutation();
  if (large > 1)
    return false;
  unsigned count = 0;
  for (Operation &inner : op.getBody()->without_terminator())
    if (!isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::ExtFOp>(inner) ||
        ++count > kMaxOps)
      return false;
  return true;
}

namespace accel {
namespace {
struct LinalgRematerializePass : impl::LinalgRematerializePassBase<LinalgRematerializePass> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
    // From the last on, so that what a copy reads is copied with it.
    for (linalg::GenericOp op : llvm::reverse(ops)) {
      llvm::SetVector<Operation *> users(op->user_begin(), op->user_end());
      if (users.size() < 2 || !isCheap(op) ||
          !llvm::all_of(users, [](Operation *user) { return isa<linalg::GenericOp>(user); }))
        continue;
      for (Operation *user : users.getArrayRef().drop_front()) {
        OpBuilder builder(op);
        Operation *copy = builder.clone(*op);
        user->replaceUsesOfWith(op->getResult(0), copy->getResult(0));
      }
    }
  }
};
} // namespace
} // namespace accel
