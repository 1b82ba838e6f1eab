// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Computes an op at points: operands, body, reductions.
#include "dialects/Exec/ExecOps.h"
#include "lib/Transforms/Linalg/Vectorizer.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel::linalg_ext;

Index Vectorizer::evaluate(AffineExpr expr, ArrayRef<Index> index) {
  return affine::makeComposedFoldedAffineApply(
      builder, location, AffineMap::get(index.size(), 0, expr, builder.getContext()), index);
}

Value Vectorizer::widen(Value value, int64_t width) {
  if (!width || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(builder, location, VectorType::get({width}, value.getType()),
                                     value);
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
    return vector::FromElementsOp::create(builder, location, type,
                                          ArrayRef(from.values).slice(linear, width));
  }
  Value vector = from.values[linear * from.chunks() + last / from.lanes];
  if (!width)
    return vector::ExtractOp::create(builder, location, vector,
                                     ArrayRef<int64_t>{last % from.lanes});
  bool same = last % from.lanes == 0 && cast<VectorType>(vector.getType()).getDimSize(0) == width;
  return same ? vector : Value();
}

/// Reads memory: a scalar, or the point's vector along the last dim.
Value Vectorizer::load(Value from, ArrayRef<Index> position, Access kind, const Point &point) {
  SmallVector<Value> indices = llvm::map_to_vector(position, [&](Index i) { return asValue(i); });
  if (kind == Access::Uniform)
    return tensor::ExtractOp::create(builder, location, from, indices);
  Type element = getElementTypeOrSelf(from.getType());
  Value zero = arith::ConstantOp::create(builder, location, builder.getZeroAttr(element));
  auto type = VectorType::get({point.width}, element);
  AffineMap minor = AffineMap::getMinorIdentityMap(indices.size(), 1, builder.getContext());
  return vector::TransferReadOp::create(builder, location, type, from, indices,
                                        AffineMapAttr::get(minor), zero, point.mask,
                                        builder.getBoolArrayAttr({true}));
}

/// An operand's element at a point: a scalar if it does not depend on the vector dim.
Value Vectorizer::read(linalg::GenericOp op, OpOperand *operand, Value from, const Point &point,
                       int vectorDim) {
  if (!isa<ShapedType>(from.getType()))
    return from;
  AffineMap map = op.getMatchingIndexingMap(operand);
  Access kind = point.width && vectorDim >= 0 ? access(map, vectorDim) : Access::Uniform;
  if (kind != Access::Gather)
    if (std::optional<Padded> padded = paddedOperand(from))
      return readPadded(op, operand, *padded, point, vectorDim);
  SmallVector<Index> position;
  for (AffineExpr expr : map.getResults())
    position.push_back(evaluate(expr, point.index));
  if (auto known = registers.find(from); known != registers.end() && kind != Access::Gather)
    if (Value value = readRegisters(known->second, position, point, kind == Access::Contiguous))
      return value;
  Type element = getElementTypeOrSelf(from.getType());
  if (kind != Access::Gather)
    return load(from, position, kind, point);
  if (tile && !registers.contains(from))
    if (Value value = readAcross(op, operand, from, *tile, point))
      return value;
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < point.width; ++lane) {
    Point one = point;
    one.width = 0;
    AffineExpr d = builder.getAffineDimExpr(0);
    one.index[vectorDim] = affine::makeComposedFoldedAffineApply(
        builder, location, AffineMap::get(1, 0, d + lane), {point.index[vectorDim]});
    elements.push_back(read(op, operand, from, one, vectorDim));
  }
  return vector::FromElementsOp::create(builder, location, VectorType::get({point.width}, element),
                                        elements);
}

/// The yielded value of the body at a point. Values that do not depend on the vector dim stay
/// scalars.
Value Vectorizer::computeBody(linalg::GenericOp op, const Point &point, int vectorDim,
                              Value accumulator, Value initFrom) {
  IRMapping values, first; // first: the scalar of a vector's first element
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
    if (!OpTrait::hasElementwiseMappableTraits(&inner)) {
      values.map(inner.getResult(0), computeAcross(op, &inner, point, vectorDim, values, first));
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : inner.getOperands())
      operands.push_back(widen(values.lookupOrDefault(operand), point.width));
    Type type = VectorType::get({point.width}, inner.getResult(0).getType());
    OperationState state(location, inner.getName(), operands, type, inner.getAttrs());
    values.map(inner.getResult(0), builder.create(state)->getResult(0));
  }
  Value yielded =
      values.lookupOrDefault(cast<linalg::YieldOp>(op.getBody()->getTerminator()).getOperand(0));
  return point.width && !isa<VectorType>(yielded.getType()) ? widen(yielded, point.width) : yielded;
}

/// A loop over a reduction dim in blocks: what the terms of a block add up to, from zero, is added
/// to the values so far.
SmallVector<Value>
Vectorizer::reduceInBlocks(Index extent, int64_t block, ValueRange carried,
                           llvm::function_ref<SmallVector<Value>(Index, ValueRange)> step) {
  AffineExpr d0, d1;
  bindDims(builder.getContext(), d0, d1);
  auto loop = [&](Value to, int64_t stride, ValueRange values, auto body) {
    auto loop = scf::ForOp::create(builder, location, asValue(builder.getIndexAttr(0)), to,
                                   asValue(builder.getIndexAttr(stride)), values);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(builder, location, body(loop.getInductionVar(), loop.getRegionIterArgs()));
    return SmallVector<Value>(loop.getResults());
  };
  // The loop counts from zero: a trip count that is known is unrolled.
  auto add = [&](Index from, Index count, ValueRange values) {
    SmallVector<Value> sums = llvm::map_to_vector(values, [&](Value value) -> Value {
      return arith::ConstantOp::create(builder, location, builder.getZeroAttr(value.getType()));
    });
    sums = loop(asValue(count), 1, sums, [&](Value i, ValueRange sums) {
      return step(affine::makeComposedFoldedAffineApply(builder, location,
                                                        AffineMap::get(2, 0, d0 + d1), {from, i}),
                  sums);
    });
    for (auto [sum, value] : llvm::zip_equal(sums, values))
      sum = arith::AddFOp::create(builder, location, value, sum);
    return sums;
  };
  std::optional<int64_t> size = getConstantIntValue(extent);
  Index whole = size ? Index(builder.getIndexAttr(*size / block * block)) : extent;
  SmallVector<Value> sums =
      loop(asValue(whole), block, carried, [&](Value from, ValueRange values) {
        Index count = builder.getIndexAttr(block);
        if (!size) {
          Value left = arith::SubIOp::create(builder, location, asValue(extent), from);
          count = arith::MinUIOp::create(builder, location, left, asValue(count)).getResult();
        }
        return add(from, count, values);
      });
  int64_t rest = size ? *size % block : 0;
  return rest ? add(whole, builder.getIndexAttr(rest), sums) : sums;
}

/// How many iterations of a loop over a reduction dim make a block, where `steps` additions are
/// made in each iteration (where that is known): about `block` additions in all.
static int64_t iterationsInBlock(int64_t block, std::optional<int64_t> steps) {
  // Rows that only the run knows are pictures' more often than not.
  constexpr int64_t kUnknownSteps = 32;
  return std::max<int64_t>(1, block / std::max<int64_t>(1, steps.value_or(kUnknownSteps)));
}

/// Reductions at several points at once: loops over the reduction dims carry one value a point.
SmallVector<Value> Vectorizer::reduceAt(linalg::GenericOp op, const Plan &plan,
                                        ArrayRef<Point> points, Value initFrom) {
  SmallVector<Point> at(points);
  auto block = op->getAttrOfType<IntegerAttr>(exec::KernelOp::kSumBlockAttr);
  clipped.clear();
  SmallVector<Value> carried;
  for (const Point &point : points)
    carried.push_back(
        widen(read(op, op.getDpsInitOperand(0), initFrom, point, plan.vectorDim), point.width));
  std::function<SmallVector<Value>(unsigned, ValueRange)> nest = [&](unsigned next,
                                                                     ValueRange accumulators) {
    SmallVector<Value> results(accumulators);
    if (next == plan.reduction.size()) {
      for (auto [point, value] : llvm::zip_equal(at, results))
        if (!addsNothing(op, point))
          value = computeBody(op, point, plan.vectorDim, value, initFrom);
      return results;
    }
    unsigned dim = plan.reduction[next];
    if (getConstantIntValue(plan.extents[dim]) == 1) {
      for (Point &point : at)
        point.index[dim] = builder.getIndexAttr(0);
      return nest(next + 1, accumulators);
    }
    WindowLoop window = windowLoop(op, plan, dim, at);
    if (window == WindowLoop::Unrolled) {
      for (int64_t i = 0, end = *getConstantIntValue(plan.extents[dim]); i < end; ++i) {
        for (Point &point : at)
          point.index[dim] = builder.getIndexAttr(i);
        results = nest(next + 1, results);
      }
      return results;
    }
    std::optional<int64_t> extent = getConstantIntValue(plan.extents[dim]), steps = 1;
    for (unsigned inner : ArrayRef(plan.reduction).drop_front(next + 1)) {
      std::optional<int64_t> size = getConstantIntValue(plan.extents[inner]);
      steps = steps && size ? std::optional(*steps * *size) : std::nullopt;
    }
    int64_t iterations = block ? iterationsInBlock(block.getInt(), steps) : 0;
    if (block && (!extent || *extent > iterations))
      return reduceInBlocks(plan.extents[dim], iterations, results,
                            [&](Index position, ValueRange sums) {
                              for (Point &point : at)
                                point.index[dim] = position;
                              return nest(next + 1, sums);
                            });
    std::pair<Index, Index> range{builder.getIndexAttr(0), plan.extents[dim]};
    if (window == WindowLoop::Clipped)
      range = clippedRange(op, plan, dim, at.front());
    auto loop = scf::ForOp::create(builder, location, asValue(range.first), asValue(range.second),
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

/// One result element whose reduction runs along the vector dim: kUnroll vectors of partial
/// results, combined in a fixed order.
Value Vectorizer::reduceHorizontally(linalg::GenericOp op, const Plan &plan, Point point,
                                     Value initFrom) {
  SmallVector<Operation *> combiners;
  (void)matchReduction(op.getRegionOutputArgs(), 0, combiners);
  vector::CombiningKind kind = *combiningKind(combiners[0]);
  // What the op's own combination may assume, the other ones may.
  arith::FastMathFlagsAttr flags;
  if (auto combiner = dyn_cast<arith::ArithFastMathInterface>(combiners[0]))
    flags = combiner.getFastMathFlagsAttr();
  TypedAttr neutral = *arith::getNeutralElement(combiners[0]);
  // MLIR's is NaN for these two, which they may not meet where the flag is.
  if (isa<arith::MaxNumFOp, arith::MinNumFOp>(combiners[0]) &&
      arith::bitEnumContainsAny(flags.getValue(), arith::FastMathFlags::nnan)) {
    auto type = cast<FloatType>(neutral.getType());
    bool largest = isa<arith::MaxNumFOp>(combiners[0]);
    neutral = builder.getFloatAttr(type, APFloat::getInf(type.getFloatSemantics(), largest));
  }
  Type element = neutral.getType();
  unsigned dim = plan.vectorDim;
  Index extent = plan.extents[dim];
  std::optional<int64_t> size = getConstantIntValue(extent);
  int64_t lanes = plan.lanes, block = kUnroll * lanes;
  auto neutralVector = [&](int64_t width) {
    auto type = VectorType::get({width}, element);
    return arith::ConstantOp::create(builder, location, DenseElementsAttr::get(type, neutral))
        .getResult();
  };
  auto at = [&](Index base, int64_t offset) -> Index {
    AffineExpr d = builder.getAffineDimExpr(0);
    return affine::makeComposedFoldedAffineApply(builder, location,
                                                 AffineMap::get(1, 0, d + offset), {base});
  };
  auto step = [&](Value sum, Index base, int64_t width, Value mask) {
    Point here = point;
    here.index[dim] = base;
    here.width = width;
    here.mask = mask;
    Value next = computeBody(op, here, dim, sum, initFrom);
    return mask ? arith::SelectOp::create(builder, location, mask, next, sum).getResult() : next;
  };
  auto combine = [&](Value a, Value b) {
    return vector::makeArithReduction(builder, location, kind, a, b, flags);
  };
  auto horizontal = [&](Value vector) -> Value {
    // Reassociation lets the vector be folded in halves; the order is the same everywhere.
    auto folding = arith::FastMathFlags::reassoc | arith::FastMathFlags::contract;
    return vector::ReductionOp::create(builder, location, kind, vector,
                                       flags ? flags.getValue() | folding : folding);
  };

  // The nest over the other reduction dims carries the partial vectors.
  auto sumBlock = op->getAttrOfType<IntegerAttr>(exec::KernelOp::kSumBlockAttr);
  int64_t blocks = size ? *size / block : -1;
  bool unrolled = !size || blocks > 0;
  SmallVector<Value> partial(unrolled ? kUnroll : 1, neutralVector(lanes));
  Value tailScalar; // of a narrower static tail
  int64_t tail = size ? *size % lanes : 0;
  if (tail)
    partial.push_back(neutralVector(tail));
  std::function<SmallVector<Value>(unsigned, ValueRange)> nest = [&](unsigned next,
                                                                     ValueRange carried) {
    SmallVector<Value> sums(carried);
    if (next < plan.reduction.size()) {
      unsigned outer = plan.reduction[next];
      if (outer == dim || getConstantIntValue(plan.extents[outer]) == 1) {
        if (outer != dim)
          point.index[outer] = builder.getIndexAttr(0);
        return nest(next + 1, carried);
      }
      std::optional<int64_t> steps =
          size ? std::optional(llvm::divideCeil(*size, block)) : std::nullopt;
      for (unsigned inner : ArrayRef(plan.reduction).drop_front(next + 1)) {
        std::optional<int64_t> rows = getConstantIntValue(plan.extents[inner]);
        if (inner != dim)
          steps = steps && rows ? std::optional(*steps * *rows) : std::nullopt;
      }
      int64_t iterations = sumBlock ? iterationsInBlock(sumBlock.getInt(), steps) : 0;
      std::optional<int64_t> rows = getConstantIntValue(plan.extents[outer]);
      if (sumBlock && (!rows || *rows > iterations))
        return reduceInBlocks(plan.extents[outer], iterations, sums,
                              [&](Index position, ValueRange values) {
                                point.index[outer] = position;
                                return nest(next + 1, values);
                              });
      auto loop =
          scf::ForOp::create(builder, location, asValue(builder.getIndexAttr(0)),
                             asValue(plan.extents[outer]), asValue(builder.getIndexAttr(1)), sums);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      point.index[outer] = loop.getInductionVar();
      scf::YieldOp::create(builder, location, nest(next + 1, loop.getRegionIterArgs()));
      return SmallVector<Value>(loop.getResults());
    }
    Index zero = builder.getIndexAttr(0);
    // `steps` times kUnroll vectors, from the first element on, in blocks.
    auto runInBlocks = [&](Index steps) {
      SmallVector<Value> found =
          reduceInBlocks(steps, sumBlock.getInt(), ArrayRef(sums).take_front(kUnroll),
                         [&](Index position, ValueRange values) {
                           AffineExpr d = builder.getAffineDimExpr(0);
                           Index base = affine::makeComposedFoldedAffineApply(
                               builder, location, AffineMap::get(1, 0, d * block), {position});
                           SmallVector<Value> next;
                           for (auto [i, value] : llvm::enumerate(values))
                             next.push_back(step(value, at(base, i * lanes), lanes, Value()));
                           return next;
                         });
      llvm::copy(found, sums.begin());
    };
    auto run = [&](Index from, Index to, int64_t stride, unsigned vectors) {
      auto loop = scf::ForOp::create(builder, location, asValue(from), asValue(to),
                                     asValue(builder.getIndexAttr(stride)),
                                     ArrayRef(sums).take_front(vectors));
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> next;
      for (unsigned i = 0; i < vectors; ++i)
        next.push_back(
            step(loop.getRegionIterArg(i), at(loop.getInductionVar(), i * lanes), lanes, Value()));
      scf::YieldOp::create(builder, location, next);
      for (unsigned i = 0; i < vectors; ++i)
        sums[i] = loop.getResult(i);
    };
    if (size) {
      // A row that fits the registers is read there.
      bool loops = *size > kRegisterVectors / 2 * lanes;
      if (loops && sumBlock && blocks > sumBlock.getInt())
        runInBlocks(builder.getIndexAttr(blocks));
      else if (loops)
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
      return affine::makeComposedFoldedAffineApply(
          builder, location, AffineMap::get(1, 0, d.floorDiv(unit) * unit), {extent});
    };
    Index whole = rounded(block), full = rounded(lanes);
    if (sumBlock)
      runInBlocks(affine::makeComposedFoldedAffineApply(
          builder, location, AffineMap::get(1, 0, d.floorDiv(block)), {extent}));
    else
      run(zero, whole, block, kUnroll);
    run(whole, full, lanes, 1);
    Value left = arith::SubIOp::create(builder, location, asValue(extent), asValue(full));
    Value mask = vector::CreateMaskOp::create(builder, location,
                                              VectorType::get({lanes}, builder.getI1Type()), left);
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
