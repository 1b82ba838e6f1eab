// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention as a composition of nn ops, in the form that nn-fuse-attention recognises.
#include "lib/Import/ONNX/Ops/Attention.h"
#include <cmath>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;

Type accel::onnx_import::attentionType(Node &node, Value like) {
  bool isDouble = like && Node::element(like).isF64();
  return isDouble ? Type(node.builder().getF64Type()) : Type(node.builder().getF32Type());
}

bool accel::onnx_import::expectFloats(Node &node, ArrayRef<Value> operands) {
  for (Value operand : operands)
    if (operand && !node.hasFailed() && !Node::isFloat(operand))
      (void)node.error("expected queries, keys and values of floats, found " +
                       dtypeText(Node::element(operand)));
  return !node.hasFailed();
}

Value accel::onnx_import::sizeOfDim(Node &node, Value value, int64_t axis, Type element) {
  if (!value || node.hasFailed())
    return {};
  if (std::optional<int64_t> size = nn::constantDim(node.dims(value)[axis]))
    return node.scalar(element, double(*size));
  Value size = node.create<nn::ShapeOfOp>(value, uint64_t(axis), uint64_t(axis + 1));
  return node.cast(node.reshape(size, {}), element);
}

Value accel::onnx_import::toRankFour(Node &node, Value x, StringRef what) {
  if (!x || node.hasFailed())
    return {};
  if (Node::rank(x) > 4) {
    (void)node.error("expected " + what + " of rank 4 at most, found rank " + Twine(Node::rank(x)));
    return {};
  }
  Shape shape = node.dims(x);
  shape.insert(shape.begin(), 4 - shape.size(), node.constantDim(1));
  return node.reshape(x, shape);
}

Value accel::onnx_import::splitHeads(Node &node, Value x, int64_t heads) {
  if (!x || node.hasFailed())
    return {};
  Shape shape = node.dims(x);
  if (heads < 1 || nn::constantDim(shape[2]).value_or(heads) % heads) {
    (void)node.error("expected a number of heads that divides " + nn::dimText(shape[2]) +
                     ", found " + Twine(heads));
    return {};
  }
  Value split =
      node.reshape(x, {shape[0], shape[1], node.constantDim(heads), shape[2].floorDiv(heads)});
  return node.transpose(split, {0, 2, 1, 3});
}

// --- masks ---

void KeyMask::setOffset(Value value) { offset = node.cast(value, node.builder().getI32Type()); }

/// Positions of the rows (axis 2) or of the keys (axis 3).
Value KeyMask::position(int64_t axis) {
  Shape shape(4, node.constantDim(1));
  shape[axis] = axis == 2 ? rows : keys;
  Value at = node.iota(axis, shape, node.builder().getI32Type());
  return axis == 2 && offset ? node.add(at, offset) : at;
}

void KeyMask::add(Value more) { allowed = allowed ? node.create<nn::AndOp>(allowed, more) : more; }

void KeyMask::addWindow(std::optional<int64_t> left, std::optional<int64_t> right) {
  // As numbers of i32, past which no position is.
  auto number = [&](int64_t value) {
    return node.scalar(node.builder().getI32Type(), std::min<int64_t>(value, 1 << 30));
  };
  Value row = position(2), key = position(3);
  if (left)
    add(node.compare(CompareKind::ge, key, node.sub(row, number(*left))));
  if (right)
    add(node.compare(CompareKind::le, key, *right ? node.add(row, number(*right)) : row));
}

void KeyMask::addEnds(Value ends) {
  if (!ends || node.hasFailed())
    return;
  Shape shape(4, node.constantDim(1));
  shape[0] = node.dims(ends)[0];
  Value end = node.reshape(node.cast(ends, node.builder().getI32Type()), shape);
  add(node.compare(CompareKind::lt, position(3), end));
}

Value KeyMask::bias(Type type, Value bias) {
  if (!allowed)
    return bias;
  Value none = node.scalar(type, -std::numeric_limits<double>::infinity());
  return node.select(allowed, bias ? bias : node.scalar(type, 0), none);
}

// --- the composition ---

namespace {
/// The heads of keys and values, and how many of queries share each: the scores have a dim for
/// either, unless each has one.
struct Groups {
  Dim heads, keyHeads, each;
  bool areSplit;
};
} // namespace

/// Splits dim 1 of a tensor of rank 4 whose size is 1 or that of the heads.
static Value splitGroups(Node &node, Value x, const Groups &groups) {
  if (!x || !groups.areSplit || node.hasFailed())
    return x;
  Shape shape = node.dims(x);
  if (nn::constantDim(shape[1]) == 1) {
    shape.insert(shape.begin() + 1, node.constantDim(1));
    return node.reshape(x, shape);
  }
  if (shape[1] != groups.heads) {
    shape[1] = groups.heads;
    x = node.broadcast(x, shape);
  }
  return node.reshape(x, {shape[0], groups.keyHeads, groups.each, shape[2], shape[3]});
}

/// Keys and values, to broadcast over the queries' heads of a group.
static Value alongGroups(Node &node, Value x, const Groups &groups) {
  if (!x || !groups.areSplit || node.hasFailed())
    return x;
  Shape shape = node.dims(x);
  shape.insert(shape.begin() + 2, node.constantDim(1));
  return node.reshape(x, shape);
}

static std::optional<Groups> findGroups(Node &node, const AttentionParts &parts) {
  Dim heads = node.dims(parts.query)[1], keyHeads = node.dims(parts.key)[1];
  std::optional<int64_t> many = nn::constantDim(heads), few = nn::constantDim(keyHeads);
  if (few == 0 || (many && few && *many % *few)) {
    (void)node.error("expected the heads of keys and values to divide those of queries, found " +
                     Twine(*few) + " and " + nn::dimText(heads));
    return std::nullopt;
  }
  bool areEqual = heads == keyHeads;
  Dim each = areEqual ? node.constantDim(1) : node.dimTable().simplify(heads.floorDiv(keyHeads));
  return Groups{heads, keyHeads, each, !areEqual};
}

/// softmax over the last dim of scores and, for each head, one more of them, which is left out of
/// the result.
static Value softmaxWithSink(Node &node, Value scores, Value sink, const Groups &groups) {
  int64_t rank = Node::rank(scores);
  if (!sink || node.hasFailed())
    return node.create<nn::SoftmaxOp>(scores, uint64_t(rank - 1));
  Shape shape{node.constantDim(1), groups.heads, node.constantDim(1), node.constantDim(1)};
  sink = splitGroups(node, node.reshape(node.cast(sink, Node::element(scores)), shape), groups);
  Value most = node.max(node.reduce(nn::ReduceKind::max, scores, {rank - 1}, true), sink);
  Value weights = node.create<nn::ExpOp>(node.sub(scores, most));
  Value sum = node.add(node.reduce(nn::ReduceKind::sum, weights, {rank - 1}, true),
                       node.create<nn::ExpOp>(node.sub(sink, most)));
  return node.div(weights, sum);
}

AttentionResult accel::onnx_import::attend(Node &node, const AttentionParts &parts,
                                           std::optional<ScoresKind> wanted) {
  if (node.hasFailed() || !parts.query || !parts.key || !parts.value)
    return {};
  std::optional<Groups> found = findGroups(node, parts);
  if (!found)
    return {};
  const Groups &groups = *found;
  int64_t rank = groups.areSplit ? 5 : 4;
  Type type = parts.type, softmaxType = parts.softmaxType ? parts.softmaxType : type;
  Value query = splitGroups(node, node.cast(parts.query, type), groups),
        key = alongGroups(node, node.cast(parts.key, type), groups),
        value = alongGroups(node, node.cast(parts.value, type), groups),
        bias = splitGroups(node, parts.bias, groups);
  if (node.hasFailed())
    return {};
  SmallVector<int64_t> swap = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(swap[rank - 1], swap[rank - 2]);
  Value scale;
  std::optional<int64_t> width = nn::constantDim(node.dims(query).back());
  if (parts.scale || width)
    scale = node.scalar(type, parts.scale ? *parts.scale : 1 / std::sqrt(double(*width)));
  else
    scale = node.create<nn::RsqrtOp>(sizeOfDim(node, query, rank - 1, type));
  Value scores = node.mul(node.create<nn::MatmulOp>(query, node.transpose(key, swap)), scale);
  Value shown[4];
  shown[int(ScoresKind::Raw)] = scores;
  if (parts.softcap != 0) {
    Value cap = node.scalar(type, parts.softcap);
    scores = node.mul(node.create<nn::TanhOp>(node.div(scores, cap)), cap);
  }
  shown[int(ScoresKind::Capped)] = scores;
  if (bias)
    scores = node.add(scores, bias);
  shown[int(ScoresKind::Biased)] = scores;
  scores = node.cast(scores, softmaxType);
  Shape shape{node.dims(parts.query)[0], groups.heads, node.dims(parts.query)[2],
              node.dims(parts.key)[2]};
  /// A function of scores of rank 4.
  auto apply = [&](llvm::function_ref<Value(Value)> function, Value x) -> Value {
    if (!function || node.hasFailed())
      return x;
    Shape split = node.dims(x);
    Value y = function(node.reshape(x, shape));
    if (y && Node::element(y) != softmaxType) {
      (void)node.error("expected its graph to give " + dtypeText(softmaxType) + ", found " +
                       dtypeText(Node::element(y)));
      return {};
    }
    if (y && Node::rank(y) != 4) {
      (void)node.error("expected its graph to give a tensor of rank 4, found rank " +
                       Twine(Node::rank(y)));
      return {};
    }
    return node.reshape(y, split);
  };
  scores = apply(parts.onScores, scores);
  Value weights = softmaxWithSink(node, scores, parts.sink, groups);
  weights = apply(parts.onWeights, weights);
  // A row is empty by its bias: NaN that comes from elsewhere stays.
  Value empty;
  if (bias && parts.mayHaveEmptyRows)
    empty = node.compare(CompareKind::eq, node.reduce(nn::ReduceKind::max, bias, {rank - 1}, true),
                         node.scalar(type, -std::numeric_limits<double>::infinity()));
  shown[int(ScoresKind::Weights)] = weights;
  AttentionResult result;
  if (wanted) {
    result.scores = shown[int(*wanted)];
    if (empty && *wanted == ScoresKind::Weights)
      result.scores = node.select(empty, node.scalarLike(weights, 0), weights);
    result.scores = node.reshape(result.scores, shape);
  }
  Value output = node.create<nn::MatmulOp>(node.cast(weights, type), value);
  if (parts.mergesHeads) {
    SmallVector<int64_t> order =
        rank == 5 ? SmallVector<int64_t>{0, 3, 1, 2, 4} : SmallVector<int64_t>{0, 2, 1, 3};
    output = node.transpose(output, order);
    empty = empty ? node.transpose(empty, order) : empty;
  }
  if (empty)
    output = node.select(empty, node.scalarLike(output, 0), output);
  if (node.hasFailed() || !output)
    return {};
  Shape merged = node.dims(output);
  if (parts.mergesHeads)
    merged = {merged[0], merged[1], groups.heads * merged.back()};
  else
    merged = {merged[0], groups.heads, merged[rank - 2], merged.back()};
  result.output = node.reshape(output, merged);
  return result;
}
