// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Normalisations of ONNX Runtime's optimizer: with a sum or with embeddings before them.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// Halves as f32.
static Value widen(Node &node, Value x) {
  if (!x || node.hasFailed())
    return {};
  return Node::element(x).isF64() ? x : node.cast(x, node.builder().getF32Type());
}

namespace {
struct Normalized {
  Value y, mean, inverse; ///< `mean` is null unless it is subtracted.
};
} // namespace

/// Over the dims from `axis` on; with or without the mean taken off first.
static Normalized normalize(Node &node, Value x, int64_t axis, double epsilon, bool centered) {
  Normalized result;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(axis, Node::rank(x)));
  if (centered) {
    result.y = standardize(node, x, axes, epsilon, &result.mean, &result.inverse);
    return result;
  }
  Value square = node.reduce(nn::ReduceKind::mean, node.mul(x, x), axes, true);
  result.inverse = node.create<nn::RsqrtOp>(node.add(square, node.scalarLike(x, epsilon)));
  result.y = node.mul(x, result.inverse);
  return result;
}

static bool expectFloats(Node &node, ArrayRef<Value> operands) {
  for (Value operand : operands)
    if (operand && !node.hasFailed() && !Node::isFloat(operand))
      (void)node.error("expected operands of floats, found " + dtypeText(Node::element(operand)));
  return !node.hasFailed();
}

/// normalize(x + skip + bias) scale + shift; the sum is a result, too.
template <bool centered> static LogicalResult skipNormalization(Node &node) {
  Value x = node.operand(0), skip = node.operand(1), scale = node.operand(2),
        shift = centered ? node.optional(3) : Value(), bias = node.optional(centered ? 4 : 3);
  if (!expectFloats(node, {x, skip, scale, shift, bias}))
    return failure();
  int64_t rank = Node::rank(x);
  if (rank < 2 || rank > 3 || Node::rank(skip) < 2 || Node::rank(skip) > rank)
    return node.error("expected an input of rank 2 or 3 and what is added to it of no higher one, "
                      "found rank " +
                      Twine(rank) + " and " + Twine(Node::rank(skip)));
  Type element = Node::element(x);
  Value sum = node.add(widen(node, x), widen(node, skip));
  if (bias)
    sum = node.add(sum, widen(node, bias));
  if (node.hasFailed())
    return failure();
  Normalized result = normalize(node, sum, rank - 1, node.number("epsilon", 1e-12f), centered);
  Value y = node.mul(result.y, widen(node, scale));
  if (shift)
    y = node.add(y, widen(node, shift));
  if (result.mean)
    (void)node.result(1, result.mean);
  (void)node.result(2, result.inverse);
  (void)node.result(3, node.cast(sum, element));
  return node.result(node.cast(y, element));
}

/// The result has the scale's type.
static LogicalResult simplifiedNormalization(Node &node) {
  Value x = node.operand(0), scale = node.operand(1);
  node.ignore({"stash_type"}); // the type of output 1, which is f32 for halves whatever it says
  if (!expectFloats(node, {x, scale}))
    return failure();
  int64_t axis = node.axis(node.integer("axis", -1), Node::rank(x));
  if (node.hasFailed())
    return failure();
  Normalized result =
      normalize(node, widen(node, x), axis, node.number("epsilon", 1e-5f), /*centered=*/false);
  (void)node.result(1, result.inverse);
  Value factor = node.cast(scale, Node::element(widen(node, x)));
  return node.result(node.cast(node.mul(result.y, factor), Node::element(scale)));
}

static LogicalResult embedNormalization(Node &node) {
  Value ids = node.operand(0), segments = node.optional(1), words = node.operand(2),
        positionTable = node.operand(3), segmentTable = node.optional(4), scale = node.operand(5),
        shift = node.operand(6), mask = node.optional(7), positions = node.optional(8);
  node.ignore({"mask_index_type"});
  if (!expectFloats(node, {words, positionTable, segmentTable, scale, shift}))
    return failure();
  if (!segments != !segmentTable)
    return node.error("expected segment_ids and segment_embedding together");
  if (Node::rank(ids) != 2)
    return node.error("expected input_ids of rank 2, found rank " + Twine(Node::rank(ids)));
  Type element = Node::element(words);
  Shape shape = node.dims(ids);
  auto rows = [&](Value table, Value at) {
    return widen(node, node.create<nn::GatherOp>(table, at, uint64_t(0)));
  };
  if (!positions)
    positions = node.iota(1, {node.constantDim(1), shape[1]}, node.builder().getI32Type());
  Value sum = node.add(rows(words, ids), rows(positionTable, positions));
  if (segments)
    sum = node.add(sum, rows(segmentTable, segments));
  if (node.hasFailed())
    return failure();
  Normalized result = normalize(node, sum, 2, node.number("epsilon", 1e-12f), /*centered=*/true);
  Value y = node.add(node.mul(result.y, widen(node, scale)), widen(node, shift));
  // How many words there are of each sentence.
  Type i32 = node.builder().getI32Type();
  Value count =
      mask ? node.reduce(
                 nn::ReduceKind::sum,
                 node.cast(node.compare(nn::CompareKind::eq, mask, node.scalarLike(mask, 1)), i32),
                 {1}, false)
           : node.broadcast(node.scalar(i32, 0), {shape[0]});
  (void)node.result(1, count);
  (void)node.result(2, node.cast(sum, element));
  return node.result(node.cast(y, element));
}

ArrayRef<OpRow> accel::onnx_import::runtimeNormOps() {
  static const OpRow rows[] = {
      {"SimplifiedLayerNormalization", 1, simplifiedNormalization},
  };
  return rows;
}

ArrayRef<OpRow> accel::onnx_import::microsoftNormOps() {
  static const OpRow rows[] = {
      {"EmbedLayerNormalization", 1, embedNormalization},
      {"SimplifiedLayerNormalization", 1, simplifiedNormalization},
      {"SkipLayerNormalization", 1, skipNormalization<true>},
      {"SkipSimplifiedLayerNormalization", 1, skipNormalization<false>},
  };
  return rows;
}
