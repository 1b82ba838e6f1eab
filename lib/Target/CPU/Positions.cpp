// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Positions of accesses as linear functions of the loops around them.
#include "lib/Target/CPU/Positions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace accel;
using namespace accel::cpu;

SmallVector<Loop> cpu::loopsAround(Operation *op) {
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
      Loop one{parent, (*ivs)[i], (*lows)[i], (*highs)[i]};
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

std::optional<Linear> cpu::linearPosition(ValueRange indices, MemRefType type, bool leaveOut) {
  MLIRContext *context = type.getContext();
  AffineExpr position = getAffineConstantExpr(0, context);
  int64_t stride = 1, inner = type.getRank();
  while (inner > 0 && !ShapedType::isDynamic(stride)) {
    --inner;
    position = position + getAffineDimExpr(inner, context) * stride;
    stride = type.isDynamicDim(inner) ? ShapedType::kDynamic : stride * type.getDimSize(inner);
  }
  AffineMap map = AffineMap::get(type.getRank(), 0, position);
  SmallVector<Value> operands(indices);
  affine::fullyComposeAffineMapAndOperands(&map, &operands);
  affine::canonicalizeMapAndOperands(&map, &operands);
  Linear linear;
  linear.outer = SmallVector<Value>(indices.take_front(inner));
  AffineExpr expr = map.getResult(0), rest = expr;
  for (unsigned i = 0; i < operands.size(); ++i) {
    AffineExpr d = i < map.getNumDims() ? getAffineDimExpr(i, context)
                                        : getAffineSymbolExpr(i - map.getNumDims(), context);
    auto factor = dyn_cast<AffineConstantExpr>(
        simplifyAffineExpr(expr.replace(d, d + 1) - expr, map.getNumDims(), map.getNumSymbols()));
    bool isPlain = isa<BlockArgument>(operands[i]);
    if (!factor || (!isPlain && !leaveOut))
      return std::nullopt;
    if (isPlain)
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

/// True if a value is computed from an induction variable.
static bool dependsOn(Value value, Value iv) {
  if (value == iv)
    return true;
  Operation *op = value.getDefiningOp();
  return op &&
         llvm::any_of(op->getOperands(), [&](Value operand) { return dependsOn(operand, iv); });
}

bool Linear::movesWith(Value iv) const {
  return factorOf(iv) != 0 ||
         llvm::any_of(outer, [&](Value index) { return dependsOn(index, iv); });
}

bool Linear::isParallelTo(const Linear &other) const {
  return outer == other.outer && factors.size() == other.factors.size() &&
         llvm::all_of(factors, [&](const auto &entry) {
           return other.factorOf(entry.first) == entry.second;
         });
}

bool Linear::isKnownAt(Operation *op) const {
  auto isBefore = [&](Value value) {
    Operation *maker = value.getDefiningOp();
    Operation *around = value.getParentBlock()->findAncestorOpInBlock(*op);
    return around && (!maker || (maker != around && maker->isBeforeInBlock(around)));
  };
  return llvm::all_of(outer, isBefore) &&
         llvm::all_of(factors, [&](const auto &entry) { return isBefore(entry.first); });
}

SmallVector<Value> Linear::indices(OpBuilder &builder, Location at, int64_t rank,
                                   Value position) const {
  SmallVector<Value> result(outer);
  for (int64_t i = outer.size(); i + 1 < rank; ++i)
    result.push_back(arith::ConstantIndexOp::create(builder, at, 0));
  result.push_back(position);
  return result;
}

BlockArgument cpu::argumentMemory(Value memory) {
  auto argument = dyn_cast<BlockArgument>(memory);
  auto type = dyn_cast<MemRefType>(memory.getType());
  return argument && type && type.getLayout().isIdentity() &&
                 isa<FunctionOpInterface>(argument.getOwner()->getParentOp())
             ? argument
             : BlockArgument();
}

std::optional<Lines> cpu::linesOf(ArrayRef<std::pair<int64_t, int64_t>> ranges, MemRefType type) {
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  SmallVector<std::pair<int64_t, int64_t>> sorted(ranges), runs;
  llvm::sort(sorted);
  for (auto [at, size] : sorted) {
    if (!runs.empty() && at <= runs.back().first + runs.back().second)
      runs.back().second = std::max(runs.back().second, at + size - runs.back().first);
    else
      runs.push_back({at, size});
  }
  Lines lines{int64_t(runs.size()),
              int64_t(llvm::divideCeil(runs.front().second * bytes, kLineBytes)), 0};
  if (runs.size() > 1)
    lines.apart = runs[1].first - runs[0].first;
  for (auto [i, run] : llvm::enumerate(runs))
    if (run.second != runs.front().second ||
        run.first != runs.front().first + int64_t(i) * lines.apart)
      return std::nullopt;
  return lines;
}

static bool carriesVectors(scf::ForOp loop) {
  return loop && loop.getNumRegionIterArgs() > 0 &&
         llvm::all_of(loop.getResultTypes(), [](Type type) { return isa<VectorType>(type); });
}

void cpu::forEachSum(Operation *function, function_ref<void(scf::ForOp, scf::ForOp)> each) {
  SmallVector<std::pair<scf::ForOp, scf::ForOp>> nests;
  llvm::SmallPtrSet<Operation *, 4> done;
  function->walk([&](scf::ForOp loop) {
    auto nested = [](Operation &op) { return op.getNumRegions() != 0; };
    if (!carriesVectors(loop) || llvm::any_of(*loop.getBody(), nested))
      return;
    scf::ForOp sums = loop;
    while (carriesVectors(dyn_cast<scf::ForOp>(sums->getParentOp())))
      sums = cast<scf::ForOp>(sums->getParentOp());
    if (done.insert(sums).second)
      nests.push_back({sums, loop});
  });
  for (auto [sums, inner] : nests)
    each(sums, inner);
}

SmallVector<Operation *> cpu::readsOf(scf::ForOp inner) {
  SmallVector<Operation *> reads;
  for (Operation &op : *inner.getBody())
    if (isa<vector::TransferReadOp, memref::LoadOp>(op))
      reads.push_back(&op);
  return reads;
}

Value cpu::apply(OpBuilder &builder, Location at, AffineExpr expr,
                 ArrayRef<OpFoldResult> operands) {
  return getValueOrCreateConstantIndexOp(
      builder, at, affine::makeComposedFoldedAffineApply(builder, at, expr, operands));
}
