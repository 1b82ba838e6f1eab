// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that change the resolution of spatial dims: reads at positions from tables, transposed
// convolutions, blocks of channels.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel::nn;

/// The most elements that one result is made of without loops over the tables.
static constexpr int64_t kUnrolledTaps = 8;

/// A weight as a factor of sums of type `type`.
static Value weightOf(OpBuilder &builder, Location at, Value weight, Type type) {
  return weight.getType() == type ? weight
                                  : arith::ExtFOp::create(builder, at, type, weight).getResult();
}

/// The number of elements that one result is made of; null if it is dynamic.
static std::optional<int64_t> tapsOf(Lowering &lowering, ResizeOp op) {
  int64_t taps = 1;
  for (Value table : op.getIndices()) {
    std::optional<int64_t> count = constantDim(lowering.shapes.get(table)[0]);
    if (!count || *count > kUnrolledTaps)
      return std::nullopt;
    taps *= *count;
  }
  return taps;
}

/// All taps in one body: sums over the last axis inside those over the axes before it.
static Value resizeUnrolled(Lowering &lowering, ResizeOp op) {
  unsigned rank = lowering.shapes.get(op.getResult()).size();
  Value source = lowering.get(op.getInput());
  Type element = elementTypeOf(op.getInput()), sumType = accumulatorType(element);
  bool weighted = !op.getWeights().empty();
  auto body = [&](OpBuilder &builder, Location at, ValueRange) {
    SmallVector<Value> position;
    for (unsigned i = 0; i < rank; ++i)
      position.push_back(linalg::IndexOp::create(builder, at, i));
    SmallVector<Value> results(position);
    auto entry = [&](Value table, int64_t tap, int64_t axis) {
      Value row = arith::ConstantIndexOp::create(builder, at, tap);
      return tensor::ExtractOp::create(builder, at, lowering.get(table),
                                       ValueRange{row, results[axis]})
          .getResult();
    };
    std::function<Value(unsigned)> sum = [&](unsigned n) -> Value {
      if (n == op.getAxes().size()) {
        Value read = tensor::ExtractOp::create(builder, at, source, position);
        return weighted ? toAccumulator(builder, at, read, element) : read;
      }
      int64_t axis = op.getAxes()[n];
      Value total;
      for (int64_t tap = 0, taps = *constantDim(lowering.shapes.get(op.getIndices()[n])[0]);
           tap < taps; ++tap) {
        position[axis] = arith::IndexCastOp::create(builder, at, builder.getIndexType(),
                                                    entry(op.getIndices()[n], tap, axis));
        Value part = sum(n + 1);
        if (weighted)
          part = arith::MulFOp::create(
              builder, at, part,
              weightOf(builder, at, entry(op.getWeights()[n], tap, axis), sumType));
        total = total ? arith::AddFOp::create(builder, at, total, part).getResult() : part;
      }
      return total;
    };
    Value result = sum(0);
    return SmallVector<Value>{weighted ? fromAccumulator(builder, at, result, element) : result};
  };
  return lowering.generic(lowering.destination(op.getResult()), {},
                          AffineMap::getMultiDimIdentityMap(rank, op.getContext()), body);
}

/// Taps as reduction dims, whose extents are those of the tables.
static Value resizeByLoops(Lowering &lowering, ResizeOp op) {
  MLIRContext *context = op.getContext();
  unsigned rank = lowering.shapes.get(op.getResult()).size(), axes = op.getAxes().size();
  Value source = lowering.get(op.getInput());
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (ValueRange tables : {ValueRange(op.getIndices()), ValueRange(op.getWeights())})
    for (auto [n, table] : llvm::enumerate(tables)) {
      inputs.push_back(lowering.get(table));
      maps.push_back(
          AffineMap::get(rank + axes, 0, {dim(rank + n), dim(op.getAxes()[n])}, context));
    }
  maps.push_back(AffineMap::getMultiDimIdentityMap(rank + axes, context).getMajorSubMap(rank));
  SmallVector<bool> reduction(rank + axes, false);
  std::fill(reduction.begin() + rank, reduction.end(), true);
  return accumulate(lowering, op.getResult(), [&](Value init) {
    Type element = elementTypeOf(op.getInput()), sumType = accumulatorType(element);
    return lowering.generic(
        lowering.fill(init, lowering.zero(sumType)), inputs, maps,
        [&](OpBuilder &builder, Location at, ValueRange a) {
          SmallVector<Value> position;
          for (unsigned i = 0; i < rank; ++i)
            position.push_back(linalg::IndexOp::create(builder, at, i));
          for (auto [n, axis] : llvm::enumerate(op.getAxes()))
            position[axis] = arith::IndexCastOp::create(builder, at, builder.getIndexType(), a[n]);
          Value part = tensor::ExtractOp::create(builder, at, source, position);
          part = toAccumulator(builder, at, part, element);
          for (Value weight : a.slice(axes, axes))
            part = arith::MulFOp::create(builder, at, part, weightOf(builder, at, weight, sumType));
          return SmallVector<Value>{arith::AddFOp::create(builder, at, a.back(), part)};
        },
        reduction);
  });
}

Value accel::nn::lowerResize(Lowering &lowering, ResizeOp op) {
  std::optional<int64_t> taps = tapsOf(lowering, op);
  return taps && *taps <= kUnrolledTaps ? resizeUnrolled(lowering, op)
                                        : resizeByLoops(lowering, op);
}

Value accel::nn::lowerDepthToSpace(Lowering &lowering, DepthToSpaceOp op) {
  const Shape input = lowering.shapes.get(op.getInputs()[0]),
              shape = lowering.shapes.get(op.getResult());
  unsigned rank = shape.size(), spatial = op.getBlocks().size();
  SmallVector<Value> sources;
  // Without trailing dims, neighbours in the result are far apart in the operand. They are gathered
  // from one row, which all dims but the first make up.
  bool isFlat = rank == 2 + spatial, isOne = op.getInputs().size() == 1;
  for (Value operand : op.getInputs()) {
    sources.push_back(lowering.get(operand));
    if (!isFlat)
      continue;
    SmallVector<ReassociationIndices> groups{{0}, {}};
    for (unsigned i = 1; i < rank; ++i)
      groups[1].push_back(i);
    sources.back() = tensor::CollapseShapeOp::create(lowering.builder, lowering.location,
                                                     sources.back(), groups);
  }
  return lowering.generic(
      lowering.destination(op.getResult()), {},
      AffineMap::getMultiDimIdentityMap(rank, op.getContext()),
      [&](OpBuilder &builder, Location at, ValueRange) {
        auto constant = [&](int64_t value) -> Value {
          return arith::ConstantIndexOp::create(builder, at, value);
        };
        auto add = [&](Value a, Value b) -> Value {
          return arith::AddIOp::create(builder, at, a, b);
        };
        auto mul = [&](Value a, Value b) -> Value {
          return arith::MulIOp::create(builder, at, a, b);
        };
        auto sizeOf = [&](Dim dim) {
          return getValueOrCreateConstantIndexOp(builder, at, lowering.size(dim));
        };
        SmallVector<Value> position;
        Value phase = constant(0);
        for (unsigned i = 0; i < rank; ++i) {
          Value here = linalg::IndexOp::create(builder, at, i);
          if (i >= 2 && i < 2 + spatial) {
            Value block = constant(op.getBlocks()[i - 2]);
            if (int64_t before = op.getCrop()[i - 2])
              here = add(here, constant(before));
            phase = add(mul(phase, block), arith::RemUIOp::create(builder, at, here, block));
            here = arith::DivUIOp::create(builder, at, here, block);
          }
          position.push_back(here);
        }
        if (isOne)
          position[1] =
              op.getCrd() ? add(mul(position[1], constant(llvm::product_of(op.getBlocks()))), phase)
                          : add(mul(phase, sizeOf(shape[1])), position[1]);
        if (isFlat) {
          Value linear = position[1];
          for (unsigned i = 2; i < rank; ++i)
            linear = add(mul(linear, sizeOf(input[i])), position[i]);
          position = {position[0], linear};
        }
        // All operands are read: they lie side by side in the caches when the next position comes.
        Value value = tensor::ExtractOp::create(builder, at, sources[0], position);
        for (auto [i, source] : llvm::enumerate(ArrayRef(sources).drop_front())) {
          Value other = tensor::ExtractOp::create(builder, at, source, position);
          Value isHere =
              arith::CmpIOp::create(builder, at, arith::CmpIPredicate::eq, phase, constant(i + 1));
          value = arith::SelectOp::create(builder, at, isHere, other, value);
        }
        return SmallVector<Value>{value};
      });
}
