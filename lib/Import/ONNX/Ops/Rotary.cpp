// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rotary embeddings: pairs of elements are turned by angles that follow from positions.
#include "lib/Import/ONNX/Ops/Attention.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Value accel::onnx_import::rotate(Node &node, Value x, Value cosines, Value sines,
                                 const Rotation &rotation) {
  if (!x || !cosines || !sines || node.hasFailed())
    return {};
  Type element = Node::element(x), type = attentionType(node, x);
  Shape shape = node.dims(x);
  int64_t last = Node::rank(x) - 1;
  Dim width = rotation.width ? node.constantDim(rotation.width) : shape[last],
      half = node.dimTable().simplify(width.floorDiv(2));
  std::optional<int64_t> whole = nn::constantDim(shape[last]);
  if (nn::constantDim(width).value_or(0) % 2 || rotation.width > whole.value_or(rotation.width)) {
    (void)node.error("expected to rotate an even number of elements, at most " +
                     nn::dimText(shape[last]) + ", found " + nn::dimText(width));
    return {};
  }
  for (Value *table : {&cosines, &sines}) {
    Dim found = node.dims(*table).back();
    if (nn::constantDim(found) && nn::constantDim(half) && found != half) {
      (void)node.error("expected sines and cosines of " + nn::dimText(half) + " angles, found " +
                       nn::dimText(found));
      return {};
    }
    // A dim for the heads, and one for the two elements of a pair.
    Shape tableShape = node.dims(*table);
    tableShape.insert(tableShape.begin() + rotation.headsAxis, node.constantDim(1));
    tableShape.insert(tableShape.end() - (rotation.interleaved ? 0 : 1), node.constantDim(1));
    *table = node.cast(node.reshape(*table, tableShape), type);
  }
  bool isWhole = width == shape[last];
  Value turned = isWhole ? x : sliceDim(node, x, last, node.constantDim(0), width);
  if (node.hasFailed())
    return {};
  // x cos + y sin, where y is the other of the pair, for the first one with its sign changed: one
  // kernel, which reads elements in two orders.
  Shape pairs = node.dims(turned), flat = pairs, signs(pairs.size() + 1, node.constantDim(1));
  pairs.back() = half;
  int64_t axis = rotation.interleaved ? last + 1 : last;
  pairs.insert(pairs.begin() + axis, node.constantDim(2));
  signs[axis] = node.constantDim(2);
  turned = node.reshape(turned, pairs);
  Value other = reversed(node, turned, axis);
  auto signType = RankedTensorType::get(nn::staticShape(signs), type);
  Attribute numbers[] = {FloatAttr::get(type, -1), FloatAttr::get(type, 1)};
  Value sign = node.constant(DenseElementsAttr::get(signType, ArrayRef(numbers)));
  turned = node.cast(node.add(node.mul(node.cast(turned, type), cosines),
                              node.mul(node.cast(other, type), node.mul(sines, sign))),
                     element);
  turned = node.reshape(turned, flat);
  if (isWhole || node.hasFailed())
    return turned;
  Value rest = sliceDim(node, x, last, width, node.dimTable().simplify(shape[last] - width));
  return node.create<nn::ConcatOp>(ArrayRef<Value>{turned, rest}, uint64_t(last));
}

bool accel::onnx_import::takeAngles(Node &node, Value positions, Value &cosines, Value &sines) {
  if (!positions || !cosines || !sines || node.hasFailed())
    return false;
  constexpr const char *kRange = "expected positions of rows of the cosines' and sines' caches";
  const Value tables[] = {cosines, sines};
  for (auto [i, table] : llvm::enumerate(tables)) {
    Dim rows = node.dims(table)[0];
    std::optional<int64_t> count = nn::constantDim(rows);
    std::optional<SmallVector<int64_t>> known = node.constants(positions);
    if (known && count) {
      for (int64_t position : *known)
        if (position < 0 || position >= *count) {
          (void)node.error(kRange + (", which have " + Twine(*count)).str() + ", found " +
                           Twine(position));
          return false;
        }
      continue;
    }
    if (i == 1 && rows == node.dims(cosines)[0])
      continue; // checked already
    Type type = Node::element(positions);
    Value first = node.scalar(type, 0), end = sizeOfDim(node, table, 0, type);
    Value isRow = node.create<nn::AndOp>(node.compare(nn::CompareKind::ge, positions, first),
                                         node.compare(nn::CompareKind::lt, positions, end));
    positions = node.select(node.require(isRow, kRange), positions, first);
    if (node.hasFailed())
      return false;
  }
  cosines = node.create<nn::GatherOp>(cosines, positions, uint64_t(0));
  sines = node.create<nn::GatherOp>(sines, positions, uint64_t(0));
  return !node.hasFailed();
}

/// The operand with a dim for the heads, and the axis of that.
static Value withHeads(Node &node, Value x, int64_t heads, Rotation &rotation) {
  if (!x || node.hasFailed())
    return {};
  if (Node::rank(x) == 4) {
    rotation.headsAxis = 1;
    return x;
  }
  rotation.headsAxis = 2;
  Shape shape = node.dims(x);
  if (Node::rank(x) != 3) {
    (void)node.error("expected an input of rank 3 or 4, found rank " + Twine(Node::rank(x)));
    return {};
  }
  if (heads < 1 || nn::constantDim(shape[2]).value_or(heads) % heads) {
    (void)node.error("expected num_heads to divide " + nn::dimText(shape[2]) + ", found " +
                     Twine(heads));
    return {};
  }
  return node.reshape(x, {shape[0], shape[1], node.constantDim(heads), shape[2].floorDiv(heads)});
}

static bool expectFloatOperands(Node &node, ArrayRef<Value> operands) {
  for (Value operand : operands)
    if (operand && !node.hasFailed() && !Node::isFloat(operand))
      (void)node.error("expected an input, sines and cosines of floats, found " +
                       dtypeText(Node::element(operand)));
  return !node.hasFailed();
}

static LogicalResult rotaryEmbedding(Node &node) {
  Value x = node.operand(0), cosines = node.operand(1), sines = node.operand(2),
        positions = node.optional(3);
  if (!expectFloatOperands(node, {x, cosines, sines}))
    return failure();
  int64_t rank = positions ? 2 : 3;
  if (Node::rank(cosines) != rank || Node::rank(sines) != rank ||
      (positions && Node::rank(positions) != 2))
    return node.error("expected sines and cosines of rank 2 with position_ids of rank 2, of rank 3 "
                      "without, found rank " +
                      Twine(Node::rank(cosines)) + " and " + Twine(Node::rank(sines)));
  Rotation rotation;
  rotation.interleaved = node.integer("interleaved", 0);
  rotation.width = node.integer("rotary_embedding_dim", 0);
  Shape shape = node.dims(x);
  Value heads = withHeads(node, x, node.integer("num_heads", 0), rotation);
  if (positions && !takeAngles(node, positions, cosines, sines))
    return failure();
  Value turned = rotate(node, heads, cosines, sines, rotation);
  return node.result(node.reshape(turned, shape));
}

/// com.microsoft: other operands, and positions that may be one offset.
static LogicalResult microsoftRotaryEmbedding(Node &node) {
  Value x = node.operand(0), positions = node.operand(1), cosines = node.operand(2),
        sines = node.operand(3);
  if (!positions || !expectFloatOperands(node, {x, cosines, sines}))
    return failure();
  if (Node::rank(cosines) != 2 || Node::rank(sines) != 2)
    return node.error("expected sines and cosines of rank 2, found rank " +
                      Twine(Node::rank(cosines)) + " and " + Twine(Node::rank(sines)));
  if (Node::rank(x) != 3 && Node::rank(x) != 4)
    return node.error("expected an input of rank 3 or 4, found rank " + Twine(Node::rank(x)));
  if (Node::rank(positions) < 1 || Node::rank(positions) > 2)
    return node.error("expected position_ids of rank 1 or 2, found rank " +
                      Twine(Node::rank(positions)));
  if (node.integer("is_packed_batching", 0))
    return node.unsupported("packed batching");
  node.ignore({"scale"}); // ONNX Runtime reads it and does nothing with it.
  Rotation rotation;
  rotation.interleaved = node.integer("interleaved", 0);
  rotation.width = node.integer("rotary_embedding_dim", 0);
  int64_t heads = node.integer("num_heads", 0);
  if (rotation.width && heads < 1 && Node::rank(x) == 3)
    return node.error("expected num_heads with rotary_embedding_dim");
  // Without a number of heads, their width is that of the tables.
  std::optional<int64_t> angles = nn::constantDim(node.dims(cosines)[1]),
                         hidden = nn::constantDim(node.dims(x).back());
  if (heads < 1 && Node::rank(x) == 3) {
    if (!angles || !hidden || *angles < 1)
      return node.error("expected num_heads where sizes are not known",
                        "Fix the dims with --shape or --dim.");
    heads = *hidden / (2 * *angles);
  }
  Shape shape = node.dims(x);
  Value split = withHeads(node, x, heads, rotation);
  if (node.hasFailed())
    return failure();
  if (Node::rank(positions) == 1) {
    int64_t axis = rotation.headsAxis == 1 ? 2 : 1;
    positions = node.add(positions, node.iota(0, {shape[axis]}, Node::element(positions)));
    if (node.hasFailed())
      return failure();
    positions = node.reshape(positions, {node.constantDim(1), shape[axis]});
  }
  if (!takeAngles(node, positions, cosines, sines))
    return failure();
  Value turned = rotate(node, split, cosines, sines, rotation);
  return node.result(node.reshape(turned, shape));
}

ArrayRef<OpRow> accel::onnx_import::rotaryOps() {
  static const OpRow rows[] = {
      {"RotaryEmbedding", 23, rotaryEmbedding},
  };
  return rows;
}

ArrayRef<OpRow> accel::onnx_import::microsoftRotaryOps() {
  static const OpRow rows[] = {
      {"RotaryEmbedding", 1, microsoftRotaryEmbedding},
  };
  return rows;
}
