// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decides which two kernels become one of two stages: rows that the first one makes are read by the
// second one's windows while they are in the caches, and never go to memory
// (lib/Transforms/Linalg/TileStages.h tiles such kernels).
#pragma once
#include "lib/Conversion/NNToExec/Fusion.h"

namespace accel {

/// What the choice depends on; no bytes of a cache: kernels have one stage.
struct StageCosts {
  int64_t l2Bytes = 0;
  int64_t flopsPerCycle = 32;
};

/// Joins pairs of groups, of all that could be joined those first that save most; tells the others'
/// reasons as their boundary.
void joinStages(llvm::SmallVectorImpl<KernelGroup> &groups,
                const llvm::SmallPtrSetImpl<mlir::Operation *> &live, nn::ShapeAnalysis &shapes,
                const StageCosts &costs);

} // namespace accel
