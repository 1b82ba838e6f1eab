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

/// The tables are read along the vectors of a result, whose elements are gathered from a row.
Value accel::nn::lowerSample(Lowering &lowering, SampleOp op) {
  MLIRContext *context = op.getContext();
  Value source = lowering.get(op.getInput());
  Type element = elementTypeOf(op.getInput());
  int64_t taps = *constantDim(lowering.shapes.get(op.getIndices())[0]);
  auto part = [&](OpBuilder &builder, Location at, Value index, Value weight) -> Value {
    SmallVector<Value> position;
    for (unsigned i = 0; i < 2; ++i)
      position.push_back(linalg::IndexOp::create(builder, at, i));
    position.push_back(arith::IndexCastOp::create(builder, at, builder.getIndexType(), index));
    Value x = tensor::ExtractOp::create(builder, at, source, position);
    Type sum = accumulatorType(element);
    return arith::MulFOp::create(builder, at, toAccumulator(builder, at, x, element),
                                 weightOf(builder, at, weight, sum));
  };
  if (taps <= kUnrolledTaps)
    return lowering.generic(
        lowering.destination(op.getResult()), {}, AffineMap::getMultiDimIdentityMap(3, context),
        [&](OpBuilder &builder, Location at, ValueRange) {
          Value n = linalg::IndexOp::create(builder, at, 0),
                p = linalg::IndexOp::create(builder, at, 2), total;
          for (int64_t t = 0; t < taps; ++t) {
            Value tap = arith::ConstantIndexOp::create(builder, at, t);
            auto entry = [&](Value table) {
              return tensor::ExtractOp::create(builder, at, lowering.get(table),
                                               ValueRange{tap, n, p});
            };
            Value each = part(builder, at, entry(op.getIndices()), entry(op.getWeights()));
            total = total ? arith::AddFOp::create(builder, at, total, each).getResult() : each;
          }
          return SmallVector<Value>{fromAccumulator(builder, at, total, element)};
        });
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  AffineMap table = AffineMap::get(4, 0, {dim(3), dim(0), dim(2)}, context),
            result = AffineMap::getMultiDimIdentityMap(4, context).getMajorSubMap(3);
  return accumulate(lowering, op.getResult(), [&](Value init) {
    Type sum = cast<RankedTensorType>(init.getType()).getElementType();
    return lowering.generic(lowering.fill(init, lowering.zero(sum)),
                            {lowering.get(op.getIndices()), lowering.get(op.getWeights())},
                            {table, table, result},
                            [&](OpBuilder &builder, Location at, ValueRange a) {
                              return SmallVector<Value>{arith::AddFOp::create(
                                  builder, at, a[2], part(builder, at, a[0], a[1]))};
                            },
                            {false, false, false, true});
  });
}

/// The least number of an element in the window that is the pooled one.
Value accel::nn::lowerPoolPositions(Lowering &lowering, PoolPositionsOp op) {
  MLIRContext *context = op.getContext();
  OpBuilder &b = lowering.builder;
  const Shape input = lowering.shapes.get(op.getInput());
  unsigned rank = input.size(), spatial = op.getKernel().size(), total = rank + spatial;
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  Value source = lowering.get(op.getInput());
  Type element = elementTypeOf(op.getInput()), i64 = b.getI64Type();
  Value window = tensor::EmptyOp::create(b, lowering.location, op.getKernel(), b.getI8Type());
  SmallVector<AffineExpr> windowAt;
  for (unsigned i = 0; i < spatial; ++i)
    windowAt.push_back(dim(rank + i));
  AffineMap result = AffineMap::getMultiDimIdentityMap(total, context).getMajorSubMap(rank);
  SmallVector<bool> reduction(total, false);
  std::fill(reduction.begin() + rank, reduction.end(), true);
  // What no element is found for, a window of NaN or of padding, is its largest number.
  TypedAttr none = b.getI64IntegerAttr(std::numeric_limits<int64_t>::max());
  return lowering.generic(
      lowering.fill(lowering.destination(op.getResult()), none),
      {lowering.get(op.getPooled()), window},
      {result, AffineMap::get(total, 0, windowAt, context), result},
      [&](OpBuilder &builder, Location at, ValueRange a) {
        auto size = [&](unsigned i) {
          return getValueOrCreateConstantIndexOp(builder, at, lowering.size(input[i]));
        };
        SmallVector<Value> position;
        Value inside;
        for (unsigned i = 0; i < rank; ++i) {
          if (i < 2) {
            position.push_back(indexOf(builder, at, dim(i)));
            continue;
          }
          Value index =
              indexOf(builder, at,
                      dim(i) * op.getStrides()[i - 2] +
                          dim(rank + i - 2) * op.getDilations()[i - 2] - op.getPads()[i - 2]);
          Value good =
              arith::CmpIOp::create(builder, at, arith::CmpIPredicate::ult, index, size(i));
          position.push_back(arith::SelectOp::create(
              builder, at, good, index, arith::ConstantIndexOp::create(builder, at, 0)));
          inside = inside ? arith::AndIOp::create(builder, at, inside, good).getResult() : good;
        }
        Value x = tensor::ExtractOp::create(builder, at, source, position), same;
        Value most = fromStorage(builder, at, a[0], element);
        x = fromStorage(builder, at, x, element);
        if (isa<FloatType>(element))
          same = arith::CmpFOp::create(builder, at, arith::CmpFPredicate::UEQ, x, most);
        else
          same = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::eq, x, most);
        if (inside)
          same = arith::AndIOp::create(builder, at, same, inside);
        Value number = position[0];
        for (unsigned i = 1; i < rank; ++i) {
          unsigned next = op.getColumnMajor() && i >= 2 ? rank + 1 - i : i;
          number = arith::AddIOp::create(
              builder, at, arith::MulIOp::create(builder, at, number, size(next)), position[next]);
        }
        number = arith::IndexCastOp::create(builder, at, i64, number);
        Value least = arith::MinSIOp::create(builder, at, a[2], number);
        return SmallVector<Value>{arith::SelectOp::create(builder, at, same, least, a[2])};
      },
      reduction);
}
