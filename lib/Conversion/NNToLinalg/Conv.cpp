// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions and poolings: loops over result and window; elements in the padding are not read.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel::nn;

Value accel::nn::indexOf(OpBuilder &builder, Location at, AffineExpr expr) {
  SmallVector<OpFoldResult> operands;
  unsigned dims = 0;
  expr.walk([&](AffineExpr e) {
    if (auto dim = dyn_cast<AffineDimExpr>(e))
      dims = std::max(dims, dim.getPosition() + 1);
  });
  for (unsigned i = 0; i < dims; ++i)
    operands.push_back(linalg::IndexOp::create(builder, at, i).getResult());
  return getValueOrCreateConstantIndexOp(
      builder, at,
      affine::makeComposedFoldedAffineApply(builder, at, AffineMap::get(dims, 0, expr), operands));
}

/// Reads an nn value at `position`, of which dims `checked` may lie outside: `outside` then. The
/// element is one of a sum.
static Value readChecked(Lowering &lowering, OpBuilder &builder, Location at, Value source,
                         ArrayRef<AffineExpr> position, ArrayRef<unsigned> checked,
                         TypedAttr outside, Value channel = Value()) {
  const Shape shape = lowering.shapes.get(source);
  SmallVector<Value> indices;
  Value inside;
  for (auto [i, expr] : llvm::enumerate(position)) {
    Value index = channel && i == 1 ? channel : indexOf(builder, at, expr);
    if (llvm::is_contained(checked, unsigned(i))) {
      Value size = getValueOrCreateConstantIndexOp(builder, at, lowering.size(shape[i]));
      // One unsigned comparison covers both ends.
      Value good = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::ult, index, size);
      index = arith::SelectOp::create(builder, at, good, index,
                                      arith::ConstantIndexOp::create(builder, at, 0));
      inside = inside ? arith::AndIOp::create(builder, at, inside, good).getResult() : good;
    }
    indices.push_back(index);
  }
  Value element = tensor::ExtractOp::create(builder, at, lowering.get(source), indices);
  element = toAccumulator(builder, at, element, elementTypeOf(source));
  if (!inside)
    return element;
  return arith::SelectOp::create(builder, at, inside, element,
                                 arith::ConstantOp::create(builder, at, outside));
}

static bool anyPad(ArrayRef<int64_t> pads) {
  return llvm::any_of(pads, [](int64_t pad) { return pad != 0; });
}

Value accel::nn::accumulate(Lowering &lowering, Value result,
                            llvm::function_ref<Value(Value init)> compute) {
  Type element = elementTypeOf(result);
  if (sumsInPlace(element))
    return compute(lowering.destination(result));
  Value init = lowering.emptyTensor(lowering.shapes.get(result), accumulatorType(element));
  return lowering.narrowed(result, compute(init));
}

Value accel::nn::initialSum(Lowering &lowering, Value init, Value bias,
                            ArrayRef<unsigned> biasDims) {
  if (!bias)
    return lowering.fill(init, lowering.zero(getElementTypeOrSelf(init.getType())));
  unsigned rank = cast<RankedTensorType>(init.getType()).getRank();
  MLIRContext *context = lowering.builder.getContext();
  SmallVector<AffineExpr> exprs;
  for (unsigned dim : biasDims)
    exprs.push_back(getAffineDimExpr(dim, context));
  return lowering.generic(
      init, lowering.get(bias),
      {AffineMap::get(rank, 0, exprs, context), AffineMap::getMultiDimIdentityMap(rank, context)},
      [&](OpBuilder &builder, Location at, ValueRange arguments) {
        return SmallVector<Value>{toAccumulator(builder, at, arguments[0], elementTypeOf(bias))};
      });
}

/// The sum after one product of elements.
static SmallVector<Value> addProduct(OpBuilder &builder, Location at, ValueRange a, Type element) {
  return {multiplyAdd(builder, at, toAccumulator(builder, at, a[0], element),
                      toAccumulator(builder, at, a[1], element), a[2])};
}

Value accel::nn::lowerConv(Lowering &lowering, ConvOp op) {
  MLIRContext *context = op.getContext();
  Type element = elementTypeOf(op.getResult());
  Shape input = lowering.shapes.get(op.getInput()), weight = lowering.shapes.get(op.getWeight());
  unsigned rank = input.size(), spatial = rank - 2;
  // Iteration space: n, f, result positions, then c (of the group), window positions.
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  unsigned total = rank + 1 + spatial;
  SmallVector<AffineExpr> resultExprs, weightExprs{dim(1), dim(rank)}, inputExprs;
  for (unsigned i = 0; i < rank; ++i)
    resultExprs.push_back(dim(i));
  AffineExpr channel = dim(rank);
  std::optional<int64_t> filters = constantDim(weight[0]), perGroup = constantDim(weight[1]);
  bool staticGroups = filters && perGroup;
  if (op.getGroup() > 1 && staticGroups)
    channel = dim(1).floorDiv(*filters / op.getGroup()) * *perGroup + dim(rank);
  // The same where only the run knows how many channels a group has.
  auto channelInGroup = [&](OpBuilder &builder, Location at) -> Value {
    if (op.getGroup() == 1 || staticGroups)
      return Value();
    auto size = [&](Dim dim) {
      return getValueOrCreateConstantIndexOp(builder, at, lowering.size(dim));
    };
    Value filtersInGroup = arith::DivUIOp::create(
        builder, at, size(weight[0]), arith::ConstantIndexOp::create(builder, at, op.getGroup()));
    Value group = arith::DivUIOp::create(builder, at, linalg::IndexOp::create(builder, at, 1),
                                         filtersInGroup);
    return arith::AddIOp::create(builder, at,
                                 arith::MulIOp::create(builder, at, group, size(weight[1])),
                                 linalg::IndexOp::create(builder, at, rank));
  };
  inputExprs = {dim(0), channel};
  SmallVector<unsigned> checked;
  for (unsigned i = 0; i < spatial; ++i) {
    weightExprs.push_back(dim(rank + 1 + i));
    inputExprs.push_back(dim(2 + i) * op.getStrides()[i] +
                         dim(rank + 1 + i) * op.getDilations()[i] - op.getPads()[i]);
    if (op.getPads()[i] || op.getPads()[spatial + i])
      checked.push_back(2 + i);
  }
  SmallVector<bool> reduction(total, false);
  std::fill(reduction.begin() + rank, reduction.end(), true);
  AffineMap resultMap = AffineMap::get(total, 0, resultExprs, context),
            weightMap = AffineMap::get(total, 0, weightExprs, context),
            inputMap = AffineMap::get(total, 0, inputExprs, context);
  Value in = lowering.get(op.getInput()), w = lowering.get(op.getWeight());
  return accumulate(lowering, op.getResult(), [&](Value init) {
    Value sums = initialSum(lowering, init, op.getBias(), {1});
    if (checked.empty() && op.getGroup() == 1)
      return lowering.generic(
          sums, {in, w}, {inputMap, weightMap, resultMap},
          [&](OpBuilder &builder, Location at, ValueRange a) {
            return addProduct(builder, at, a, element);
          },
          reduction);
    return lowering.generic(
        sums, w, {weightMap, resultMap},
        [&](OpBuilder &builder, Location at, ValueRange a) {
          Value x =
              readChecked(lowering, builder, at, op.getInput(), inputExprs, checked,
                          lowering.zero(accumulatorType(element)), channelInGroup(builder, at));
          return SmallVector<Value>{
              multiplyAdd(builder, at, x, toAccumulator(builder, at, a[0], element), a[1])};
        },
        reduction);
  });
}

/// `source` with `value` around its spatial dims, which start at 2; itself where there is no
/// padding. Only its elements are read, by loops that leave the padding out where they can.
///
/// What the kernel computes itself is the first of two stages: `nofold` says that it is to be there
/// before it is read, with or without padding.
static Value padded(Lowering &lowering, Value source, ArrayRef<int64_t> pads, TypedAttr value) {
  bool isComputed = source.getDefiningOp();
  if (!anyPad(pads) && !isComputed)
    return source;
  OpBuilder &b = lowering.builder;
  auto type = cast<RankedTensorType>(source.getType());
  size_t spatial = pads.size() / 2;
  SmallVector<OpFoldResult> low(type.getRank(), b.getIndexAttr(0)), high = low;
  SmallVector<int64_t> shape(type.getShape());
  for (size_t i = 0; i < spatial; ++i) {
    low[2 + i] = b.getIndexAttr(pads[i]);
    high[2 + i] = b.getIndexAttr(pads[spatial + i]);
    if (!type.isDynamicDim(2 + i))
      shape[2 + i] += pads[i] + pads[spatial + i];
  }
  Value outside = arith::ConstantOp::create(b, lowering.location, value);
  return tensor::PadOp::create(b, lowering.location, type.clone(shape), source, low, high, outside,
                               /*nofold=*/isComputed);
}

namespace {
/// A blocked convolution's loops: n, fb, result positions, f, then reductions.
struct BlockedLoops {
  unsigned total;                        ///< iteration dims
  SmallVector<AffineExpr> input, weight; ///< how the operands are read
};
} // namespace

/// The common part of blocked convolutions: sums from the bias, products, padding.
template <typename ConvLike>
static Value lowerBlocked(Lowering &lowering, ConvLike op, const BlockedLoops &loops) {
  MLIRContext *context = op.getContext();
  unsigned rank = lowering.shapes.get(op.getResult()).size();
  SmallVector<bool> reduction(loops.total, false);
  std::fill(reduction.begin() + rank, reduction.end(), true);
  auto map = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(loops.total, 0, exprs, context);
  };
  Value source = lowering.get(op.getInput());
  source = padded(lowering, source, op.getPads(),
                  lowering.zero(cast<RankedTensorType>(source.getType()).getElementType()));
  return accumulate(lowering, op.getResult(), [&](Value init) {
    return lowering.generic(
        initialSum(lowering, init, op.getBias(), {1, rank - 1}),
        {source, lowering.get(op.getWeight())},
        {map(loops.input), map(loops.weight),
         AffineMap::getMultiDimIdentityMap(loops.total, context).getMajorSubMap(rank)},
        [&](OpBuilder &builder, Location at, ValueRange a) {
          return addProduct(builder, at, a, elementTypeOf(op.getResult()));
        },
        reduction);
  });
}

Value accel::nn::lowerBlockedConv(Lowering &lowering, BlockedConvOp op) {
  unsigned rank = lowering.shapes.get(op.getInput()).size(), spatial = rank - 3;
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, op.getContext()); };
  // Reductions: blocks of the group's channels, window positions, channels.
  unsigned total = rank + spatial + 2, cb = rank, c = total - 1;
  AffineExpr block = dim(cb);
  if (op.getGroup() > 1) {
    ArrayRef<Dim> weight = lowering.shapes.get(op.getWeight());
    block = dim(1).floorDiv(*constantDim(weight[0]) / int64_t(op.getGroup())) *
                *constantDim(weight[1]) +
            dim(cb);
  }
  BlockedLoops loops{total, {dim(0), block}, {dim(1), dim(cb)}};
  for (unsigned i = 0; i < spatial; ++i) {
    loops.weight.push_back(dim(cb + 1 + i));
    // A window of one position does not move what is read.
    bool isPoint = constantDim(lowering.shapes.get(op.getWeight())[2 + i]) == 1;
    AffineExpr offset = dim(cb + 1 + i) * op.getDilations()[i];
    loops.input.push_back(dim(2 + i) * op.getStrides()[i] + offset * (isPoint ? 0 : 1));
  }
  llvm::append_values(loops.weight, dim(c), dim(rank - 1));
  loops.input.push_back(dim(c));
  return lowerBlocked(lowering, op, loops);
}

Value accel::nn::lowerBlockedDepthwiseConv(Lowering &lowering, BlockedDepthwiseConvOp op) {
  unsigned rank = lowering.shapes.get(op.getInput()).size(), spatial = rank - 3;
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, op.getContext()); };
  BlockedLoops loops{rank + spatial, {dim(0), dim(1)}, {dim(1)}};
  for (unsigned i = 0; i < spatial; ++i) {
    loops.weight.push_back(dim(rank + i));
    loops.input.push_back(dim(2 + i) * op.getStrides()[i] + dim(rank + i) * op.getDilations()[i]);
  }
  loops.weight.push_back(dim(rank - 1));
  loops.input.push_back(dim(rank - 1));
  return lowerBlocked(lowering, op, loops);
}

Value accel::nn::lowerPool(Lowering &lowering, PoolOp op) {
  MLIRContext *context = op.getContext();
  OpBuilder &b = lowering.builder;
  Shape input = lowering.shapes.get(op.getInput()), shape = lowering.shapes.get(op.getResult());
  unsigned rank = input.size(), spatial = op.getKernel().size();
  Type element = elementTypeOf(op.getInput());
  bool isUnsigned = element.isUnsignedInteger(), isMax = op.getKind() == PoolKind::max;
  ReduceKind kind = isMax ? ReduceKind::max : ReduceKind::sum;
  // Iteration space: result dims, then window positions. The window's extent is that of an empty
  // tensor.
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  unsigned total = rank + spatial;
  SmallVector<AffineExpr> result, read, window;
  SmallVector<unsigned> checked;
  for (unsigned i = 0; i < rank; ++i) {
    result.push_back(dim(i));
    read.push_back(dim(i));
  }
  for (unsigned i = 0; i < spatial; ++i) {
    read[2 + i] =
        dim(2 + i) * op.getStrides()[i] + dim(rank + i) * op.getDilations()[i] - op.getPads()[i];
    window.push_back(dim(rank + i));
    if (anyPad(op.getPads()) || op.getCeil())
      checked.push_back(2 + i);
  }
  TypedAttr neutral = neutralElement(b, kind, element);
  Value extent = tensor::EmptyOp::create(b, lowering.location, op.getKernel(), b.getI8Type());
  Value in = lowering.get(op.getInput());
  SmallVector<bool> reduction(total, false);
  std::fill(reduction.begin() + rank, reduction.end(), true);
  AffineMap resultMap = AffineMap::get(total, 0, result, context),
            windowMap = AffineMap::get(total, 0, window, context),
            readMap = AffineMap::get(total, 0, read, context);
  auto combine = [&](OpBuilder &builder, Location at, Value sum, Value x) {
    return emitCombine(builder, at, kind, sum, x, isUnsigned);
  };
  // A blocked tensor is read in vectors of channels: its padding is the neutral element around it.
  bool blocked = rank > 2 + spatial && isa<FloatType>(element) && sumsInPlace(element);
  if (blocked && (!checked.empty() || in.getDefiningOp())) {
    SmallVector<int64_t> pads(op.getPads());
    for (unsigned i = 0; i < spatial; ++i) {
      // Rounded up, the last window may reach past the padding: it starts before its end.
      if (op.getCeil())
        pads[spatial + i] =
            std::max(pads[spatial + i], (op.getKernel()[i] - 1) * op.getDilations()[i]);
      read[2 + i] = read[2 + i] + op.getPads()[i];
    }
    readMap = AffineMap::get(total, 0, read, context);
    in = padded(lowering, in, pads, neutral);
  }
  auto pooled = [&](Value init) {
    Value start = lowering.fill(init, neutral);
    if (blocked || checked.empty())
      return lowering.generic(
          start, {in, extent}, {readMap, windowMap, resultMap},
          [&](OpBuilder &builder, Location at, ValueRange a) {
            return SmallVector<Value>{
                combine(builder, at, a[2], toAccumulator(builder, at, a[0], element))};
          },
          reduction);
    return lowering.generic(
        start, extent, {windowMap, resultMap},
        [&](OpBuilder &builder, Location at, ValueRange a) {
          Value x = readChecked(lowering, builder, at, op.getInput(), read, checked, neutral);
          return SmallVector<Value>{combine(builder, at, a[1], x)};
        },
        reduction);
  };
  if (isMax || op.getKind() == PoolKind::sum)
    return accumulate(lowering, op.getResult(), pooled);
  // Average: sums divided by the number of elements that count.
  Value sums = pooled(lowering.emptyTensor(shape, accumulatorType(element)));
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, context);
  return lowering.generic(
      lowering.destination(op.getResult()), sums, {identity, identity},
      [&](OpBuilder &builder, Location at, ValueRange a) {
        Value count;
        for (unsigned i = 0; i < spatial; ++i) {
          int64_t dilation = op.getDilations()[i], low = op.getPads()[i],
                  high = op.getPads()[spatial + i];
          Value windowSize = arith::ConstantIndexOp::create(builder, at, op.getKernel()[i]),
                here = windowSize;
          if (!checked.empty()) {
            // Window positions k with 0 <= start + k*dilation < limit.
            bool withPad = op.getKind() == PoolKind::average_with_pad;
            Value zero = arith::ConstantIndexOp::create(builder, at, 0);
            Value start = indexOf(builder, at, dim(2 + i) * op.getStrides()[i] - low);
            Value limit = getValueOrCreateConstantIndexOp(
                builder, at, lowering.size(withPad ? input[2 + i] + high : input[2 + i]));
            Value step = arith::ConstantIndexOp::create(builder, at, dilation);
            Value room = arith::SubIOp::create(builder, at, limit, start);
            Value last = arith::MinSIOp::create(
                builder, at, windowSize,
                arith::MaxSIOp::create(builder, at,
                                       arith::CeilDivSIOp::create(builder, at, room, step), zero));
            Value first = zero;
            if (!withPad) {
              Value before = arith::MaxSIOp::create(
                  builder, at, arith::SubIOp::create(builder, at, zero, start), zero);
              first = arith::CeilDivSIOp::create(builder, at, before, step);
            }
            here = arith::MaxSIOp::create(builder, at,
                                          arith::SubIOp::create(builder, at, last, first), zero);
          }
          count = count ? arith::MulIOp::create(builder, at, count, here).getResult() : here;
        }
        Value number = arith::IndexCastOp::create(builder, at, builder.getI64Type(), count);
        Value mean = divideBy(builder, at, a[0], number, isUnsigned);
        return SmallVector<Value>{fromAccumulator(builder, at, mean, element)};
      });
}
