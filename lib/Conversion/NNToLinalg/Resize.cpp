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

/// Every result position looks for the input positions that reach it.
Value accel::nn::lowerConvTranspose(Lowering &lowering, ConvTransposeOp op) {
  MLIRContext *context = op.getContext();
  Shape input = lowering.shapes.get(op.getInput()), weight = lowering.shapes.get(op.getWeight());
  unsigned rank = input.size(), spatial = rank - 2;
  std::optional<int64_t> channels = constantDim(weight[0]), perGroup = constantDim(weight[1]);
  if (!channels || !perGroup) {
    op.emitError("expected a weight of static shape for a transposed convolution");
    return Value();
  }
  // Iteration space: n, f, result positions, then c (of the group), window positions.
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  unsigned total = rank + 1 + spatial;
  int64_t cPerGroup = *channels / op.getGroup();
  AffineExpr c = dim(rank), f = dim(1);
  if (op.getGroup() > 1) {
    c = dim(1).floorDiv(*perGroup) * cPerGroup + dim(rank);
    f = dim(1) % *perGroup;
  }
  // The loops' extents are those of an empty tensor: no operand has the dims of c and the window.
  SmallVector<int64_t> extents{cPerGroup};
  SmallVector<AffineExpr> result, loops{dim(rank)}, weightAt{c, f};
  for (unsigned i = 0; i < rank; ++i)
    result.push_back(dim(i));
  for (unsigned i = 0; i < spatial; ++i) {
    extents.push_back(*constantDim(weight[2 + i]));
    loops.push_back(dim(rank + 1 + i));
    weightAt.push_back(dim(rank + 1 + i));
  }
  SmallVector<bool> reduction(total, false);
  std::fill(reduction.begin() + rank, reduction.end(), true);
  Value in = lowering.get(op.getInput()), w = lowering.get(op.getWeight());
  Type element = elementTypeOf(op.getInput()), sumType = accumulatorType(element);
  return accumulate(lowering, op.getResult(), [&](Value init) {
    Value space = tensor::EmptyOp::create(lowering.builder, lowering.location, extents,
                                          lowering.builder.getI8Type());
    return lowering.generic(
        initialSum(lowering, init, op.getBias(), {1}), space,
        {AffineMap::get(total, 0, loops, context), AffineMap::get(total, 0, result, context)},
        [&](OpBuilder &builder, Location at, ValueRange a) {
          auto constant = [&](int64_t value) -> Value {
            return arith::ConstantIndexOp::create(builder, at, value);
          };
          SmallVector<Value> position{indexOf(builder, at, dim(0)), indexOf(builder, at, c)};
          Value inside, zero = constant(0);
          auto require = [&](Value condition) {
            inside = inside ? arith::AndIOp::create(builder, at, inside, condition).getResult()
                            : condition;
          };
          for (unsigned i = 0; i < spatial; ++i) {
            Value scaled =
                indexOf(builder, at,
                        dim(2 + i) - dim(rank + 1 + i) * op.getDilations()[i] + op.getPads()[i]);
            Value index = scaled;
            if (int64_t stride = op.getStrides()[i]; stride > 1) {
              index = arith::DivSIOp::create(builder, at, scaled, constant(stride));
              require(arith::CmpIOp::create(
                  builder, at, arith::CmpIPredicate::eq,
                  arith::MulIOp::create(builder, at, index, constant(stride)), scaled));
            }
            Value size = getValueOrCreateConstantIndexOp(builder, at, lowering.size(input[2 + i]));
            // One unsigned comparison covers both ends.
            Value good = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::ult, index, size);
            require(good);
            position.push_back(arith::SelectOp::create(builder, at, good, index, zero));
          }
          SmallVector<Value> weightPosition = llvm::map_to_vector(
              weightAt, [&](AffineExpr expr) { return indexOf(builder, at, expr); });
          Value x = tensor::ExtractOp::create(builder, at, in, position);
          x = arith::SelectOp::create(
              builder, at, inside, toAccumulator(builder, at, x, element),
              arith::ConstantOp::create(builder, at, lowering.zero(sumType)));
          Value y = tensor::ExtractOp::create(builder, at, w, weightPosition);
          y = toAccumulator(builder, at, y, element);
          return SmallVector<Value>{multiplyAdd(builder, at, x, y, a[1])};
        },
        reduction);
  });
}

Value accel::nn::lowerDepthToSpace(Lowering &lowering, DepthToSpaceOp op) {
  const Shape input = lowering.shapes.get(op.getInput()),
              shape = lowering.shapes.get(op.getResult());
  unsigned rank = shape.size(), spatial = op.getBlocks().size();
  Value source = lowering.get(op.getInput());
  // Without trailing dims, neighbours in the result are far apart in the operand. They are gathered
  // from one row, which all dims but the first make up.
  bool isFlat = rank == 2 + spatial;
  if (isFlat) {
    SmallVector<ReassociationIndices> groups{{0}, {}};
    for (unsigned i = 1; i < rank; ++i)
      groups[1].push_back(i);
    source = tensor::CollapseShapeOp::create(lowering.builder, lowering.location, source, groups);
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
            phase = add(mul(phase, block), arith::RemUIOp::create(builder, at, here, block));
            here = arith::DivUIOp::create(builder, at, here, block);
          }
          position.push_back(here);
        }
        int64_t blocks = llvm::product_of(op.getBlocks());
        position[1] = op.getCrd() ? add(mul(position[1], constant(blocks)), phase)
                                  : add(mul(phase, sizeOf(shape[1])), position[1]);
        if (isFlat) {
          Value linear = position[1];
          for (unsigned i = 2; i < rank; ++i)
            linear = add(mul(linear, sizeOf(input[i])), position[i]);
          position = {position[0], linear};
        }
        return SmallVector<Value>{tensor::ExtractOp::create(builder, at, source, position)};
      });
}
