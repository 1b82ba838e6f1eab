// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-prefetch: while the tiles that share a panel of weights are computed, the next panel
// comes to the second cache.
//
// A panel is what a loop nest reads of a kernel's argument, again for each tile, until an outer
// loop moves on to the next one. Its first use would wait for memory, since hardware prefetchers
// stop at each page and start anew. Each step of the innermost loop asks for its share of the next
// panel instead, so that requests are spread evenly and do not fill the buffers that loads need.
#include "lib/Target/CPU/Lower.h"
#include "lib/Target/CPU/Positions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

namespace accel {
#define GEN_PASS_DEF_PREFETCHPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::cpu;

/// Smaller panels are at hand before they are missed.
static constexpr int64_t kMinPanelBytes = 8 << 10;

/// Tiles that share a panel, where only the run knows how many.
static constexpr int64_t kLikelyTiles = 4;

/// Sums over fewer channels are those of a network's first pictures, where many tiles share a
/// panel, and their loops are so short that requests only keep them from being unrolled well.
static constexpr int64_t kLeastSteps = 8;

namespace {
/// Where a read is in a nest: loops from `steps` on repeat the panel for each tile, the loop
/// `panels` moves on to the next one.
struct Nest {
  SmallVector<Loop> loops; ///< innermost first
  Linear position;
  MemRefType type;
  size_t steps = 0, panels = 0;

  int64_t factor(size_t i) const { return position.factorOf(loops[i].iv); }
  ArrayRef<Loop> tiles() const { return ArrayRef(loops).slice(steps, panels - steps); }
  /// Elements from one panel to the next.
  int64_t panel() const { return factor(panels) * loops[panels].step; }
  /// Elements that the steps read: a panel, or a block of it. What lies after them comes next.
  int64_t part() const {
    const Loop &top = loops[steps - 1];
    int64_t trips = tripsIn(steps - 1);
    return trips < 0 ? panel() : std::min(panel(), factor(steps - 1) * top.step * trips);
  }
  /// Iterations of a loop, or of one that is cut somewhere the elements of the dim that it runs
  /// over.
  int64_t tripsIn(size_t i) const {
    if (loops[i].trips >= 0 || loops[i].step != 1)
      return loops[i].trips;
    for (int64_t stride = 1, dim = type.getRank() - 1; dim > 0; --dim) {
      if (stride == factor(i) && type.getDimSize(dim) > 1)
        return type.getDimSize(dim);
      stride *= type.getDimSize(dim);
    }
    return -1;
  }
  /// Elements that one iteration of the innermost loop uses.
  int64_t stride() const { return factor(0) * loops[0].step; }
};

/// What an iteration of the innermost loop asks for.
struct Request {
  /// Position of line i of so many.
  llvm::function_ref<Value(OpBuilder &, int64_t)> line;
  int64_t lines;
};
} // namespace

/// Emits the requests of one iteration, spread over it: it may be several steps.
static void emit(ArrayRef<vector::TransferReadOp> reads, BlockArgument memory, Block &entry,
                 Request request) {
  auto type = cast<MemRefType>(memory.getType());
  OpBuilder builder = OpBuilder::atBlockBegin(&entry);
  Location at = vector::TransferReadOp(reads.front()).getLoc();
  Value flat = memref::ReinterpretCastOp::create(
      builder, at, MemRefType::get({type.getNumElements()}, type.getElementType()), memory,
      int64_t(0), ArrayRef<int64_t>{type.getNumElements()}, ArrayRef<int64_t>{1});
  for (int64_t i = 0; i < request.lines; ++i) {
    builder.setInsertionPoint(reads[i * int64_t(reads.size()) / request.lines]);
    memref::PrefetchOp::create(builder, at, flat, request.line(builder, i), /*isWrite=*/false,
                               /*localityHint=*/2, /*isDataCache=*/true);
  }
}

/// Where the number of tiles is known: a share is all lines of its part of the panel.
static void requestKnown(const Nest &nest, ArrayRef<vector::TransferReadOp> reads,
                         BlockArgument memory, Block &entry, int64_t tiles, int64_t line) {
  ArrayRef<Loop> loops = nest.loops;
  Builder builder(memory.getContext());
  SmallVector<OpFoldResult> operands =
      llvm::map_to_vector(loops, [](const Loop &loop) { return OpFoldResult(loop.iv); });
  auto d = [&](size_t i) { return builder.getAffineDimExpr(i); };
  auto firstOf = [&](const Loop &loop) -> AffineExpr {
    if (loop.trips >= 0)
      return builder.getAffineConstantExpr(0);
    operands.push_back(loop.from);
    return builder.getAffineDimExpr(operands.size() - 1);
  };
  // A loop over window rows is cut where a tile lies at the picture's edge. Half of the rows are
  // always inside, and ask for all: `all` steps of such a loop and of those in it for `sure` ones.
  SmallVector<int64_t> all(nest.steps, 1), sure(nest.steps, 1);
  int64_t most = 1;
  for (size_t i = nest.steps; i-- > 0;) {
    if (i + 1 < nest.steps)
      all[i] = all[i + 1], sure[i] = sure[i + 1];
    int64_t count = nest.tripsIn(i);
    if (loops[i].trips < 0 && count > 1) {
      all[i] *= count;
      sure[i] *= llvm::divideCeil(count, 2);
    }
    most = sure[i];
  }
  // What a step reads from somewhere inside of it on is a part of its share.
  int64_t within = nest.steps > 1 ? nest.position.constant % nest.factor(1) : 0;
  AffineExpr share = builder.getAffineConstantExpr(within * all[0] * (most / sure[0])),
             tile = builder.getAffineConstantExpr(0),
             base = builder.getAffineConstantExpr(nest.position.constant - within);
  for (size_t i = 1; i < nest.steps; ++i)
    share = share + (d(i) - firstOf(loops[i])) * (nest.factor(i) * all[i] * (most / sure[i]));
  for (size_t i = nest.panels; i-- > nest.steps;)
    tile = tile * loops[i].trips + (d(i) - loops[i].low).floorDiv(loops[i].step);
  for (size_t i = nest.panels; i < loops.size(); ++i)
    base = base + d(i) * nest.factor(i);
  int64_t each = llvm::divideCeil(nest.factor(0) * all[0], tiles * sure[0]);
  AffineExpr next = base + nest.part() +
                    (tile * (nest.part() * most) + share).floorDiv(tiles * most) +
                    (d(0) - loops[0].low) * each;
  Location at = vector::TransferReadOp(reads.front()).getLoc();
  emit(reads, memory, entry,
       {[&](OpBuilder &b, int64_t i) { return apply(b, at, next + i * line, operands); },
        int64_t(llvm::divideCeil(each * loops[0].step, line))});
}

/// What a bound of a loop inside of `outer` is in the first iteration of all loops there, computed
/// before it; null where that takes more than arithmetic.
static Value inFirstIteration(OpBuilder &before, Operation *outer, Value bound, IRMapping &known) {
  if (Value value = known.lookupOrNull(bound))
    return value;
  if (!outer->isAncestor(bound.getParentBlock()->getParentOp()))
    return bound;
  Value first;
  if (auto argument = dyn_cast<BlockArgument>(bound)) {
    auto loop = dyn_cast<LoopLikeOpInterface>(argument.getOwner()->getParentOp());
    std::optional<SmallVector<Value>> ivs = loop ? loop.getLoopInductionVars() : std::nullopt;
    std::optional<SmallVector<OpFoldResult>> lows = loop ? loop.getLoopLowerBounds() : std::nullopt;
    if (!ivs || !lows)
      return Value();
    for (auto [iv, low] : llvm::zip_equal(*ivs, *lows))
      if (iv == bound)
        first = inFirstIteration(
            before, outer, getValueOrCreateConstantIndexOp(before, bound.getLoc(), low), known);
  } else {
    Operation *op = bound.getDefiningOp();
    if (!isPure(op) || op->getNumRegions() || op->getNumResults() != 1)
      return Value();
    for (Value operand : op->getOperands())
      if (!inFirstIteration(before, outer, operand, known))
        return Value();
    for (Value operand : op->getOperands())
      if (!known.contains(operand))
        known.map(operand, operand);
    first = before.clone(*op, known)->getResult(0);
  }
  if (first)
    known.map(bound, first);
  return first;
}

/// Where only the run knows the number of tiles: shares are divided once a panel, before its tiles.
/// Items of a dim are of equal size but the last one, so that the first one tells how many tiles
/// they have.
static void requestOfRun(const Nest &nest, ArrayRef<vector::TransferReadOp> reads,
                         BlockArgument memory, Block &entry, int64_t line) {
  ArrayRef<Loop> loops = nest.loops;
  if (int64_t trips = nest.tripsIn(0); trips >= 0 && trips * loops[0].step < kLeastSteps)
    return;
  Operation *first = nest.tiles().back().op;
  OpBuilder before(first), builder(reads.front());
  Location at = vector::TransferReadOp(reads.front()).getLoc();
  IRMapping known;
  SmallVector<std::pair<Value, Value>> ranges;
  for (const Loop &loop : nest.tiles()) {
    auto bound = [&](OpFoldResult value) {
      return inFirstIteration(before, first, getValueOrCreateConstantIndexOp(before, at, value),
                              known);
    };
    ranges.push_back({bound(loop.from), bound(loop.to)});
    if (!ranges.back().first || !ranges.back().second)
      return;
  }
  auto constant = [&](OpBuilder &b, int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, at, value);
  };
  AffineExpr d0, d1;
  bindDims(before.getContext(), d0, d1);
  Value tiles = constant(before, 1);
  SmallVector<Value> trips;
  for (auto [loop, range] : llvm::zip_equal(nest.tiles(), ranges)) {
    // What only a last item has left counts as one.
    Value count = apply(before, at, (d1 - d0).ceilDiv(loop.step), {range.first, range.second});
    trips.push_back(before.createOrFold<arith::MaxSIOp>(at, count, constant(before, 1)));
    tiles = before.createOrFold<arith::MulIOp>(at, tiles, trips.back());
  }
  Value next;
  auto add = [&](Value count, Value share) {
    next = builder.createOrFold<arith::AddIOp>(
        at, next, builder.createOrFold<arith::MulIOp>(at, count, share));
  };
  auto shareOf = [&](int64_t elements) {
    return before.createOrFold<arith::DivUIOp>(at, constant(before, elements), tiles);
  };

  AffineExpr base = builder.getAffineConstantExpr(nest.position.constant + nest.part());
  SmallVector<OpFoldResult> ivs;
  for (size_t i = nest.panels; i < loops.size(); ++i) {
    base = base + builder.getAffineDimExpr(ivs.size()) * nest.factor(i);
    ivs.push_back(loops[i].iv);
  }
  next = apply(builder, at, base, ivs);
  Value tile = constant(builder, 0);
  for (size_t i = nest.panels; i-- > nest.steps;) {
    tile = builder.createOrFold<arith::MulIOp>(at, tile, trips[i - nest.steps]);
    tile = builder.createOrFold<arith::AddIOp>(
        at, tile,
        apply(builder, at, (d0 - d1).floorDiv(loops[i].step), {loops[i].iv, loops[i].from}));
  }
  add(tile, shareOf(nest.part()));
  for (size_t i = nest.steps; i-- > 1;)
    add(loops[i].iv, shareOf(nest.factor(i)));
  Value each = before.createOrFold<arith::CeilDivUIOp>(at, constant(before, nest.factor(0)), tiles);
  add(loops[0].iv, each);
  // As many requests as few tiles have lines; more tiles ask for a line more than once.
  int64_t lines = llvm::divideCeil(nest.stride(), line * kLikelyTiles);
  Value apart = before.createOrFold<arith::DivUIOp>(
      at, before.createOrFold<arith::MulIOp>(at, each, constant(before, loops[0].step)),
      constant(before, lines));
  emit(reads, memory, entry,
       {[&](OpBuilder &b, int64_t i) {
          return i == 0 ? next
                        : b.createOrFold<arith::AddIOp>(
                              at, next,
                              before.createOrFold<arith::MulIOp>(at, apart, constant(before, i)));
        },
        lines});
}

/// Emits prefetches for the reads of one memref in an innermost loop.
static void prefetchFor(ArrayRef<vector::TransferReadOp> reads, BlockArgument memory,
                        Block &entry) {
  auto type = cast<MemRefType>(memory.getType());
  std::optional<Linear> position =
      linearPosition(vector::TransferReadOp(reads.front()).getIndices(), type, /*leaveOut=*/true);
  if (!position)
    return;
  Nest nest{loopsAround(reads.front()), *position, type};
  // Steps of the panel, tiles that share it, the loop over panels.
  while (nest.steps < nest.loops.size() && nest.factor(nest.steps))
    ++nest.steps;
  nest.panels = nest.steps;
  int64_t tiles = 1;
  bool isKnown = true;
  for (; nest.panels < nest.loops.size() && !nest.factor(nest.panels); ++nest.panels) {
    int64_t trips = nest.loops[nest.panels].trips;
    isKnown &= trips >= 0;
    tiles *= trips;
  }
  if (nest.steps == 0 || nest.panels == nest.loops.size() || (isKnown && tiles == 1))
    return;
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  // Where many tiles share a panel, the few requests would come many times each, for a wait that is
  // short beside the work.
  if (nest.panel() * bytes < kMinPanelBytes || (isKnown && nest.stride() < tiles))
    return;
  if (isKnown)
    requestKnown(nest, reads, memory, entry, tiles, kLineBytes / bytes);
  else
    requestOfRun(nest, reads, memory, entry, kLineBytes / bytes);
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
        BlockArgument memory = read ? argumentMemory(read.getBase()) : BlockArgument();
        if (memory && cast<MemRefType>(memory.getType()).hasStaticShape())
          reads[memory].push_back(read);
      }
      for (auto &[memory, of] : reads)
        prefetchFor(of, memory, entry);
    });
  }
};
} // namespace
} // namespace accel
