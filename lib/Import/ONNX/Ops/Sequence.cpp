// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sequences and optional values: made, taken apart, and mapped.
#include "lib/Import/ONNX/Boxes.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::BoxKind;
using nn::BoxType;

/// Operand i, which must be a sequence; null after an error.
static Value sequenceOperand(Node &node, size_t i) {
  Value value = node.operand(i);
  if (!value || node.hasFailed())
    return {};
  if (isBox(value, BoxKind::sequence))
    return value;
  (void)node.error("expected a sequence as input " + Twine(i) + ", found " +
                   dtypeText(Node::element(value)));
  return {};
}

/// Operand i, one i32 or i64, if it is there.
static Value positionOperand(Node &node, size_t i) {
  Value value = node.optional(i);
  if (!value || node.hasFailed())
    return {};
  Type element = Node::element(value);
  if ((element.isInteger(32) || element.isInteger(64)) && Node::rank(value) <= 1 &&
      (Node::rank(value) == 0 || nn::constantDim(node.dims(value)[0]).value_or(1) == 1))
    return node.reshape(value, {});
  (void)node.error("expected a position of one i32 or i64, found " + dtypeText(element));
  return {};
}

static LogicalResult sequenceConstruct(Node &node) {
  SmallVector<Value> items;
  for (size_t i = 0; i < std::max<size_t>(node.operandCount(), 1); ++i)
    items.push_back(node.operand(i));
  return node.hasFailed() ? failure() : node.result(boxed(node, BoxKind::sequence, items));
}

static LogicalResult sequenceEmpty(Node &node) {
  Type element = elementType(node.context(), node.integer("dtype", onnx::TensorProto::FLOAT));
  if (!element)
    return node.error("expected attribute 'dtype' to be a data type");
  return node.result(node.call("sequence_construct", {}, {},
                               BoxType::get(node.context(), BoxKind::sequence, element),
                               {node.constantDim(0)}));
}

/// The sequence with one more element.
static Value inserted(Node &node, Value sequence, Value item, Value position) {
  if (!sequence || !item || node.hasFailed())
    return {};
  bool isUnranked = isBox(item, BoxKind::tensor);
  Type held = isUnranked ? boxOf(item).getHeld() : item.getType();
  Type both = meetHeld(boxOf(sequence).getHeld(), held);
  if (!both) {
    (void)node.error("expected an element of " +
                     dtypeText(getElementTypeOrSelf(boxOf(sequence).getHeld())) + ", found " +
                     dtypeText(Node::element(item)));
    return {};
  }
  Dim length = node.dimTable().simplify(node.dims(sequence)[0] + 1);
  return node.call("sequence_insert", {sequence, item, position}, {isUnranked},
                   BoxType::get(node.context(), BoxKind::sequence, both), {length});
}

static LogicalResult sequenceInsert(Node &node) {
  Value sequence = sequenceOperand(node, 0), item = node.operand(1),
        position = positionOperand(node, 2);
  return node.hasFailed() ? failure() : node.result(inserted(node, sequence, item, position));
}

static LogicalResult sequenceErase(Node &node) {
  Value sequence = sequenceOperand(node, 0), position = positionOperand(node, 1);
  return node.hasFailed() ? failure()
                          : node.result(node.call("sequence_erase", {sequence, position}, {},
                                                  Node::element(sequence), {Dim()}));
}

static LogicalResult sequenceAt(Node &node) {
  Value sequence = sequenceOperand(node, 0);
  (void)node.operand(1);
  Value position = positionOperand(node, 1);
  return node.hasFailed() ? failure() : node.result(elementAt(node, sequence, position));
}

static Value lengthOf(Node &node, Value sequence) {
  return node.call("sequence_length", {sequence}, {}, node.builder().getI64Type(), Shape());
}

static LogicalResult sequenceLength(Node &node) {
  Value sequence = sequenceOperand(node, 0);
  return node.hasFailed() ? failure() : node.result(lengthOf(node, sequence));
}

static LogicalResult splitToSequence(Node &node) {
  Value x = node.operand(0), split = node.optional(1);
  if (!x || node.hasFailed())
    return failure();
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x));
  bool keepsDim = node.integer("keepdims", 1) || split;
  if (node.hasFailed())
    return failure();
  if (split && (!(Node::element(split).isInteger(32) || Node::element(split).isInteger(64)) ||
                Node::rank(split) > 1))
    return node.error("expected sizes of i32 or i64 and of rank 0 or 1");
  SmallVector<int64_t> shape(Node::type(x).getShape());
  Dim length = split ? Dim() : node.dims(x)[axis];
  shape[axis] = split ? ShapedType::kDynamic : 1;
  if (!keepsDim)
    shape.erase(shape.begin() + axis);
  Type held = RankedTensorType::get(shape, Node::element(x));
  return node.result(node.call("split_to_sequence", {x, split}, {axis, keepsDim},
                               BoxType::get(node.context(), BoxKind::sequence, held), {length}));
}

static LogicalResult concatFromSequence(Node &node) {
  Value sequence = sequenceOperand(node, 0);
  bool isNew = node.integer("new_axis", 0);
  if (!node.attribute("axis"))
    return node.error("expected an attribute 'axis'");
  int64_t given = node.integer("axis", 0);
  if (node.hasFailed())
    return failure();
  auto held = dyn_cast<RankedTensorType>(boxOf(sequence).getHeld());
  if (!held)
    return node.error("expected a sequence of elements of one known rank, which the result has",
                      "Declare the shape of the sequence's elements.");
  int64_t rank = held.getRank() + isNew, axis = node.axis(given, rank);
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> parameters{axis, isNew, typeNumber(held.getElementType()), rank};
  Shape shape;
  for (int64_t i = 0; i < rank; ++i) {
    int64_t size = i == axis ? ShapedType::kDynamic : held.getDimSize(i - (isNew && i > axis));
    bool isKnown = !ShapedType::isDynamic(size);
    parameters.push_back(isKnown ? size : -1);
    shape.push_back(isKnown ? node.constantDim(size) : Dim());
  }
  return node.result(
      node.call("concat_from_sequence", {sequence}, parameters, held.getElementType(), shape));
}

// A loop over the elements of its sequences.
static LogicalResult sequenceMap(Node &node) {
  const onnx::AttributeProto *attribute = node.attribute("body");
  Value first = sequenceOperand(node, 0);
  SmallVector<Value> inputs;
  for (size_t i = 0; i < node.operandCount(); ++i)
    inputs.push_back(node.operand(i));
  if (node.hasFailed())
    return failure();
  if (!attribute || !attribute->has_g())
    return node.error("expected a graph in the attribute body");
  const onnx::GraphProto &graph = attribute->g();
  const int64_t count = node.proto().output_size();
  if (graph.output_size() != count || size_t(graph.input_size()) != inputs.size())
    return node.error("expected a body of " + Twine(inputs.size()) + " inputs and " + Twine(count) +
                      " outputs, found " + Twine(graph.input_size()) + " and " +
                      Twine(graph.output_size()));
  SmallVector<Value> initial;
  for (int64_t i = 0; i < count; ++i)
    initial.push_back(boxed(node, BoxKind::sequence, {}));
  auto body = [&](ValueRange arguments, LoopYield &yield) -> LogicalResult {
    SmallVector<Value> given;
    for (Value input : inputs)
      given.push_back(isBox(input, BoxKind::sequence) ? elementAt(node, input, arguments.front())
                                                      : input);
    if (node.hasFailed())
      return failure();
    SmallVector<Value> values = node.importer().importGraph(node, graph, given);
    if (int64_t(values.size()) != count || llvm::is_contained(values, Value()))
      return failure();
    for (auto [sequence, value] : llvm::zip_equal(arguments.drop_front(), values))
      yield.carried.push_back(inserted(node, sequence, value, {}));
    return failure(node.hasFailed());
  };
  SmallVector<Value> results = node.importer().loop(node, lengthOf(node, first), {}, initial, body);
  if (int64_t(results.size()) != count)
    return failure();
  for (auto [i, result] : llvm::enumerate(results))
    (void)node.result(i, result);
  return success(!node.hasFailed());
}

static LogicalResult optionalOf(Node &node) {
  Value x = node.optional(0);
  const onnx::AttributeProto *type = node.attribute("type");
  if (x)
    return node.result(boxed(node, BoxKind::optional, {x}));
  if (!type || !type->has_tp())
    return node.error("expected an input, or the type of one in attribute 'type'");
  std::string problem;
  Type held = valueType(node.context(), type->tp(), problem);
  if (!held)
    return node.error(problem);
  return node.result(node.call("sequence_construct", {}, {},
                               BoxType::get(node.context(), BoxKind::optional, held),
                               {node.constantDim(0)}));
}

static LogicalResult optionalGetElement(Node &node) {
  Value x = node.operand(0);
  if (!x || node.hasFailed())
    return failure();
  return node.result(isBox(x, BoxKind::optional) ? elementAt(node, x, {}) : x);
}

static LogicalResult optionalHasElement(Node &node) {
  Value x = node.optional(0);
  if (!isBox(x, BoxKind::optional))
    return node.result(node.scalar(node.builder().getI1Type(), x ? 1 : 0));
  Value length = lengthOf(node, x);
  return node.result(node.compare(nn::CompareKind::ne, length, node.scalarLike(length, 0)));
}

ArrayRef<OpRow> accel::onnx_import::sequenceOps() {
  static const OpRow rows[] = {
      {"ConcatFromSequence", 11, concatFromSequence},
      {"Optional", 15, optionalOf},
      {"OptionalGetElement", 15, optionalGetElement},
      {"OptionalHasElement", 15, optionalHasElement},
      {"SequenceAt", 11, sequenceAt},
      {"SequenceConstruct", 11, sequenceConstruct},
      {"SequenceEmpty", 11, sequenceEmpty},
      {"SequenceErase", 11, sequenceErase},
      {"SequenceInsert", 11, sequenceInsert},
      {"SequenceLength", 11, sequenceLength},
      {"SequenceMap", 17, sequenceMap},
      {"SplitToSequence", 11, splitToSequence},
  };
  return rows;
}
