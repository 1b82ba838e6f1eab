// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Losses over classes, which are dim 1: what the label of each position picks, and its mean or sum.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;
using nn::ReduceKind;

namespace {

/// Halves are computed in f32.
Value widened(Node &node, Value x) {
  if (!x || node.hasFailed())
    return {};
  if (!Node::isFloat(x)) {
    (void)node.error("expected floats, found " + dtypeText(Node::element(x)));
    return {};
  }
  return Node::element(x).isF64() ? x : node.cast(x, node.builder().getF32Type());
}

/// The labels as i64, where -1 are those to ignore; a run with others than classes fails.
Value checkedLabels(Node &node, Value scores, Value labels) {
  bool canIgnore = node.attribute("ignore_index") != nullptr;
  int64_t ignored = node.integer("ignore_index", 0);
  if (!scores || !labels || node.hasFailed())
    return {};
  if (Node::rank(scores) < 2) {
    (void)node.error("expected scores of rank 2 or more, whose dim 1 are classes, found rank " +
                     Twine(Node::rank(scores)));
    return {};
  }
  Type type = Node::element(labels);
  if (!type.isInteger(64) && !type.isInteger(32)) {
    (void)node.error("expected labels of i32 or i64, found " + dtypeText(type));
    return {};
  }
  if (Node::rank(labels) != Node::rank(scores) - 1) {
    (void)node.error("expected labels of rank " + Twine(Node::rank(scores) - 1) +
                     ", one less than that of the scores, found rank " + Twine(Node::rank(labels)));
    return {};
  }
  // A number of classes that is known asks for no tensor, so that nothing waits for it.
  std::optional<int64_t> classes = nn::constantDim(node.dims(scores)[1]);
  return node.call("labels", {labels, classes ? Value() : scores},
                   {classes.value_or(-1), canIgnore, ignored}, node.builder().getI64Type(),
                   node.dims(labels));
}

/// -weight * log probability of the label of each position, reduced as the node says.
LogicalResult loss(Node &node, Value logProbs, Value labels, Value weight) {
  std::string reduction = node.text("reduction", "mean");
  labels = checkedLabels(node, logProbs, labels);
  if (!labels || node.hasFailed())
    return failure();
  if (reduction != "mean" && reduction != "sum" && reduction != "none")
    return node.error("expected reduction to be none, mean or sum, found '" + reduction + "'");
  if (weight && Node::rank(weight) != 1)
    return node.error("expected weights of rank 1, one a class, found rank " +
                      Twine(Node::rank(weight)));
  Type type = Node::element(logProbs);
  Shape column = node.dims(logProbs), shape = column, given = node.dims(labels);
  Dim classes = column[1];
  column[1] = node.constantDim(1);
  shape.erase(shape.begin() + 1);
  for (auto [i, size, wanted] : llvm::enumerate(given, shape)) {
    std::optional<int64_t> found = nn::constantDim(size), needed = nn::constantDim(wanted);
    if (found && needed && found != needed)
      return node.error("expected labels with the scores' dims but that of the classes, found " +
                        Twine(*found) + " instead of " + Twine(*needed) + " in dim " + Twine(i));
  }
  // What only a run knows, it checks.
  labels = node.reshape(labels, shape);
  if (weight)
    weight = node.reshape(weight, {classes});
  if (!labels || node.hasFailed())
    return failure();
  bool canIgnore = node.attribute("ignore_index") != nullptr;
  Value zero = node.scalarLike(labels, 0);
  Value index = canIgnore ? node.max(labels, zero) : labels;
  Value picked =
      node.create<nn::GatherElementsOp>(logProbs, node.reshape(index, column), uint64_t(1));
  picked = widened(node, node.reshape(picked, shape));
  Value counts;
  if (weight)
    counts = widened(node, node.create<nn::GatherOp>(weight, index, uint64_t(0)));
  Value losses = node.create<nn::NegOp>(counts ? node.mul(picked, counts) : picked);
  if (canIgnore && losses) {
    // What is ignored counts nothing, even where its score is infinite.
    Value kept = node.compare(CompareKind::ge, labels, zero), none = node.scalarLike(losses, 0);
    Value one = counts ? counts : node.scalarLike(losses, 1);
    counts = node.select(kept, one, none);
    losses = node.select(kept, losses, none);
  }
  if (!losses)
    return failure();
  if (reduction == "none")
    return node.result(node.cast(losses, type));
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, Node::rank(losses)));
  if (reduction == "mean" && !counts)
    return node.result(node.cast(node.reduce(ReduceKind::mean, losses, axes, false), type));
  Value total = node.reduce(ReduceKind::sum, losses, axes, false);
  if (reduction == "mean")
    total = node.div(total, node.reduce(ReduceKind::sum, counts, axes, false));
  return node.result(node.cast(total, type));
}

LogicalResult negativeLogLikelihood(Node &node) {
  Value logProbs = node.operand(0), labels = node.operand(1), weight = node.optional(2);
  return loss(node, logProbs, labels, weight);
}

LogicalResult softmaxCrossEntropy(Node &node) {
  Value scores = node.operand(0), labels = node.operand(1), weight = node.optional(2);
  if (node.hasFailed())
    return failure();
  if (Node::rank(scores) < 2)
    return node.error("expected scores of rank 2 or more, whose dim 1 are classes, found rank " +
                      Twine(Node::rank(scores)));
  Value logProbs = node.create<nn::LogSoftmaxOp>(scores, uint64_t(1));
  (void)node.result(1, logProbs);
  return loss(node, logProbs, labels, weight);
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::lossOps() {
  static const OpRow rows[] = {
      {"NegativeLogLikelihoodLoss", 12, negativeLogLikelihood},
      {"SoftmaxCrossEntropyLoss", 12, softmaxCrossEntropy},
  };
  return rows;
}
