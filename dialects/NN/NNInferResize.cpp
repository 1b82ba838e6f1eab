// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape computations of ops that change the resolution of spatial dims.
#include "dialects/NN/NNOps.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace accel::nn;

using Operands = ArrayRef<Shape>;
using Results = SmallVectorImpl<Shape>;

LogicalResult ResizeOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                      Results &results) {
  ArrayRef<int64_t> axes = adaptor.getAxes();
  Shape shape = operands[0];
  Operands indices = operands.slice(1, adaptor.getIndices().size()),
           weights = operands.drop_front(1 + indices.size());
  llvm::SmallSet<int64_t, 4> seen;
  for (int64_t axis : axes)
    if (axis < 0 || axis >= int64_t(shape.size()) || !seen.insert(axis).second)
      return context.error("C1: expected distinct axes in 0.." + Twine(int64_t(shape.size()) - 1) +
                           ", got " + Twine(axis));
  if (indices.size() != axes.size() || (!weights.empty() && weights.size() != axes.size()))
    return context.error("C1: expected one table of indices an axis, and of weights one or none");
  for (auto [i, axis] : llvm::enumerate(axes)) {
    bool good = indices[i].size() == 2;
    if (good && weights.empty())
      good = constantDim(indices[i][0]) == 1;
    else if (good)
      good = weights[i].size() == 2 && context.mustBeEqual(weights[i][0], indices[i][0]) &&
             context.mustBeEqual(weights[i][1], indices[i][1]);
    if (!good)
      return context.error("C2: expected tables of one shape T x P for axis " + Twine(axis) +
                           ", with T = 1 where there are no weights");
    shape[axis] = indices[i][1];
  }
  results.push_back(shape);
  return success();
}

LogicalResult DepthToSpaceOp::computeShapes(Adaptor adaptor, Operands operands,
                                            ShapeContext &context, Results &results) {
  ArrayRef<int64_t> blocks = adaptor.getBlocks(), crop = adaptor.getCrop();
  if (operands.empty())
    return context.error("C3: expected an operand");
  Shape shape = operands[0];
  if (shape.size() < 2 + blocks.size() || !allAtLeast(blocks, 1, blocks.size()))
    return context.error("C1: expected rank " + Twine(2 + blocks.size()) +
                         " or more and positive blocks, got rank " + Twine(shape.size()));
  int64_t product = llvm::product_of(blocks);
  size_t spatial = blocks.size();
  bool isInside = crop.size() == 2 * spatial;
  for (size_t i = 0; i < spatial && isInside; ++i) {
    for (int64_t cut : {crop[i], crop[spatial + i]})
      isInside &= cut >= 0 && cut < blocks[i];
    shape[2 + i] = shape[2 + i] * blocks[i] - (crop[i] + crop[spatial + i]);
  }
  if (!isInside)
    return context.error("C2: expected crops of 0 to block - 1 for each block");
  std::optional<int64_t> channels = constantDim(shape[1]);
  bool isOne = operands.size() == 1,
       good = isOne ? !channels || *channels % product == 0 : int64_t(operands.size()) == product;
  for (const Shape &operand : operands.drop_front())
    good &= operand.size() == operands[0].size() &&
            llvm::all_of(llvm::zip(operand, operands[0]), [&](auto pair) {
              return context.mustBeEqual(std::get<0>(pair), std::get<1>(pair));
            });
  if (!good)
    return context.error("C3: expected one operand of channels in multiples of " + Twine(product) +
                         ", or " + Twine(product) + " operands of one shape, got " +
                         Twine(operands.size()) + " of " + Twine(channels.value_or(-1)) +
                         " channels");
  if (isOne)
    shape[1] = shape[1].floorDiv(product);
  results.push_back(shape);
  return success();
}
