// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products with operands in row-major order. (nn.packed_matmul is tiled as it is.)
#include "lib/Conversion/NNToLinalg/Lowering.h"

using namespace mlir;
using namespace accel::nn;

Value accel::nn::lowerMatmul(Lowering &lowering, MatmulOp op) {
  MLIRContext *context = op.getContext();
  Type element = elementTypeOf(op.getResult());
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
  Type sumType = accumulatorType(element);
  Value init = sumsInPlace(element) ? lowering.destination(op.getResult())
                                    : lowering.emptyTensor(result, sumType);
  Value sum = lowering.broadcasting(
      lowering.fill(init, lowering.zero(sumType)),
      AffineMap::getMultiDimIdentityMap(rank + 1, context).getMajorSubMap(rank),
      {operand(op.getLhs(), rank - 2, rank), operand(op.getRhs(), rank, rank - 1)},
      [&](OpBuilder &builder, Location at, ValueRange arguments) {
        return SmallVector<Value>{
            multiplyAdd(builder, at, toAccumulator(builder, at, arguments[0], element),
                        toAccumulator(builder, at, arguments[1], element), arguments[2])};
      },
      reduction);
  return lowering.narrowed(op.getResult(), sum);
}
