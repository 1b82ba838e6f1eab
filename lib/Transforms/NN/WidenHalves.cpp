// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass nn-widen-halves: sums of products of half precision as f32 ops between conversions.
//
// These sums are f32 anyway. Said in nn, an operand is converted once instead of at each of its
// many reads, by the kernel that computes it where that can be; and what holds for f32, blocked
// layouts and packed weights, holds here.
#include "dialects/NN/NNOps.h"
#include "lib/Transforms/NN/Passes.h"

namespace accel {
#define GEN_PASS_DEF_NNWIDENHALVES
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

static bool isHalf(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  return element.isF16() || element.isBF16();
}

static Value cast(OpBuilder &builder, Location location, Value value, Type to) {
  return CastOp::create(builder, location, value, TypeAttr::get(to));
}

namespace {
struct NNWidenHalves : accel::impl::NNWidenHalvesBase<NNWidenHalves> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (!isa<ConvOp, ConvTransposeOp, MatmulOp, PoolOp>(op) || !isHalf(op->getResult(0)))
        return;
      OpBuilder builder(op);
      Value result = op->getResult(0);
      auto half = llvm::cast<RankedTensorType>(result.getType());
      Type wide = builder.getF32Type();
      for (OpOperand &operand : op->getOpOperands())
        if (isHalf(operand.get()))
          operand.set(cast(builder, op->getLoc(), operand.get(), wide));
      result.setType(half.clone(wide));
      builder.setInsertionPointAfter(op);
      Value narrow = cast(builder, op->getLoc(), result, half.getElementType());
      result.replaceAllUsesExcept(narrow, narrow.getDefiningOp());
    });
  }
};
} // namespace
