// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops whose result sizes follow from data: they choose, sort or count elements.
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

bool accel::onnx_import::isNumber(Type element) {
  if (auto integer = dyn_cast<IntegerType>(element))
    return integer.getWidth() == 1 || (integer.getWidth() >= 8 && integer.getWidth() <= 64);
  return element.isF16() || element.isBF16() || element.isF32() || element.isF64();
}

/// An error where a function has no numbers to work on.
static bool needNumbers(Node &node, Value value) {
  if (!value || node.hasFailed())
    return false;
  if (isNumber(Node::element(value)))
    return true;
  (void)node.unsupported("an operand of " + dtypeText(Node::element(value)));
  return false;
}

static LogicalResult nonZero(Node &node) {
  Value x = node.operand(0);
  // Of strings, all but the empty one, whose number is 0.
  if (node.hasFailed() || (!nn::isString(Node::element(x)) && !needNumbers(node, x)))
    return failure();
  Dim rows = node.constantDim(std::max<int64_t>(Node::rank(x), 1));
  return node.result(node.call("nonzero", {x}, {}, node.builder().getI64Type(), {rows, Dim()}));
}

static LogicalResult compress(Node &node) {
  Value x = node.operand(0), condition = node.operand(1);
  if (node.hasFailed())
    return failure();
  if (Node::rank(condition) != 1)
    return node.error("expected a condition of rank 1, found rank " + Twine(Node::rank(condition)));
  if (!node.attribute("axis"))
    return node.result(node.call("compress", {x, condition}, {}, Node::element(x), {Dim()}));
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x));
  Shape shape = node.dims(x);
  if (node.hasFailed())
    return failure();
  shape[axis] = Dim();
  return node.result(node.call("compress", {x, condition}, {axis}, Node::element(x), shape));
}

static LogicalResult topK(Node &node, Value x, Value k) {
  bool largest = node.integer("largest", 1);
  node.ignore({"sorted"}); // Sorted is one of the orders that not sorted allows.
  if (!needNumbers(node, x) || !k)
    return failure();
  int64_t axis = node.axis(node.integer("axis", -1), Node::rank(x));
  if (node.hasFailed())
    return failure();
  Shape shape = node.dims(x);
  std::optional<SmallVector<Dim>> known = node.evaluate(k);
  if (known && known->size() != 1)
    return node.error("expected one K, found " + Twine(known->size()));
  Dim count = known ? known->front() : Dim();
  std::optional<int64_t> number = count ? nn::constantDim(count) : std::nullopt,
                         size = nn::constantDim(shape[axis]);
  if (number && (*number < 0 || *number > size.value_or(*number)))
    return node.error("expected K to be 0 or more and at most " + Twine(size.value_or(*number)) +
                      ", the size of dim " + Twine(axis) + ", found " + Twine(*number));
  shape[axis] = count;
  if (!count)
    shape[axis] = node.freshDim();
  SmallVector<Value> results =
      node.call("topk", {x, k}, {axis, largest},
                {{Node::element(x), shape}, {node.builder().getI64Type(), shape}});
  return success(succeeded(node.result(0, results[0])) && succeeded(node.result(1, results[1])));
}

// Opset 1: K is an attribute.
static LogicalResult topK1(Node &node) {
  Value x = node.operand(0);
  if (!node.attribute("k"))
    return node.error("expected an attribute 'k'");
  return topK(node, x, node.integerVector({node.integer("k", 0)}));
}

static LogicalResult topK10(Node &node) {
  Value x = node.operand(0), k = node.operand(1);
  return topK(node, x, k);
}

static LogicalResult unique(Node &node) {
  Value x = node.operand(0);
  bool sorted = node.integer("sorted", 1), isText = x && nn::isString(Node::element(x));
  if (!isText && !needNumbers(node, x))
    return failure();
  Shape shape = node.dims(x);
  Value compared = x;
  // The numbers of strings say nothing about their order.
  if (isText)
    compared = node.call("string_ranks", {x}, {}, node.builder().getI64Type(), shape);
  SmallVector<int64_t> parameters{sorted};
  Dim before = product(node, shape), found = node.freshDim();
  if (node.attribute("axis")) {
    int64_t axis = node.axis(node.integer("axis", 0), shape.size());
    if (node.hasFailed())
      return failure();
    parameters.push_back(axis);
    before = shape[axis];
    shape[axis] = found;
  } else {
    shape = {found};
  }
  Type i64 = node.builder().getI64Type();
  SmallVector<Value> results = node.call(
      "unique", {compared}, parameters,
      {{Node::element(compared), shape}, {i64, {found}}, {i64, {before}}, {i64, {found}}});
  if (isText && results[1]) {
    bool isFlat = parameters.size() == 1;
    Value from = isFlat ? node.reshape(x, {before}) : x;
    results[0] = node.create<nn::GatherOp>(from, results[1], uint64_t(isFlat ? 0 : parameters[1]));
  }
  for (auto [i, result] : llvm::enumerate(results))
    if (failed(node.result(i, result)))
      return failure();
  return success();
}

static LogicalResult nonMaxSuppression(Node &node) {
  Value boxes = node.operand(0), scores = node.operand(1);
  int64_t centerPoint = node.integer("center_point_box", 0);
  if (node.hasFailed())
    return failure();
  if (Node::rank(boxes) != 3 || Node::rank(scores) != 3 || !Node::element(boxes).isF32() ||
      !Node::element(scores).isF32())
    return node.error("expected boxes and scores of rank 3 and of float32");
  return node.result(
      node.call("nms", {boxes, scores, node.optional(2), node.optional(3), node.optional(4)},
                {centerPoint}, node.builder().getI64Type(), {Dim(), node.constantDim(3)}));
}

ArrayRef<OpRow> accel::onnx_import::selectOps() {
  static const OpRow rows[] = {
      {"Compress", 9, compress}, {"NonMaxSuppression", 10, nonMaxSuppression},
      {"NonZero", 9, nonZero},   {"TopK", 1, topK1},
      {"TopK", 10, topK10},      {"Unique", 11, unique},
  };
  return rows;
}
