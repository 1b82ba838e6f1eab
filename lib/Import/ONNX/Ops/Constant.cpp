// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that make constants, and ops whose result is constant where their operands are.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// Constants that the importer writes out have at most this many elements.
static constexpr int64_t kMaxWritten = 1 << 20;

static LogicalResult tensorConstant(Node &node, const onnx::TensorProto &tensor) {
  std::string problem, name = tensor.name().empty() ? nodeName(node.proto()) : tensor.name();
  ElementsAttr elements = readTensor(node.context(), node.importer().file, tensor, name, problem);
  return elements ? node.result(node.constant(elements)) : node.error(problem);
}

static LogicalResult constant(Node &node) {
  Builder &builder = node.builder();
  if (const onnx::AttributeProto *value = node.attribute("value"))
    return value->has_t() ? tensorConstant(node, value->t())
                          : node.error("expected attribute 'value' to be a tensor");
  if (const onnx::AttributeProto *value = node.attribute("sparse_value")) {
    std::string problem;
    ElementsAttr elements =
        readSparseTensor(node.context(), node.importer().file, value->sparse_tensor(),
                         nodeName(node.proto()), problem);
    return elements ? node.result(node.constant(elements)) : node.error(problem);
  }
  Type f32 = builder.getF32Type(), i64 = builder.getI64Type();
  if (const onnx::AttributeProto *value = node.attribute("value_float"))
    return node.result(
        node.constant(DenseElementsAttr::get(RankedTensorType::get({}, f32), value->f())));
  if (const onnx::AttributeProto *value = node.attribute("value_int"))
    return node.result(
        node.constant(DenseElementsAttr::get(RankedTensorType::get({}, i64), int64_t(value->i()))));
  if (const onnx::AttributeProto *value = node.attribute("value_floats"))
    return node.result(node.constant(
        DenseElementsAttr::get(RankedTensorType::get({value->floats_size()}, f32),
                               ArrayRef<float>(value->floats().data(), value->floats_size()))));
  if (const onnx::AttributeProto *value = node.attribute("value_ints"))
    return node.result(
        node.integerVector(SmallVector<int64_t>(value->ints().begin(), value->ints().end())));
  if (const onnx::AttributeProto *value = node.attribute("value_string"))
    return node.result(node.reshape(node.strings({value->s()}), {}));
  if (const onnx::AttributeProto *value = node.attribute("value_strings"))
    return node.result(
        node.strings(SmallVector<StringRef>(value->strings().begin(), value->strings().end())));
  return node.error("expected one of the attributes value, sparse_value, value_int, value_ints, "
                    "value_float, value_floats, value_string, value_strings");
}

static LogicalResult constantOfShape(Node &node) {
  Value shape = node.operand(0), value;
  if (node.hasFailed())
    return failure();
  std::optional<SmallVector<Dim>> dims = node.evaluate(shape);
  bool isComputed = !dims;
  if (std::optional<int64_t> rank = isComputed ? node.declaredRank(0) : std::nullopt)
    dims = SmallVector<Dim>(Node::unknownShape(*rank));
  else if (isComputed)
    dims = node.partlyKnown(0, "a shape");
  if (node.hasFailed())
    return failure();
  for (Dim dim : *dims)
    if (dim && nn::constantDim(dim).value_or(0) < 0)
      return node.error("expected sizes of 0 or more");
  if (const onnx::AttributeProto *attribute = node.attribute("value")) {
    std::string problem;
    ElementsAttr elements = readTensor(node.context(), node.importer().file, attribute->t(),
                                       nodeName(node.proto()), problem);
    if (!elements)
      return node.error(problem);
    if (elements.getNumElements() != 1)
      return node.error("expected attribute 'value' to have one element, found " +
                        Twine(elements.getNumElements()));
    value = node.constant(elements);
  } else {
    value = node.scalar(node.builder().getF32Type(), 0);
  }
  if (isComputed)
    return node.result(node.call("constant_of_shape", {shape, value}, {int64_t(dims->size())},
                                 Node::element(value), Shape(*dims)));
  // A static shape gives a splat.
  std::string problem;
  if (!node.hasFailed() && llvm::all_of(*dims, nn::constantDim)) {
    SmallVector<int64_t> sizes = nn::staticShape(*dims);
    if (!checkShape(sizes, problem))
      return node.error("its result would be " + problem);
    auto elements = cast<DenseElementsAttr>(value.getDefiningOp<nn::ConstantOp>().getValue());
    return node.result(node.constant(
        DenseElementsAttr::get(RankedTensorType::get(sizes, elements.getElementType()),
                               elements.getSplatValue<Attribute>())));
  }
  return node.result(node.broadcast(node.reshape(value, {}), *dims));
}

static LogicalResult identity(Node &node) { return node.result(node.operand(0)); }

/// start, start + delta, ...: `count` numbers, of which start and delta may be computed.
static Value progression(Node &node, Value start, Value delta, Dim count) {
  if (!start || node.hasFailed())
    return {};
  Type type = Node::element(start), counter = node.builder().getI64Type();
  Value steps = node.cast(node.iota(0, {count}, counter), type);
  return node.add(start, node.mul(steps, delta));
}

static LogicalResult range(Node &node) {
  Value start = node.operand(0), limit = node.operand(1), delta = node.operand(2);
  if (node.hasFailed())
    return failure();
  Type type = Node::element(start);
  SmallVector<double> numbers;
  SmallVector<Dim> dims;
  for (Value value : {start, limit, delta}) {
    if (std::optional<double> number = node.constantNumber(value))
      numbers.push_back(*number);
    if (std::optional<SmallVector<Dim>> known = node.evaluate(value); known && known->size() == 1)
      dims.push_back(known->front());
  }
  if (numbers.size() != 3 && dims.size() == 3) {
    numbers.clear();
    for (Dim dim : dims)
      if (std::optional<int64_t> number = nn::constantDim(dim))
        numbers.push_back(*number);
  }
  if (numbers.size() != 3) {
    // A length that follows from the inputs' dims.
    std::optional<int64_t> step = dims.size() == 3 ? nn::constantDim(dims[2]) : std::nullopt;
    if (step && *step == 0)
      return node.error("expected a delta other than 0");
    if (!step)
      return node.result(node.call("range", {start, limit, delta}, {}, type, {Dim()}));
    Dim room = *step > 0 ? dims[1] - dims[0] : dims[0] - dims[1];
    Dim count = node.dimTable().max(room, node.constantDim(0)).ceilDiv(std::abs(*step));
    return node.result(progression(node, start, delta, node.dimTable().simplify(count)));
  }
  double count = std::ceil((numbers[1] - numbers[0]) / numbers[2]);
  if (numbers[2] == 0 || !(count <= kMaxWritten))
    return node.error("expected a delta other than 0 and at most " + Twine(kMaxWritten) +
                      " elements");
  SmallVector<Attribute> elements;
  for (int64_t i = 0; i < std::max<int64_t>(0, count); ++i) {
    double value = numbers[0] + i * numbers[2];
    elements.push_back(isa<FloatType>(type)
                           ? Attribute(FloatAttr::get(type, value))
                           : IntegerAttr::get(type, APInt(type.getIntOrFloatBitWidth(),
                                                          int64_t(value), true, true)));
  }
  return node.result(node.constant(
      DenseElementsAttr::get(RankedTensorType::get({int64_t(elements.size())}, type), elements)));
}

// result[..., d, ...] = indices[..., ...] == d ? on : off, with d along the new axis.
static LogicalResult oneHot(Node &node) {
  Value indices = node.operand(0), depthValue = node.operand(1), values = node.operand(2);
  if (node.hasFailed())
    return failure();
  std::optional<SmallVector<Dim>> depth = node.evaluate(depthValue);
  if (depth && (depth->size() != 1 || nn::constantDim(depth->front()).value_or(1) < 1))
    return node.error("expected a depth of 1 or more");
  if (Node::rank(values) != 1 || nn::constantDim(node.dims(values)[0]).value_or(2) != 2)
    return node.error("expected values to be a pair");
  int64_t rank = Node::rank(indices) + 1, axis = node.axis(node.integer("axis", -1), rank);
  if (node.hasFailed())
    return failure();
  if (!depth) {
    Shape shape = node.dims(indices);
    shape.insert(shape.begin() + axis, Dim());
    return node.result(
        node.call("onehot", {indices, depthValue, values}, {axis}, Node::element(values), shape));
  }
  // Negative indices count from the end.
  Type i64 = node.builder().getI64Type();
  indices = node.cast(indices, i64);
  Value zero = node.scalar(i64, 0), size = node.reshape(node.cast(depthValue, i64), {});
  indices = node.select(node.compare(nn::CompareKind::lt, indices, zero), node.add(indices, size),
                        indices);
  Shape shape = node.dims(indices), line(rank - axis, node.constantDim(1));
  shape.insert(shape.begin() + axis, node.constantDim(1));
  line[0] = depth->front();
  Value isHot =
      node.compare(nn::CompareKind::eq, node.reshape(indices, shape), node.iota(0, line, i64));
  Value off = node.reshape(sliceDim(node, values, 0, 0, 1), {});
  Value on = node.reshape(sliceDim(node, values, 0, 1, 1), {});
  return node.result(node.select(isHot, on, off));
}

// The upper or lower triangle of matrices.
static LogicalResult trilu(Node &node) {
  Value x = node.operand(0), k = node.optional(1);
  int64_t rank = Node::rank(x);
  bool upper = node.integer("upper", 1);
  if (node.hasFailed())
    return failure();
  if (rank < 2)
    return node.error("expected an input of rank 2 or more, found rank " + Twine(rank));
  Type i64 = node.builder().getI64Type();
  Shape shape = node.dims(x);
  // No dim reaches past this, and nothing overflows.
  double far = double(int64_t(1) << 50);
  Value shift = k ? node.reshape(node.cast(k, i64), {}) : node.scalar(i64, 0);
  shift = node.min(node.max(shift, node.scalar(i64, -far)), node.scalar(i64, far));
  Value row = node.iota(0, {shape[rank - 2], node.constantDim(1)}, i64);
  Value column = node.iota(0, {shape[rank - 1]}, i64);
  Value keep =
      node.compare(upper ? nn::CompareKind::ge : nn::CompareKind::le, column, node.add(row, shift));
  return node.result(node.select(keep, x, node.zeroLike(x)));
}

ArrayRef<OpRow> accel::onnx_import::constantOps() {
  static const OpRow rows[] = {
      {"Constant", 1, constant}, {"ConstantOfShape", 9, constantOfShape},
      {"Identity", 1, identity}, {"OneHot", 9, oneHot},
      {"Range", 11, range},      {"Trilu", 14, trilu},
  };
  return rows;
}
