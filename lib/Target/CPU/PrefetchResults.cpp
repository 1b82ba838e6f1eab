// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-prefetch-results: while the sums of a tile are computed, the lines come that the
// tile reads and writes after them.
//
// A tile of few steps is soon done with its sums, and then meets all lines of its result, and of
// what is added to it, at once: a store needs its line in the first cache, too. Hardware
// prefetchers stop at each page, which is two or three tiles. Spread over the iterations of the
// innermost loop, the same lines cost next to nothing.
#include "lib/Target/CPU/Lower.h"
#include "lib/Target/CPU/Positions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace accel {
#define GEN_PASS_DEF_PREFETCHRESULTSPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::cpu;

/// Where there are more iterations to a line, sums take so long that lines are no matter.
static constexpr int64_t kIterationsPerLine = 4;

namespace {
/// Accesses of one memref after the sums, all at constant distances.
struct Accesses {
  BlockArgument memory;
  bool isWrite = false;
  Linear first;                                    ///< the least position
  SmallVector<std::pair<int64_t, int64_t>> ranges; ///< positions and elements, from the first on
};
} // namespace

/// Accesses of arguments in the block of `sums` after it.
static SmallVector<Accesses, 0> accessesAfter(scf::ForOp sums) {
  SmallVector<Accesses, 0> found;
  for (Operation *op = sums->getNextNode(); op; op = op->getNextNode()) {
    if (op->getNumRegions())
      break;
    auto access = dyn_cast<VectorTransferOpInterface>(op);
    BlockArgument memory = access ? argumentMemory(access.getBase()) : BlockArgument();
    if (!memory || access.getVectorType().getRank() != 1)
      continue;
    std::optional<Linear> at =
        linearPosition(access.getIndices(), cast<MemRefType>(memory.getType()));
    if (!at || !at->isKnownAt(sums))
      continue;
    bool isWrite = isa<vector::TransferWriteOp>(op);
    auto known = llvm::find_if(found, [&](const Accesses &a) {
      return a.memory == memory && a.isWrite == isWrite && a.first.isParallelTo(*at);
    });
    if (known == found.end())
      known = found.insert(found.end(), {memory, isWrite, *at, {}});
    known->first.constant = std::min(known->first.constant, at->constant);
    known->ranges.push_back({at->constant, access.getVectorType().getNumElements()});
  }
  return found;
}

/// Emits requests into the innermost loop of the nest that computes sums.
static void prefetchAfter(scf::ForOp sums, scf::ForOp inner) {
  SmallVector<Loop> loops;
  int64_t iterations = 1;
  for (const Loop &loop : loopsAround(&inner.getBody()->front())) {
    if (loop.trips < 0)
      return;
    loops.push_back(loop);
    iterations *= loop.trips;
    if (loop.op == sums)
      break;
  }
  SmallVector<std::pair<Accesses, Lines>, 0> wanted;
  int64_t requests = 0;
  for (Accesses &accesses : accessesAfter(sums))
    if (std::optional<Lines> lines =
            linesOf(accesses.ranges, cast<MemRefType>(accesses.memory.getType()))) {
      int64_t count = lines->runs * lines->inRun;
      if (count * kIterationsPerLine < iterations)
        continue;
      requests += llvm::divideCeil(count, iterations);
      wanted.push_back({accesses, *lines});
    }
  SmallVector<Operation *> reads = readsOf(inner);
  if (reads.empty())
    return;

  OpBuilder builder(inner);
  Location at = inner.getLoc();
  AffineExpr iteration = builder.getAffineConstantExpr(0), zero = iteration;
  SmallVector<OpFoldResult> ivs;
  int64_t inside = 1;
  for (const Loop &loop : loops) {
    AffineExpr d = builder.getAffineDimExpr(ivs.size());
    iteration = iteration + (d - loop.low).floorDiv(loop.step) * inside;
    ivs.push_back(loop.iv);
    inside *= loop.trips;
  }
  // Elements on in each iteration, as cheap a function of the loops as can be.
  auto onward = [&](int64_t elements) {
    elements = llvm::alignTo(elements, loops.front().step);
    AffineExpr sum = zero;
    int64_t inside = 1;
    for (auto [i, loop] : llvm::enumerate(loops)) {
      AffineExpr steps = builder.getAffineDimExpr(i) - loop.low;
      int64_t each = elements * inside;
      sum =
          sum + (each % loop.step ? steps.floorDiv(loop.step) * each : steps * (each / loop.step));
      inside *= loop.trips;
    }
    return sum;
  };
  int64_t request = 0;
  for (auto &[accesses, lines] : wanted) {
    auto type = cast<MemRefType>(accesses.memory.getType());
    int64_t line = kLineBytes / llvm::divideCeil(type.getElementTypeBitWidth(), 8),
            count = lines.runs * lines.inRun, each = llvm::divideCeil(count, iterations);
    AffineExpr base = builder.getAffineConstantExpr(accesses.first.constant);
    SmallVector<OpFoldResult> operands = ivs;
    for (auto &[value, factor] : accesses.first.factors) {
      base = base + builder.getAffineDimExpr(operands.size()) * factor;
      operands.push_back(value);
    }
    for (int64_t i = 0; i < each; ++i, ++request) {
      // Where there are several iterations to a line, these ask for the same one.
      AffineExpr ahead = zero;
      if (lines.runs == 1) {
        ahead = onward(llvm::divideCeil(line * count, iterations)) + i * line;
      } else {
        AffineExpr n = each > 1 ? iteration * each + i : iteration.floorDiv(iterations / count);
        ahead = lines.position(n, line);
      }
      builder.setInsertionPoint(reads[request * int64_t(reads.size()) / requests]);
      SmallVector<Value> indices = accesses.first.indices(
          builder, at, type.getRank(), apply(builder, at, base + ahead, operands));
      memref::PrefetchOp::create(builder, at, accesses.memory, indices, accesses.isWrite,
                                 /*localityHint=*/3, /*isDataCache=*/true);
    }
  }
}

namespace accel {
namespace {
struct PrefetchResultsPass : impl::PrefetchResultsPassBase<PrefetchResultsPass> {
  void runOnOperation() override { forEachSum(getOperation(), prefetchAfter); }
};
} // namespace
} // namespace accel
