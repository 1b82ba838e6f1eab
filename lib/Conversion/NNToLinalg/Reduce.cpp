// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions over dims, softmax and log-softmax.
#include "dialects/Exec/ExecOps.h"
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace accel;
using namespace accel::nn;

/// Terms of a sum that are added up before they are added to the rest: a chain of a hundred
/// thousand additions in f32 loses four of seven digits, and blocks of the sums of such blocks
/// none.
static constexpr int64_t kSumBlock = 512;

Value accel::nn::lowerReduce(Lowering &lowering, ReduceOp op) {
  MLIRContext *context = op.getContext();
  Shape input = lowering.shapes.get(op.getInput()), shape = lowering.shapes.get(op.getResult());
  Type element = elementTypeOf(op.getInput()), sumType = accumulatorType(element);
  bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
  SmallVector<AffineExpr> result;
  SmallVector<bool> reduction(input.size(), false);
  Dim count = lowering.shapes.constant(1);
  for (unsigned i = 0; i < input.size(); ++i) {
    reduction[i] = llvm::is_contained(op.getAxes(), int64_t(i));
    if (!reduction[i])
      result.push_back(getAffineDimExpr(i, context));
    else if (op.getKeepdims())
      result.push_back(getAffineConstantExpr(0, context));
    if (reduction[i])
      count = count * input[i];
  }
  AffineMap identity = AffineMap::getMultiDimIdentityMap(input.size(), context);
  bool finish = !sumsInPlace(element) || op.getKind() == ReduceKind::mean;
  // A unit dim that keepdims leaves cannot be an affine constant of an output map: reduce without
  // it.
  Shape reduced;
  SmallVector<AffineExpr> dense, expand;
  for (unsigned i = 0; i < input.size(); ++i)
    if (!reduction[i]) {
      dense.push_back(getAffineDimExpr(i, context));
      expand.push_back(getAffineDimExpr(op.getKeepdims() ? i : expand.size(), context));
      reduced.push_back(input[i]);
    }
  bool reshaped = reduced.size() != shape.size();
  Value init = finish || reshaped ? lowering.emptyTensor(reduced, sumType)
                                  : lowering.destination(op.getResult());
  Value sum = lowering.generic(
      lowering.fill(init, neutralElement(lowering.builder, op.getKind(), element)),
      lowering.get(op.getInput()), {identity, AffineMap::get(input.size(), 0, dense, context)},
      [&](OpBuilder &builder, Location at, ValueRange a) {
        Value x = toAccumulator(builder, at, a[0], element);
        return SmallVector<Value>{emitCombine(builder, at, op.getKind(), a[1], x, isUnsigned)};
      },
      reduction);
  bool isSum = op.getKind() == ReduceKind::sum || op.getKind() == ReduceKind::mean;
  if (auto generic = sum.getDefiningOp<linalg::GenericOp>();
      generic && isSum && isa<Float32Type>(sumType))
    generic->setAttr(exec::KernelOp::kSumBlockAttr, lowering.builder.getI64IntegerAttr(kSumBlock));
  if (!finish && !reshaped)
    return sum;
  unsigned rank = shape.size();
  Value number;
  if (op.getKind() == ReduceKind::mean)
    number = arith::IndexCastOp::create(lowering.builder, lowering.location,
                                        lowering.builder.getI64Type(), lowering.sizeValue(count));
  return lowering.generic(
      lowering.destination(op.getResult()), sum,
      {AffineMap::get(rank, 0, expand, context), AffineMap::getMultiDimIdentityMap(rank, context)},
      [&](OpBuilder &builder, Location at, ValueRange a) {
        Value x = number ? divideBy(builder, at, a[0], number, isUnsigned) : a[0];
        return SmallVector<Value>{fromAccumulator(builder, at, x, element)};
      });
}

Value accel::nn::lowerSoftmax(Lowering &lowering, Operation *op, int64_t axis, bool log) {
  MLIRContext *context = op->getContext();
  Value input = op->getOperand(0), result = op->getResult(0), x = lowering.get(input);
  Shape shape = lowering.shapes.get(input), rest = shape;
  rest.erase(rest.begin() + axis);
  unsigned rank = shape.size();
  Type element = elementTypeOf(input), wide = accumulatorType(element);
  bool half = !sumsInPlace(element);
  AffineMap all = AffineMap::getMultiDimIdentityMap(rank, context), row = all.dropResult(axis);
  SmallVector<bool> reduction(rank, false);
  reduction[axis] = true;
  auto widen = [&](OpBuilder &builder, Location at, Value value) {
    return toAccumulator(builder, at, value, element);
  };
  Value start = lowering.fill(lowering.emptyTensor(rest, wide),
                              neutralElement(lowering.builder, ReduceKind::max, element));
  Value top = lowering.generic(
      start, x, {all, row},
      [&](OpBuilder &builder, Location at, ValueRange a) {
        // Whatever the maximum makes of a NaN, the exponential makes its row NaN.
        return SmallVector<Value>{arith::MaxNumFOp::create(
            builder, at, a[1], widen(builder, at, a[0]), arith::FastMathFlags::nnan)};
      },
      reduction);
  // Where the element is wide enough and the result is the kernel's, the exponentials lie there
  // until they are divided. (Otherwise a consumer would fuse with an op that reads what it
  // overwrites.)
  bool apart = half || !lowering.destinations.contains(result);
  auto shifted = [&](OpBuilder &builder, Location at, Value value, Value most) -> Value {
    return arith::SubFOp::create(builder, at, widen(builder, at, value), most);
  };
  Value zeros = lowering.fill(lowering.emptyTensor(rest, wide), lowering.zero(wide));
  Value exponentials;
  if (!log)
    exponentials = lowering.generic(
        apart ? lowering.emptyTensor(shape, wide) : lowering.destination(result), {x, top},
        {all, row, all}, [&](OpBuilder &builder, Location at, ValueRange a) {
          return SmallVector<Value>{
              math::ExpOp::create(builder, at, shifted(builder, at, a[0], a[1]))};
        });
  Value sums =
      log ? lowering.generic(
                zeros, {x, top}, {all, row, row},
                [&](OpBuilder &builder, Location at, ValueRange a) {
                  Value e = math::ExpOp::create(builder, at, shifted(builder, at, a[0], a[1]));
                  return SmallVector<Value>{arith::AddFOp::create(builder, at, a[2], e)};
                },
                reduction)
          : lowering.generic(
                zeros, exponentials, {all, row},
                [&](OpBuilder &builder, Location at, ValueRange a) {
                  return SmallVector<Value>{arith::AddFOp::create(builder, at, a[1], a[0])};
                },
                reduction);
  auto narrow = [&](OpBuilder &builder, Location at, Value value) {
    return fromAccumulator(builder, at, value, element);
  };
  if (!log) {
    // One division a row.
    AffineMap each = AffineMap::getMultiDimIdentityMap(rank - 1, context);
    Value inverse =
        lowering.generic(lowering.emptyTensor(rest, wide), sums, {each, each},
                         [&](OpBuilder &builder, Location at, ValueRange a) {
                           Value one =
                               arith::ConstantOp::create(builder, at, builder.getOneAttr(wide));
                           return SmallVector<Value>{arith::DivFOp::create(builder, at, one, a[0])};
                         });
    auto scale = [&](OpBuilder &builder, Location at, Value e, Value by) {
      return SmallVector<Value>{narrow(builder, at, arith::MulFOp::create(builder, at, e, by))};
    };
    if (apart)
      return lowering.generic(lowering.destination(result), {exponentials, inverse},
                              {all, row, all}, [&](OpBuilder &builder, Location at, ValueRange a) {
                                return scale(builder, at, a[0], a[1]);
                              });
    return lowering.generic(exponentials, inverse, {row, all},
                            [&](OpBuilder &builder, Location at, ValueRange a) {
                              return scale(builder, at, a[1], a[0]);
                            });
  }
  return lowering.generic(lowering.destination(result), {x, top, sums}, {all, row, row, all},
                          [&](OpBuilder &builder, Location at, ValueRange a) {
                            Value value =
                                arith::SubFOp::create(builder, at, shifted(builder, at, a[0], a[1]),
                                                      math::LogOp::create(builder, at, a[2]));
                            return SmallVector<Value>{narrow(builder, at, value)};
                          });
}
