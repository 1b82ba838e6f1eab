// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole compiler in order: a function for each step from one named stage to the next.
#pragma once
#include "lib/Target/CPU/Target.h"
#include "mlir/Pass/PassManager.h"

namespace accel {

/// import to nn: the same network with less work in it, in the layouts that the target wants.
void buildNNPipeline(mlir::OpPassManager &pm, const cpu::Target &target, unsigned optLevel);
/// nn to kernels: what runs as one launch.
void buildKernelsPipeline(mlir::OpPassManager &pm, const cpu::Target &target, unsigned optLevel);
/// The program on bytes of an arena instead of tensors; a part of the stage buffers.
void buildPlanPipeline(mlir::OpPassManager &pm);

/// accel-opt's --fuse (to the stage kernels) and --tile (to tiled).
void registerPipelines();

} // namespace accel
