// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products with operands in row-major order. (nn.packed_matmul is tiled as it is.)
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace accel::nn;

Value accel::nn::lowerMatmul(Lowering &lowering, MatmulOp op) {
  MLIRContext *context = op.getContext();
  Type element = storageType(elementTypeOf(op.getResult()));
  const Shape result = lowering.shapes.get(op.getResult());
  unsigned rank = result.size();
  // Iteration space: batch dims, m, n, k.
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  auto operand = [&](Value source, unsigned row, unsigned column) {
    ArrayRef<Dim> matrix = ArrayRef<Dim>(lowering.shapes.get(source)).take_back(2);
    // Only the batch dims are broadcast.
    Shape extents(ArrayRef<Dim>(result).drop_back(2));
    llvm::append_range(extents, matrix);
    Lowering::Operand operand = lowering.trailing(source, extents);
    operand.position[operand.position.size() - 2] = dim(row);
    operand.position.back() = dim(column);
    return operand;
  };
  SmallVector<bool> reduction(rank + 1, false);
  reduction.back() = true;
  // Half precision accumulates in f32.
  bool half = element.isF16() || element.isBF16();
  Type accumulator = half ? lowering.builder.getF32Type() : element;
  Value init =
      half ? lowering.emptyTensor(result, accumulator) : lowering.destination(op.getResult());
  Value sum = lowering.broadcasting(
      lowering.fill(init, lowering.zero(accumulator)),
      AffineMap::getMultiDimIdentityMap(rank + 1, context).getMajorSubMap(rank),
      {operand(op.getLhs(), rank - 2, rank), operand(op.getRhs(), rank, rank - 1)},
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
