// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass linalg-vectorize: tiles in registers, loops over points, and what is written when.
#include "lib/Target/CPU/Target.h"
#include "lib/Transforms/Linalg/Passes.h"
#include "lib/Transforms/Linalg/Vectorizer.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Dominance.h"

namespace accel {
#define GEN_PASS_DEF_LINALGVECTORIZEPASS
#include "lib/Transforms/Linalg/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel::linalg_ext;

/// The tensor that is overwritten where an op's result goes: through ops that registers hold.
Value Vectorizer::destinationOf(Value init) {
  while (Operation *op = init.getDefiningOp()) {
    if (!handled.contains(op))
      break;
    init = cast<DestinationStyleOpInterface>(op).getDpsInitOperand(0)->get();
  }
  return init;
}

/// Where the vectors of a result are written: to its init, or if that is a slice of another tensor
/// than the one that the result goes to, as that of sums that start from kept ones, there.
Value Vectorizer::placeOf(Operation *op) {
  Value init = destinationOf(cast<DestinationStyleOpInterface>(op).getDpsInitOperand(0)->get());
  Value result = op->getResult(0);
  auto from = init.getDefiningOp<tensor::ExtractSliceOp>();
  auto into = result.hasOneUse() ? dyn_cast<tensor::InsertSliceOp>(*result.user_begin())
                                 : tensor::InsertSliceOp();
  if (!from || !into || into.getSource() != result || from.getSource() == into.getDest() ||
      into.getSourceType().getRank() != into.getDestType().getRank() || !into.hasUnitStride())
    return init;
  // All that says where must be known before the op.
  DominanceInfo dominance(function);
  for (Value known : into->getOperands().drop_front())
    if (!dominance.properlyDominates(known, op))
      return init;
  builder.setInsertionPoint(op);
  return tensor::ExtractSliceOp::create(builder, op->getLoc(), into.getDest(),
                                        into.getMixedOffsets(), into.getMixedSizes(),
                                        into.getMixedStrides());
}

bool Vectorizer::tryRegisters(linalg::GenericOp op, const Plan &plan) {
  SmallVector<int64_t> shape;
  int64_t count = 1;
  for (unsigned dim : plan.parallel) {
    std::optional<int64_t> size = getConstantIntValue(plan.extents[dim]);
    if (!size || *size == 0)
      return false;
    shape.push_back(*size);
  }
  bool vectors = plan.vectorDim >= 0 && !plan.horizontal;
  for (auto [i, size] : llvm::enumerate(shape)) {
    int64_t points = vectors && i + 1 == shape.size() ? llvm::divideCeil(size, plan.lanes) : size;
    count *= points;
    if (count > kRegisterVectors)
      return false;
  }
  // A reduction without reuse between points gains nothing from many accumulators but code size.
  for (unsigned dim : plan.reduction)
    if (getConstantIntValue(plan.extents[dim]) == 0)
      return false;

  builder.setInsertionPoint(op);
  SmallVector<Point> points;
  SmallVector<int64_t> position(shape.size(), 0);
  for (int64_t n = 0; n < count; ++n) {
    Point point;
    point.index.assign(op.getNumLoops(), builder.getIndexAttr(0));
    int64_t rest = n;
    for (int i = int(shape.size()) - 1; i >= 0; --i) {
      bool last = i + 1 == int(shape.size());
      int64_t size = vectors && last ? llvm::divideCeil(shape[i], plan.lanes) : shape[i];
      int64_t at = rest % size;
      rest /= size;
      if (vectors && last) {
        at *= plan.lanes;
        point.width = std::min(plan.lanes, shape[i] - at);
      }
      point.index[plan.parallel[i]] = builder.getIndexAttr(at);
    }
    points.push_back(point);
  }
  Registers result{vectors ? Registers::Vectors : Registers::Scalars, shape, plan.lanes, {}};
  Value init = op.getDpsInits()[0];
  if (plan.horizontal) {
    for (const Point &point : points)
      result.values.push_back(reduceHorizontally(op, plan, point, init));
  } else if (!plan.reduction.empty()) {
    result.values = reduceAt(op, plan, points, init);
  } else {
    tile = &plan;
    squares.clear();
    for (const Point &point : points)
      result.values.push_back(computeBody(op, point, plan.vectorDim, Value(), init));
    tile = nullptr;
  }
  registers[op.getResult(0)] = std::move(result);
  handled.insert(op);
  return true;
}

Value Vectorizer::write(Value value, Value destination, ArrayRef<Index> position,
                        const Point &point) {
  SmallVector<Value> indices = llvm::map_to_vector(position, [&](Index i) { return asValue(i); });
  if (!isa<VectorType>(value.getType()))
    return tensor::InsertOp::create(builder, location, value, destination, indices);
  AffineMap minor = AffineMap::getMinorIdentityMap(indices.size(), 1, builder.getContext());
  return vector::TransferWriteOp::create(builder, location, destination.getType(), value,
                                         destination, indices, AffineMapAttr::get(minor),
                                         point.mask, builder.getBoolArrayAttr({true}))
      .getResult();
}

/// Writes what registers hold.
Value Vectorizer::materialize(Operation *op, const Registers &from, Value destination) {
  location = op->getLoc();
  builder.setInsertionPoint(op);
  bool vectors = from.kind == Registers::Vectors;
  for (auto [n, value] : llvm::enumerate(from.values)) {
    SmallVector<Index> position(from.shape.size());
    int64_t rest = n;
    for (int i = int(from.shape.size()) - 1; i >= 0; --i) {
      bool last = vectors && i + 1 == int(from.shape.size());
      int64_t size = last ? from.chunks() : from.shape[i];
      position[i] = builder.getIndexAttr(rest % size * (last ? from.lanes : 1));
      rest /= size;
    }
    destination = write(value, destination, position, Point());
  }
  return destination;
}

Value Vectorizer::forLoop(Index from, Index to, int64_t step, Value carried,
                          llvm::function_ref<Value(Value iv, Value carried)> body) {
  auto loop = scf::ForOp::create(builder, location, asValue(from), asValue(to),
                                 asValue(builder.getIndexAttr(step)), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(builder, location, body(loop.getInductionVar(), loop.getRegionIterArg(0)));
  return loop.getResult(0);
}

/// Computes points one dim apart and writes them.
Value Vectorizer::emitPoints(linalg::GenericOp op, const Plan &plan, ArrayRef<Point> points,
                             Value destination) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  Value init = op.getDpsInits()[0];
  // Elements not written yet are the init's in the carried tensor.
  auto held = registers.find(init);
  bool splat = held != registers.end() && held->second.kind == Registers::Splat;
  Value initFrom = splat ? init : destination;
  SmallVector<Value> values;
  if (plan.horizontal) {
    for (const Point &point : points)
      values.push_back(reduceHorizontally(op, plan, point, initFrom));
  } else if (!plan.reduction.empty()) {
    values = reduceAt(op, plan, points, initFrom);
  } else {
    for (const Point &point : points)
      values.push_back(computeBody(op, point, plan.vectorDim, Value(), initFrom));
  }
  for (auto [point, value] : llvm::zip_equal(points, values)) {
    SmallVector<Index> position;
    for (AffineExpr expr : map.getResults())
      position.push_back(evaluate(expr, point.index));
    destination = write(value, destination, position, point);
  }
  return destination;
}

Value Vectorizer::loopOver(const Plan &plan, unsigned next, Point point, Value destination,
                           linalg::GenericOp op) {
  if (next == plan.parallel.size())
    return emitPoints(op, plan, point, destination);
  unsigned dim = plan.parallel[next];
  Index zero = builder.getIndexAttr(0), extent = plan.extents[dim];
  std::optional<int64_t> size = getConstantIntValue(extent);
  if (plan.horizontal || int(dim) != plan.vectorDim) {
    if (size == 1) {
      point.index[dim] = zero;
      return loopOver(plan, next + 1, point, destination, op);
    }
    return forLoop(zero, extent, 1, destination, [&](Value iv, Value carried) {
      point.index[dim] = iv;
      return loopOver(plan, next + 1, point, carried, op);
    });
  }
  // Along the vector dim, which is the last: blocks of vectors, vectors, and a narrower tail.
  AffineExpr d = builder.getAffineDimExpr(0);
  auto shifted = [&](Index base, int64_t offset) {
    return affine::makeComposedFoldedAffineApply(builder, location,
                                                 AffineMap::get(1, 0, d + offset), {base});
  };
  auto block = [&](Index base, int64_t vectors, int64_t width, Value mask, Value carried) {
    SmallVector<Point> points(vectors, point);
    for (auto [i, at] : llvm::enumerate(points)) {
      at.index[dim] = shifted(base, i * plan.lanes);
      at.width = width;
      at.mask = mask;
    }
    return emitPoints(op, plan, points, carried);
  };
  int64_t lanes = plan.lanes, stride = kUnroll * lanes;
  auto loop = [&](Index from, Index to, int64_t vectors) {
    destination = forLoop(from, to, vectors * lanes, destination, [&](Value iv, Value carried) {
      return block(iv, vectors, lanes, Value(), carried);
    });
  };
  if (size) {
    int64_t whole = *size / stride * stride, full = *size / lanes * lanes, tail = *size % lanes;
    if (whole > stride)
      loop(zero, builder.getIndexAttr(whole), kUnroll);
    else if (whole)
      destination = block(zero, kUnroll, lanes, Value(), destination);
    if (full > whole)
      destination =
          block(builder.getIndexAttr(whole), (full - whole) / lanes, lanes, Value(), destination);
    if (tail)
      destination = block(builder.getIndexAttr(full), 1, tail, Value(), destination);
    return destination;
  }
  auto rounded = [&](int64_t unit) {
    return affine::makeComposedFoldedAffineApply(
        builder, location, AffineMap::get(1, 0, d.floorDiv(unit) * unit), {extent});
  };
  Index whole = rounded(stride), full = rounded(lanes);
  loop(zero, whole, kUnroll);
  loop(whole, full, 1);
  if (plan.gathers)
    return forLoop(full, extent, 1, destination, [&](Value iv, Value carried) {
      return block(iv, 1, /*width=*/0, Value(), carried);
    });
  Value left = arith::SubIOp::create(builder, location, asValue(extent), asValue(full));
  Value mask = vector::CreateMaskOp::create(builder, location,
                                            VectorType::get({lanes}, builder.getI1Type()), left);
  return block(full, 1, lanes, mask, destination);
}

void Vectorizer::emitLoops(linalg::GenericOp op, const Plan &plan) {
  builder.setInsertionPoint(op);
  Point point;
  point.index.assign(op.getNumLoops(), builder.getIndexAttr(0));
  if (plan.vectorDim >= 0 && !plan.horizontal)
    point.width = plan.lanes;
  // What a splat init holds is never read from memory.
  Value init = op.getDpsInits()[0];
  auto held = registers.find(init);
  bool splat = held != registers.end() && held->second.kind == Registers::Splat;
  Value destination = splat || op.getRegionOutputArgs()[0].use_empty() ? destinationOf(init) : init;
  Value result = loopOver(plan, 0, point, destination, op);
  op.getResult(0).replaceAllUsesWith(result);
}

/// Writes a fill's value to all elements.
Value Vectorizer::fillLoops(linalg::FillOp fill, Value destination) {
  builder.setInsertionPoint(fill);
  auto type = cast<RankedTensorType>(destination.getType());
  unsigned rank = type.getRank();
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, builder.getContext());
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  Value value = fill.getInputs()[0];
  auto generic = linalg::GenericOp::create(
      builder, fill.getLoc(), type, ValueRange{}, destination, identity, iterators,
      [&](OpBuilder &b, Location at, ValueRange) { linalg::YieldOp::create(b, at, value); });
  std::optional<Plan> plan = analyze(generic);
  Value placeholder = generic.getResult(0);
  builder.setInsertionPoint(generic);
  Point point;
  point.index.assign(rank, builder.getIndexAttr(0));
  if (plan->vectorDim >= 0)
    point.width = plan->lanes;
  Value result = loopOver(*plan, 0, point, destination, generic);
  placeholder.replaceAllUsesWith(result);
  generic.erase();
  return result;
}

void Vectorizer::run() {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<linalg::LinalgOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    location = op->getLoc();
    if (auto fill = dyn_cast<linalg::FillOp>(op)) {
      registers[fill.getResult(0)] = {Registers::Splat, {}, 0, {fill.getInputs()[0]}};
      handled.insert(op);
      continue;
    }
    auto generic = dyn_cast<linalg::GenericOp>(op);
    std::optional<Plan> plan =
        generic && generic.hasPureTensorSemantics() ? analyze(generic) : std::nullopt;
    if (!plan)
      continue;
    if (!tryRegisters(generic, *plan))
      emitLoops(generic, *plan);
  }
  // Backwards, so that a value whose readers all took it from registers is never written.
  for (Operation *op : llvm::reverse(ops)) {
    Value result = op->getNumResults() ? op->getResult(0) : Value();
    if (!result)
      continue;
    if (handled.contains(op) && !result.use_empty()) {
      location = op->getLoc();
      handled.erase(op);
      Value destination = placeOf(op);
      Value written;
      if (auto fill = dyn_cast<linalg::FillOp>(op))
        written = fillLoops(fill, destination);
      else
        written = materialize(op, registers[result], destination);
      result.replaceAllUsesWith(written);
    }
    if (op->use_empty())
      op->erase();
  }
}

namespace accel {
namespace {
struct LinalgVectorizePass : impl::LinalgVectorizePassBase<LinalgVectorizePass> {
  using Base::Base;
  void runOnOperation() override {
    std::optional<cpu::Target> target = cpu::Target::parseFor(getOperation(), cpu);
    if (!target)
      return signalPassFailure();
    linalg_ext::Vectorizer(getOperation(), target->vectorBits).run();
  }
};
} // namespace
} // namespace accel
