// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that change a tensor's shape, or ask for it.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Dim accel::onnx_import::product(Node &node, ArrayRef<Dim> dims) {
  return nn::product(dims, node.context());
}

Dim accel::onnx_import::computedDim(Node &node, Value size) {
  Value line = node.call("extent", {size}, {}, node.builder().getIntegerType(1), {Dim()});
  return line ? node.dims(line).front() : node.constantDim(0);
}

/// What -1 stands for in a reshape of `from` to the other dims `to`. Dims that are on both sides
/// cancel, so that [batch, -1] of [batch, 16, 4, 4] is known to be [batch, 256].
static Dim inferredDim(Node &node, ArrayRef<Dim> from, ArrayRef<Dim> to) {
  SmallVector<Dim> above(from), below;
  for (Dim dim : to) {
    auto same = nn::constantDim(dim) ? above.end() : llvm::find(above, dim);
    if (same != above.end())
      above.erase(same);
    else
      below.push_back(dim);
  }
  Dim total = product(node, above), rest = product(node, below);
  std::optional<int64_t> have = nn::constantDim(total), want = nn::constantDim(rest);
  if (want && *want == 0) {
    (void)node.error("cannot tell what -1 stands for: the other sizes hold a 0");
    return total;
  }
  if (have && want && *have % *want) {
    (void)node.error("cannot reshape " + Twine(*have) + " elements in blocks of " + Twine(*want));
    return total;
  }
  return want && *want == 1 ? total : total.floorDiv(rest);
}

static LogicalResult reshapeTo(Node &node, Value x, ArrayRef<Dim> target, bool allowZero) {
  Shape from = node.dims(x), shape;
  int inferred = -1;
  for (auto [i, entry] : llvm::enumerate(target)) {
    Dim dim = entry;
    std::optional<int64_t> size = nn::constantDim(dim);
    if (size == 0 && !allowZero) {
      if (i >= from.size())
        return node.error("size 0 at place " + Twine(i) + " copies a dim that the input of rank " +
                          Twine(from.size()) + " lacks");
      dim = from[i];
    } else if (size == -1) {
      if (inferred >= 0)
        return node.error("expected at most one -1 in the shape");
      inferred = i;
    } else if (size && *size < 0) {
      return node.error("expected sizes of -1 or more, found " + Twine(*size));
    }
    shape.push_back(dim);
  }
  if (inferred >= 0) {
    SmallVector<Dim> others(shape);
    others.erase(others.begin() + inferred);
    shape[inferred] = inferredDim(node, from, others);
  }
  return node.hasFailed() ? failure() : node.result(node.reshape(x, shape));
}

// Opset 1: the shape is an attribute.
static LogicalResult reshapeByAttribute(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = node.operand(0);
  std::optional<SmallVector<int64_t>> shape = node.integers("shape");
  if (!x || !shape)
    return node.error("expected an attribute 'shape'");
  return reshapeTo(node, x, node.constantShape(*shape), false);
}

static LogicalResult reshape(Node &node) {
  Value x = node.operand(0), shape = node.operand(1);
  bool allowZero = node.integer("allowzero", 0);
  if (node.hasFailed())
    return failure();
  if (Node::rank(shape) != 1)
    return node.error("expected a shape of rank 1, found rank " + Twine(Node::rank(shape)));
  if (std::optional<SmallVector<Dim>> target = node.evaluate(shape))
    return reshapeTo(node, x, *target, allowZero);
  if (std::optional<int64_t> rank = node.declaredRank(1))
    return node.result(node.call("reshape", {x, shape}, {allowZero, *rank}, Node::element(x),
                                 Node::unknownShape(*rank)));
  Shape from = node.dims(x), result;
  for (auto [i, dim] : llvm::enumerate(node.partlyKnown(1, "a shape"))) {
    std::optional<int64_t> size = dim ? nn::constantDim(dim) : std::nullopt;
    bool isCopy = size == 0 && !allowZero && i < from.size();
    result.push_back(isCopy ? from[i] : size && *size < 0 ? Dim() : dim);
  }
  return node.result(node.call("reshape", {x, shape}, {allowZero}, Node::element(x), result));
}

static LogicalResult flatten(Node &node) {
  Value x = node.operand(0);
  int64_t rank = Node::rank(x), axis = node.integer("axis", 1);
  axis = axis == rank ? axis : node.axis(axis, rank);
  if (node.hasFailed())
    return failure();
  Shape shape = node.dims(x);
  ArrayRef<Dim> dims = shape;
  return node.result(node.reshape(
      x, {product(node, dims.take_front(axis)), product(node, dims.drop_front(axis))}));
}

/// Axes by attribute (before opset 13) or by input 1; nullopt where neither is there.
static std::optional<SmallVector<int64_t>> readAxes(Node &node) {
  if (std::optional<SmallVector<int64_t>> axes = node.integers("axes"))
    return axes;
  if (node.has(1))
    return node.constantOperand(1, "axes");
  return std::nullopt;
}

/// A squeeze or, where `sign` is 1, an unsqueeze by axes that only the run knows.
static LogicalResult computedAxes(Node &node, StringRef function, int sign) {
  Value x = node.operand(0), axes = node.operand(1);
  std::optional<int64_t> declared = node.declaredRank(1);
  int64_t count = declared ? 0 : node.partlyKnown(1, "axes").size(),
          rank = declared.value_or(Node::rank(x) + sign * count);
  if (node.hasFailed())
    return failure();
  if (rank < 0)
    return node.error("expected at most " + Twine(Node::rank(x)) + " axes, found " + Twine(count));
  return node.result(
      node.call(function, {x, axes}, {rank}, Node::element(x), Node::unknownShape(rank)));
}

/// A squeeze of all dims of 1, where only the run knows whether dim `open` is one: what follows is
/// imported for both ranks.
static LogicalResult squeezeEither(Node &node, Value x, int64_t open) {
  Value size = node.reshape(node.create<nn::ShapeOfOp>(x, open, open + 1), {});
  Value isOne = node.compare(nn::CompareKind::eq, size, node.scalarLike(size, 1));
  if (node.hasFailed())
    return failure();
  auto body = [&](bool vanishes) {
    return [&, vanishes](ValueRange, SmallVectorImpl<Value> &values) -> LogicalResult {
      SmallVector<int64_t> axes;
      Shape shape;
      for (auto [i, dim] : llvm::enumerate(node.dims(x)))
        if (int64_t(i) == open ? vanishes : nn::constantDim(dim) == 1)
          axes.push_back(i);
        else
          shape.push_back(dim);
      int64_t rank = shape.size();
      values.push_back(vanishes ? node.call("squeeze", {x, node.integerVector(axes)}, {rank},
                                            Node::element(x), shape)
                                : node.reshape(x, shape));
      return success(!node.hasFailed());
    };
  };
  // None where the rest of the graph is in both.
  SmallVector<Value> results = node.importer().branch(node, isOne, body(true), body(false));
  return results.empty() ? success(!node.hasFailed()) : node.result(results.front());
}

static LogicalResult squeeze(Node &node) {
  Value x = node.operand(0);
  if (node.has(1) && !node.evaluate(node.operand(1)))
    return computedAxes(node, "squeeze", -1);
  std::optional<SmallVector<int64_t>> given = readAxes(node);
  if (node.hasFailed())
    return failure();
  Shape from = node.dims(x), shape;
  SmallVector<int64_t> axes, open;
  if (given)
    axes = node.axes(*given, from.size());
  for (auto [i, dim] : llvm::enumerate(from))
    if (!given && !nn::constantDim(dim))
      open.push_back(i);
  if (open.size() == 1)
    return squeezeEither(node, x, open.front());
  for (auto [i, dim] : llvm::enumerate(from)) {
    std::optional<int64_t> size = nn::constantDim(dim);
    bool isNamed = llvm::is_contained(axes, int64_t(i));
    if (isNamed && size && *size != 1)
      return node.error("expected dim " + Twine(i) + " to be 1, found " + Twine(*size));
    if (!given && !size)
      return node.error("which dims are 1 shows at run time: dim " + Twine(i) + " is dynamic",
                        "Fix the dims with --shape or --dim, or give the node axes.");
    if (given ? !isNamed : *size != 1)
      shape.push_back(dim);
  }
  return node.hasFailed() ? failure() : node.result(node.reshape(x, shape));
}

static LogicalResult unsqueeze(Node &node) {
  Value x = node.operand(0);
  if (node.has(1) && !node.evaluate(node.operand(1)))
    return computedAxes(node, "unsqueeze", 1);
  std::optional<SmallVector<int64_t>> given = readAxes(node);
  if (!node.hasFailed() && !given)
    return node.error("expected axes");
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x) + given->size();
  SmallVector<int64_t> axes = node.axes(*given, rank);
  if (node.hasFailed())
    return failure();
  Shape from = node.dims(x), shape;
  for (int64_t i = 0, next = 0; i < rank; ++i)
    shape.push_back(llvm::is_contained(axes, i) ? node.constantDim(1) : from[next++]);
  return node.result(node.reshape(x, shape));
}

static LogicalResult transpose(Node &node) {
  Value x = node.operand(0);
  SmallVector<int64_t> reversed = llvm::to_vector(llvm::seq<int64_t>(0, Node::rank(x)));
  std::reverse(reversed.begin(), reversed.end());
  return node.result(node.transpose(x, node.integers("perm").value_or(reversed)));
}

static LogicalResult shapeOf(Node &node) {
  Value x = node.operand(0);
  int64_t rank = Node::rank(x);
  auto clamp = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  int64_t start = clamp(node.integer("start", 0)), end = clamp(node.integer("end", rank));
  return node.result(
      node.create<nn::ShapeOfOp>(x, uint64_t(start), uint64_t(std::max(start, end))));
}

static LogicalResult sizeOf(Node &node) {
  Value x = node.operand(0);
  if (node.hasFailed())
    return failure();
  if (std::optional<int64_t> size = nn::constantDim(product(node, node.dims(x)))) {
    auto type = RankedTensorType::get({}, node.builder().getI64Type());
    return node.result(node.constant(DenseElementsAttr::get(type, *size)));
  }
  Value shape = node.create<nn::ShapeOfOp>(x, uint64_t(0), uint64_t(Node::rank(x)));
  return node.result(node.reduce(nn::ReduceKind::prod, shape, {0}, false));
}

static LogicalResult expand(Node &node) {
  Value x = node.operand(0), shape = node.operand(1);
  if (node.hasFailed())
    return failure();
  if (Node::rank(shape) != 1)
    return node.error("expected a shape of rank 1, found rank " + Twine(Node::rank(shape)));
  if (std::optional<SmallVector<Dim>> target = node.evaluate(shape))
    return node.result(node.broadcast(x, *target));
  if (std::optional<int64_t> rank = node.declaredRank(1))
    return node.result(node.call("expand", {x, shape}, {*rank}, Node::element(x),
                                 Node::unknownShape(std::max<int64_t>(*rank, Node::rank(x)))));
  // A size of 1, in the input or in the shape, leaves the other one's.
  Shape from = node.dims(x), result = Shape(node.partlyKnown(1, "a shape"));
  if (from.size() > result.size())
    result.insert(result.begin(), from.size() - result.size(), node.constantDim(1));
  for (size_t i = result.size() - from.size(); i < result.size(); ++i) {
    Dim own = from[i - (result.size() - from.size())];
    if (result[i] == node.constantDim(1) || (!result[i] && nn::constantDim(own).value_or(1) != 1))
      result[i] = own;
    else if (result[i] && !nn::constantDim(result[i]))
      result[i] = Dim();
  }
  return node.result(node.call("expand", {x, shape}, {}, Node::element(x), result));
}

/// Repeats dim i `repeats[i]` times: [a, b] becomes [1, a, 1, b], [r, a, s, b], [r*a, s*b].
static LogicalResult tile(Node &node, Value x, ArrayRef<Dim> repeats) {
  if (node.hasFailed())
    return failure();
  Shape shape = node.dims(x), split, repeated, joined;
  if (repeats.size() != shape.size())
    return node.error("expected one repeat a dim, found " + Twine(repeats.size()));
  for (auto [dim, repeat] : llvm::zip_equal(shape, repeats)) {
    if (std::optional<int64_t> count = nn::constantDim(repeat); count && *count < 0)
      return node.error("expected repeats of 0 or more, found " + Twine(*count));
    if (repeat != node.constantDim(1)) {
      split.push_back(node.constantDim(1));
      repeated.push_back(repeat);
    }
    split.push_back(dim);
    repeated.push_back(dim);
    joined.push_back(dim * repeat);
  }
  return node.result(node.reshape(node.broadcast(node.reshape(x, split), repeated), joined));
}

static LogicalResult tile6(Node &node) {
  Value x = node.operand(0), repeats = node.operand(1);
  if (repeats && !node.evaluate(repeats)) {
    Shape shape = node.dims(x);
    SmallVector<Dim> known = node.partlyKnown(1, "repeats", shape.size());
    if (node.hasFailed())
      return failure();
    if (known.size() != shape.size())
      return node.error("expected one repeat a dim, found " + Twine(known.size()));
    for (auto [dim, times] : llvm::zip_equal(shape, known))
      dim = times ? node.dimTable().simplify(dim * times) : Dim();
    return node.result(node.call("tile", {x, repeats}, {}, Node::element(x), shape));
  }
  return tile(node, node.operand(0), node.sizesOperand(1, "repeats"));
}

// Opset 1: input 1 is the repeats of the one axis that input 2 names.
static LogicalResult tile1(Node &node) {
  Value x = node.operand(0);
  SmallVector<Dim> count = node.sizesOperand(1, "tiles");
  SmallVector<int64_t> at = node.constantOperand(2, "axis");
  if (node.hasFailed())
    return failure();
  if (count.size() != 1 || at.size() != 1)
    return node.error("expected one number of tiles and one axis");
  SmallVector<Dim> repeats(Node::rank(x), node.constantDim(1));
  int64_t axis = node.axis(at[0], Node::rank(x));
  if (!node.hasFailed())
    repeats[axis] = count[0];
  return tile(node, x, repeats);
}

/// The block's two dims of N x C x H x W go to or come from the channels.
static LogicalResult depthToSpace(Node &node) {
  Value x = node.operand(0);
  int64_t block = node.integer("blocksize", 0);
  std::string mode = node.text("mode", "DCR");
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) != 4 || block < 1 || block > (1 << 20))
    return node.error("expected a rank of 4 and a blocksize in 1..2^20");
  return node.result(node.create<nn::DepthToSpaceOp>(x, ArrayRef<int64_t>{block, block},
                                                     ArrayRef<int64_t>{0, 0, 0, 0}, mode == "CRD"));
}

static LogicalResult spaceToDepth(Node &node) {
  Value x = node.operand(0);
  int64_t block = node.integer("blocksize", 0);
  bool isCrd = node.text("mode", "DCR") == "CRD";
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) != 4 || block < 1 || block > (1 << 20))
    return node.error("expected a rank of 4 and a blocksize in 1..2^20");
  Shape d = node.dims(x);
  Dim b = node.constantDim(block), h = d[2].floorDiv(block), w = d[3].floorDiv(block);
  Value split = node.reshape(x, {d[0], d[1], h, b, w, b});
  Value moved = node.transpose(split, isCrd ? ArrayRef<int64_t>{0, 1, 3, 5, 2, 4}
                                            : ArrayRef<int64_t>{0, 3, 5, 1, 2, 4});
  return node.result(node.reshape(moved, {d[0], d[1] * (block * block), h, w}));
}

ArrayRef<OpRow> accel::onnx_import::shapeOps() {
  static const OpRow rows[] = {
      {"DepthToSpace", 1, depthToSpace},
      {"Expand", 8, expand},
      {"Flatten", 1, flatten},
      {"Reshape", 1, reshapeByAttribute},
      {"Reshape", 5, reshape},
      {"Shape", 1, shapeOf},
      {"Size", 1, sizeOf},
      {"SpaceToDepth", 1, spaceToDepth},
      {"Squeeze", 1, squeeze},
      {"Tile", 1, tile1},
      {"Tile", 6, tile6},
      {"Transpose", 1, transpose},
      {"Unsqueeze", 1, unsqueeze},
  };
  return rows;
}
