// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tiling of a kernel on tensors, with its producers fused into the tiles.
#pragma once
#include "lib/Transforms/Linalg/TilePlan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace accel::linalg_ext {

struct Stage;

/// The op that computes the function's only result into its last argument, null if there is none
/// that can be tiled.
mlir::Operation *findRoot(mlir::func::FuncOp function);

/// Cuts the root by the plan: an scf.forall over work items, scf.for over register tiles with
/// static sizes (remainders are copies of the body, never dynamic sizes), producers recomputed in
/// the tile that uses them, or by a stage of their own (null: there is none). Failure where an op
/// cannot be tiled.
llvm::LogicalResult tileKernel(mlir::func::FuncOp function, mlir::Operation *root,
                               const TilePlan &plan, const Stage *stage);

} // namespace accel::linalg_ext
