// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-hoist: loop-invariant code motion on tensors that are to become memory.
#include "lib/Target/CPU/Lower.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

namespace accel {
#define GEN_PASS_DEF_HOISTPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

namespace accel {
namespace {
struct HoistPass : impl::HoistPassBase<HoistPass> {
  using Base::Base;
  void runOnOperation() override {
    getOperation().walk([](LoopLikeOpInterface loop) {
      moveLoopInvariantCode(
          loop.getLoopRegions(),
          [&](Value value, Region *) { return loop.isDefinedOutsideOfLoop(value); },
          [](Operation *op, Region *) {
            bool writes = isa<vector::TransferWriteOp, tensor::InsertOp, tensor::InsertSliceOp>(op);
            return !writes && isMemoryEffectFree(op) && isSpeculatable(op);
          },
          [&](Operation *op, Region *) { loop.moveOutOfLoop(op); });
    });
  }
};
} // namespace
} // namespace accel
