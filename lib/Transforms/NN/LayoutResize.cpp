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

/// A depth-to-space of more operands reads too many for each result.
static constexpr int64_t kSeparatePhases = 4;

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
  replace(op, resizeAxes(op, op.getInput(), /*jointly=*/false));
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
  SmallVector<Value> inputs;
  BlockedTensor result;
  for (Value input : op.getInputs()) {
    auto known = blocked.find(input);
    if (known == blocked.end() || (result.block && known->second.block != result.block))
      return false;
    result.block = known->second.block;
    inputs.push_back(known->second.value);
  }
  result.channels = tensorOf(op).getDimSize(1);
  // Blocks of one operand must not cross the channels of two positions.
  if (inputs.size() == 1 && (op.getCrd() || !result.isExact()))
    return false;
  result.value = DepthToSpaceOp::create(builder, op.getLoc(), inputs, op.getBlocks(), op.getCrop());
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
    int64_t size = op.getSizes()[i];
    bool isWhole = size == -1 || (size >= 0 && size == input.getDimSize(i));
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
/// A window of an ordinary convolution of stride 1, along one dim.
struct Window {
  int64_t size, dilation, low, high;
  /// For each phase, then each position: the position in the given window, or its size for a zero.
  SmallVector<int64_t> source;
};

/// One spatial dim of a transposed convolution as `stride` convolutions of stride 1. Counted from
/// `offset` before the result, phase r makes positions q*stride + r. To these window position k
/// adds input position q + e, where r - offset + pad - k*dilation is e*stride, and nothing else.
class Phases {
public:
  Phases(int64_t stride, int64_t dilation, int64_t kernel, int64_t pad, int64_t rest, bool separate)
      : stride(stride), kernel(kernel) {
    // The phases' taps lie closest together where phase 0 begins at position 0 of the window. Where
    // that gains nothing, or each phase has a window of its own, nothing is left out.
    int64_t best = INT64_MAX;
    for (int64_t offset : {int64_t(0), separate ? 0 : pad % stride}) {
      Taps found = tapsAt(offset, dilation, pad);
      // A result dim of S*stride + rest, and `offset` before it.
      int64_t more = ceilDiv(rest + offset, stride);
      int64_t size = windowOf(found, more).size;
      if (size >= best)
        continue;
      best = size;
      taps = std::move(found);
      blocks = more;
      before = offset;
    }
    after = blocks * stride - before - rest;
  }

  /// The window of all phases, or of one.
  Window all() const { return windowOf(taps, blocks); }
  Window one(int64_t phase) const { return windowOf({taps[phase]}, blocks); }

  int64_t before = 0, after = 0; ///< positions to leave out

private:
  using Taps = SmallVector<SmallVector<std::pair<int64_t, int64_t>>>; // e, k of each phase

  static int64_t ceilDiv(int64_t a, int64_t b) {
    return a >= 0 ? int64_t(llvm::divideCeil(a, b)) : -(-a / b);
  }

  Taps tapsAt(int64_t offset, int64_t dilation, int64_t pad) const {
    Taps found(stride);
    for (int64_t r = 0; r < stride; ++r)
      for (int64_t k = 0; k < kernel; ++k)
        if (int64_t at = r - offset + pad - k * dilation; at % stride == 0)
          found[r].push_back({at / stride, k});
    return found;
  }

  /// As many results as the input has positions, and `more`. Where that leaves input out, zeros
  /// widen the window.
  Window windowOf(const Taps &phases, int64_t more) const {
    int64_t first = 0, last = -more;
    for (auto &phase : phases)
      for (auto [e, k] : phase) {
        first = std::min(first, e);
        last = std::max(last, e);
      }
    int64_t unit = last - first;
    for (auto &phase : phases)
      for (auto [e, k] : phase)
        unit = std::gcd(unit, e - first);
    unit = std::max<int64_t>(unit, 1);
    Window window{(last - first) / unit + 1, unit, -first, more + last, {}};
    window.source.assign(phases.size() * window.size, kernel);
    for (auto [r, phase] : llvm::enumerate(phases))
      for (auto [e, k] : phase)
        window.source[r * window.size + (e - first) / unit] = k;
    return window;
  }

  int64_t stride, kernel, blocks = 0;
  Taps taps;
};
} // namespace

/// A weight F x C x K... with dim `dim` replaced by the positions of a window, of each phase.
static Value takeTaps(OpBuilder &builder, Location at, Value weight, int64_t dim,
                      const Window &window) {
  auto type = tensorOf(weight);
  SmallVector<int64_t> low(type.getRank(), 0), high(type.getRank(), 0);
  high[dim] = 1;
  Value padded =
      PadOp::create(builder, at, weight, low, high, builder.getZeroAttr(type.getElementType()));
  auto vector = RankedTensorType::get(int64_t(window.source.size()), builder.getI64Type());
  Value taps = ConstantOp::create(builder, at, vector,
                                  DenseElementsAttr::get(vector, ArrayRef(window.source)));
  return GatherOp::create(builder, at, padded, taps, uint64_t(dim));
}

/// F x C x (phases, size)... to (phases... x F) x C x size... .
static Value mergePhases(OpBuilder &builder, Location at, Value weight, ArrayRef<int64_t> phases,
                         ArrayRef<Window> windows) {
  ArrayRef<int64_t> shape = tensorOf(weight).getShape();
  SmallVector<int64_t> split(shape.take_front(2)), order, merged{shape[0], shape[1]};
  for (auto [i, window] : llvm::enumerate(windows)) {
    llvm::append_values(split, phases[i], window.size);
    order.push_back(2 + 2 * i);
    merged[0] *= phases[i];
    merged.push_back(window.size);
  }
  llvm::append_values(order, int64_t(0), int64_t(1));
  for (size_t i = 0; i < windows.size(); ++i)
    order.push_back(3 + 2 * i);
  weight = ReshapeOp::create(builder, at, weight, ValueRange(), split);
  weight = TransposeOp::create(builder, at, weight, order);
  return ReshapeOp::create(builder, at, weight, ValueRange(), merged);
}

bool LayoutRewriter::rewriteConvTranspose(ConvTransposeOp op) {
  Location at = op.getLoc();
  auto weightType = tensorOf(op.getWeight()), type = tensorOf(op);
  ArrayRef<int64_t> blocks = op.getStrides();
  int64_t spatial = weightType.getRank() - 2, channels = weightType.getDimSize(0),
          features = weightType.getDimSize(1), group = op.getGroup(), count = 1;
  for (int64_t block : blocks)
    count *= std::min(block, kMaxPhases + 1);
  bool depthwise = group > 1 && group == channels && features == 1;
  if (!type.getElementType().isF32() || !weightType.hasStaticShape() ||
      (group != 1 && !depthwise) || !isConstantExpression(op.getWeight()) ||
      llvm::is_contained(weightType.getShape(), 0) || count > kMaxPhases)
    return false;
  auto phasesFor = [&](bool separate) {
    SmallVector<Phases> phases;
    for (int64_t i = 0; i < spatial; ++i) {
      int64_t dilation = op.getDilations()[i], kernel = weightType.getDimSize(2 + i),
              rest = (kernel - 1) * dilation + 1 - blocks[i] - op.getPads()[i] -
                     op.getPads()[spatial + i] + op.getOutputPadding()[i];
      phases.emplace_back(blocks[i], dilation, kernel, op.getPads()[i], rest, separate);
    }
    return phases;
  };
  int64_t filters = depthwise ? channels : features, jointWork = count,
          work = llvm::product_of(weightType.getShape().drop_front(2));
  SmallVector<Phases> phases = phasesFor(/*separate=*/false);
  SmallVector<Window> joint;
  for (const Phases &here : phases) {
    joint.push_back(here.all());
    jointWork *= joint.back().size;
  }
  // Windows that zeros fill by half cost more than reading several results.
  bool separate = depthwise || (count <= kSeparatePhases && 2 * jointWork > 3 * work &&
                                filters >= int64_t(lanes));
  if (separate)
    phases = phasesFor(/*separate=*/true);
  SmallVector<int64_t> crop;
  for (const Phases &here : phases)
    crop.push_back(here.before);
  for (const Phases &here : phases)
    crop.push_back(here.after);

  Value weight = op.getWeight(), bias = op.getBias();
  if (!depthwise) {
    SmallVector<int64_t> swap = llvm::to_vector(llvm::seq<int64_t>(0, weightType.getRank()));
    std::swap(swap[0], swap[1]);
    weight = TransposeOp::create(builder, at, weight, swap);
  }
  SmallVector<Operation *> made;
  auto convolve = [&](ArrayRef<Window> windows, Value weight, Value bias) -> Value {
    SmallVector<int64_t> dilations, pads;
    for (const Window &window : windows) {
      dilations.push_back(window.dilation);
      pads.push_back(window.low);
    }
    for (const Window &window : windows)
      pads.push_back(window.high);
    made.push_back(ConvOp::create(builder, at, op.getInput(), weight, bias,
                                  SmallVector<int64_t>(spatial, 1), dilations, pads,
                                  uint64_t(group)));
    return made.back()->getResult(0);
  };
  auto taken = [&](ArrayRef<Window> windows) {
    Value taken = weight;
    for (auto [i, window] : llvm::enumerate(windows))
      taken = takeTaps(builder, at, taken, 2 + i, window);
    return taken;
  };

  SmallVector<Value> parts;
  int64_t padded = filters;
  if (separate) {
    for (int64_t n = 0; n < count; ++n) {
      SmallVector<Window> windows(spatial);
      for (int64_t i = spatial, rest = n; i-- > 0; rest /= blocks[i])
        windows[i] = phases[i].one(rest % blocks[i]);
      parts.push_back(convolve(windows, taken(windows), bias));
    }
  } else {
    // A phase's channels fill whole blocks, where they are enough to fill any.
    if (count > 1 && 2 * filters >= int64_t(lanes))
      padded = llvm::alignTo(filters, blockFor(filters));
    auto fill = [&](Value value, int64_t dim) -> Value {
      SmallVector<int64_t> low(tensorOf(value).getRank(), 0), high(low);
      high[dim] = padded - filters;
      return padded == filters ? value
                               : PadOp::create(builder, at, value, low, high,
                                               builder.getZeroAttr(type.getElementType()));
    };
    weight = mergePhases(builder, at, fill(taken(joint), 0), blocks, joint);
    if (bias) {
      bias = BroadcastOp::create(builder, at, fill(bias, 0), ValueRange(),
                                 ArrayRef<int64_t>{count, padded});
      bias = ReshapeOp::create(builder, at, bias, ValueRange(), count * padded);
    }
    parts.push_back(convolve(joint, weight, bias));
  }
  Value result = parts[0];
  if (count > 1) {
    made.push_back(DepthToSpaceOp::create(builder, at, parts, blocks, crop));
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
  replace(op, result);
  for (Operation *each : made)
    rewrite(each);
  return true;
}
