// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-prefetch-rows: while the sums of a tile are computed, the rows of the next one come
// to the second cache.
//
// Rows of a left operand, or positions of a picture, that are passed over once come from wherever
// their producer left them, and a tile reads them in short runs: of each block of channels, those
// of a few positions. Hardware prefetchers see no stream in that.
#include "lib/Target/CPU/Lower.h"
#include "lib/Target/CPU/Positions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace accel {
#define GEN_PASS_DEF_PREFETCHROWSPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::cpu;

/// Where tiles that share rows have more iterations to a line, the wait for it is no matter.
static constexpr int64_t kIterationsPerLine = 4;

/// Batch and block of channels. What lies behind further dims of unknown strides are rows of a
/// picture, and how far the next one is away, no loop says.
static constexpr size_t kOuter = 2;

/// Emits requests for what the innermost loop reads of one argument, element by element.
static void prefetchRows(BlockArgument memory, ArrayRef<memref::LoadOp> loads, scf::ForOp sums,
                         scf::ForOp inner) {
  auto type = cast<MemRefType>(memory.getType());
  SmallVector<Loop> loops = loopsAround(memref::LoadOp(loads.front()));
  std::optional<Linear> first;
  const Loop &steps = loops.front();
  if (steps.trips < 0)
    return;
  SmallVector<std::pair<int64_t, int64_t>> ranges;
  for (memref::LoadOp load : loads) {
    // Further steps of the same iteration are between this one and the next.
    std::optional<Linear> at = linearPosition(load.getIndices(), type);
    if (!at)
      continue;
    int64_t stride = at->factorOf(steps.iv) * steps.step;
    if (stride <= 0 || (first && !at->isParallelTo(*first)) || at->outer.size() > kOuter ||
        !at->isKnownAt(&inner.getBody()->front()))
      return;
    ranges.push_back({at->constant, stride * steps.trips});
    if (!first || at->constant < first->constant)
      first = at;
  }
  std::optional<Lines> lines = first ? linesOf(ranges, type) : std::nullopt;
  if (!lines)
    return;

  // Outside of the sums: tiles that share these rows, the loop over rows, and then loops that all
  // lead to other rows. Where only the run knows how many tiles an item has, their loop is inside
  // of those that share them, and each tile asks for what it reads in the next item.
  size_t i = 0;
  while (loops[i].op != sums)
    ++i;
  int64_t shares = 1;
  size_t firstTile = ++i, rows = i;
  bool mayBeItem = true; // all loops between those that share rows are those of an item
  for (; i < loops.size(); ++i) {
    if (first->movesWith(loops[i].iv)) {
      mayBeItem &= loops[i].trips < 0 && isa<scf::ForOp>(loops[i].op);
      continue;
    }
    if (loops[i].trips < 0 || !mayBeItem)
      return;
    shares *= loops[i].trips;
    rows = i + 1;
  }
  // Outer dims of the memref have no next rows.
  if (rows == loops.size() || first->factorOf(loops[rows].iv) == 0 ||
      shares * steps.trips > lines->count() * kIterationsPerLine)
    return;

  OpBuilder builder(inner);
  Location at = inner.getLoc();
  SmallVector<OpFoldResult> operands;
  auto dim = [&](Value value) {
    operands.push_back(value);
    return builder.getAffineDimExpr(operands.size() - 1);
  };
  AffineExpr tile = builder.getAffineConstantExpr(0),
             base = builder.getAffineConstantExpr(
                 first->constant + first->factorOf(loops[rows].iv) * loops[rows].step);
  for (size_t i = rows; i-- > firstTile;)
    if (!first->movesWith(loops[i].iv))
      tile = tile * loops[i].trips + (dim(loops[i].iv) - loops[i].low).floorDiv(loops[i].step);
  AffineExpr iteration = tile * steps.trips + (dim(steps.iv) - steps.low).floorDiv(steps.step);
  for (auto &[value, factor] : first->factors)
    if (value != steps.iv)
      base = base + dim(value) * factor;
  int64_t line = kLineBytes / llvm::divideCeil(type.getElementTypeBitWidth(), 8),
          each = llvm::divideCeil(lines->count(), shares * steps.trips);
  SmallVector<Operation *> reads = readsOf(inner);
  for (int64_t i = 0; i < each; ++i) {
    builder.setInsertionPoint(reads[i * int64_t(reads.size()) / each]);
    // Where there are several iterations to a line, these ask for the same one.
    AffineExpr n =
        each > 1 ? iteration * each + i : iteration.floorDiv(shares * steps.trips / lines->count());
    SmallVector<Value> indices = first->indices(
        builder, at, type.getRank(), apply(builder, at, base + lines->position(n, line), operands));
    memref::PrefetchOp::create(builder, at, memory, indices, /*isWrite=*/false,
                               /*localityHint=*/2, /*isDataCache=*/true);
  }
}

namespace accel {
namespace {
struct PrefetchRowsPass : impl::PrefetchRowsPassBase<PrefetchRowsPass> {
  void runOnOperation() override {
    forEachSum(getOperation(), [](scf::ForOp sums, scf::ForOp inner) {
      llvm::MapVector<BlockArgument, SmallVector<memref::LoadOp>> loads;
      for (memref::LoadOp load : inner.getBody()->getOps<memref::LoadOp>())
        if (BlockArgument memory = argumentMemory(load.getMemRef()))
          loads[memory].push_back(load);
      for (auto &[memory, of] : loads)
        prefetchRows(memory, of, sums, inner);
    });
  }
};
} // namespace
} // namespace accel
