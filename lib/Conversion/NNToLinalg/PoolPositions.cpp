// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a max pooling found its elements.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel::nn;

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
