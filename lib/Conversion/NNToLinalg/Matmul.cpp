// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products with operands in row-major order. (nn.packed_matmul is tiled as it is.)
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace accel::nn;

Value accel::nn::lowerMatmul(Lowering &lowering, MatmulOp op) {
  MLIRContext *context = op.getContext();
  Type element = storageType(elementTypeOf(op.getResult()));
  unsigned rank = lowering.shapes.get(op.getResult()).size();
  // Iteration space: batch dims, m, n, k.
  AffineExpr m = getAffineDimExpr(rank - 2, context), n = getAffineDimExpr(rank - 1, context),
             k = getAffineDimExpr(rank, context);
  auto operandMap = [&](Value operand, AffineExpr row, AffineExpr column) {
    Shape shape = lowering.shapes.get(operand);
    SmallVector<AffineExpr> exprs;
    for (size_t i = 0; i + 2 < shape.size(); ++i)
      exprs.push_back(constantDim(shape[i]) == 1
                          ? getAffineConstantExpr(0, context)
                          : getAffineDimExpr(rank - shape.size() + i, context));
    exprs.push_back(row);
    exprs.push_back(column);
    return AffineMap::get(rank + 1, 0, exprs, context);
  };
  SmallVector<AffineExpr> result;
  for (unsigned i = 0; i < rank; ++i)
    result.push_back(getAffineDimExpr(i, context));
  SmallVector<bool> reduction(rank + 1, false);
  reduction.back() = true;
  // Half precision accumulates in f32.
  bool half = element.isF16() || element.isBF16();
  Type accumulator = half ? lowering.builder.getF32Type() : element;
  Value init = half ? lowering.emptyTensor(lowering.shapes.get(op.getResult()), accumulator)
                    : lowering.destination(op.getResult());
  Value sum = lowering.generic(
      lowering.fill(init, lowering.zero(accumulator)),
      {lowering.get(op.getLhs()), lowering.get(op.getRhs())},
      {operandMap(op.getLhs(), m, k), operandMap(op.getRhs(), k, n),
       AffineMap::get(rank + 1, 0, result, context)},
      [&](OpBuilder &builder, Location at, ValueRange arguments) {
        Value a = arguments[0], b = arguments[1];
        if (half) {
          a = arith::ExtFOp::create(builder, at, accumulator, a);
          b = arith::ExtFOp::create(builder, at, accumulator, b);
        }
        if (isa<FloatType>(accumulator))
          return SmallVector<Value>{arith::AddFOp::create(
              builder, at, arguments[2], arith::MulFOp::create(builder, at, a, b))};
        return SmallVector<Value>{arith::AddIOp::create(builder, at, arguments[2],
                                                        arith::MulIOp::create(builder, at, a, b))};
      },
      reduction);
  if (!half)
    return sum;
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, context);
  return lowering.generic(lowering.destination(op.getResult()), sum, {identity, identity},
                          [&](OpBuilder &builder, Location at, ValueRange arguments) {
                            return SmallVector<Value>{
                                arith::TruncFOp::create(builder, at, element, arguments[0])};
                          });
}
