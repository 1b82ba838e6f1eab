// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decides which ops of a block share a kernel.
#pragma once
#include "dialects/NN/NNOps.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace accel {

/// The ops of one kernel, in block order; only the last one's result is used outside.
struct KernelGroup {
  llvm::SmallVector<mlir::Operation *, 4> ops;
  mlir::Operation *root = nullptr;   ///< null: all ops are elementwise
  mlir::Operation *second = nullptr; ///< root of the second stage, if there are two
  int64_t rows = 0;     ///< of the result that a work item of a kernel of two stages computes
  std::string boundary; ///< why it has no further consumers, for a user to read
  mlir::Value result() const { return ops.back()->getResult(0); }
};

/// True of ops that a kernel computes: neither constants, names of dims nor views.
bool isKernelOp(mlir::Operation *op);

/// The ops whose elements reach the block's results; one that only gives sizes (tensor.dim) does
/// not run, because all sizes are known from the inputs'.
llvm::SmallPtrSet<mlir::Operation *, 32> liveOps(mlir::Block &block);

/// Cuts the live ops of a block into kernels; the groups come in the order of their last ops.
llvm::SmallVector<KernelGroup>
formKernelGroups(mlir::Block &block, const llvm::SmallPtrSetImpl<mlir::Operation *> &live,
                 nn::ShapeAnalysis &shapes);

} // namespace accel
