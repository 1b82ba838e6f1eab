// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole compiler in order: a function for each step from one named stage to the next.
#pragma once
#include "lib/Target/CPU/Target.h"
#include "mlir/Pass/PassManager.h"
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace accel {

struct PipelineOptions {
  unsigned optLevel = 3;
  /// So many of the steps are taken that -O0 leaves out, in order; to find one that is wrong.
  unsigned steps = std::numeric_limits<unsigned>::max();
  /// The nn pipeline ends where the next step would be.
  bool endsThere = false;
};

/// import to nn: the same network with less work in it, in the layouts that the target wants.
void buildNNPipeline(mlir::OpPassManager &pm, const cpu::Target &target,
                     const PipelineOptions &options);
/// nn to kernels: what runs as one launch.
void buildKernelsPipeline(mlir::OpPassManager &pm, const cpu::Target &target,
                          const PipelineOptions &options);
/// The steps of both that -O0 leaves out, in order, as accel-opt takes them.
std::vector<std::string> optionalSteps(const cpu::Target &target, unsigned optLevel);
/// Adds a step, on functions, behind those of the nn pipeline. For tests of what finds wrong ones.
void addOptionalStep(std::function<std::unique_ptr<mlir::Pass>()> make);
/// The program on bytes of an arena instead of tensors; a part of the stage buffers.
void buildPlanPipeline(mlir::OpPassManager &pm);

/// accel-opt's --fuse (to the stage kernels) and --tile (to tiled).
void registerPipelines();

} // namespace accel
