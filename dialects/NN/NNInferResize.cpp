// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape computations of ops that change the resolution of spatial dims.
#include "dialects/NN/NNOps.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace accel::nn;

using Operands = ArrayRef<Shape>;
using Results = SmallVectorImpl<Shape>;

static bool allAtLeast(ArrayRef<int64_t> values, int64_t least, size_t count) {
  return values.size() == count && llvm::all_of(values, [&](int64_t v) { return v >= least; });
}

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

LogicalResult ConvTransposeOp::computeShapes(Adaptor adaptor, Operands operands,
                                             ShapeContext &context, Results &results) {
  ArrayRef<Dim> input = operands[0], weight = operands[1];
  if (input.size() != weight.size() || input.size() < 3 || input.size() > 5)
    return context.error("C1: expected input and weight of the same rank, 3 to 5, got " +
                         Twine(input.size()) + " and " + Twine(weight.size()));
  size_t spatial = input.size() - 2;
  SmallVector<int64_t> kernel = staticShape(weight.drop_front(2));
  if (!allAtLeast(adaptor.getStrides(), 1, spatial) ||
      !allAtLeast(adaptor.getDilations(), 1, spatial) ||
      !allAtLeast(adaptor.getOutputPadding(), 0, spatial) ||
      !allAtLeast(adaptor.getPads(), 0, 2 * spatial) || !allAtLeast(kernel, 1, spatial))
    return context.error("C2: expected a window of static size, " + Twine(spatial) +
                         " positive strides and dilations, " + Twine(spatial) +
                         " output paddings and " + Twine(2 * spatial) + " pads of 0 or more");
  int64_t group = adaptor.getGroup();
  std::optional<int64_t> channels = constantDim(weight[0]), perGroup = constantDim(weight[1]);
  if (group < 1 || !context.mustBeEqual(input[1], weight[0]) || (channels && *channels % group))
    return context.error("C3: expected weight dim 0 to be the input's channels and group to "
                         "divide it, got group " +
                         Twine(group) + " and weight dim " + Twine(channels.value_or(-1)));
  if (perGroup && *perGroup > std::numeric_limits<int32_t>::max() / group)
    return context.error("C3: expected fewer than 2^31 channels, got " + Twine(group) +
                         " groups of " + Twine(*perGroup));
  Shape shape{input[0], weight[1] * group};
  if (operands.size() > 2 &&
      (operands[2].size() != 1 || !context.mustBeEqual(operands[2][0], shape[1])))
    return context.error("C4: expected a bias of one element an output channel");
  for (size_t i = 0; i < spatial; ++i) {
    int64_t stride = adaptor.getStrides()[i],
            rest = (kernel[i] - 1) * adaptor.getDilations()[i] + 1 - stride - adaptor.getPads()[i] -
                   adaptor.getPads()[spatial + i] + adaptor.getOutputPadding()[i];
    Dim size = input[2 + i] * stride + rest;
    if (std::optional<int64_t> known = constantDim(size); known && *known <= 0)
      return context.error("C5: expected padding that leaves something of result dim " +
                           Twine(2 + i) + ", got size " + Twine(*known));
    context.require(context.constant(1), DimRelation::AtMost, size, "a result's size");
    shape.push_back(size);
  }
  results.push_back(shape);
  return success();
}

LogicalResult PoolPositionsOp::computeShapes(Adaptor adaptor, Operands operands,
                                             ShapeContext &context, Results &results) {
  size_t spatial = adaptor.getKernel().size();
  if (operands[0].size() != 2 + spatial || operands[1].size() != 2 + spatial)
    return context.error("C1: expected operands of rank " + Twine(2 + spatial) + ", got " +
                         Twine(operands[0].size()) + " and " + Twine(operands[1].size()));
  if (!allAtLeast(adaptor.getKernel(), 1, spatial) ||
      !allAtLeast(adaptor.getStrides(), 1, spatial) ||
      !allAtLeast(adaptor.getDilations(), 1, spatial) ||
      !allAtLeast(adaptor.getPads(), 0, 2 * spatial))
    return context.error("C2: expected " + Twine(spatial) +
                         " positive kernel sizes, strides and dilations and " + Twine(2 * spatial) +
                         " pads of 0 or more");
  results.push_back(operands[1]);
  return success();
}

LogicalResult SampleOp::computeShapes(Adaptor, Operands operands, ShapeContext &context,
                                      Results &results) {
  ArrayRef<Dim> input = operands[0], indices = operands[1], weights = operands[2];
  if (input.size() != 3 || indices.size() != 3 || weights.size() != 3 || !constantDim(indices[0]))
    return context.error("C1: expected operands of rank 3 and tables of a static number of taps");
  if (!context.mustBeEqual(indices[0], weights[0]) ||
      !context.mustBeEqual(indices[1], weights[1]) ||
      !context.mustBeEqual(indices[2], weights[2]) || !context.mustBeEqual(input[0], indices[1]))
    return context.error("C2: expected tables of one shape T x N x P, with the operand's N");
  results.push_back({input[0], input[1], indices[2]});
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
