// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products with operands in row-major order. (nn.packed_matmul is tiled as it is.)
#include "dialects/Exec/ExecOps.h"
#include "lib/Conversion/NNToLinalg/Lowering.h"

using namespace mlir;
using namespace accel;
using namespace accel::nn;

/// Products that are summed before they are added to the sum so far. Errors of a sum of k products
/// grow with k / 128 + 128 instead of k; and ONNX Runtime has the same blocks, so that results have
/// its bits even where later ops magnify differences (a softmax of large scores).
static constexpr int64_t kSumBlock = 128;

/// The addition of a bias, one value for each column, to a product that nothing else reads.
static AddOp biasAddition(Lowering &lowering, MatmulOp op) {
  auto add = op->hasOneUse() ? dyn_cast<AddOp>(*op->user_begin()) : AddOp();
  if (!add || add.getType() != op.getType() || add.getLhs() == add.getRhs())
    return {};
  Value bias = add.getLhs() == op.getResult() ? add.getRhs() : add.getLhs();
  auto shapeOf = [](Value v) { return cast<RankedTensorType>(v.getType()).getShape(); };
  ArrayRef<int64_t> shape = shapeOf(bias), resultShape = shapeOf(op.getResult());
  bool isRow = !shape.empty() && shape.back() == resultShape.back() &&
               !ShapedType::isDynamic(shape.back()) &&
               llvm::all_of(shape.drop_back(), [](int64_t size) { return size == 1; });
  return isRow && lowering.values.contains(bias) ? add : AddOp();
}

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
  AddOp addition = isa<Float32Type, Float64Type>(element) ? biasAddition(lowering, op) : AddOp();
  Value total = addition ? addition.getResult() : op.getResult(), start;
  if (addition) {
    lowering.shapes.set(total, result);
    Value bias = addition.getLhs() == op.getResult() ? addition.getRhs() : addition.getLhs();
    start = lowering.elementwise(
        lowering.destination(total), total, bias,
        [](OpBuilder &, Location, ValueRange elements) { return llvm::to_vector(elements); });
  } else {
    Value init =
        sumsInPlace(element) ? lowering.destination(total) : lowering.emptyTensor(result, sumType);
    start = lowering.fill(init, lowering.zero(sumType));
  }
  Value sum = lowering.broadcasting(
      start, AffineMap::getMultiDimIdentityMap(rank + 1, context).getMajorSubMap(rank),
      {operand(op.getLhs(), rank - 2, rank), operand(op.getRhs(), rank, rank - 1)},
      [&](OpBuilder &builder, Location at, ValueRange arguments) {
        return SmallVector<Value>{
            multiplyAdd(builder, at, toAccumulator(builder, at, arguments[0], element),
                        toAccumulator(builder, at, arguments[1], element), arguments[2])};
      },
      reduction);
  if (auto generic = sum.getDefiningOp<linalg::GenericOp>();
      generic && sum != start && isa<Float32Type>(sumType))
    generic->setAttr(exec::KernelOp::kSumBlockAttr, lowering.builder.getI64IntegerAttr(kSumBlock));
  if (addition) {
    lowering.values.map(total, sum);
    return sum;
  }
  return lowering.narrowed(op.getResult(), sum);
}
