// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape computation of convolutions and poolings.
#include "dialects/NN/NNOps.h"

using namespace mlir;
using namespace accel::nn;

using Operands = ArrayRef<Shape>;
using Results = SmallVectorImpl<Shape>;

namespace {
struct Window {
  SmallVector<Dim> kernel;
  ArrayRef<int64_t> strides, dilations, pads;
  bool ceil = false;
};
} // namespace

/// Appends the result's spatial dims. ONNX Conv-22 and MaxPool-22 give the formula.
static LogicalResult windowShape(ArrayRef<Dim> spatial, const Window &window, ShapeContext &context,
                                 StringRef constraint, Shape &shape) {
  size_t n = spatial.size();
  for (size_t i = 0; i < n; ++i) {
    int64_t pads = window.pads.empty() ? 0 : window.pads[i] + window.pads[n + i];
    int64_t stride = window.strides[i];
    Dim extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    Dim room = spatial[i] + pads - extent;
    Dim windows = room.floorDiv(stride) + 1;
    // Rounded up, a window that would start in the padding after the input is left out; none does
    // where windows reach past that padding anyway.
    if (window.ceil) {
      bool reaches = window.pads.empty() ||
                     context.atMost(context.constant(window.pads[n + i] + stride), extent);
      windows = reaches ? room.ceilDiv(stride) + 1 : (spatial[i] + window.pads[i]).ceilDiv(stride);
    }
    if (std::optional<int64_t> size = constantDim(windows); size && *size <= 0)
      return context.error(constraint + ": a window of " + dimText(extent) +
                           " does not fit spatial dim " + Twine(i) + " of size " +
                           dimText(spatial[i]) + " with padding " + Twine(pads));
    context.require(context.constant(1), DimRelation::AtMost, windows, "windows");
    shape.push_back(windows);
  }
  return success();
}

/// Sizes as dims.
static SmallVector<Dim> constants(ArrayRef<int64_t> sizes, ShapeContext &context) {
  return llvm::map_to_vector(sizes, [&](int64_t size) { return context.constant(size); });
}

LogicalResult ConvOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                    Results &results) {
  ArrayRef<Dim> input = operands[0], weight = operands[1];
  if (input.size() != weight.size() || input.size() < 3 || input.size() > 5)
    return context.error("C1: expected input and weight of the same rank, 3 to 5, got " +
                         Twine(input.size()) + " and " + Twine(weight.size()));
  size_t spatial = input.size() - 2;
  if (!allAtLeast(adaptor.getStrides(), 1, spatial) ||
      !allAtLeast(adaptor.getDilations(), 1, spatial) ||
      !allAtLeast(adaptor.getPads(), 0, 2 * spatial))
    return context.error("C2: expected " + Twine(spatial) + " positive strides and dilations and " +
                         Twine(2 * spatial) + " pads of 0 or more");
  int64_t group = adaptor.getGroup();
  std::optional<int64_t> channels = constantDim(input[1]), perGroup = constantDim(weight[1]),
                         f = constantDim(weight[0]);
  if (group < 1 ||
      (channels && perGroup && (*channels % group || *channels / group != *perGroup)) ||
      (f && *f % group))
    return context.error(
        "C3: expected weight dim 1 times group to be the input's channels and group to divide "
        "weight dim 0, got group " +
        Twine(group) + ", weight dims " + Twine(f.value_or(-1)) + " and " +
        Twine(perGroup.value_or(-1)) + ", channels " + Twine(channels.value_or(-1)));
  if (operands.size() > 2 &&
      (operands[2].size() != 1 || !context.mustBeEqual(operands[2][0], weight[0])))
    return context.error("C4: expected a bias of one element an output channel");
  if (!channels || !perGroup)
    context.require(input[1], DimRelation::Equal, weight[1] * group, "channels");
  if (!f && group > 1)
    context.require(weight[0], DimRelation::Equal, weight[0].floorDiv(group) * group,
                    "filters in groups of one size");
  Shape shape{input[0], weight[0]};
  if (failed(windowShape(input.drop_front(2),
                         {SmallVector<Dim>(weight.drop_front(2)), adaptor.getStrides(),
                          adaptor.getDilations(), adaptor.getPads()},
                         context, "C5", shape)))
    return failure();
  results.push_back(shape);
  return success();
}

/// C2 of the blocked convolutions.
template <typename Adaptor>
static LogicalResult checkBlockedWindow(Adaptor adaptor, size_t spatial, ShapeContext &context) {
  if (allAtLeast(adaptor.getStrides(), 1, spatial) &&
      allAtLeast(adaptor.getDilations(), 1, spatial) &&
      (adaptor.getPads().empty() || allAtLeast(adaptor.getPads(), 0, 2 * spatial)))
    return success();
  return context.error("C2: expected " + Twine(spatial) +
                       " positive strides and dilations, and no pads or " + Twine(2 * spatial) +
                       " of 0 or more");
}

LogicalResult BlockedConvOp::computeShapes(Adaptor adaptor, Operands operands,
                                           ShapeContext &context, Results &results) {
  ArrayRef<Dim> input = operands[0], weight = operands[1];
  if (input.size() < 4 || input.size() > 6 || weight.size() != input.size() + 1 ||
      !llvm::all_of(weight, constantDim) || (operands.size() > 2 && operands[2].size() != 2))
    return context.error(
        "C1: expected input rank R of 4 to 6, a static weight of rank R+1 and a bias of rank 2");
  size_t spatial = input.size() - 3;
  if (failed(checkBlockedWindow(adaptor, spatial, context)))
    return failure();
  Dim f = weight.back(), c = weight[weight.size() - 2];
  std::optional<int64_t> blocks = constantDim(input[1]);
  int64_t group = adaptor.getGroup(), perGroup = *constantDim(weight[1]);
  // Without the product, which may overflow.
  if (group < 1 || *constantDim(weight[0]) % group ||
      (blocks && (*blocks % group || *blocks / group != perGroup)) ||
      !context.mustBeEqual(input.back(), c) ||
      (operands.size() > 2 && (!context.mustBeEqual(operands[2][0], weight[0]) ||
                               !context.mustBeEqual(operands[2][1], f))))
    return context.error("C3: expected the same blocks in input, weight and bias, and groups of "
                         "whole blocks");
  SmallVector<Dim> kernel(weight.slice(2, spatial));
  Shape shape{input[0], weight[0]};
  if (failed(windowShape(input.slice(2, spatial),
                         {kernel, adaptor.getStrides(), adaptor.getDilations(), adaptor.getPads()},
                         context, "C4", shape)))
    return failure();
  shape.push_back(f);
  results.push_back(shape);
  return success();
}

LogicalResult BlockedDepthwiseConvOp::computeShapes(Adaptor adaptor, Operands operands,
                                                    ShapeContext &context, Results &results) {
  ArrayRef<Dim> input = operands[0], weight = operands[1];
  if (input.size() < 4 || input.size() > 6 || weight.size() != input.size() - 1 ||
      !llvm::all_of(weight, constantDim) || (operands.size() > 2 && operands[2].size() != 2))
    return context.error(
        "C1: expected input rank R of 4 to 6, a static weight of rank R-1 and a bias of rank 2");
  size_t spatial = input.size() - 3;
  if (failed(checkBlockedWindow(adaptor, spatial, context)))
    return failure();
  if (!context.mustBeEqual(input[1], weight[0]) ||
      !context.mustBeEqual(input.back(), weight.back()) ||
      (operands.size() > 2 && (!context.mustBeEqual(operands[2][0], weight[0]) ||
                               !context.mustBeEqual(operands[2][1], weight.back()))))
    return context.error("C3: expected the same blocks in input, weight and bias");
  SmallVector<Dim> kernel(weight.slice(1, spatial));
  Shape shape{input[0], weight[0]};
  if (failed(windowShape(input.slice(2, spatial),
                         {kernel, adaptor.getStrides(), adaptor.getDilations(), adaptor.getPads()},
                         context, "C4", shape)))
    return failure();
  shape.push_back(weight.back());
  results.push_back(shape);
  return success();
}

/// C2 of the poolings.
template <typename Adaptor>
static LogicalResult checkPoolWindow(Adaptor adaptor, size_t spatial, ShapeContext &context) {
  if (allAtLeast(adaptor.getKernel(), 1, spatial) && allAtLeast(adaptor.getStrides(), 1, spatial) &&
      allAtLeast(adaptor.getDilations(), 1, spatial) &&
      allAtLeast(adaptor.getPads(), 0, 2 * spatial))
    return success();
  return context.error("C2: expected " + Twine(spatial) +
                       " positive kernel sizes, strides and dilations and " + Twine(2 * spatial) +
                       " pads of 0 or more");
}

LogicalResult PoolOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                    Results &results) {
  ArrayRef<Dim> input = operands[0];
  size_t spatial = adaptor.getKernel().size();
  if (input.size() < 2 + spatial)
    return context.error("C1: expected rank " + Twine(2 + spatial) + " or more, got " +
                         Twine(input.size()));
  if (failed(checkPoolWindow(adaptor, spatial, context)))
    return failure();
  Shape shape{input[0], input[1]};
  Window window{constants(adaptor.getKernel(), context), adaptor.getStrides(),
                adaptor.getDilations(), adaptor.getPads(), adaptor.getCeil()};
  if (failed(windowShape(input.slice(2, spatial), window, context, "C3", shape)))
    return failure();
  llvm::append_range(shape, input.drop_front(2 + spatial));
  results.push_back(shape);
  return success();
}

LogicalResult PoolPositionsOp::computeShapes(Adaptor adaptor, Operands operands,
                                             ShapeContext &context, Results &results) {
  size_t spatial = adaptor.getKernel().size();
  if (operands[0].size() != 2 + spatial || operands[1].size() != 2 + spatial)
    return context.error("C1: expected operands of rank " + Twine(2 + spatial) + ", got " +
                         Twine(operands[0].size()) + " and " + Twine(operands[1].size()));
  if (failed(checkPoolWindow(adaptor, spatial, context)))
    return failure();
  results.push_back(operands[1]);
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
  if (!channels && group > 1)
    context.require(weight[0], DimRelation::Equal, weight[0].floorDiv(group) * group,
                    "channels in groups of one size");
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
