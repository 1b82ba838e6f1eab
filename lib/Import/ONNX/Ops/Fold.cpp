// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that put parts of pictures and sequences where they belong, and the grids of sampling.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

static constexpr int64_t kMostSize = int64_t(1) << 31;

/// One attribute entry for each spatial dim, or an error; `least` is the smallest that is allowed.
static SmallVector<int64_t> window(Node &node, StringRef name, size_t count, int64_t otherwise,
                                   int64_t least) {
  SmallVector<int64_t> entries = node.integers(name, count, otherwise);
  for (int64_t entry : entries)
    if (entry < least || entry >= kMostSize)
      (void)node.error("expected entries of '" + name + "' in " + Twine(least) + "..2^31, found " +
                       Twine(entry));
  return entries;
}

/// What a function adds with: floats of f32 or f64, integers modulo 2^64.
static Type summand(Node &node, Type element) {
  if (isa<IntegerType>(element))
    return node.builder().getI64Type();
  return element.isF64() ? Type(element) : Type(node.builder().getF32Type());
}

/// How many sizes operand i has: what the node says of the result's rank, where the operand's
/// length does not.
static std::optional<int64_t> countSizes(Node &node, size_t i) {
  Value sizes = node.operand(i);
  if (node.hasFailed())
    return std::nullopt;
  if (Node::rank(sizes) != 1) {
    (void)node.error("expected sizes (input " + Twine(i) + ") of rank 1, found rank " +
                     Twine(Node::rank(sizes)));
    return std::nullopt;
  }
  return nn::constantDim(node.dims(sizes)[0]);
}

static LogicalResult col2Im(Node &node) {
  Value x = node.operand(0), image = node.operand(1), block = node.operand(2);
  std::optional<int64_t> rank = countSizes(node, 1), blocks = countSizes(node, 2);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) != 3)
    return node.error("expected an input of rank 3, found rank " + Twine(Node::rank(x)));
  if (!isNumber(Node::element(x)))
    return node.unsupported("sums of " + dtypeText(Node::element(x)));
  for (StringRef name : {"strides", "dilations"})
    if (std::optional<SmallVector<int64_t>> given = node.integers(name); given && !rank)
      rank = given->size();
  if (!rank)
    rank = blocks;
  if (std::optional<int64_t> declared = rank ? std::nullopt : node.declaredRank(1))
    rank = *declared - 2;
  if (!rank || *rank < 1 || *rank > 8 || blocks.value_or(*rank) != *rank)
    return node.error("expected an image_shape and a block_shape of 1 to 8 sizes, as many each",
                      rank ? "" : "Fix the model's dims with --shape or --dim.");
  SmallVector<int64_t> parameters{*rank};
  parameters.append(window(node, "dilations", *rank, 1, 1));
  parameters.append(window(node, "pads", 2 * *rank, 0, 0));
  parameters.append(window(node, "strides", *rank, 1, 1));
  if (node.hasFailed())
    return failure();
  Dim count = node.constantDim(*rank);
  image = node.reshape(image, {count});
  block = node.reshape(block, {count});
  SmallVector<Dim> sizes = node.partlyKnown(image), kernel = node.partlyKnown(block);
  if (node.hasFailed())
    return failure();
  Shape shape{node.dims(x)[0], Dim()};
  if (llvm::all_of(kernel, [](Dim dim) { return dim && nn::constantDim(dim).value_or(0) > 0; }))
    shape[1] = node.dims(x)[1].floorDiv(product(node, kernel));
  shape.append(sizes.begin(), sizes.end());
  Type element = Node::element(x), sum = summand(node, element);
  Value result = node.call("col2im", {node.cast(x, sum), image, block}, parameters, sum, shape);
  return node.result(node.cast(result, element));
}

static LogicalResult maxUnpool(Node &node) {
  Value x = node.operand(0), indices = node.operand(1), given = node.optional(2);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x), spatial = rank - 2;
  std::optional<SmallVector<int64_t>> kernel = node.integers("kernel_shape");
  if (rank < 3 || Node::rank(indices) != rank || !Node::element(indices).isInteger(64))
    return node.error("expected an input of rank 3 or more and an index (i64) for each element");
  if (!kernel || int64_t(kernel->size()) != spatial ||
      llvm::any_of(*kernel, [](int64_t size) { return size < 1 || size >= kMostSize; }))
    return node.error("expected an attribute 'kernel_shape' of " + Twine(spatial) +
                      " sizes of 1 or more");
  SmallVector<int64_t> strides = window(node, "strides", spatial, 1, 1),
                       pads = window(node, "pads", 2 * spatial, 0, 0), parameters(*kernel);
  if (node.hasFailed())
    return failure();
  Shape shape = node.dims(x);
  parameters.append(strides);
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t padding = pads[i] + pads[spatial + i];
    parameters.push_back(padding);
    shape[i + 2] =
        node.dimTable().simplify((shape[i + 2] - 1) * strides[i] + (*kernel)[i] - padding);
    if (nn::constantDim(shape[i + 2]).value_or(0) < 0)
      return node.error("expected windows that leave a size of 0 or more");
  }
  if (given) {
    given = node.reshape(given, {node.constantDim(rank)});
    shape = Shape(node.partlyKnown(given));
  }
  return node.hasFailed() ? failure()
                          : node.result(node.call("max_unpool", {x, indices, given}, parameters,
                                                  Node::element(x), shape));
}

static LogicalResult centerCropPad(Node &node) {
  Value x = node.operand(0), given = node.operand(1);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (std::optional<SmallVector<int64_t>> some = node.integers("axes"))
    // In this order, but each once.
    if (node.axes(*some, rank).size() == some->size())
      axes = llvm::map_to_vector(*some, [&](int64_t axis) { return node.axis(axis, rank); });
  std::optional<int64_t> count = countSizes(node, 1);
  if (node.hasFailed())
    return failure();
  if (count.value_or(axes.size()) != int64_t(axes.size()))
    return node.error("expected a size for each of " + Twine(axes.size()) + " axes, found " +
                      Twine(*count));
  given = node.reshape(given, {node.constantDim(axes.size())});
  Shape shape = node.dims(x);
  SmallVector<Dim> sizes = node.partlyKnown(given);
  if (node.hasFailed())
    return failure();
  bool isKnown = true;
  for (auto [axis, size] : llvm::zip_equal(axes, sizes)) {
    std::optional<int64_t> number = size ? nn::constantDim(size) : std::nullopt;
    if (number && *number < 0)
      return node.error("expected sizes of 0 or more, found " + Twine(*number));
    isKnown &= number && nn::constantDim(shape[axis]);
  }
  if (!isKnown || !isNumber(Node::element(x))) {
    for (auto [axis, size] : llvm::zip_equal(axes, sizes))
      shape[axis] = size;
    return node.result(node.call("center_crop_pad", {x, given}, axes, Node::element(x), shape));
  }
  SmallVector<Dim> low(rank, node.constantDim(0)), high = low;
  for (auto [axis, size] : llvm::zip_equal(axes, sizes)) {
    int64_t have = *nn::constantDim(shape[axis]), want = *nn::constantDim(size);
    if (want < have)
      x = sliceDim(node, x, axis, (have - want) / 2, want);
    if (want > have) {
      low[axis] = node.constantDim((want - have) / 2);
      high[axis] = node.constantDim(want - have - (want - have) / 2);
    }
  }
  return node.result(padWith(node, x, low, high, elementAttr(node, x, 0)));
}

static LogicalResult reverseSequence(Node &node) {
  Value x = node.operand(0), lengths = node.operand(1);
  int64_t time = node.integer("time_axis", 0), batch = node.integer("batch_axis", 1);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) < 2 || Node::rank(lengths) != 1)
    return node.error("expected an input of rank 2 or more and sequence_lens of rank 1");
  if ((time != 0 && time != 1) || batch != 1 - time)
    return node.error("expected time_axis and batch_axis to be 0 and 1, or 1 and 0, found " +
                      Twine(time) + " and " + Twine(batch));
  return node.result(
      node.call("reverse_sequence", {x, lengths}, {time}, Node::element(x), node.dims(x)));
}

/// -1..1 along an axis: of the elements' centres, or of the first and last one.
static Value coordinates(Node &node, Dim size, bool alignsCorners, Type real) {
  Value place = node.cast(node.iota(0, {size}, node.builder().getI64Type()), real);
  Value count = node.create<nn::ShapeOfOp>(place, uint64_t(0), uint64_t(1));
  auto number = [&](double value) { return node.scalar(real, value); };
  count = node.reshape(node.cast(count, real), {});
  if (alignsCorners)
    return node.sub(
        node.div(node.mul(place, number(2)), node.max(node.sub(count, number(1)), number(1))),
        number(1));
  return node.sub(node.div(node.add(node.mul(place, number(2)), number(1)), count), number(1));
}

// theta x (x, y, 1) for each place, as sums: there are too few terms for a product of matrices.
static LogicalResult affineGrid(Node &node) {
  Value theta = node.operand(0), size = node.operand(1);
  bool alignsCorners = node.integer("align_corners", 0);
  std::optional<int64_t> count = countSizes(node, 1);
  if (node.hasFailed())
    return failure();
  if (Node::rank(theta) != 3)
    return node.error("expected theta of rank 3, found rank " + Twine(Node::rank(theta)));
  std::optional<int64_t> rows = nn::constantDim(node.dims(theta)[1]);
  if (!count && rows)
    count = *rows + 2;
  if (!count)
    count = node.declaredRank(1);
  if (!count || (*count != 4 && *count != 5) || rows.value_or(*count - 2) != *count - 2)
    return node.error("expected theta of 2 x 3 and a size of 4 entries, or 3 x 4 and 5",
                      count ? "" : "Fix the model's dims with --shape or --dim.");
  int64_t spatial = *count - 2;
  Dim one = node.constantDim(1), batch = node.dims(theta)[0], several = node.constantDim(spatial);
  theta = node.reshape(theta, {batch, several, node.constantDim(spatial + 1)});
  size = node.reshape(size, {node.constantDim(*count)});
  SmallVector<Dim> known = node.partlyKnown(size);
  if (node.hasFailed())
    return failure();
  Type element = Node::element(theta);
  Type real = element.isF64() ? element : Type(node.builder().getF32Type());
  theta = node.cast(theta, real);
  /// Column `i`, a number for each row of theta, which is the last dim of the grid.
  auto column = [&](int64_t i) {
    Shape shape(spatial + 2, one);
    shape.front() = batch;
    shape.back() = several;
    return node.reshape(sliceDim(node, theta, 2, i, 1), shape);
  };
  Value grid = column(spatial);
  for (int64_t axis = 0; axis < spatial && !node.hasFailed(); ++axis) {
    Dim dim = known[axis + 2];
    if (!dim)
      dim = computedDim(node, node.reshape(sliceDim(node, size, 0, axis + 2, 1), {}));
    Shape line(spatial + 2, one);
    line[axis + 1] = dim;
    Value along = node.reshape(coordinates(node, dim, alignsCorners, real), line);
    // The last axis has the first coordinate.
    grid = node.add(grid, node.mul(along, column(spatial - 1 - axis)));
  }
  return node.hasFailed() ? failure() : node.result(node.cast(grid, element));
}

ArrayRef<OpRow> accel::onnx_import::foldOps() {
  static const OpRow rows[] = {
      {"AffineGrid", 20, affineGrid},
      {"CenterCropPad", 18, centerCropPad},
      {"Col2Im", 18, col2Im},
      {"MaxUnpool", 9, maxUnpool},
      {"ReverseSequence", 10, reverseSequence},
  };
  return rows;
}
