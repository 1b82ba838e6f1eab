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

/// The most groups of a convolution that become one, with zeros between: so many times its work,
/// against vectors that a group of few channels does not fill.
static constexpr int64_t kMaxMergedGroups = 8;

static RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// Two registers of output channels share each load of the input, unless that adds empty channels;
/// fewer than a register's channels take the next power of two.
int64_t LayoutRewriter::blockFor(int64_t channels) const {
  int64_t one = lanes, two = registers >= 16 ? 2 * one : one;
  if (channels <= one)
    return std::min(one, std::max<int64_t>(4, llvm::PowerOf2Ceil(channels)));
  return llvm::alignTo(channels, two) == llvm::alignTo(channels, one) ? two : one;
}

int64_t LayoutRewriter::resultBlock(ConvOp op, int64_t channels) const {
  if (auto shuffle = op->hasOneUse() ? dyn_cast<DepthToSpaceOp>(*op->user_begin()) : nullptr;
      shuffle && !shuffle.getCrd() && shuffle.getInputs().size() == 1) {
    int64_t each = channels / llvm::product_of(shuffle.getBlocks());
    if (each % blockFor(each) == 0)
      return blockFor(each);
  }
  return blockFor(channels);
}

BlockedTensor LayoutRewriter::blockedInput(Value input, bool direct) {
  if (auto known = blocked.find(input); known != blocked.end())
    return known->second;
  int64_t channels = tensorOf(input).getDimSize(1);
  if (direct && channels <= kDirectChannels)
    return {appendUnitDim(input), 1, channels};
  int64_t block = blockFor(channels);
  return blocked[input] = {packChannels(input, 1, block), block, channels};
}

BlockedTensor LayoutRewriter::blockedInputWithin(Value input, int64_t block) {
  auto known = blocked.find(input);
  if (known != blocked.end() && block % known->second.block == 0)
    return known->second;
  // A second form beside the one that other users take.
  return {packChannels(input, 1, block), block, tensorOf(input).getDimSize(1)};
}

int64_t LayoutRewriter::mergedGroups(ConvOp op) const {
  int64_t group = op.getGroup(), perGroup = tensorOf(op.getWeight()).getDimSize(1),
          filters = tensorOf(op.getWeight()).getDimSize(0) / group;
  if (group == 1)
    return 1;
  for (int64_t merged = 1; merged <= std::min(group, kMaxMergedGroups); ++merged)
    if (group % merged == 0 &&
        (merged == group || (merged * perGroup % lanes == 0 && merged * filters % lanes == 0)))
      return merged;
  return 0;
}

/// The weight F x C/group x K... of `merged` groups as one: zeros where a filter does not look.
static Value mergeGroups(OpBuilder &builder, Location at, Value weight, int64_t group,
                         int64_t merged) {
  if (merged == 1)
    return weight;
  auto type = tensorOf(weight);
  SmallVector<int64_t> split{group / merged, merged, type.getDimSize(0) / group}, whole;
  llvm::append_range(split, type.getShape().drop_front());
  Value parts = ReshapeOp::create(builder, at, weight, ValueRange(), split);
  SmallVector<Value> padded;
  for (int64_t i = 0; i < merged; ++i) {
    SmallVector<int64_t> offsets(split.size(), 0), steps(split.size(), 1), sizes(split),
        low(split.size(), 0), high(split.size(), 0);
    offsets[1] = i;
    sizes[1] = 1;
    low[3] = i * split[3];
    high[3] = (merged - 1 - i) * split[3];
    Value part = SliceOp::create(builder, at, parts, offsets, sizes, steps);
    padded.push_back(
        PadOp::create(builder, at, part, low, high, builder.getZeroAttr(type.getElementType())));
  }
  Value all = ConcatOp::create(builder, at, padded, uint64_t(1));
  whole.assign(type.getShape().begin(), type.getShape().end());
  whole[1] *= merged;
  return ReshapeOp::create(builder, at, all, ValueRange(), whole);
}

bool LayoutRewriter::rewriteConv(ConvOp op) {
  Location location = op.getLoc();
  auto type = tensorOf(op), weight = tensorOf(op.getWeight());
  ArrayRef<int64_t> pads = op.getPads();
  if (llvm::all_of(pads, [](int64_t pad) { return pad == 0; }))
    pads = {};
  Value input = op.getInput();
  auto inputType = tensorOf(input);
  if (!type.getElementType().isF32() || !weight.hasStaticShape() || inputType.isDynamicDim(1) ||
      llvm::is_contained(type.getShape(), 0) || !isConstantExpression(op.getWeight()))
    return false;
  // Depthwise: one filter a channel.
  int64_t channels = inputType.getDimSize(1), group = op.getGroup();
  bool depthwise = group > 1 && group == channels && weight.getDimSize(0) == channels;
  int64_t merged = depthwise ? 1 : mergedGroups(op);
  if (!merged)
    return false;
  orderForDepthToSpace(op);
  BlockedTensor source, result;
  if (depthwise) {
    result = source = blockedInput(input, /*direct=*/false);
    SmallVector<int64_t> shape(weight.getShape());
    shape.erase(shape.begin() + 1);
    Value windows = ReshapeOp::create(builder, location, op.getWeight(), ValueRange(), shape);
    Value bias = op.getBias() ? packChannels(op.getBias(), 0, source.block) : Value();
    result.value = BlockedDepthwiseConvOp::create(builder, location, source.value,
                                                  packChannels(windows, 0, source.block), bias,
                                                  op.getStrides(), op.getDilations(), pads);
  } else {
    group /= merged;
    Value filters = mergeGroups(builder, location, op.getWeight(), op.getGroup(), merged);
    result.channels = weight.getDimSize(0);
    if (group == 1) {
      source = blockedInput(input, /*direct=*/true);
      result.block = resultBlock(op, result.channels);
    } else {
      // Blocks do not cross groups.
      source = blockedInputWithin(input, blockFor(channels / group));
      result.block = blockFor(result.channels / group);
    }
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, weight.getRank()));
    Value packed = PackOp::create(builder, location, filters, ArrayRef<int64_t>{1, 0},
                                  ArrayRef<int64_t>{source.block, result.block}, order);
    Value bias = op.getBias() ? packChannels(op.getBias(), 0, result.block) : Value();
    result.value = BlockedConvOp::create(builder, location, source.value, packed, bias,
                                         op.getStrides(), op.getDilations(), pads, uint64_t(group));
  }
  replaceWithBlocked(op, result);
  return true;
}
