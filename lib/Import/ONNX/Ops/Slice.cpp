// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that take parts of tensors or join them.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// Ends past this mean the end of a dim of any size: exporters write the largest number of a type.
static constexpr int64_t kFar = std::numeric_limits<int32_t>::max();

namespace {
/// What nn.slice takes, whole dims to begin with.
struct Ranges {
  explicit Ranges(Node &node, Value x)
      : offsets(Node::rank(x), node.constantDim(0)), sizes(node.dims(x)), steps(Node::rank(x), 1) {}
  Value apply(Node &node, Value x);
  SmallVector<Dim> offsets;
  Shape sizes;
  SmallVector<int64_t> steps;
};
} // namespace

Value Ranges::apply(Node &node, Value x) {
  if (!x || node.hasFailed())
    return {};
  nn::DimTable &table = node.dimTable();
  SmallVector<Dim> known;
  Shape shape = node.dims(x);
  for (auto [i, size] : llvm::enumerate(sizes)) {
    // "To the end" needs no operand.
    bool isOpen =
        !nn::constantDim(size) && steps[i] > 0 &&
        table.simplify(size -
                       table.max(shape[i] - offsets[i], node.constantDim(0)).ceilDiv(steps[i])) ==
            node.constantDim(0);
    known.push_back(isOpen ? node.constantDim(-1) : size);
  }
  SmallVector<int64_t> offsetEntries, sizeEntries;
  SmallVector<Value> offsetOperands, sizeOperands;
  if (!node.mixed(offsets, offsetEntries, offsetOperands) ||
      !node.mixed(known, sizeEntries, sizeOperands))
    return {};
  return node.create<nn::SliceOp>(x, ValueRange(offsetOperands), ValueRange(sizeOperands),
                                  offsetEntries, sizeEntries, steps);
}

Value accel::onnx_import::sliceDim(Node &node, Value x, int64_t axis, Dim offset, Dim size,
                                   int64_t step) {
  if (!x || node.hasFailed())
    return {};
  Ranges ranges(node, x);
  ranges.offsets[axis] = offset;
  ranges.sizes[axis] = size;
  ranges.steps[axis] = step;
  return ranges.apply(node, x);
}

Value accel::onnx_import::reversed(Node &node, Value x, int64_t axis) {
  if (!x || node.hasFailed())
    return {};
  Dim size = node.dims(x)[axis];
  return sliceDim(node, x, axis, size - 1, size, -1);
}

Value accel::onnx_import::sliceDim(Node &node, Value x, int64_t axis, int64_t offset,
                                   int64_t size) {
  if (!x || node.hasFailed())
    return {};
  if (size < 0) {
    (void)node.error("expected to leave 0 or more elements of dim " + Twine(axis) + ", found " +
                     Twine(size));
    return {};
  }
  return sliceDim(node, x, axis, node.constantDim(offset), node.constantDim(size));
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

/// Part i of `count` equal ones of a dim: a dim of its own for the parts, of which one is taken.
static Value equalPart(Node &node, Value x, int64_t axis, int64_t count, int64_t i) {
  Shape shape = node.dims(x), split = shape;
  shape[axis] = shape[axis].floorDiv(count);
  split[axis] = shape[axis];
  split.insert(split.begin() + axis, node.constantDim(count));
  return node.reshape(sliceDim(node, node.reshape(x, split), axis, i, 1), shape);
}

/// Sizes by attribute (before opset 13) or by input 1; equal parts where neither is there.
static LogicalResult split(Node &node) {
  Value x = node.operand(0);
  if (!x)
    return failure();
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x)),
          count = node.proto().output_size();
  std::optional<SmallVector<Dim>> sizes;
  if (std::optional<SmallVector<int64_t>> given = node.integers("split"))
    sizes = SmallVector<Dim>(node.constantShape(*given));
  if (node.has(1) && !node.evaluate(node.operand(1))) {
    // Results whose size along the axis only the run knows.
    SmallVector<Dim> known = node.partlyKnown(1, "sizes of parts", count);
    if (!node.hasFailed() && int64_t(known.size()) != count)
      return node.error("expected " + Twine(count) + " sizes, found " + Twine(known.size()));
    SmallVector<CallResult> results;
    for (Dim size : known) {
      Shape shape = node.dims(x);
      shape[axis] = size;
      results.push_back({Node::element(x), shape});
    }
    for (auto [i, part] :
         llvm::enumerate(node.call("split", {x, node.operand(1)}, {axis}, results)))
      if (failed(node.result(i, part)))
        return failure();
    return success();
  }
  if (node.has(1))
    sizes = node.sizesOperand(1, "sizes of parts");
  if (node.hasFailed())
    return failure();
  int64_t parts = node.integer("num_outputs", count);
  if (parts != count)
    return node.error("expected num_outputs to be " + Twine(count) +
                      ", the number of the node's outputs, found " + Twine(parts));
  nn::DimTable &table = node.dimTable();
  Dim dim = node.dims(x)[axis], zero = node.constantDim(0);
  if (!sizes) {
    bool isStatic = nn::constantDim(dim).has_value();
    if (!isStatic && !node.attribute("num_outputs")) {
      for (int64_t i = 0; i < parts; ++i)
        if (node.wants(i) && failed(node.result(i, equalPart(node, x, axis, parts, i))))
          return failure();
      return success();
    }
    // The last part is smaller where the parts are not equal.
    Dim chunk = dim.ceilDiv(parts);
    sizes.emplace();
    for (int64_t i = 0; i < parts; ++i)
      sizes->push_back(table.clamp(dim - chunk * i, zero, chunk));
  }
  if (node.hasFailed())
    return failure();
  Dim total = zero;
  for (Dim size : *sizes)
    total = table.simplify(total + size);
  std::optional<int64_t> have = nn::constantDim(dim), sum = nn::constantDim(total);
  if (int64_t(sizes->size()) != count || (have && sum && *have != *sum))
    return node.error("expected " + Twine(count) + " sizes that add up to dim " + Twine(axis) +
                      " of the input, found " + Twine(sizes->size()) + " that add up to " +
                      Twine(sum.value_or(-1)));
  Dim offset = zero;
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    if (nn::constantDim(size).value_or(0) < 0)
      return node.error("expected sizes of 0 or more, found " + Twine(*nn::constantDim(size)));
    if (node.wants(i) && failed(node.result(i, sliceDim(node, x, axis, offset, size))))
      return failure();
    offset = table.simplify(offset + size);
  }
  return success();
}

/// One dim of a slice by the standard's rules: negative positions count from the end, positions
/// beyond the ends are cut.
static void sliceRange(Node &node, Dim size, int64_t axis, Dim start, Dim end, int64_t step,
                       Ranges &ranges) {
  nn::DimTable &table = node.dimTable();
  Dim zero = node.constantDim(0), one = node.constantDim(1);
  bool isForward = step > 0;
  Dim first = isForward ? zero : -one, last = isForward ? size : size - one;
  auto position = [&](Dim at, Dim low) {
    if (std::optional<int64_t> number = nn::constantDim(at)) {
      // All that is past the ends of a known size is the same, and may be too far to add a size to.
      std::optional<int64_t> known = nn::constantDim(size);
      if (*number >= known.value_or(kFar))
        return last;
      if (*number < -known.value_or(kFar - 1))
        return table.min(low, last);
    }
    // Of no elements the last is before the first.
    return table.min(table.max(at + table.isLess(at, zero) * size, low), last);
  };
  Dim given = start;
  start = position(start, zero);
  end = position(end, first);
  Dim room = table.max(isForward ? end - start : start - end, zero);
  Dim count = table.simplify(room.ceilDiv(std::abs(step)));
  bool isEmpty = count == zero;
  // A slice to the end may start past it.
  bool isOpen = isForward && end == size && nn::constantDim(given).value_or(-1) >= 0;
  ranges.offsets[axis] = isEmpty ? zero : isOpen ? given : table.max(start, zero);
  ranges.sizes[axis] = count;
  ranges.steps[axis] = isEmpty ? 1 : step;
}

static LogicalResult slice(Node &node, Value x, ArrayRef<Dim> starts, ArrayRef<Dim> ends,
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
  if (node.hasFailed())
    return failure();
  Ranges ranges(node, x);
  Shape shape = node.dims(x);
  for (size_t i = 0; i < starts.size(); ++i) {
    // The smallest integer has no absolute value.
    int64_t step = std::max((*steps)[i], -std::numeric_limits<int64_t>::max());
    if (step == 0)
      return node.error("expected steps other than 0");
    int64_t axis = node.axis((*axes)[i], Node::rank(x));
    sliceRange(node, shape[axis], axis, starts[i], ends[i], step, ranges);
  }
  return node.result(ranges.apply(node, x));
}

static LogicalResult sliceByAttributes(Node &node) {
  Value x = node.operand(0);
  std::optional<SmallVector<int64_t>> starts = node.integers("starts"),
                                      ends = node.integers("ends");
  if (!starts || !ends)
    return node.error("expected attributes 'starts' and 'ends'");
  return slice(node, x, node.constantShape(*starts), node.constantShape(*ends),
               node.integers("axes"), std::nullopt);
}

/// A slice of which only the run knows positions, axes or steps.
static LogicalResult computedSlice(Node &node) {
  Value x = node.operand(0);
  Shape shape = node.dims(x);
  std::optional<SmallVector<int64_t>> axes;
  if (node.has(3))
    axes = node.constants(node.operand(3));
  else if (std::optional<int64_t> count = nn::constantDim(node.dims(node.operand(1)).front()))
    axes = llvm::to_vector(llvm::seq<int64_t>(0, *count));
  if (axes)
    for (int64_t axis : node.axes(*axes, shape.size()))
      shape[node.hasFailed() ? 0 : axis] = Dim();
  else
    shape = Node::unknownShape(shape.size());
  return node.result(
      node.call("slice", {x, node.operand(1), node.operand(2), node.optional(3), node.optional(4)},
                {}, Node::element(x), shape));
}

static LogicalResult slice(Node &node) {
  Value x = node.operand(0);
  for (size_t i = 1; i < 5; ++i) {
    if (!node.has(i) || node.hasFailed())
      continue;
    if (Node::rank(node.operand(i)) != 1)
      return node.error("expected starts, ends, axes and steps of rank 1, found rank " +
                        Twine(Node::rank(node.operand(i))));
  }
  auto isComputed = [&](size_t i) {
    return node.has(i) && !(i < 3 ? node.evaluate(node.operand(i)).has_value()
                                  : node.constants(node.operand(i)).has_value());
  };
  if (!node.hasFailed() && node.has(1) && node.has(2) && Node::rank(x) > 0 &&
      (isComputed(1) || isComputed(2) || isComputed(3) || isComputed(4)))
    return computedSlice(node);
  SmallVector<Dim> starts = node.sizesOperand(1, "starts"), ends = node.sizesOperand(2, "ends");
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
static Value border(Node &node, Value x, int64_t axis, Dim width, bool isLow, StringRef mode) {
  Shape shape = node.dims(x);
  Dim size = shape[axis], zero = node.constantDim(0), one = node.constantDim(1);
  if (mode == "edge") {
    shape[axis] = width;
    return node.broadcast(sliceDim(node, x, axis, isLow ? zero : size - one, one), shape);
  }
  Dim limit = size - (mode == "reflect" ? 1 : 0);
  if (nn::constantDim(width) && nn::constantDim(limit) && !node.dimTable().atMost(width, limit)) {
    (void)node.unsupported("mode " + mode + " with more padding than the dim has elements");
    return {};
  }
  if (mode == "wrap")
    return sliceDim(node, x, axis, isLow ? size - width : zero, width);
  return sliceDim(node, x, axis, isLow ? width : size - 2, width, -1);
}

Value accel::onnx_import::padWith(Node &node, Value x, ArrayRef<Dim> low, ArrayRef<Dim> high,
                                  Attribute value) {
  if (!x || node.hasFailed())
    return {};
  Dim zero = node.constantDim(0);
  auto isZero = [&](Dim dim) { return dim == zero; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return x;
  SmallVector<int64_t> lowEntries, highEntries;
  SmallVector<Value> lowOperands, highOperands;
  if (!node.mixed(low, lowEntries, lowOperands) || !node.mixed(high, highEntries, highOperands))
    return {};
  return node.create<nn::PadOp>(x, ValueRange(lowOperands), ValueRange(highOperands), lowEntries,
                                highEntries, cast<TypedAttr>(value));
}

static LogicalResult pad(Node &node, Value x, ArrayRef<Dim> pads, Attribute value) {
  std::string mode = node.text("mode", "constant");
  if (node.hasFailed() || !x)
    return failure();
  int64_t rank = Node::rank(x);
  if (int64_t(pads.size()) != 2 * rank)
    return node.error("expected " + Twine(2 * rank) + " pads, found " + Twine(pads.size()));
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap")
    return node.error("expected mode constant, edge, reflect or wrap, found '" + mode + "'");
  nn::DimTable &table = node.dimTable();
  Dim zero = node.constantDim(0);
  SmallVector<Dim> low(pads.take_front(rank)), high(pads.drop_front(rank));
  for (int64_t i = 0; i < rank; ++i) {
    for (Dim side : {low[i], high[i]})
      if (std::optional<int64_t> width = nn::constantDim(side);
          width && (*width > (int64_t(1) << 40) || *width < -(int64_t(1) << 40)))
        return node.error("expected pads in -2^40..2^40, found " + Twine(*width));
    // Negative pads cut.
    Dim cutLow = table.max(-low[i], zero), cutHigh = table.max(-high[i], zero);
    if (cutLow != zero || cutHigh != zero) {
      Dim left = table.simplify(node.dims(x)[i] - cutLow - cutHigh);
      if (nn::constantDim(left).value_or(0) < 0)
        return node.error("expected to leave 0 or more elements of dim " + Twine(i) + ", found " +
                          Twine(*nn::constantDim(left)));
      x = sliceDim(node, x, i, cutLow, left);
    }
    low[i] = table.max(low[i], zero);
    high[i] = table.max(high[i], zero);
    if (mode == "constant" || node.hasFailed())
      continue;
    SmallVector<Value> parts;
    if (low[i] != zero)
      parts.push_back(border(node, x, i, low[i], true, mode));
    parts.push_back(x);
    if (high[i] != zero)
      parts.push_back(border(node, x, i, high[i], false, mode));
    x = parts.size() == 1 ? x : node.create<nn::ConcatOp>(parts, uint64_t(i));
  }
  return node.result(mode == "constant" ? padWith(node, x, low, high, value) : x);
}

Attribute accel::onnx_import::elementAttr(Node &node, Value like, double value) {
  if (auto integer = like ? dyn_cast<IntegerType>(Node::element(like)) : IntegerType();
      integer && std::isinf(value)) {
    bool isUnsigned = integer.isUnsigned(), isLeast = value < 0;
    unsigned width = integer.getWidth();
    return IntegerAttr::get(
        integer, isLeast
                     ? (isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width))
                     : (isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width)));
  }
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
  return pad(node, x, node.constantShape(*pads), elementAttr(node, x, node.number("value", 0)));
}

/// The number of a mode of Pad that accel-rt/Ops.h gives it: the order of this list; -1 after an
/// error.
static int64_t padMode(Node &node) {
  static constexpr StringLiteral kModes[] = {"constant", "edge", "reflect", "wrap"};
  std::string mode = node.text("mode", "constant");
  for (auto [i, name] : llvm::enumerate(kModes))
    if (mode == name)
      return i;
  (void)node.error("expected mode constant, edge, reflect or wrap, found '" + mode + "'");
  return -1;
}

/// Pads, axes or a value that only the run knows.
static LogicalResult computedPad(Node &node) {
  Value x = node.operand(0), pads = node.operand(1);
  int64_t mode = padMode(node), rank = Node::rank(x);
  Shape shape = node.dims(x);
  std::optional<SmallVector<int64_t>> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.has(3))
    axes = node.constants(node.operand(3));
  std::optional<SmallVector<Dim>> known = node.evaluate(pads);
  if (node.hasFailed())
    return failure();
  if (known && axes && known->size() != 2 * axes->size())
    return node.error("expected two pads an axis, found " + Twine(known->size()));
  for (Dim &dim : shape)
    dim = axes ? dim : Dim();
  for (auto [i, given] : llvm::enumerate(axes.value_or(SmallVector<int64_t>()))) {
    int64_t axis = node.axis(given, rank);
    if (node.hasFailed())
      return failure();
    shape[axis] =
        known ? node.dimTable().simplify(shape[axis] + (*known)[i] + (*known)[axes->size() + i])
              : Dim();
  }
  return node.result(node.call("pad", {x, pads, node.optional(2), node.optional(3)}, {mode},
                               Node::element(x), shape));
}

static LogicalResult padByInputs(Node &node) {
  Value x = node.operand(0);
  auto isComputed = [&](size_t i) {
    return node.has(i) && !(i == 1   ? node.evaluate(node.operand(i)).has_value()
                            : i == 2 ? node.operand(i).getDefiningOp<nn::ConstantOp>() != nullptr
                                     : node.constants(node.operand(i)).has_value());
  };
  if (isComputed(1) || isComputed(2) || isComputed(3))
    return computedPad(node);
  SmallVector<Dim> pads = node.sizesOperand(1, "pads");
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
    SmallVector<int64_t> given = node.constantOperand(3, "axes");
    SmallVector<Dim> all(2 * rank, node.constantDim(0));
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
