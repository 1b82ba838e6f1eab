// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transposed convolutions that no ordinary ones were made of.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel::nn;

/// Every result position looks for the input positions that reach it.
Value accel::nn::lowerConvTranspose(Lowering &lowering, ConvTransposeOp op) {
  MLIRContext *context = op.getContext();
  Shape input = lowering.shapes.get(op.getInput()), weight = lowering.shapes.get(op.getWeight());
  unsigned rank = input.size(), spatial = rank - 2;
  std::optional<int64_t> channels = constantDim(weight[0]), perGroup = constantDim(weight[1]);
  bool staticGroups = channels && perGroup;
  // Iteration space: n, f, result positions, then c (of the group), window positions.
  auto dim = [&](unsigned i) { return getAffineDimExpr(i, context); };
  unsigned total = rank + 1 + spatial;
  int64_t group = op.getGroup();
  AffineExpr c = dim(rank), f = dim(1);
  if (group > 1 && staticGroups) {
    c = dim(1).floorDiv(*perGroup) * (*channels / group) + dim(rank);
    f = dim(1) % *perGroup;
  }
  // The loops' extents are those of an empty tensor: no operand has the dims of c and the window.
  SmallVector<OpFoldResult> extents{lowering.size(weight[0].floorDiv(group))};
  SmallVector<AffineExpr> result, loops{dim(rank)}, weightAt{c, f};
  for (unsigned i = 0; i < rank; ++i)
    result.push_back(dim(i));
  for (unsigned i = 0; i < spatial; ++i) {
    extents.push_back(lowering.size(weight[2 + i]));
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
          SmallVector<Value> weightPosition = llvm::map_to_vector(
              weightAt, [&](AffineExpr expr) { return indexOf(builder, at, expr); });
          // Where only the run knows how many channels a group has.
          if (group > 1 && !staticGroups) {
            auto size = [&](Dim dim) {
              return getValueOrCreateConstantIndexOp(builder, at, lowering.size(dim));
            };
            Value filters = size(weight[1]), filter = linalg::IndexOp::create(builder, at, 1);
            Value first = arith::MulIOp::create(
                builder, at, arith::DivUIOp::create(builder, at, filter, filters),
                size(weight[0].floorDiv(group)));
            weightPosition[0] = arith::AddIOp::create(builder, at, first, weightPosition[0]);
            weightPosition[1] = arith::RemUIOp::create(builder, at, filter, filters);
          }
          SmallVector<Value> position{indexOf(builder, at, dim(0)), weightPosition[0]};
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
