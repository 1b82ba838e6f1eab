// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands, attributes and errors of a node being imported.
#include "lib/Import/ONNX/Node.h"
#include "lib/Import/ONNX/GraphImporter.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using onnx::AttributeProto;

Node::Node(GraphImporter &importer, const onnx::NodeProto &proto, Scope &scope, int64_t opset,
           Location location)
    : graph(importer), node(proto), names(scope), version(opset), location(location),
      values(proto.output_size()) {}

MLIRContext *Node::context() const { return &graph.context; }
OpBuilder &Node::builder() const { return graph.builder; }
nn::DimTable &Node::dimTable() const { return graph.shapes; }

// --- errors ---

LogicalResult Node::error(const Twine &reason, const Twine &wayOut) {
  if (!reported)
    graph.report(Severity::Error, *this, reason, wayOut);
  failed = reported = true;
  return failure();
}

LogicalResult Node::unsupported(const Twine &reason) {
  return error(reason + ", which is not supported yet",
               "Rewrite this part of the model before exporting it, or compute it outside.");
}

void Node::warn(const Twine &reason) { graph.report(Severity::Warning, *this, reason, ""); }

// --- operands and results ---

Value Node::operand(size_t i) {
  if (has(i))
    return operands[i];
  (void)error("expected an input " + Twine(i) + ", found " + Twine(operands.size()) + " inputs",
              "The file is malformed: export it again.");
  return {};
}

LogicalResult Node::result(size_t i, Value value) {
  if (failed || !value)
    return failure();
  if (i < values.size())
    values[i] = value;
  return success();
}

LogicalResult Node::checkOperandCount() {
  for (size_t i = asked; i < operands.size(); ++i)
    if (operands[i])
      return error("expected at most " + Twine(asked) + " inputs, found " + Twine(operands.size()),
                   "The file is malformed: export it again.");
  return success();
}

// --- attributes ---

const AttributeProto *Node::attribute(StringRef name) {
  usedAttributes.push_back(name);
  for (const AttributeProto &attribute : node.attribute())
    if (attribute.name() == name) {
      if (attribute.ref_attr_name().empty())
        return &attribute;
      // In a function's body: what the call says.
      for (const Scope *scope = &names; scope; scope = scope->parent)
        if (auto bound = scope->attributes.find(attribute.ref_attr_name());
            bound != scope->attributes.end())
          return bound->second;
      return nullptr;
    }
  return nullptr;
}

/// Old files leave an attribute's type out.
static bool isType(const AttributeProto &attribute, AttributeProto::AttributeType type,
                   bool hasValue) {
  return attribute.type() == type || (attribute.type() == AttributeProto::UNDEFINED && hasValue);
}

static std::string wrongType(StringRef name, StringRef expected, const AttributeProto &found) {
  return ("expected attribute '" + name + "' to be " + expected + ", found " +
          AttributeProto::AttributeType_Name(found.type()))
      .str();
}

int64_t Node::integer(StringRef name, int64_t otherwise) {
  const AttributeProto *found = attribute(name);
  if (!found)
    return otherwise;
  if (!isType(*found, AttributeProto::INT, found->has_i()))
    (void)error(wrongType(name, "an integer", *found));
  return found->i();
}

double Node::number(StringRef name, double otherwise) {
  const AttributeProto *found = attribute(name);
  if (!found)
    return otherwise;
  if (!isType(*found, AttributeProto::FLOAT, found->has_f()))
    (void)error(wrongType(name, "a float", *found));
  return found->f();
}

std::string Node::text(StringRef name, StringRef otherwise) {
  const AttributeProto *found = attribute(name);
  if (!found)
    return otherwise.str();
  if (!isType(*found, AttributeProto::STRING, found->has_s()))
    (void)error(wrongType(name, "a string", *found));
  return found->s();
}

std::optional<SmallVector<int64_t>> Node::integers(StringRef name) {
  const AttributeProto *found = attribute(name);
  if (!found)
    return std::nullopt;
  if (!isType(*found, AttributeProto::INTS, found->ints_size())) {
    (void)error(wrongType(name, "a list of integers", *found));
    return std::nullopt;
  }
  return SmallVector<int64_t>(found->ints().begin(), found->ints().end());
}

SmallVector<int64_t> Node::integers(StringRef name, size_t count, int64_t otherwise) {
  std::optional<SmallVector<int64_t>> found = integers(name);
  if (found && found->size() != count)
    (void)error("expected attribute '" + name + "' to have " + Twine(count) + " entries, found " +
                Twine(found->size()));
  return found && !failed ? *found : SmallVector<int64_t>(count, otherwise);
}

void Node::ignore(std::initializer_list<StringRef> attributes) {
  llvm::append_range(usedAttributes, attributes);
}

void Node::warnOfUnusedAttributes() {
  for (const AttributeProto &attribute : node.attribute())
    if (!llvm::is_contained(usedAttributes, StringRef(attribute.name())))
      warn("attribute '" + attribute.name() + "' is not one of " + op() + " and is ignored");
}

// --- what is known of values ---

RankedTensorType Node::type(Value value) { return cast<RankedTensorType>(value.getType()); }

Shape Node::dims(Value value) { return value ? graph.shapes.get(value) : Shape(); }

int64_t Node::staticDim(Value value, int64_t axis) {
  if (failed || !value)
    return 1;
  if (std::optional<int64_t> size = nn::constantDim(dims(value)[axis]))
    return *size;
  (void)error("expected a static dim " + Twine(axis) + " of its input",
              "Fix the dim with --shape or --dim.");
  return 1;
}

std::optional<SmallVector<int64_t>> Node::constants(Value value) {
  std::optional<SmallVector<Dim>> elements = evaluate(value);
  if (!elements)
    return std::nullopt;
  SmallVector<int64_t> numbers;
  for (Dim dim : *elements) {
    std::optional<int64_t> number = nn::constantDim(dim);
    if (!number)
      return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

SmallVector<int64_t> Node::constantOperand(size_t i, StringRef what) {
  Value value = operand(i);
  if (!value)
    return {};
  std::optional<SmallVector<int64_t>> numbers = constants(value);
  if (!numbers)
    (void)error("expected constant " + what + " (input " + Twine(i) +
                    "), found a tensor that is computed",
                "Fix the model's dims with --shape or --dim, or make " + what + " a constant.");
  return numbers.value_or(SmallVector<int64_t>());
}

SmallVector<Dim> Node::sizesOperand(size_t i, StringRef what) {
  Value value = operand(i);
  if (!value)
    return {};
  std::optional<SmallVector<Dim>> dims = evaluate(value);
  if (!dims)
    (void)error("expected " + what + " (input " + Twine(i) +
                    ") that are constant or follow from the dims of the model's inputs, found a "
                    "tensor that is computed from data",
                "Fix the model's dims with --shape or --dim, or make " + what + " a constant.");
  return dims.value_or(SmallVector<Dim>());
}

std::optional<double> Node::constantNumber(Value value) {
  auto constant = value ? value.getDefiningOp<nn::ConstantOp>() : nn::ConstantOp();
  auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  if (!elements || elements.empty() || !(elements.isSplat() || elements.getNumElements() == 1))
    return std::nullopt;
  Attribute element = elements.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(element))
    return number.getValueAsDouble();
  if (auto number = dyn_cast<IntegerAttr>(element))
    return number.getType().isUnsignedInteger() ? double(number.getValue().getZExtValue())
                                                : double(number.getValue().getSExtValue());
  return std::nullopt;
}

int64_t Node::axis(int64_t axis, int64_t rank) {
  if (failed)
    return 0;
  if (axis < -rank || axis >= rank) {
    (void)error("expected an axis in " + Twine(-rank) + ".." + Twine(rank - 1) + ", found " +
                Twine(axis));
    return 0;
  }
  return axis < 0 ? axis + rank : axis;
}

SmallVector<int64_t> Node::axes(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t a : axes)
    result.push_back(axis(a, rank));
  llvm::sort(result);
  if (!failed && llvm::adjacent_find(result) != result.end())
    (void)error("an axis is named twice");
  return result;
}
