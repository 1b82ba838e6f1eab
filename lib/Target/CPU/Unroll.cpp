// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-unroll: several steps of a reduction in one iteration of its innermost loop.
//
// Counting and jumping take issue slots, and on some CPUs the ports, that multiply-adds need, and a
// loop of few iterations ends with a branch that was not foreseen. Accumulators stay what they
// are, so sums are added in the same order and have the same bits.
#include "lib/Target/CPU/Lower.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace accel {
#define GEN_PASS_DEF_UNROLLPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

/// Steps in one iteration. More than four gained nothing on any core that was tried.
static constexpr int64_t kSteps = 4;

/// The most steps of a loop that vanishes: the columns of all usual windows.
static constexpr int64_t kAllSteps = 7;

/// The most operations of an iteration: far below what caches of decoded instructions hold. All
/// columns of a window stay below for the largest tiles.
static constexpr int64_t kMaxOperations = 640;

/// Steps for an innermost loop that carries vectors, 1 to leave it.
static int64_t stepsFor(scf::ForOp loop) {
  std::optional<APInt> trips = loop.getStaticTripCount();
  auto vectors = [](Type type) { return isa<VectorType>(type); };
  if (!trips || trips->getActiveBits() > 32 || loop.getNumRegionIterArgs() == 0 ||
      !llvm::all_of(loop.getResultTypes(), vectors))
    return 1;
  int64_t count = trips->getSExtValue(),
          fit = kMaxOperations / int64_t(loop.getBody()->getOperations().size()),
          most = std::min(kSteps, fit);
  if (count <= std::min(kAllSteps, fit))
    return count;
  // Rather fewer steps, if there are several, than some that remain.
  for (int64_t steps = most; steps > 1; --steps)
    if (count % steps == 0)
      return steps;
  return most;
}

namespace accel {
namespace {
struct UnrollPass : impl::UnrollPassBase<UnrollPass> {
  void runOnOperation() override {
    // Inner loops first: a loop that vanishes makes the one around it an innermost one.
    SmallVector<scf::ForOp> loops;
    getOperation().walk<WalkOrder::PostOrder>([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops) {
      auto nested = [](Operation &op) { return op.getNumRegions() != 0; };
      if (llvm::any_of(*loop.getBody(), nested))
        continue;
      int64_t steps = stepsFor(loop);
      if (steps < 2)
        continue;
      // LLVM brings neighbouring loads together, those of the next step as well, for which there
      // are no registers where accumulators take them all: loads stay in their step.
      auto builder = OpBuilder::atBlockBegin(loop.getBody());
      LLVM::FenceOp::create(builder, loop.getLoc(), LLVM::AtomicOrdering::acquire, "singlethread");
      FailureOr<UnrolledLoopInfo> unrolled = loopUnrollByFactor(loop, steps);
      if (succeeded(unrolled) && unrolled->epilogueLoopOp)
        (void)loopUnrollFull(*unrolled->epilogueLoopOp);
    }
  }
};
} // namespace
} // namespace accel
