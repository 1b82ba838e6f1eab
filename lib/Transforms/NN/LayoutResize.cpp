// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that change the resolution of spatial dims, on channel-blocked tensors where these are there.
#include "lib/Transforms/NN/Constants.h"
#include "lib/Transforms/NN/Layout.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace accel::nn;

/// A transposed convolution of larger strides has no use for vectors of channels.
static constexpr int64_t kMaxPhases = 1024;

/// The most elements that one result of a resize is made of at once; more are cheaper axis by axis.
static constexpr int64_t kJointTaps = 4;

static RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// How much longer an axis becomes; 2 where that is not known.
static double growth(ResizeOp op, unsigned i) {
  int64_t axis = op.getAxes()[i], from = tensorOf(op.getInput()).getDimSize(axis),
          to = tensorOf(op).getDimSize(axis);
  return ShapedType::isDynamic(from) || ShapedType::isDynamic(to) ? 2.0 : double(to) / double(from);
}

static bool hasManyTaps(ResizeOp op) {
  int64_t taps = 1;
  for (Value table : op.getIndices()) {
    int64_t count = tensorOf(table).getDimSize(0);
    if (ShapedType::isDynamic(count) || (taps *= count) > kJointTaps)
      return true;
  }
  return false;
}

/// True if a user reads elements in the layout that it is given.
static bool hasFlexibleUser(Operation *op) {
  return llvm::any_of(op->getUsers(), [](Operation *user) {
    return isa<ConvOp, ConvTransposeOp, PoolOp, ResizeOp, ConcatOp, PadOp, ReduceOp,
               ElementwiseOpInterface>(user);
  });
}

Value LayoutRewriter::resizeAxes(ResizeOp op, Value input, bool jointly) {
  if (jointly)
    return ResizeOp::create(builder, op.getLoc(), input, op.getIndices(), op.getWeights(),
                            op.getAxes());
  // What shrinks comes first, so that little is left for the rest. Of axes that grow alike the last
  // one comes first: its elements are gathered, those of the others lie side by side.
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(0, op.getAxes().size()));
  llvm::sort(order, [&](unsigned a, unsigned b) {
    double x = growth(op, a), y = growth(op, b);
    if (x != y)
      return x < y;
    return x < 1 ? op.getAxes()[a] < op.getAxes()[b] : op.getAxes()[a] > op.getAxes()[b];
  });
  for (unsigned i : order) {
    Value weights = op.getWeights().empty() ? Value() : op.getWeights()[i];
    input = ResizeOp::create(builder, op.getLoc(), input, op.getIndices()[i],
                             weights ? ValueRange(weights) : ValueRange(), op.getAxes()[i]);
  }
  return input;
}

bool LayoutRewriter::rewriteResize(ResizeOp op) {
  Type element = tensorOf(op).getElementType();
  // Between the axes half precision would be rounded once more.
  bool mayDivide = op.getAxes().size() > 1 && (element.isF32() || element.isF64());
  auto known = blocked.find(op.getInput());
  bool inSpace = llvm::all_of(op.getAxes(), [](int64_t axis) { return axis >= 2; });
  bool grows = llvm::all_of(llvm::seq<unsigned>(0, op.getAxes().size()),
                            [&](unsigned i) { return growth(op, i) >= 1; });
  // Before a user that wants N x C x S..., the smaller tensor is unpacked.
  if (known != blocked.end() && inSpace && (!grows || hasFlexibleUser(op))) {
    BlockedTensor result = known->second;
    result.value = resizeAxes(op, result.value, !mayDivide || !hasManyTaps(op));
    replaceWithBlocked(op, result);
    return true;
  }
  if (!mayDivide || op.getWeights().empty())
    return false;
  op.replaceAllUsesWith(resizeAxes(op, op.getInput(), /*jointly=*/false));
  op.erase();
  return true;
}

bool LayoutRewriter::rewriteBroadcast(BroadcastOp op) {
  auto known = blocked.find(op.getInput());
  auto type = tensorOf(op);
  if (known == blocked.end() || type.getRank() != tensorOf(op.getInput()).getRank() ||
      type.getDimSize(1) != known->second.channels || ShapedType::isDynamic(op.getShape()[1]))
    return false;
  SmallVector<int64_t> shape(op.getShape());
  shape[1] = 1;
  shape.push_back(1);
  BlockedTensor result = known->second;
  result.value = BroadcastOp::create(builder, op.getLoc(), result.value, op.getSizes(), shape);
  replaceWithBlocked(op, result);
  return true;
}

bool LayoutRewriter::rewriteDepthToSpace(DepthToSpaceOp op) {
  auto known = blocked.find(op.getInput());
  if (known == blocked.end() || op.getCrd())
    return false;
  BlockedTensor result = known->second;
  result.channels = tensorOf(op).getDimSize(1);
  if (!result.isExact())
    return false;
  result.value =
      DepthToSpaceOp::create(builder, op.getLoc(), result.value, op.getBlocks(), op.getCrop());
  replaceWithBlocked(op, result);
  return true;
}

bool LayoutRewriter::rewriteSlice(SliceOp op) {
  auto known = blocked.find(op.getInput());
  auto type = tensorOf(op), input = tensorOf(op.getInput());
  if (known == blocked.end() || op.getOffsets()[1] != 0)
    return false;
  BlockedTensor result = known->second;
  int64_t before = result.channels;
  result.channels = type.getDimSize(1);
  // The first channels of as many blocks: the rest counts as filling.
  if (llvm::divideCeil(result.channels, result.block) != llvm::divideCeil(before, result.block))
    return false;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    bool isWhole = op.getSizes()[i] == -1 || op.getSizes()[i] == input.getDimSize(i);
    if (op.getSteps()[i] != 1 || op.getOffsets()[i] != 0 || (i != 1 && !isWhole))
      return false;
  }
  replaceWithBlocked(op, result);
  return true;
}

void LayoutRewriter::orderForDepthToSpace(ConvOp op) {
  auto user = op->hasOneUse() ? dyn_cast<DepthToSpaceOp>(*op->user_begin()) : DepthToSpaceOp();
  auto type = tensorOf(op.getWeight());
  if (!user || !user.getCrd() || op.getGroup() != 1 || !type.hasStaticShape() ||
      !isConstantExpression(op.getWeight()) ||
      (op.getBias() && !isConstantExpression(op.getBias())))
    return;
  int64_t phases = llvm::product_of(user.getBlocks());
  auto reordered = [&](Value value) {
    SmallVector<int64_t> shape(tensorOf(value).getShape()), split{shape[0] / phases, phases};
    split.append(shape.begin() + 1, shape.end());
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, split.size()));
    std::swap(order[0], order[1]);
    Value parts = ReshapeOp::create(builder, op.getLoc(), value, ValueRange(), split);
    return ReshapeOp::create(builder, op.getLoc(),
                             TransposeOp::create(builder, op.getLoc(), parts, order), ValueRange(),
                             shape);
  };
  op.getWeightMutable().assign(reordered(op.getWeight()));
  if (op.getBias())
    op.getBiasMutable().assign(reordered(op.getBias()));
  user.setCrd(false);
}

// --- transposed convolutions ---

namespace {
/// One spatial dim of a transposed convolution, as `stride` convolutions of stride 1: phase r makes
/// the result positions q*stride + r, from window positions k with r + pad - k*dilation a multiple
/// e*stride of the stride, each of which reads input position q + e.
struct Phases {
  Phases(int64_t stride, int64_t dilation, int64_t kernel, int64_t low, int64_t high,
         int64_t extra) {
    // A result dim of S*stride + rest.
    int64_t rest = (kernel - 1) * dilation + 1 - stride - low - high + extra;
    int64_t more = rest >= 0 ? int64_t(llvm::divideCeil(rest, stride)) : -(-rest / stride);
    crop = more * stride - rest;
    SmallVector<SmallVector<std::pair<int64_t, int64_t>>> taps(stride); // e, k
    // The window reaches from the first input position that a phase reads to the last. Widened,
    // where it must be, with zeros, it never leaves input out.
    int64_t first = 0, last = -more;
    for (int64_t r = 0; r < stride; ++r)
      for (int64_t k = 0; k < kernel; ++k)
        if (int64_t at = r + low - k * dilation; at % stride == 0) {
          taps[r].push_back({at / stride, k});
          first = std::min(first, at / stride);
          last = std::max(last, at / stride);
        }
    int64_t unit = last - first;
    for (auto &phase : taps)
      for (auto [e, k] : phase)
        unit = std::gcd(unit, e - first);
    this->dilation = std::max<int64_t>(unit, 1);
    size = (last - first) / this->dilation + 1;
    pads = {-first, more + last};
    // `kernel` stands for zeros.
    source.assign(stride * size, kernel);
    for (auto [r, phase] : llvm::enumerate(taps))
      for (auto [e, k] : phase)
        source[r * size + (e - first) / this->dilation] = k;
  }

  int64_t size, dilation, crop;
  std::pair<int64_t, int64_t> pads;
  SmallVector<int64_t> source; ///< phases x size: positions in the given window
};
} // namespace

/// Dims `dim` of a weight F x C x K... becomes phases x window positions, each a slice or zeros.
static Value takeTaps(OpBuilder &builder, Location at, Value weight, int64_t dim,
                      const Phases &phases) {
  auto type = tensorOf(weight);
  SmallVector<int64_t> low(type.getRank(), 0), high(type.getRank(), 0);
  high[dim] = 1;
  Value padded =
      PadOp::create(builder, at, weight, low, high, builder.getZeroAttr(type.getElementType()));
  auto vector = RankedTensorType::get(int64_t(phases.source.size()), builder.getI64Type());
  Value taps = ConstantOp::create(builder, at, vector,
                                  DenseElementsAttr::get(vector, ArrayRef(phases.source)));
  return GatherOp::create(builder, at, padded, taps, uint64_t(dim));
}

bool LayoutRewriter::rewriteConvTranspose(ConvTransposeOp op) {
  Location at = op.getLoc();
  auto weightType = tensorOf(op.getWeight()), type = tensorOf(op);
  int64_t spatial = weightType.getRank() - 2, channels = weightType.getDimSize(0),
          features = weightType.getDimSize(1), group = op.getGroup();
  bool depthwise = group > 1 && group == channels && features == 1;
  if (!type.getElementType().isF32() || !weightType.hasStaticShape() ||
      (group != 1 && !depthwise) || !isConstantExpression(op.getWeight()) ||
      llvm::is_contained(weightType.getShape(), 0))
    return false;
  SmallVector<Phases> phases;
  SmallVector<int64_t> dilations, pads, crop, blocks(op.getStrides());
  int64_t count = 1;
  for (int64_t i = 0; i < spatial; ++i) {
    const Phases &here =
        phases.emplace_back(blocks[i], op.getDilations()[i], weightType.getDimSize(2 + i),
                            op.getPads()[i], op.getPads()[spatial + i], op.getOutputPadding()[i]);
    dilations.push_back(here.dilation);
    pads.push_back(here.pads.first);
    crop.push_back(here.crop);
    count *= blocks[i];
  }
  for (const Phases &here : phases)
    pads.push_back(here.pads.second);
  if (count > kMaxPhases)
    return false;

  // Windows of all phases: F x C x (phases, size)... to phases... x F x C x size...
  int64_t filters = depthwise ? channels : features;
  Value weight = op.getWeight();
  if (!depthwise) {
    SmallVector<int64_t> swap = llvm::to_vector(llvm::seq<int64_t>(0, weightType.getRank()));
    std::swap(swap[0], swap[1]);
    weight = TransposeOp::create(builder, at, weight, swap);
  }
  SmallVector<int64_t> split(tensorOf(weight).getShape().take_front(2)), order, windows{count};
  for (int64_t i = 0; i < spatial; ++i) {
    weight = takeTaps(builder, at, weight, 2 + i, phases[i]);
    llvm::append_values(split, blocks[i], phases[i].size);
    order.push_back(2 + 2 * i);
  }
  llvm::append_values(order, int64_t(0), int64_t(1));
  llvm::append_range(windows, ArrayRef(split).take_front(2));
  for (int64_t i = 0; i < spatial; ++i) {
    order.push_back(3 + 2 * i);
    windows.push_back(phases[i].size);
  }
  weight = ReshapeOp::create(builder, at, weight, ValueRange(), split);
  weight = TransposeOp::create(builder, at, weight, order);
  weight = ReshapeOp::create(builder, at, weight, ValueRange(), windows);

  // A phase's channels fill whole blocks, where they are enough to fill any.
  int64_t padded = filters;
  if (count > 1 && !depthwise && 2 * filters >= int64_t(lanes))
    padded = llvm::alignTo(filters, blockFor(filters));
  auto fill = [&](Value value, int64_t dim) -> Value {
    SmallVector<int64_t> low(tensorOf(value).getRank(), 0), high(low);
    high[dim] = padded - filters;
    return padded == filters ? value
                             : PadOp::create(builder, at, value, low, high,
                                             builder.getZeroAttr(type.getElementType()));
  };
  SmallVector<Operation *> made;
  auto convolve = [&](Value windows, Value bias) -> Value {
    made.push_back(ConvOp::create(builder, at, op.getInput(), windows, bias,
                                  SmallVector<int64_t>(spatial, 1), dilations, pads,
                                  uint64_t(group)));
    return made.back()->getResult(0);
  };
  SmallVector<int64_t> joint(windows.begin() + 1, windows.end());
  Value bias = op.getBias(), result;
  if (depthwise) {
    // A convolution for each phase.
    SmallVector<Value> parts;
    for (int64_t r = 0; r < count; ++r) {
      SmallVector<int64_t> offsets(windows.size(), 0), steps(windows.size(), 1), sizes(windows);
      offsets[0] = r;
      sizes[0] = 1;
      Value part = SliceOp::create(builder, at, weight, offsets, sizes, steps);
      parts.push_back(convolve(ReshapeOp::create(builder, at, part, ValueRange(), joint), bias));
    }
    result = parts[0];
    if (count > 1) {
      made.push_back(ConcatOp::create(builder, at, parts, uint64_t(1)));
      result = made.back()->getResult(0);
    }
  } else {
    joint[0] = count * padded;
    weight = ReshapeOp::create(builder, at, fill(weight, 1), ValueRange(), joint);
    if (bias) {
      bias = BroadcastOp::create(builder, at, fill(bias, 0), ValueRange(),
                                 ArrayRef<int64_t>{count, padded});
      bias = ReshapeOp::create(builder, at, bias, ValueRange(), joint[0]);
    }
    result = convolve(weight, bias);
  }
  if (count > 1) {
    made.push_back(DepthToSpaceOp::create(builder, at, result, blocks, crop));
    result = made.back()->getResult(0);
  }
  if (padded != filters) {
    SmallVector<int64_t> zeros(type.getRank(), 0), ones(type.getRank(), 1), sizes;
    for (int64_t size : tensorOf(result).getShape())
      sizes.push_back(ShapedType::isDynamic(size) ? -1 : size);
    sizes[1] = filters;
    made.push_back(SliceOp::create(builder, at, result, zeros, sizes, ones));
    result = made.back()->getResult(0);
  }
  op.replaceAllUsesWith(result);
  op.erase();
  for (Operation *each : made)
    rewrite(each);
  return true;
}
