// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass around lowerToLinalg.
#include "lib/Conversion/NNToLinalg/NNToLinalg.h"
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace accel {
#define GEN_PASS_DEF_CONVERTNNTOLINALGPASS
#include "lib/Conversion/NNToLinalg/Passes.h.inc"

namespace {
struct ConvertNNToLinalgPass : impl::ConvertNNToLinalgPassBase<ConvertNNToLinalgPass> {
  void runOnOperation() override {
    llvm::SmallVector<mlir::func::FuncOp> functions;
    getOperation()->walk([&](mlir::func::FuncOp function) { functions.push_back(function); });
    for (mlir::func::FuncOp function : functions)
      if (!function.isExternal() && failed(nn::lowerToLinalg(function)))
        return signalPassFailure();
  }
};
} // namespace
} // namespace accel
