// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of the functions of lib/Runtime/CPU/Ops, for what only the run can decide.
#include "lib/Import/ONNX/GraphImporter.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Dim Node::freshDim() const { return graph.shapes.fresh(); }

SmallVector<Value> Node::call(StringRef function, ArrayRef<Value> inputs,
                              ArrayRef<int64_t> integers, ArrayRef<CallResult> results) {
  SmallVector<Value> values(results.size());
  if (failed)
    return values;
  const auto &missing = graph.missingFunctions();
  if (auto found = missing.find(function); found != missing.end()) {
    (void)error(found->second.first, found->second.second);
    return values;
  }
  SmallVector<Value> given;
  SmallVector<int64_t> positions;
  for (auto [i, input] : llvm::enumerate(inputs))
    if (input) {
      given.push_back(input);
      positions.push_back(i);
    }
  bool hasGap = !positions.empty() && positions.back() + 1 != int64_t(positions.size());
  SmallVector<Type> types;
  SmallVector<Shape> shapes;
  std::string problem;
  for (const CallResult &result : results) {
    Shape shape = result.shape;
    for (Dim &dim : shape)
      if (!dim)
        dim = graph.shapes.fresh();
    types.push_back(RankedTensorType::get(nn::staticShape(shape), result.element));
    if (!checkShape(cast<ShapedType>(types.back()).getShape(), problem)) {
      (void)error("its result would be " + problem);
      return values;
    }
    shapes.push_back(shape);
  }
  auto op = nn::CallOp::create(
      builder(), location, types, function, given,
      hasGap ? builder().getDenseI64ArrayAttr(positions) : DenseI64ArrayAttr(),
      integers.empty() ? DenseI64ArrayAttr() : builder().getDenseI64ArrayAttr(integers),
      DenseF64ArrayAttr(), ArrayAttr());
  for (auto [value, result, shape] : llvm::zip_equal(values, op.getResults(), shapes)) {
    value = graph.withDims(result, shape);
    graph.noteSizes(value);
  }
  return values;
}

Value Node::require(Value conditions, StringRef message) {
  if (!conditions || failed)
    return fail();
  Shape shape = dims(conditions);
  auto call = nn::CallOp::create(builder(), location, TypeRange(conditions.getType()), "require",
                                 conditions, DenseI64ArrayAttr(), DenseI64ArrayAttr(),
                                 DenseF64ArrayAttr(), builder().getStrArrayAttr(message));
  return graph.withDims(call.getResult(0), shape);
}

/// Appends the elements of a vector; false if their number is not known.
static bool appendKnown(Node &node, Value value, SmallVector<Dim> &elements) {
  if (std::optional<SmallVector<Dim>> all = node.evaluate(value)) {
    elements.append(*all);
    return true;
  }
  RankedTensorType type = Node::type(value);
  if (type.getRank() > 1 || !type.hasStaticShape())
    return false;
  if (auto concat = value.getDefiningOp<nn::ConcatOp>())
    return llvm::all_of(concat.getInputs(),
                        [&](Value part) { return appendKnown(node, part, elements); });
  if (auto cast = value.getDefiningOp<nn::CastOp>();
      cast && isa<IntegerType>(Node::element(cast.getInput())))
    return appendKnown(node, cast.getInput(), elements);
  elements.append(type.getNumElements(), Dim());
  return true;
}

SmallVector<Dim> Node::partlyKnown(Value vector) {
  SmallVector<Dim> elements;
  if (!failed && vector && !appendKnown(*this, vector, elements))
    (void)fail();
  return elements;
}

std::optional<int64_t> Node::declaredRank(size_t i) {
  SmallVector<Dim> elements;
  if (failed || !has(i) || rank(operands[i]) != 1 || !isa<IntegerType>(element(operands[i])) ||
      appendKnown(*this, operands[i], elements) || node.output_size() == 0)
    return std::nullopt;
  return graph.declaredRank(node.output(0), names);
}

SmallVector<Dim> Node::partlyKnown(size_t i, StringRef what, std::optional<int64_t> length) {
  Value value = operand(i);
  SmallVector<Dim> elements;
  if (failed || !value)
    return {};
  if (!element(value).isInteger(64) && !element(value).isInteger(32))
    (void)error("expected " + what + " (input " + Twine(i) + ") of i64, found " +
                dtypeText(element(value)));
  else if (rank(value) > 1)
    (void)error("expected " + what + " (input " + Twine(i) + ") of rank 1, found rank " +
                Twine(rank(value)));
  else if (appendKnown(*this, value, elements))
    return elements;
  else if (length)
    return SmallVector<Dim>(*length);
  else
    (void)error("expected " + what + " (input " + Twine(i) + ", '" + node.input(i) +
                    "') of a known length, from which the rank of the result follows, found one "
                    "whose length only the run knows",
                "Fix the model's dims with --shape or --dim, or declare the rank of the result in "
                "the file (value_info).");
  return {};
}
