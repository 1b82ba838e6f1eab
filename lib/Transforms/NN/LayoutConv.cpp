// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions on channel-blocked tensors.
#include "lib/Transforms/NN/Constants.h"
#include "lib/Transforms/NN/Layout.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace accel::nn;

/// An input of at most so many channels is read where it lies, as blocks of one channel: it costs
/// no copy, and the lines that the channels of a window touch still fit the first cache.
static constexpr int64_t kDirectChannels = 16;

/// Two registers of output channels share each load of the input, unless that adds empty channels;
/// fewer than a register's channels take the next power of two.
int64_t LayoutRewriter::blockFor(int64_t channels) const {
  int64_t one = lanes, two = registers >= 16 ? 2 * one : one;
  if (channels <= one)
    return std::min(one, std::max<int64_t>(4, llvm::PowerOf2Ceil(channels)));
  return llvm::alignTo(channels, two) == llvm::alignTo(channels, one) ? two : one;
}

BlockedTensor LayoutRewriter::blockedInput(Value input, bool direct) {
  if (auto known = blocked.find(input); known != blocked.end())
    return known->second;
  auto type = cast<RankedTensorType>(input.getType());
  int64_t channels = type.getDimSize(1);
  if (direct && channels <= kDirectChannels)
    return {appendUnitDim(input), 1, channels};
  int64_t block = blockFor(channels);
  return blocked[input] = {packChannels(input, 1, block), block, channels};
}

/// The input of a convolution with its padding; zeros are right for channels past the last, too.
Value LayoutRewriter::padSpatial(Location location, Value input, ArrayRef<int64_t> pads,
                                 FloatAttr value) {
  if (llvm::all_of(pads, [](int64_t pad) { return pad == 0; }))
    return input;
  size_t spatial = pads.size() / 2;
  SmallVector<int64_t> low{0, 0}, high{0, 0};
  llvm::append_range(low, pads.take_front(spatial));
  llvm::append_range(high, pads.drop_front(spatial));
  low.push_back(0);
  high.push_back(0);
  return PadOp::create(builder, location, input, low, high, value);
}

bool LayoutRewriter::rewriteConv(ConvOp op) {
  Location location = op.getLoc();
  auto type = cast<RankedTensorType>(op.getType()),
       input = cast<RankedTensorType>(op.getInput().getType()),
       weight = cast<RankedTensorType>(op.getWeight().getType());
  if (!type.getElementType().isF32() || !weight.hasStaticShape() ||
      ShapedType::isDynamicShape(input.getShape().drop_front()) ||
      llvm::is_contained(type.getShape(), 0) || !isConstantExpression(op.getWeight()))
    return false;
  // Depthwise: one filter a channel.
  int64_t channels = input.getDimSize(1);
  bool depthwise =
      op.getGroup() > 1 && int64_t(op.getGroup()) == channels && weight.getDimSize(0) == channels;
  if (op.getGroup() != 1 && !depthwise)
    return false;
  BlockedTensor source = blockedInput(op.getInput(), /*direct=*/!depthwise);
  source.value = padSpatial(location, source.value, op.getPads(), builder.getF32FloatAttr(0));
  BlockedTensor result;
  if (depthwise) {
    result = source;
    SmallVector<int64_t> shape(weight.getShape());
    shape.erase(shape.begin() + 1);
    Value windows = ReshapeOp::create(builder, location, op.getWeight(), ValueRange(), shape);
    Value bias = op.getBias() ? packChannels(op.getBias(), 0, source.block) : Value();
    result.value = BlockedDepthwiseConvOp::create(builder, location, source.value,
                                                  packChannels(windows, 0, source.block), bias,
                                                  op.getStrides(), op.getDilations());
  } else {
    result.channels = weight.getDimSize(0);
    result.block = blockFor(result.channels);
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, weight.getRank()));
    Value packed = PackOp::create(builder, location, op.getWeight(), ArrayRef<int64_t>{1, 0},
                                  ArrayRef<int64_t>{source.block, result.block}, order);
    Value bias = op.getBias() ? packChannels(op.getBias(), 0, result.block) : Value();
    result.value = BlockedConvOp::create(builder, location, source.value, packed, bias,
                                         op.getStrides(), op.getDilations());
  }
  replaceWithBlocked(op, result);
  return true;
}
