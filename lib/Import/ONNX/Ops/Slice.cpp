// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that take parts of tensors or join them.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {
/// The attributes of nn.slice, whole dims to begin with.
struct Ranges {
  explicit Ranges(Node &node, Value x) : offsets(Node::rank(x), 0), steps(Node::rank(x), 1) {
    for (Dim dim : node.dims(x))
      sizes.push_back(nn::constantDim(dim).value_or(-1));
  }
  Value apply(Node &node, Value x) { return node.create<nn::SliceOp>(x, offsets, sizes, steps); }
  SmallVector<int64_t> offsets, sizes, steps;
};
} // namespace

Value accel::onnx_import::sliceDim(Node &node, Value x, int64_t axis, int64_t offset,
                                   int64_t size) {
  if (!x || node.hasFailed())
    return {};
  if (size < 0) {
    (void)node.error("expected to leave 0 or more elements of dim " + Twine(axis) + ", found " +
                     Twine(size));
    return {};
  }
  Ranges ranges(node, x);
  ranges.offsets[axis] = offset;
  ranges.sizes[axis] = size;
  return ranges.apply(node, x);
}

static LogicalResult concat(Node &node) {
  SmallVector<Value> parts;
  for (size_t i = 0; i < node.operandCount(); ++i)
    parts.push_back(node.operand(i));
  if (parts.empty())
    return node.error("expected at least one input");
  if (node.hasFailed())
    return failure();
  if (node.opset() >= 4 && !node.attribute("axis"))
    return node.error("expected an attribute 'axis'");
  int64_t axis = node.axis(node.integer("axis", 1), Node::rank(parts.front()));
  return node.result(node.create<nn::ConcatOp>(parts, uint64_t(axis)));
}

/// Sizes by attribute (before opset 13) or by input 1; equal parts where neither is there.
static LogicalResult split(Node &node) {
  Value x = node.operand(0);
  if (!x)
    return failure();
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x)),
          count = node.proto().output_size();
  std::optional<SmallVector<int64_t>> sizes = node.integers("split");
  if (node.has(1))
    sizes = node.constantOperand(1, "split");
  if (node.hasFailed())
    return failure();
  int64_t parts = node.integer("num_outputs", count);
  if (parts != count)
    return node.error("expected num_outputs to be " + Twine(count) +
                      ", the number of the node's outputs, found " + Twine(parts));
  if (!sizes) {
    // The last part is smaller where the parts are not equal.
    int64_t size = node.staticDim(x, axis), chunk = llvm::divideCeil(size, parts);
    sizes.emplace();
    for (int64_t i = 0; i < parts; ++i)
      sizes->push_back(std::clamp<int64_t>(size - i * chunk, 0, chunk));
  }
  if (node.hasFailed())
    return failure();
  int64_t total = 0;
  for (int64_t size : *sizes)
    total += size;
  std::optional<int64_t> have = nn::constantDim(node.dims(x)[axis]);
  if (int64_t(sizes->size()) != count || (have && *have != total))
    return node.error("expected " + Twine(count) + " sizes that add up to dim " + Twine(axis) +
                      " of the input, found " + Twine(sizes->size()) + " that add up to " +
                      Twine(total));
  int64_t offset = 0;
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    if (node.wants(i) && failed(node.result(i, sliceDim(node, x, axis, offset, size))))
      return failure();
    offset += size;
  }
  return success();
}

/// One dim of a slice by the standard's rules: negative positions count from the end, positions
/// beyond the ends are cut.
static bool sliceRange(Node &node, Value x, int64_t axis, int64_t start, int64_t end, int64_t step,
                       Ranges &ranges) {
  std::optional<int64_t> size = nn::constantDim(node.dims(x)[axis]);
  if (!size) {
    // An end far out means the whole rest.
    if (step > 0 && start >= 0 && end >= std::numeric_limits<int32_t>::max()) {
      ranges.offsets[axis] = start;
      ranges.steps[axis] = step;
      return true;
    }
    (void)node.error("expected a static dim " + Twine(axis) + " for a slice from " + Twine(start) +
                         " to " + Twine(end),
                     "Fix the dim with --shape or --dim.");
    return false;
  }
  bool isForward = step > 0;
  auto position = [&](int64_t at) {
    at = at < 0 ? at + *size : at;
    return isForward ? std::clamp<int64_t>(at, 0, *size) : std::clamp<int64_t>(at, -1, *size - 1);
  };
  start = position(start);
  if (!isForward)
    start = std::max<int64_t>(start, 0);
  end = position(end);
  int64_t room = isForward ? end - start : start - end;
  int64_t count = room > 0 && *size > 0 ? llvm::divideCeil(room, std::abs(step)) : 0;
  ranges.offsets[axis] = count ? start : 0;
  ranges.sizes[axis] = count;
  ranges.steps[axis] = count ? step : 1;
  return true;
}

static LogicalResult slice(Node &node, Value x, ArrayRef<int64_t> starts, ArrayRef<int64_t> ends,
                           std::optional<SmallVector<int64_t>> axes,
                           std::optional<SmallVector<int64_t>> steps) {
  if (node.hasFailed() || !x)
    return failure();
  if (!axes)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  if (!steps)
    steps = SmallVector<int64_t>(starts.size(), 1);
  if (ends.size() != starts.size() || axes->size() != starts.size() ||
      steps->size() != starts.size())
    return node.error("expected as many starts as ends, axes and steps");
  (void)node.axes(*axes, Node::rank(x));
  Ranges ranges(node, x);
  for (size_t i = 0; i < starts.size() && !node.hasFailed(); ++i) {
    // The smallest integer has no absolute value.
    int64_t step = std::max((*steps)[i], -std::numeric_limits<int64_t>::max());
    if (step == 0)
      return node.error("expected steps other than 0");
    sliceRange(node, x, node.axis((*axes)[i], Node::rank(x)), starts[i], ends[i], step, ranges);
  }
  return node.hasFailed() ? failure() : node.result(ranges.apply(node, x));
}

static LogicalResult sliceByAttributes(Node &node) {
  Value x = node.operand(0);
  std::optional<SmallVector<int64_t>> starts = node.integers("starts"),
                                      ends = node.integers("ends");
  if (!starts || !ends)
    return node.error("expected attributes 'starts' and 'ends'");
  return slice(node, x, *starts, *ends, node.integers("axes"), std::nullopt);
}

static LogicalResult slice(Node &node) {
  Value x = node.operand(0);
  SmallVector<int64_t> starts = node.constantOperand(1, "starts"),
                       ends = node.constantOperand(2, "ends");
  std::optional<SmallVector<int64_t>> axes, steps;
  if (node.has(3))
    axes = node.constantOperand(3, "axes");
  if (node.has(4))
    steps = node.constantOperand(4, "steps");
  return slice(node, x, starts, ends, axes, steps);
}

static LogicalResult gather(Node &node) {
  Value x = node.operand(0), indices = node.operand(1);
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x));
  return node.result(node.create<nn::GatherOp>(x, indices, uint64_t(axis)));
}

// --- padding ---

/// One side of a dim in mode `edge`, `reflect` or `wrap`, made of slices.
static Value border(Node &node, Value x, int64_t axis, int64_t width, bool isLow, StringRef mode) {
  int64_t size = node.staticDim(x, axis);
  if (node.hasFailed())
    return {};
  if (mode == "edge") {
    Value edge = sliceDim(node, x, axis, isLow ? 0 : size - 1, 1);
    Shape shape = node.dims(x);
    shape[axis] = node.constantDim(width);
    return node.broadcast(edge, shape);
  }
  if (width > size - (mode == "reflect" ? 1 : 0)) {
    (void)node.unsupported("mode " + mode + " with more padding than the dim has elements");
    return {};
  }
  if (mode == "wrap")
    return sliceDim(node, x, axis, isLow ? size - width : 0, width);
  Ranges ranges(node, x);
  ranges.offsets[axis] = isLow ? width : size - 2;
  ranges.sizes[axis] = width;
  ranges.steps[axis] = -1;
  return ranges.apply(node, x);
}

static LogicalResult pad(Node &node, Value x, ArrayRef<int64_t> pads, Attribute value) {
  std::string mode = node.text("mode", "constant");
  if (node.hasFailed() || !x)
    return failure();
  int64_t rank = Node::rank(x);
  if (int64_t(pads.size()) != 2 * rank)
    return node.error("expected " + Twine(2 * rank) + " pads, found " + Twine(pads.size()));
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap")
    return node.error("expected mode constant, edge, reflect or wrap, found '" + mode + "'");
  SmallVector<int64_t> low(pads.take_front(rank)), high(pads.drop_front(rank));
  for (int64_t i = 0; i < rank; ++i) {
    if (std::max(low[i], high[i]) > (int64_t(1) << 40))
      return node.error("expected pads up to 2^40");
    // Negative pads cut.
    int64_t cutLow = std::max<int64_t>(0, -low[i]), cutHigh = std::max<int64_t>(0, -high[i]);
    if (cutLow || cutHigh)
      x = sliceDim(node, x, i, cutLow, node.staticDim(x, i) - cutLow - cutHigh);
    low[i] = std::max<int64_t>(0, low[i]);
    high[i] = std::max<int64_t>(0, high[i]);
    if (mode == "constant" || node.hasFailed())
      continue;
    SmallVector<Value> parts;
    if (low[i])
      parts.push_back(border(node, x, i, low[i], true, mode));
    parts.push_back(x);
    if (high[i])
      parts.push_back(border(node, x, i, high[i], false, mode));
    x = parts.size() == 1 ? x : node.create<nn::ConcatOp>(parts, uint64_t(i));
  }
  if (mode != "constant" || node.hasFailed())
    return node.result(x);
  if (llvm::all_of(low, [](int64_t v) { return v == 0; }) && low == high)
    return node.result(x);
  return node.result(node.create<nn::PadOp>(x, low, high, cast<TypedAttr>(value)));
}

/// A number as an attribute of an element type.
static Attribute elementAttr(Node &node, Value like, double value) {
  Value constant = node.scalarLike(like, value);
  auto op = constant ? constant.getDefiningOp<nn::ConstantOp>() : nn::ConstantOp();
  return op ? cast<DenseElementsAttr>(op.getValue()).getSplatValue<Attribute>() : Attribute();
}

static LogicalResult padByAttributes(Node &node) {
  Value x = node.operand(0);
  std::optional<SmallVector<int64_t>> pads = node.integers("pads");
  if (!pads)
    pads = node.integers("paddings"); // Opset 1.
  if (!pads)
    return node.error("expected an attribute 'pads'");
  return pad(node, x, *pads, elementAttr(node, x, node.number("value", 0)));
}

static LogicalResult padByInputs(Node &node) {
  Value x = node.operand(0);
  SmallVector<int64_t> pads = node.constantOperand(1, "pads");
  if (node.hasFailed())
    return failure();
  Attribute value;
  if (node.has(2)) {
    auto op = node.operand(2).getDefiningOp<nn::ConstantOp>();
    auto elements = op ? dyn_cast<DenseElementsAttr>(op.getValue()) : DenseElementsAttr();
    if (!elements || elements.getNumElements() != 1)
      return node.unsupported("a padding value that is computed");
    value = elements.getSplatValue<Attribute>();
  } else {
    value = elementAttr(node, x, 0);
  }
  if (node.has(3)) {
    int64_t rank = Node::rank(x);
    SmallVector<int64_t> given = node.constantOperand(3, "axes"), all(2 * rank, 0);
    (void)node.axes(given, rank);
    if (!node.hasFailed() && pads.size() != 2 * given.size())
      return node.error("expected two pads an axis");
    for (size_t i = 0; i < given.size() && !node.hasFailed(); ++i) {
      int64_t axis = node.axis(given[i], rank);
      all[axis] = pads[i];
      all[rank + axis] = pads[given.size() + i];
    }
    pads = all;
  }
  return pad(node, x, pads, value);
}

ArrayRef<OpRow> accel::onnx_import::sliceOps() {
  static const OpRow rows[] = {
      {"Concat", 1, concat},    {"Gather", 1, gather},           {"Pad", 1, padByAttributes},
      {"Pad", 11, padByInputs}, {"Slice", 1, sliceByAttributes}, {"Slice", 10, slice},
      {"Split", 1, split},
  };
  return rows;
}
