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

/// True unless both are constants and differ.
static bool mayBeEqual(Dim a, Dim b) {
  std::optional<int64_t> ca = constantDim(a), cb = constantDim(b);
  return !ca || !cb || *ca == *cb;
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
      good = weights[i].size() == 2 && mayBeEqual(weights[i][0], indices[i][0]) &&
             mayBeEqual(weights[i][1], indices[i][1]);
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
  if (group < 1 || !mayBeEqual(input[1], weight[0]) || (channels && *channels % group))
    return context.error("C3: expected weight dim 0 to be the input's channels and group to "
                         "divide it, got group " +
                         Twine(group) + " and weight dim " + Twine(channels.value_or(-1)));
  if (perGroup && *perGroup > std::numeric_limits<int32_t>::max() / group)
    return context.error("C3: expected fewer than 2^31 channels, got " + Twine(group) +
                         " groups of " + Twine(*perGroup));
  Shape shape{input[0], weight[1] * group};
  if (operands.size() > 2 && (operands[2].size() != 1 || !mayBeEqual(operands[2][0], shape[1])))
    return context.error("C4: expected a bias of one element an output channel");
  for (size_t i = 0; i < spatial; ++i) {
    int64_t stride = adaptor.getStrides()[i],
            rest = (kernel[i] - 1) * adaptor.getDilations()[i] + 1 - stride - adaptor.getPads()[i] -
                   adaptor.getPads()[spatial + i] + adaptor.getOutputPadding()[i];
    Dim size = input[2 + i] * stride + rest;
    if (std::optional<int64_t> known = constantDim(size); known && *known <= 0)
      return context.error("C5: expected padding that leaves something of result dim " +
                           Twine(2 + i) + ", got size " + Twine(*known));
    shape.push_back(size);
  }
  results.push_back(shape);
  return success();
}

LogicalResult DepthToSpaceOp::computeShapes(Adaptor adaptor, Operands operands,
                                            ShapeContext &context, Results &results) {
  ArrayRef<int64_t> blocks = adaptor.getBlocks(), crop = adaptor.getCrop();
  Shape shape = operands[0];
  if (shape.size() < 2 + blocks.size() || !allAtLeast(blocks, 1, blocks.size()))
    return context.error("C1: expected rank " + Twine(2 + blocks.size()) +
                         " or more and positive blocks, got rank " + Twine(shape.size()));
  int64_t product = 1;
  for (int64_t block : blocks)
    product *= block;
  bool isInside = crop.size() == blocks.size();
  for (size_t i = 0; i < blocks.size() && isInside; ++i) {
    isInside = crop[i] >= 0 && crop[i] < blocks[i];
    shape[2 + i] = shape[2 + i] * blocks[i] - crop[i];
  }
  if (!isInside)
    return context.error("C2: expected a crop of 0 to block - 1 for each block");
  if (std::optional<int64_t> channels = constantDim(shape[1]); channels && *channels % product)
    return context.error("C3: expected channels in multiples of " + Twine(product) + ", got " +
                         Twine(*channels));
  shape[1] = shape[1].floorDiv(product);
  results.push_back(shape);
  return success();
}
