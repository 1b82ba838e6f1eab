// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns linalg ops on tiles into vector ops: small tiles live in registers, sums in loop-carried vectors.
//
// Each op is computed at *points*: an index for every iteration dim, and a width along one of them,
// the vector dim v. v is the result's last dim where operands allow (they are contiguous along it,
// or do not depend on it, so that one scalar is broadcast); else a reduction dim, whose partial
// results are combined at the end; else there is none and the op is computed by scalars.
//
// Two modes. A tile of at most kRegisterVectors vectors is computed at all its points at once,
// and its consumers take the vectors (no memory between). A larger or dynamic one is computed by
// loops over points, which write a tensor.
#include "lib/Transforms/Linalg/Passes.h"
#include "lib/Target/CPU/Target.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace accel {
#define GEN_PASS_DEF_LINALGVECTORIZEPASS
#include "lib/Transforms/Linalg/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

namespace {

/// The most vectors a tile may have to stay in registers (those that do not fit are spilled by LLVM,
/// which is right but slow, so that planTiles keeps below).
constexpr int64_t kRegisterVectors = 32;
/// Vectors computed in one iteration of a loop over points, to hide latencies.
constexpr int64_t kUnroll = 4;

using Index = OpFoldResult;

struct Point {
  SmallVector<Index> index; ///< one an iteration dim; along the vector dim, the first element's
  int64_t width = 0;        ///< elements along the vector dim; 0: a scalar
  Value mask;               ///< which of them exist, null for all
};

/// The value of a tensor that is not in memory.
struct Registers {
  enum Kind { Splat, Scalars, Vectors } kind;
  SmallVector<int64_t> shape;
  int64_t lanes = 0;         ///< width of all but the last vector of a row
  SmallVector<Value> values; ///< Splat: one; Scalars: an element each; Vectors: row-major chunks
  int64_t chunks() const { return shape.empty() ? 1 : llvm::divideCeil(shape.back(), lanes); }
};

class Vectorizer {
public:
  Vectorizer(func::FuncOp function, unsigned vectorBits)
      : function(function), vectorBits(vectorBits), builder(function.getContext()) {}
  void run();

private:
  // --- what an op looks like ---
  struct Plan {
    int vectorDim = -1;         ///< iteration dim, -1: scalars
    bool horizontal = false;    ///< the vector dim is a reduction: partial results are combined
    bool gathers = false;       ///< some operand is read element by element along the vector dim
    int64_t lanes = 1;
    SmallVector<unsigned> parallel, reduction; ///< iteration dims, parallel in the result's order
    SmallVector<OpFoldResult> extents;         ///< of iteration dims
  };
  std::optional<Plan> analyze(linalg::GenericOp op);
  bool bodyVectorizes(linalg::GenericOp op, int vectorDim);
  enum class Access { Uniform, Contiguous, Gather };
  Access access(AffineMap map, unsigned dim);

  // --- points ---
  Value read(linalg::GenericOp op, OpOperand *operand, Value from, const Point &point, int vectorDim);
  Value readRegisters(const Registers &registers, ArrayRef<Index> position, const Point &point, bool alongVector);
  Value computeBody(linalg::GenericOp op, const Point &point, int vectorDim, Value accumulator, Value initFrom);
  Value widen(Value value, int64_t width);
  Index evaluate(AffineExpr expr, ArrayRef<Index> index);
  SmallVector<Value> reduceAt(linalg::GenericOp op, const Plan &plan, ArrayRef<Point> points, Value initFrom);
  Value reduceHorizontally(linalg::GenericOp op, const Plan &plan, Point point, Value initFrom);

  // --- modes ---
  bool tryRegisters(linalg::GenericOp op, const Plan &plan);
  void emitLoops(linalg::GenericOp op, const Plan &plan);
  Value loopOver(const Plan &plan, unsigned next, Point point, Value destination, linalg::GenericOp op);
  Value emitPoints(linalg::GenericOp op, const Plan &plan, ArrayRef<Point> points, Value destination);
  Value write(Value vector, Value destination, ArrayRef<Index> position, const Point &point);
  Value materialize(Operation *op, const Registers &registers, Value destination);
  Value fillLoops(linalg::FillOp fill, Value destination);
  Value destinationOf(Value init);
  Value forLoop(Index from, Index to, int64_t step, Value carried,
                llvm::function_ref<Value(Value iv, Value carried)> body);

  Value asValue(Index index) { return getValueOrCreateConstantIndexOp(builder, location, index); }
  int64_t lanesOf(Type element) {
    unsigned bits = element.isIndex() ? 64 : std::max(8u, element.getIntOrFloatBitWidth());
    return std::max<int64_t>(1, vectorBits / bits);
  }

  func::FuncOp function;
  unsigned vectorBits;
  OpBuilder builder;
  Location location = UnknownLoc::get(builder.getContext());
  llvm::DenseMap<Value, Registers> registers;
  llvm::SmallPtrSet<Operation *, 16> handled; ///< linalg ops that registers hold or loops replaced
};

} // namespace

// ------------------------------------------------------------------------------------------------
// What an op looks like
// ------------------------------------------------------------------------------------------------

Vectorizer::Access Vectorizer::access(AffineMap map, unsigned dim) {
  bool used = false;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    if (!expr.isFunctionOfDim(dim))
      continue;
    AffineExpr d = getAffineDimExpr(dim, map.getContext());
    AffineExpr step = simplifyAffineExpr(expr.replace(d, d + 1) - expr, map.getNumDims(), 0);
    auto constant = dyn_cast<AffineConstantExpr>(step);
    if (i + 1 != map.getNumResults() || !constant || constant.getValue() != 1)
      return Access::Gather;
    used = true;
  }
  return used ? Access::Contiguous : Access::Uniform;
}

/// True if the body can be computed for several elements along a dim: only constants, indices and
/// elementwise ops depend on that dim.
bool Vectorizer::bodyVectorizes(linalg::GenericOp op, int vectorDim) {
  llvm::SmallPtrSet<Value, 16> varying;
  Block *body = op.getBody();
  for (OpOperand &operand : op->getOpOperands())
    if (op.getMatchingIndexingMap(&operand).isFunctionOfDim(vectorDim) || op.isDpsInit(&operand))
      varying.insert(op.getMatchingBlockArgument(&operand));
  for (Operation &inner : body->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      if (int(index.getDim()) == vectorDim)
        varying.insert(index.getResult());
      continue;
    }
    if (!llvm::any_of(inner.getOperands(), [&](Value v) { return varying.contains(v); }))
      continue;
    if (!OpTrait::hasElementwiseMappableTraits(&inner) || inner.getNumResults() != 1)
      return false;
    Type type = inner.getResult(0).getType();
    if (!type.isIntOrIndexOrFloat())
      return false;
    varying.insert(inner.getResult(0));
  }
  return true;
}

std::optional<Vectorizer::Plan> Vectorizer::analyze(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op->getNumRegions() != 1)
    return std::nullopt;
  Plan plan;
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  for (AffineExpr expr : result.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return std::nullopt;
    plan.parallel.push_back(dim.getPosition());
  }
  for (auto [i, iterator] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (iterator == utils::IteratorType::reduction)
      plan.reduction.push_back(i);
    else if (!llvm::is_contained(plan.parallel, unsigned(i)))
      return std::nullopt;
  }
  builder.setInsertionPoint(op);
  for (Range range : cast<TilingInterface>(op.getOperation()).getIterationDomain(builder))
    plan.extents.push_back(range.size);

  Type element = getElementTypeOrSelf(op.getDpsInits()[0].getType());
  plan.lanes = lanesOf(element);
  auto count = [&](unsigned dim) {
    unsigned gathers = 0;
    for (OpOperand &operand : op->getOpOperands())
      gathers += access(op.getMatchingIndexingMap(&operand), dim) == Access::Gather;
    return gathers;
  };
  auto isUnit = [&](unsigned dim) { return getConstantIntValue(plan.extents[dim]) == 1; };
  unsigned parallelGathers = ~0u;
  if (!plan.parallel.empty()) {
    unsigned last = plan.parallel.back();
    if (!isUnit(last) && bodyVectorizes(op, last)) {
      parallelGathers = count(last);
      plan.vectorDim = last;
      plan.gathers = parallelGathers > 0;
    }
  }
  if (parallelGathers != 0 && !plan.reduction.empty()) {
    unsigned last = plan.reduction.back();
    SmallVector<Operation *> combiners;
    Value reduced = matchReduction(op.getRegionOutputArgs(), 0, combiners);
    if (!isUnit(last) && reduced && combiners.size() == 1 && arith::getNeutralElement(combiners[0]) &&
        count(last) == 0 && bodyVectorizes(op, last)) {
      plan.vectorDim = last;
      plan.horizontal = true;
      plan.gathers = false;
    }
  }
  return plan;
}

// ------------------------------------------------------------------------------------------------
// Points
// ------------------------------------------------------------------------------------------------

Index Vectorizer::evaluate(AffineExpr expr, ArrayRef<Index> index) {
  return affine::makeComposedFoldedAffineApply(builder, location,
                                               AffineMap::get(index.size(), 0, expr, builder.getContext()), index);
}

Value Vectorizer::widen(Value value, int64_t width) {
  if (!width || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(builder, location, VectorType::get({width}, value.getType()), value);
}

/// The registers' values at a position, null where the position is not known at compile time.
Value Vectorizer::readRegisters(const Registers &from, ArrayRef<Index> position, const Point &point,
                                bool alongVector) {
  if (from.kind == Registers::Splat)
    return from.values[0];
  if (point.mask)
    return Value();
  int64_t linear = 0, last = 0;
  for (auto [i, index] : llvm::enumerate(position)) {
    std::optional<int64_t> known = getConstantIntValue(index);
    if (!known)
      return Value();
    last = *known;
    if (i + 1 < position.size() || from.kind == Registers::Scalars)
      linear = linear * from.shape[i] + *known;
  }
  int64_t width = alongVector ? point.width : 0;
  if (from.kind == Registers::Scalars) {
    if (!width)
      return from.values[linear];
    auto type = VectorType::get({width}, from.values[0].getType());
    return vector::FromElementsOp::create(builder, location, type, ArrayRef(from.values).slice(linear, width));
  }
  Value vector = from.values[linear * from.chunks() + last / from.lanes];
  if (!width)
    return vector::ExtractOp::create(builder, location, vector, ArrayRef<int64_t>{last % from.lanes});
  bool same = last % from.lanes == 0 && cast<VectorType>(vector.getType()).getDimSize(0) == width;
  return same ? vector : Value();
}

/// An operand's element at a point: a scalar if it does not depend on the vector dim.
Value Vectorizer::read(linalg::GenericOp op, OpOperand *operand, Value from, const Point &point, int vectorDim) {
  if (!isa<ShapedType>(from.getType()))
    return from;
  AffineMap map = op.getMatchingIndexingMap(operand);
  SmallVector<Index> position;
  for (AffineExpr expr : map.getResults())
    position.push_back(evaluate(expr, point.index));
  Access kind = point.width && vectorDim >= 0 ? access(map, vectorDim) : Access::Uniform;
  if (auto known = registers.find(from); known != registers.end() && kind != Access::Gather)
    if (Value value = readRegisters(known->second, position, point, kind == Access::Contiguous))
      return value;
  Type element = getElementTypeOrSelf(from.getType());
  if (kind == Access::Uniform || kind == Access::Contiguous) {
    SmallVector<Value> indices = llvm::map_to_vector(position, [&](Index i) { return asValue(i); });
    if (kind == Access::Uniform)
      return tensor::ExtractOp::create(builder, location, from, indices);
    Value zero = arith::ConstantOp::create(builder, location, builder.getZeroAttr(element));
    auto type = VectorType::get({point.width}, element);
    AffineMap minor = AffineMap::getMinorIdentityMap(indices.size(), 1, builder.getContext());
    return vector::TransferReadOp::create(builder, location, type, from, indices, AffineMapAttr::get(minor), zero,
                                          point.mask, builder.getBoolArrayAttr({true}));
  }
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < point.width; ++lane) {
    Point one = point;
    one.width = 0;
    AffineExpr d = builder.getAffineDimExpr(0);
    one.index[vectorDim] = affine::makeComposedFoldedAffineApply(builder, location, AffineMap::get(1, 0, d + lane),
                                                                 {point.index[vectorDim]});
    elements.push_back(read(op, operand, from, one, vectorDim));
  }
  return vector::FromElementsOp::create(builder, location, VectorType::get({point.width}, element), elements);
}

/// The yielded value of the body at a point. Values that do not depend on the vector dim stay scalars.
Value Vectorizer::computeBody(linalg::GenericOp op, const Point &point, int vectorDim, Value accumulator,
                              Value initFrom) {
  IRMapping values;
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(input);
    if (!argument.use_empty())
      values.map(argument, read(op, input, input->get(), point, vectorDim));
  }
  BlockArgument out = op.getRegionOutputArgs()[0];
  if (!out.use_empty())
    values.map(out, accumulator ? accumulator
                                : read(op, op.getDpsInitOperand(0), initFrom, point, vectorDim));
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      Value base = asValue(point.index[index.getDim()]);
      if (int(index.getDim()) == vectorDim && point.width) {
        auto type = VectorType::get({point.width}, builder.getIndexType());
        Value step = vector::StepOp::create(builder, location, type);
        base = arith::AddIOp::create(builder, location, widen(base, point.width), step);
      }
      values.map(index.getResult(), base);
      continue;
    }
    bool vectors = llvm::any_of(inner.getOperands(), [&](Value operand) {
      return isa<VectorType>(values.lookupOrDefault(operand).getType());
    });
    if (!vectors) {
      builder.clone(inner, values);
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : inner.getOperands())
      operands.push_back(widen(values.lookupOrDefault(operand), point.width));
    Type type = VectorType::get({point.width}, inner.getResult(0).getType());
    OperationState state(location, inner.getName(), operands, type, inner.getAttrs());
    values.map(inner.getResult(0), builder.create(state)->getResult(0));
  }
  Value yielded = values.lookupOrDefault(cast<linalg::YieldOp>(op.getBody()->getTerminator()).getOperand(0));
  return point.width && !isa<VectorType>(yielded.getType()) ? widen(yielded, point.width) : yielded;
}

/// Reductions at several points at once: loops over the reduction dims carry one value a point.
SmallVector<Value> Vectorizer::reduceAt(linalg::GenericOp op, const Plan &plan, ArrayRef<Point> points,
                                        Value initFrom) {
  SmallVector<Point> at(points);
  SmallVector<Value> carried;
  for (const Point &point : points)
    carried.push_back(widen(read(op, op.getDpsInitOperand(0), initFrom, point, plan.vectorDim), point.width));
  std::function<SmallVector<Value>(unsigned, ValueRange)> nest = [&](unsigned next, ValueRange accumulators) {
    SmallVector<Value> results(accumulators);
    if (next == plan.reduction.size()) {
      for (auto [point, value] : llvm::zip_equal(at, results))
        value = computeBody(op, point, plan.vectorDim, value, initFrom);
      return results;
    }
    unsigned dim = plan.reduction[next];
    if (getConstantIntValue(plan.extents[dim]) == 1) {
      for (Point &point : at)
        point.index[dim] = builder.getIndexAttr(0);
      return nest(next + 1, accumulators);
    }
    auto loop = scf::ForOp::create(builder, location, asValue(builder.getIndexAttr(0)), asValue(plan.extents[dim]),
                                   asValue(builder.getIndexAttr(1)), results);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    for (Point &point : at)
      point.index[dim] = loop.getInductionVar();
    SmallVector<Value> yielded = nest(next + 1, loop.getRegionIterArgs());
    scf::YieldOp::create(builder, location, yielded);
    return SmallVector<Value>(loop.getResults());
  };
  return nest(0, carried);
}

static std::optional<vector::CombiningKind> combiningKind(Operation *combiner) {
  return TypeSwitch<Operation *, std::optional<vector::CombiningKind>>(combiner)
      .Case<arith::AddFOp, arith::AddIOp>([](Operation *) { return vector::CombiningKind::ADD; })
      .Case<arith::MulFOp, arith::MulIOp>([](Operation *) { return vector::CombiningKind::MUL; })
      .Case<arith::MaximumFOp>([](Operation *) { return vector::CombiningKind::MAXIMUMF; })
      .Case<arith::MinimumFOp>([](Operation *) { return vector::CombiningKind::MINIMUMF; })
      .Case<arith::MaxNumFOp>([](Operation *) { return vector::CombiningKind::MAXNUMF; })
      .Case<arith::MinNumFOp>([](Operation *) { return vector::CombiningKind::MINNUMF; })
      .Case<arith::MaxSIOp>([](Operation *) { return vector::CombiningKind::MAXSI; })
      .Case<arith::MaxUIOp>([](Operation *) { return vector::CombiningKind::MAXUI; })
      .Case<arith::MinSIOp>([](Operation *) { return vector::CombiningKind::MINSI; })
      .Case<arith::MinUIOp>([](Operation *) { return vector::CombiningKind::MINUI; })
      .Case<arith::AndIOp>([](Operation *) { return vector::CombiningKind::AND; })
      .Case<arith::OrIOp>([](Operation *) { return vector::CombiningKind::OR; })
      .Default([](Operation *) { return std::nullopt; });
}

/// One result element whose reduction runs along the vector dim: kUnroll vectors of partial results,
/// combined in a fixed order.
Value Vectorizer::reduceHorizontally(linalg::GenericOp op, const Plan &plan, Point point, Value initFrom) {
  SmallVector<Operation *> combiners;
  (void)matchReduction(op.getRegionOutputArgs(), 0, combiners);
  vector::CombiningKind kind = *combiningKind(combiners[0]);
  TypedAttr neutral = *arith::getNeutralElement(combiners[0]);
  Type element = neutral.getType();
  unsigned dim = plan.vectorDim;
  Index extent = plan.extents[dim];
  std::optional<int64_t> size = getConstantIntValue(extent);
  int64_t lanes = plan.lanes, block = kUnroll * lanes;
  auto neutralVector = [&](int64_t width) {
    auto type = VectorType::get({width}, element);
    return arith::ConstantOp::create(builder, location, DenseElementsAttr::get(type, neutral)).getResult();
  };
  auto at = [&](Index base, int64_t offset) -> Index {
    AffineExpr d = builder.getAffineDimExpr(0);
    return affine::makeComposedFoldedAffineApply(builder, location, AffineMap::get(1, 0, d + offset), {base});
  };
  auto step = [&](Value sum, Index base, int64_t width, Value mask) {
    Point here = point;
    here.index[dim] = base;
    here.width = width;
    here.mask = mask;
    Value next = computeBody(op, here, dim, sum, initFrom);
    return mask ? arith::SelectOp::create(builder, location, mask, next, sum).getResult() : next;
  };
  auto combine = [&](Value a, Value b) { return vector::makeArithReduction(builder, location, kind, a, b); };
  auto horizontal = [&](Value vector) -> Value {
    // Reassociation lets the vector be folded in halves; the order is the same everywhere.
    return vector::ReductionOp::create(builder, location, kind, vector,
                                       arith::FastMathFlags::reassoc | arith::FastMathFlags::contract);
  };

  // The nest over the other reduction dims carries the partial vectors.
  int64_t blocks = size ? *size / block : -1;
  bool unrolled = !size || blocks > 0;
  SmallVector<Value> partial(unrolled ? kUnroll : 1, neutralVector(lanes));
  Value tailScalar; // of a narrower static tail
  int64_t tail = size ? *size % lanes : 0;
  if (tail)
    partial.push_back(neutralVector(tail));
  std::function<SmallVector<Value>(unsigned, ValueRange)> nest = [&](unsigned next, ValueRange carried) {
    SmallVector<Value> sums(carried);
    if (next < plan.reduction.size()) {
      unsigned outer = plan.reduction[next];
      if (outer == dim || getConstantIntValue(plan.extents[outer]) == 1) {
        if (outer != dim)
          point.index[outer] = builder.getIndexAttr(0);
        return nest(next + 1, carried);
      }
      auto loop = scf::ForOp::create(builder, location, asValue(builder.getIndexAttr(0)),
                                     asValue(plan.extents[outer]), asValue(builder.getIndexAttr(1)), sums);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      point.index[outer] = loop.getInductionVar();
      scf::YieldOp::create(builder, location, nest(next + 1, loop.getRegionIterArgs()));
      return SmallVector<Value>(loop.getResults());
    }
    Index zero = builder.getIndexAttr(0);
    auto run = [&](Index from, Index to, int64_t stride, unsigned vectors) {
      auto loop = scf::ForOp::create(builder, location, asValue(from), asValue(to),
                                     asValue(builder.getIndexAttr(stride)), ArrayRef(sums).take_front(vectors));
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> next;
      for (unsigned i = 0; i < vectors; ++i)
        next.push_back(step(loop.getRegionIterArg(i), at(loop.getInductionVar(), i * lanes), lanes, Value()));
      scf::YieldOp::create(builder, location, next);
      for (unsigned i = 0; i < vectors; ++i)
        sums[i] = loop.getResult(i);
    };
    if (size) {
      // A row that fits the registers is read there.
      bool loops = *size > kRegisterVectors / 2 * lanes;
      if (loops)
        run(zero, builder.getIndexAttr(blocks * block), block, kUnroll);
      int64_t from = loops ? blocks * block : 0;
      for (int64_t i = 0; from + lanes <= *size; from += lanes, ++i) {
        Value &sum = sums[unrolled ? i % kUnroll : 0];
        sum = step(sum, builder.getIndexAttr(from), lanes, Value());
      }
      if (tail)
        sums.back() = step(sums.back(), builder.getIndexAttr(from), tail, Value());
      return sums;
    }
    AffineExpr d = builder.getAffineDimExpr(0);
    auto rounded = [&](int64_t unit) {
      return affine::makeComposedFoldedAffineApply(builder, location, AffineMap::get(1, 0, d.floorDiv(unit) * unit), {extent});
    };
    Index whole = rounded(block), full = rounded(lanes);
    run(zero, whole, block, kUnroll);
    run(whole, full, lanes, 1);
    Value left = arith::SubIOp::create(builder, location, asValue(extent), asValue(full));
    Value mask = vector::CreateMaskOp::create(builder, location, VectorType::get({lanes}, builder.getI1Type()), left);
    sums[0] = step(sums[0], full, lanes, mask);
    return sums;
  };
  SmallVector<Value> sums = nest(0, partial);
  if (tail)
    tailScalar = horizontal(sums.pop_back_val());
  while (sums.size() > 1) {
    SmallVector<Value> half;
    for (size_t i = 0; i + 1 < sums.size(); i += 2)
      half.push_back(combine(sums[i], sums[i + 1]));
    sums = half;
  }
  Value total = size && *size < lanes ? tailScalar : horizontal(sums[0]);
  if (tailScalar && total != tailScalar)
    total = combine(total, tailScalar);
  Point scalar = point;
  scalar.width = 0;
  return combine(read(op, op.getDpsInitOperand(0), initFrom, scalar, -1), total);
}

// ------------------------------------------------------------------------------------------------
// Modes
// ------------------------------------------------------------------------------------------------

/// The tensor that is overwritten where an op's result goes: through ops that registers hold.
Value Vectorizer::destinationOf(Value init) {
  while (Operation *op = init.getDefiningOp()) {
    if (!handled.contains(op))
      break;
    init = cast<DestinationStyleOpInterface>(op).getDpsInitOperand(0)->get();
  }
  return init;
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
    for (const Point &point : points)
      result.values.push_back(computeBody(op, point, plan.vectorDim, Value(), init));
  }
  registers[op.getResult(0)] = std::move(result);
  handled.insert(op);
  return true;
}

Value Vectorizer::write(Value value, Value destination, ArrayRef<Index> position, const Point &point) {
  SmallVector<Value> indices = llvm::map_to_vector(position, [&](Index i) { return asValue(i); });
  if (!isa<VectorType>(value.getType()))
    return tensor::InsertOp::create(builder, location, value, destination, indices);
  AffineMap minor = AffineMap::getMinorIdentityMap(indices.size(), 1, builder.getContext());
  return vector::TransferWriteOp::create(builder, location, destination.getType(), value, destination, indices,
                                         AffineMapAttr::get(minor), point.mask, builder.getBoolArrayAttr({true}))
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
  auto loop = scf::ForOp::create(builder, location, asValue(from), asValue(to), asValue(builder.getIndexAttr(step)), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(builder, location, body(loop.getInductionVar(), loop.getRegionIterArg(0)));
  return loop.getResult(0);
}

/// Computes points one dim apart and writes them.
Value Vectorizer::emitPoints(linalg::GenericOp op, const Plan &plan, ArrayRef<Point> points, Value destination) {
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

Value Vectorizer::loopOver(const Plan &plan, unsigned next, Point point, Value destination, linalg::GenericOp op) {
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
    return affine::makeComposedFoldedAffineApply(builder, location, AffineMap::get(1, 0, d + offset), {base});
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
    destination = forLoop(from, to, vectors * lanes, destination,
                          [&](Value iv, Value carried) { return block(iv, vectors, lanes, Value(), carried); });
  };
  if (size) {
    int64_t whole = *size / stride * stride, full = *size / lanes * lanes, tail = *size % lanes;
    if (whole > stride)
      loop(zero, builder.getIndexAttr(whole), kUnroll);
    else if (whole)
      destination = block(zero, kUnroll, lanes, Value(), destination);
    if (full > whole)
      destination = block(builder.getIndexAttr(whole), (full - whole) / lanes, lanes, Value(), destination);
    if (tail)
      destination = block(builder.getIndexAttr(full), 1, tail, Value(), destination);
    return destination;
  }
  auto rounded = [&](int64_t unit) {
    return affine::makeComposedFoldedAffineApply(builder, location, AffineMap::get(1, 0, d.floorDiv(unit) * unit), {extent});
  };
  Index whole = rounded(stride), full = rounded(lanes);
  loop(zero, whole, kUnroll);
  loop(whole, full, 1);
  if (plan.gathers)
    return forLoop(full, extent, 1, destination,
                   [&](Value iv, Value carried) { return block(iv, 1, /*width=*/0, Value(), carried); });
  Value left = arith::SubIOp::create(builder, location, asValue(extent), asValue(full));
  Value mask = vector::CreateMaskOp::create(builder, location, VectorType::get({lanes}, builder.getI1Type()), left);
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
  auto generic = linalg::GenericOp::create(builder, fill.getLoc(), type, ValueRange{}, destination, identity, iterators,
                                           [&](OpBuilder &b, Location at, ValueRange) {
                                             linalg::YieldOp::create(b, at, value);
                                           });
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
    std::optional<Plan> plan = generic && generic.hasPureTensorSemantics() ? analyze(generic) : std::nullopt;
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
      Value destination = cast<DestinationStyleOpInterface>(op).getDpsInitOperand(0)->get();
      location = op->getLoc();
      handled.erase(op);
      destination = destinationOf(destination);
      Value written;
      if (auto fill = dyn_cast<linalg::FillOp>(op))
        written = fillLoops(fill, destination);
      else
        written = materialize(op, registers[result], destination);
      result.replaceAllUsesWith(written);
    }
    if (result.use_empty())
      op->erase();
  }
}

namespace accel {
namespace {
struct LinalgVectorizePass : impl::LinalgVectorizePassBase<LinalgVectorizePass> {
  using Base::Base;
  void runOnOperation() override {
    llvm::Expected<cpu::Target> target = cpu::Target::parse(cpu);
    if (!target) {
      getOperation().emitError(llvm::toString(target.takeError()));
      return signalPassFailure();
    }
    Vectorizer(getOperation(), target->vectorBits).run();
  }
};
} // namespace
} // namespace accel
