// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass linalg-tile: fuses elementwise ops, then cuts the kernel's root.
#include "lib/Transforms/Linalg/Passes.h"
#include "lib/Transforms/Linalg/Tile.h"
#include "lib/Transforms/Linalg/TileStages.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace accel {
#define GEN_PASS_DEF_LINALGTILEPASS
#include "lib/Transforms/Linalg/Passes.h.inc"

namespace {
struct LinalgTilePass : impl::LinalgTilePassBase<LinalgTilePass> {
  using Base::Base;
  void runOnOperation() override {
    std::optional<cpu::Target> target = cpu::Target::parseFor(getOperation(), cpu);
    if (!target)
      return signalPassFailure();
    mlir::Operation *root = linalg_ext::findRoot(getOperation());
    if (!root)
      return;
    std::optional<linalg_ext::TilePlan> plan = linalg_ext::planTiles(root, *target);
    if (!plan)
      return;
    std::optional<linalg_ext::Stage> stage;
    if (linalg_ext::hasStages(root)) {
      stage = linalg_ext::planStage(root, *target, *plan);
      if (!stage)
        return signalPassFailure();
    }
    if (failed(linalg_ext::tileKernel(getOperation(), root, *plan, stage ? &*stage : nullptr)))
      signalPassFailure();
  }
};
} // namespace
} // namespace accel
