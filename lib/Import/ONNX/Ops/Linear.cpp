// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of ai.onnx.ml that are compositions: linear models, and scaling of features.
#include "lib/Import/ONNX/Ops/Classic.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;
using nn::ReduceKind;

SmallVector<float> accel::onnx_import::floatsOf(Node &node, StringRef name) {
  const onnx::AttributeProto *list = node.attribute(name);
  return list ? SmallVector<float>(list->floats().begin(), list->floats().end())
              : SmallVector<float>();
}

Value accel::onnx_import::f32Tensor(Node &node, ArrayRef<int64_t> shape, ArrayRef<float> values) {
  return node.constant(
      DenseElementsAttr::get(RankedTensorType::get(shape, node.builder().getF32Type()), values));
}

Value accel::onnx_import::rowsOf(Node &node, Value x) {
  if (!x || node.hasFailed())
    return {};
  x = node.cast(x, node.builder().getF32Type());
  if (Node::rank(x) == 1)
    return node.reshape(x, {node.constantDim(1), node.dims(x)[0]});
  if (Node::rank(x) != 2)
    (void)node.error("expected an input of rank 1 or 2, found rank " + Twine(Node::rank(x)));
  return node.hasFailed() ? Value() : x;
}

namespace {
/// What linear models have.
struct Model {
  Value table;      ///< [results, width]
  Value intercepts; ///< [results], or null
  explicit operator bool() const { return bool(table); }
};
} // namespace

static Model readModel(Node &node, int64_t count) {
  SmallVector<float> coefficients = floatsOf(node, "coefficients"),
                     intercepts = floatsOf(node, "intercepts");
  if (node.hasFailed())
    return {};
  if (count < 1 || coefficients.empty() || coefficients.size() % count) {
    (void)node.error("expected coefficients for " + Twine(count) + " results, found " +
                     Twine(coefficients.size()));
    return {};
  }
  if (!intercepts.empty() && int64_t(intercepts.size()) != count) {
    (void)node.error("expected " + Twine(count) + " intercepts, found " + Twine(intercepts.size()));
    return {};
  }
  int64_t width = coefficients.size() / count;
  return {f32Tensor(node, {count, width}, coefficients),
          intercepts.empty() ? Value() : f32Tensor(node, {count}, intercepts)};
}

/// x times the transposed coefficients, plus intercepts: a column for each result.
static Value linear(Node &node, Value x, const Model &model) {
  if (!x || !model || node.hasFailed())
    return {};
  Value y = node.create<nn::MatmulOp>(x, node.transpose(model.table, {1, 0}));
  return model.intercepts ? node.add(y, model.intercepts) : y;
}

/// sqrt(2) times Winitzki's approximation of the inverse of erf at 2 x - 1.
static Value probit(Node &node, Value scores) {
  auto number = [&](double value) { return node.scalarLike(scores, value); };
  const double a = 0.147;
  Value x = node.sub(node.mul(scores, number(2)), number(1));
  Value logarithm =
      node.create<nn::LogOp>(node.mul(node.sub(number(1), x), node.add(number(1), x)));
  Value half = node.add(node.mul(logarithm, number(0.5)), number(2 / (llvm::numbers::pi * a)));
  Value root =
      node.create<nn::SqrtOp>(node.sub(node.mul(half, half), node.mul(logarithm, number(1 / a))));
  Value size = node.mul(node.create<nn::SqrtOp>(node.sub(root, half)), number(1.41421356));
  return node.select(node.compare(CompareKind::lt, x, number(0)), node.create<nn::NegOp>(size),
                     size);
}

/// A softmax in which zeros count for nothing, and stay.
static Value softmaxZero(Node &node, Value x) {
  Value most = node.reduce(ReduceKind::max, x, {1}, true);
  Value counts =
      node.compare(CompareKind::gt, node.create<nn::AbsOp>(x), node.scalarLike(x, 0.0000001));
  Value power = node.create<nn::ExpOp>(node.sub(x, most));
  Value sum =
      node.reduce(ReduceKind::sum, node.select(counts, power, node.scalarLike(x, 0)), {1}, true);
  Value small = node.mul(x, node.create<nn::ExpOp>(node.create<nn::NegOp>(most)));
  return node.div(node.select(counts, power, small), sum);
}

Value accel::onnx_import::postTransform(Node &node, Value scores, StringRef transform) {
  if (!scores || node.hasFailed() || transform == "NONE")
    return scores;
  if (transform == "LOGISTIC")
    return node.create<nn::SigmoidOp>(scores);
  if (transform == "SOFTMAX")
    return node.create<nn::SoftmaxOp>(scores, uint64_t(1));
  if (transform == "SOFTMAX_ZERO")
    return softmaxZero(node, scores);
  if (transform == "PROBIT")
    return probit(node, scores);
  (void)node.error("expected post_transform NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT, found "
                   "'" +
                   transform + "'");
  return {};
}

static LogicalResult linearRegressor(Node &node) {
  Value x = rowsOf(node, node.operand(0));
  std::string transform = node.text("post_transform", "NONE");
  Model model = readModel(node, node.integer("targets", 1));
  return node.result(postTransform(node, linear(node, x, model), transform));
}

Value accel::onnx_import::bestClass(Node &node, Value scores) {
  if (!scores || node.hasFailed())
    return {};
  Type i64 = node.builder().getI64Type();
  Value most = node.reduce(ReduceKind::max, scores, {1}, true);
  Value place = node.iota(1, {node.constantDim(1), node.dims(scores)[1]}, i64);
  Value none = node.scalar(i64, 1 << 30);
  Value found = node.select(node.compare(CompareKind::eq, scores, most), place, none);
  // No score is the largest where one is NaN: then the first class stands.
  Value first = node.reduce(ReduceKind::min, found, {1}, false);
  return node.select(node.compare(CompareKind::lt, first, none), first, node.scalar(i64, 0));
}

Value accel::onnx_import::labelsOf(Node &node, StringRef integers, int64_t least) {
  std::optional<SmallVector<int64_t>> numbers = node.integers(integers);
  const onnx::AttributeProto *list = node.attribute("classlabels_strings");
  if (node.hasFailed())
    return {};
  SmallVector<StringRef> texts;
  if (list)
    texts.assign(list->strings().begin(), list->strings().end());
  size_t count = numbers ? numbers->size() : 0;
  if ((count && !texts.empty()) || int64_t(count + texts.size()) < least) {
    (void)node.error("expected either an attribute " + integers +
                     " or an attribute classlabels_strings, of " + Twine(least) +
                     " labels or more, found " + Twine(count) + " integers and " +
                     Twine(texts.size()) + " strings");
    return {};
  }
  return count ? node.integerVector(*numbers) : node.strings(texts);
}

/// Classes of a row, or features, of which a sum in one chain is as exact as one in blocks.
static constexpr int64_t kShortRow = 128;

static LogicalResult linearClassifier(Node &node) {
  Value x = rowsOf(node, node.operand(0));
  std::string transform = node.text("post_transform", "NONE");
  node.ignore({"multi_class"});
  Value labels = labelsOf(node, "classlabels_ints", 1);
  if (!labels || !x)
    return failure();
  int64_t numLabels = node.staticDim(labels, 0);
  const onnx::AttributeProto *intercepts = node.attribute("intercepts");
  int64_t count = intercepts && intercepts->floats_size() ? intercepts->floats_size() : numLabels;
  Model model = readModel(node, count);
  if (!model)
    return failure();
  bool isBinary = count == 1 && numLabels == 2;
  if (!isBinary && count != numLabels)
    return node.error("expected a label for each of " + Twine(count) + " intercepts" +
                      (count == 1 ? ", or two," : ",") + " found " + Twine(numLabels));
  if (isBinary) {
    // One score decides. Of the other class ONNX Runtime has the rest to 1, or to 0 before a
    // sigmoid, and knows no other transform.
    Value scores = linear(node, x, model);
    if (!scores)
      return failure();
    Value chosen = node.reshape(scores, {node.dims(scores)[0]});
    Value best = node.cast(node.compare(CompareKind::gt, chosen, node.scalarLike(chosen, 0)),
                           node.builder().getI64Type());
    bool isLogistic = transform == "LOGISTIC";
    Value other = node.sub(node.scalarLike(scores, isLogistic ? 0 : 1), scores);
    scores = node.create<nn::ConcatOp>(SmallVector<Value>{other, scores}, uint64_t(1));
    (void)node.result(0, node.create<nn::GatherOp>(labels, best, uint64_t(0)));
    return node.result(1, postTransform(node, scores, isLogistic ? transform : "NONE"));
  }
  // ONNX Runtime adds up the products of a single row, and the softmax of classes, in orders of
  // their own, and ZipMap shows callers the bits. Longer rows are more exact in blocks.
  Value scores = linear(node, x, model);
  if (!scores)
    return failure();
  bool isSoftmax = transform == "SOFTMAX" && count <= kShortRow;
  Dim rows = node.dims(scores)[0];
  SmallVector<Value> results =
      node.call("classify_rows", {x, model.table, labels, scores, model.intercepts}, {isSoftmax},
                {{Node::element(labels), {rows}}, {Node::element(scores), node.dims(scores)}});
  if (node.hasFailed())
    return failure();
  (void)node.result(0, results[0]);
  return node.result(1, isSoftmax ? results[1] : postTransform(node, results[1], transform));
}

static LogicalResult normalizer(Node &node) {
  Value x = node.operand(0);
  std::string norm = node.text("norm", "MAX");
  if (!x)
    return failure();
  x = node.cast(x, node.builder().getF32Type());
  int64_t last = Node::rank(x) - 1;
  if (last < 0)
    return node.error("expected an input of rank 1 or more");
  std::optional<int64_t> width = nn::constantDim(node.dims(x).back());
  if (norm == "L1" && width && *width <= kShortRow)
    return node.result(node.call("normalize_rows", {x}, {}, Node::element(x), node.dims(x)));
  Value size;
  if (norm == "MAX")
    size = node.reduce(ReduceKind::max, x, {last}, true);
  else if (norm == "L1")
    size = node.reduce(ReduceKind::sum, node.create<nn::AbsOp>(x), {last}, true);
  else if (norm == "L2")
    size = node.create<nn::SqrtOp>(node.reduce(ReduceKind::sum, node.mul(x, x), {last}, true));
  else
    return node.error("expected norm to be MAX, L1 or L2, found '" + norm + "'");
  // A row of zeros stays as it is.
  Value isZero = node.compare(CompareKind::eq, size, node.scalarLike(x, 0));
  return node.result(node.div(x, node.select(isZero, node.scalarLike(x, 1), size)));
}

static LogicalResult scaler(Node &node) {
  Value x = node.operand(0);
  SmallVector<float> offset = floatsOf(node, "offset"), scale = floatsOf(node, "scale");
  if (!x || offset.empty() || scale.empty())
    return node.error("expected attributes 'offset' and 'scale'");
  x = node.cast(x, node.builder().getF32Type());
  Value shifted = node.sub(x, f32Tensor(node, {int64_t(offset.size())}, offset));
  return node.result(node.mul(shifted, f32Tensor(node, {int64_t(scale.size())}, scale)));
}

static LogicalResult binarizer(Node &node) {
  Value x = node.operand(0);
  Value above = node.compare(CompareKind::gt, x, node.scalarLike(x, node.number("threshold", 0)));
  return node.hasFailed() ? failure() : node.result(node.cast(above, Node::element(x)));
}

ArrayRef<OpRow> accel::onnx_import::linearOps() {
  static const OpRow rows[] = {
      {"Binarizer", 1, binarizer},
      {"LinearClassifier", 1, linearClassifier},
      {"LinearRegressor", 1, linearRegressor},
      {"Normalizer", 1, normalizer},
      {"Scaler", 1, scaler},
  };
  return rows;
}
