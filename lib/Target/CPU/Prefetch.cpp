// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-prefetch: while the tiles that share a panel of weights are computed, the next panel
// comes to the second cache.
//
// A panel is what a loop nest reads of a kernel's argument, again for each tile, until an outer
// loop moves on to the next one. Its first use would wait for memory, since hardware prefetchers
// stop at each page and start anew. Each step of the innermost loop asks for its share of the next
// panel instead, so that requests are spread evenly and do not fill the buffers that loads need.
#include "lib/Target/CPU/Lower.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/ADT/MapVector.h"

namespace accel {
#define GEN_PASS_DEF_PREFETCHPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

/// Smaller panels are at hand before they are missed.
static constexpr int64_t kMinPanelBytes = 8 << 10;

/// What one prefetch brings.
static constexpr int64_t kLineBytes = 64;

namespace {
struct Loop {
  Value iv;
  int64_t low = 0, step = 1;
  int64_t trips = -1; ///< -1: not known
};

/// An index that is linear in the induction variables around it.
struct Linear {
  int64_t constant = 0;
  llvm::SmallDenseMap<Value, int64_t> factors;
  int64_t factorOf(Value iv) const { return factors.lookup(iv); }
};
} // namespace

/// The loops around an op, innermost first.
static SmallVector<Loop> loopsAround(Operation *op) {
  SmallVector<Loop> loops;
  for (Operation *parent = op->getParentOp(); parent; parent = parent->getParentOp()) {
    auto loop = dyn_cast<LoopLikeOpInterface>(parent);
    std::optional<SmallVector<Value>> ivs = loop ? loop.getLoopInductionVars() : std::nullopt;
    if (!ivs)
      continue;
    auto lows = loop.getLoopLowerBounds(), highs = loop.getLoopUpperBounds(),
         steps = loop.getLoopSteps();
    if (!lows || !highs || !steps)
      continue;
    for (size_t i = ivs->size(); i-- > 0;) {
      Loop one{(*ivs)[i]};
      std::optional<int64_t> low = getConstantIntValue((*lows)[i]),
                             high = getConstantIntValue((*highs)[i]),
                             step = getConstantIntValue((*steps)[i]);
      one.low = low.value_or(0);
      one.step = step.value_or(1);
      if (low && high && step && *high > *low)
        one.trips = llvm::divideCeil(*high - *low, *step);
      loops.push_back(one);
    }
  }
  return loops;
}

/// The position of a read in its memref, in elements; null where it is not linear.
static std::optional<Linear> linearPosition(vector::TransferReadOp read, MemRefType type) {
  MLIRContext *context = read.getContext();
  AffineExpr position = getAffineConstantExpr(0, context);
  int64_t stride = 1;
  for (int64_t i = type.getRank() - 1; i >= 0; --i) {
    position = position + getAffineDimExpr(i, context) * stride;
    stride *= type.getDimSize(i);
  }
  AffineMap map = AffineMap::get(type.getRank(), 0, position);
  SmallVector<Value> operands(read.getIndices());
  affine::fullyComposeAffineMapAndOperands(&map, &operands);
  affine::canonicalizeMapAndOperands(&map, &operands);
  Linear linear;
  AffineExpr expr = map.getResult(0), rest = expr;
  for (unsigned i = 0; i < operands.size(); ++i) {
    AffineExpr d = i < map.getNumDims() ? getAffineDimExpr(i, context)
                                        : getAffineSymbolExpr(i - map.getNumDims(), context);
    auto factor = dyn_cast<AffineConstantExpr>(
        simplifyAffineExpr(expr.replace(d, d + 1) - expr, map.getNumDims(), map.getNumSymbols()));
    if (!factor || !isa<BlockArgument>(operands[i]))
      return std::nullopt;
    linear.factors[operands[i]] += factor.getValue();
    rest = rest.replace(d, getAffineConstantExpr(0, context));
  }
  auto constant =
      dyn_cast<AffineConstantExpr>(simplifyAffineExpr(rest, map.getNumDims(), map.getNumSymbols()));
  if (!constant)
    return std::nullopt;
  linear.constant = constant.getValue();
  return linear;
}

/// Emits prefetches for the reads of one memref in an innermost loop.
static void prefetchFor(ArrayRef<vector::TransferReadOp> reads, BlockArgument memory,
                        Block &entry) {
  vector::TransferReadOp read = reads.front();
  auto type = cast<MemRefType>(memory.getType());
  std::optional<Linear> position = linearPosition(read, type);
  if (!position)
    return;
  SmallVector<Loop> loops = loopsAround(read);
  auto moves = [&](const Loop &loop) { return position->factorOf(loop.iv) != 0; };
  // Steps of the panel, tiles that share it, the loop over panels.
  size_t steps = 0;
  while (steps < loops.size() && moves(loops[steps]))
    ++steps;
  size_t panels = steps;
  int64_t tiles = 1;
  for (; panels < loops.size() && !moves(loops[panels]); ++panels) {
    if (loops[panels].trips < 0)
      return;
    tiles *= loops[panels].trips;
  }
  if (steps == 0 || panels == loops.size() || tiles == 1)
    return;
  const Loop &inner = loops.front(), &outer = loops[panels];
  int64_t panel = position->factorOf(outer.iv) * outer.step,
          stride = position->factorOf(inner.iv) * inner.step;
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  // Where many tiles share a panel, the few requests would come many times each, for a wait that is
  // short beside the work.
  if (panel * bytes < kMinPanelBytes || stride < tiles)
    return;

  OpBuilder builder(read);
  Location at = read.getLoc();
  AffineExpr share = builder.getAffineConstantExpr(position->constant),
             tile = builder.getAffineConstantExpr(0), base = builder.getAffineConstantExpr(0);
  SmallVector<OpFoldResult> ivs;
  for (const Loop &loop : loops)
    ivs.push_back(loop.iv);
  auto d = [&](size_t i) { return builder.getAffineDimExpr(i); };
  for (size_t i = 1; i < steps; ++i)
    share = share + d(i) * position->factorOf(loops[i].iv);
  for (size_t i = panels; i-- > steps;)
    tile = tile * loops[i].trips + (d(i) - loops[i].low).floorDiv(loops[i].step);
  for (size_t i = panels; i < loops.size(); ++i)
    base = base + d(i) * position->factorOf(loops[i].iv);
  int64_t each = llvm::divideCeil(position->factorOf(inner.iv), tiles);
  AffineExpr next =
      base + panel + (tile * panel + share).floorDiv(tiles) + (d(0) - inner.low) * each;
  OpBuilder atEntry = OpBuilder::atBlockBegin(&entry);
  Value flat = memref::ReinterpretCastOp::create(
      atEntry, at, MemRefType::get({type.getNumElements()}, type.getElementType()), memory,
      int64_t(0), ArrayRef<int64_t>{type.getNumElements()}, ArrayRef<int64_t>{1});
  // All lines of the share, spread over the iteration, which may be several steps.
  int64_t line = kLineBytes / bytes, lines = llvm::divideCeil(each * inner.step, line);
  for (int64_t i = 0; i < lines; ++i) {
    builder.setInsertionPoint(reads[i * int64_t(reads.size()) / lines]);
    Value index = getValueOrCreateConstantIndexOp(
        builder, at,
        affine::makeComposedFoldedAffineApply(
            builder, at, AffineMap::get(loops.size(), 0, next + i * line, builder.getContext()),
            ivs));
    memref::PrefetchOp::create(builder, at, flat, ValueRange{index}, /*isWrite=*/false,
                               /*localityHint=*/2, /*isDataCache=*/true);
  }
}

namespace accel {
namespace {
struct PrefetchPass : impl::PrefetchPassBase<PrefetchPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    Block &entry = function.getBody().front();
    function.walk([&](scf::ForOp loop) {
      llvm::MapVector<BlockArgument, SmallVector<vector::TransferReadOp>> reads;
      for (Operation &op : *loop.getBody()) {
        if (op.getNumRegions())
          return;
        auto read = dyn_cast<vector::TransferReadOp>(op);
        auto memory = read ? dyn_cast<BlockArgument>(read.getBase()) : BlockArgument();
        if (!memory || memory.getOwner() != &entry)
          continue;
        auto type = cast<MemRefType>(memory.getType());
        if (type.hasStaticShape() && type.getLayout().isIdentity())
          reads[memory].push_back(read);
      }
      for (auto &[memory, of] : reads)
        prefetchFor(of, memory, entry);
    });
  }
};
} // namespace
} // namespace accel
