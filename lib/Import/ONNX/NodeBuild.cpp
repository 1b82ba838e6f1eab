// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builds nn ops for a node: inferred, verified and folded, with errors instead of aborts.
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "mlir/IR/Verifier.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Value Node::finish(OperationState &state) {
  graph.mlirError.clear();
  auto fail = [&](const Twine &reason) {
    (void)error(reason);
    return Value();
  };
  auto infer = state.name.getInterface<InferTypeOpInterface>();
  DictionaryAttr attributes = state.attributes.getDictionary(context());
  if (failed || !infer ||
      mlir::failed(infer->inferReturnTypes(context(), location, state.operands, attributes,
                                           state.getRawProperties(), state.regions, state.types)))
    return fail(graph.mlirError.empty() ? "its operands do not go together" : graph.mlirError);
  std::string problem;
  for (Type type : state.types)
    if (!checkShape(cast<ShapedType>(type).getShape(), problem))
      return fail("its result would be " + problem);
  Operation *op = builder().create(state);
  if (mlir::failed(verify(op))) {
    op->erase();
    return fail(graph.mlirError);
  }
  SmallVector<Value, 1> folded;
  if (succeeded(builder().tryFold(op, folded)) && !folded.empty()) {
    op->erase();
    return folded.front();
  }
  // Keeps the recursion of the analysis shallow.
  (void)graph.shapes.get(op->getResult(0));
  return op->getResult(0);
}

Value Node::constant(ElementsAttr elements) { return create<nn::ConstantOp>(elements); }

Value Node::integerVector(ArrayRef<int64_t> values) {
  return constant(DenseElementsAttr::get(
      RankedTensorType::get({int64_t(values.size())}, builder().getI64Type()), values));
}

Value Node::strings(ArrayRef<StringRef> texts) {
  SmallVector<Attribute> numbers;
  Type element = nn::stringType(context());
  for (StringRef text : texts)
    numbers.push_back(IntegerAttr::get(element, APInt(64, graph.file.numberOf(text))));
  return constant(
      DenseElementsAttr::get(RankedTensorType::get({int64_t(texts.size())}, element), numbers));
}

Value Node::scalar(Type element, double value) {
  auto type = RankedTensorType::get({}, element);
  Attribute attribute;
  if (auto integer = dyn_cast<IntegerType>(element))
    attribute = IntegerAttr::get(
        element, integer.isUnsigned() ? APInt(integer.getWidth(), uint64_t(value), false, true)
                                      : APInt(integer.getWidth(), int64_t(value), true, true));
  else if (isa<FloatType>(element))
    attribute = FloatAttr::get(element, value);
  else {
    (void)unsupported("arithmetic on " + dtypeText(element));
    return {};
  }
  return constant(DenseElementsAttr::get(type, attribute));
}

Value Node::zeroLike(Value like) {
  if (failed || !like)
    return fail();
  Type type = element(like);
  if (nn::isString(type))
    return reshape(strings({""}), {});
  auto complex = dyn_cast<ComplexType>(type);
  if (!complex)
    return scalar(type, 0);
  Attribute part = FloatAttr::get(complex.getElementType(), 0.0);
  return constant(DenseElementsAttr::get(RankedTensorType::get({}, type),
                                         Attribute(ArrayAttr::get(context(), {part, part}))));
}

Value Node::cast(Value value, Type to) {
  if (!value || element(value) == to)
    return value;
  return create<nn::CastOp>(value, TypeAttr::get(to));
}

Shape Node::constantShape(ArrayRef<int64_t> sizes) {
  Shape shape;
  for (int64_t size : sizes)
    shape.push_back(constantDim(size));
  return shape;
}

bool Node::mixed(ArrayRef<Dim> dims, SmallVector<int64_t> &entries, SmallVector<Value> &operands) {
  for (Dim dim : dims) {
    std::optional<int64_t> size = nn::constantDim(dim);
    entries.push_back(size.value_or(ShapedType::kDynamic));
    if (size)
      continue;
    Value value = failed ? Value() : graph.indexValue(dim);
    if (!value) {
      // What is unknown comes from a node that could not be imported.
      if (graph.hasErrors())
        (void)failQuietly();
      else
        (void)unsupported("its shape depends on the data");
      return false;
    }
    operands.push_back(value);
  }
  return true;
}

Value Node::reshape(Value value, ArrayRef<Dim> shape) {
  if (failed || !value)
    return fail();
  Shape from = dims(value);
  if (llvm::equal(from, shape))
    return value;
  SmallVector<int64_t> entries;
  SmallVector<Value> sizes;
  // One dynamic size follows from the others: then the program computes nothing.
  size_t dynamic = llvm::count_if(shape, [](Dim dim) { return !nn::constantDim(dim); });
  bool isEmpty = llvm::is_contained(shape, constantDim(0));
  Dim missing = nn::product(from, context()) - nn::product(shape, context());
  bool follows = nn::constantDim(graph.shapes.simplify(missing)) == 0;
  if (dynamic == 1 && !isEmpty && follows) {
    for (Dim dim : shape)
      entries.push_back(nn::constantDim(dim).value_or(-1));
  } else if (!mixed(shape, entries, sizes)) {
    return {};
  }
  return create<nn::ReshapeOp>(value, ValueRange(sizes), ArrayRef<int64_t>(entries));
}

Value Node::broadcast(Value value, ArrayRef<Dim> shape) {
  if (failed || !value)
    return fail();
  SmallVector<int64_t> entries;
  SmallVector<Value> sizes;
  if (llvm::equal(dims(value), shape))
    return value;
  if (!mixed(shape, entries, sizes))
    return {};
  return create<nn::BroadcastOp>(value, ValueRange(sizes), ArrayRef<int64_t>(entries));
}

Value Node::iota(int64_t axis, ArrayRef<Dim> shape, Type element) {
  if (failed)
    return {};
  SmallVector<int64_t> entries;
  SmallVector<Value> sizes;
  if (!mixed(shape, entries, sizes))
    return {};
  return create<nn::IotaOp>(uint64_t(axis), ValueRange(sizes), ArrayRef<int64_t>(entries), element);
}

Value Node::transpose(Value value, ArrayRef<int64_t> permutation) {
  return create<nn::TransposeOp>(value, permutation);
}

/// Sums of more elements are taken in two steps: of each row, then of the rows. So the rows of
/// large pictures are work for several threads.
static constexpr int64_t kLongSum = 1 << 15;

Value Node::reduce(nn::ReduceKind kind, Value value, ArrayRef<int64_t> axes, bool keepdims) {
  bool isSum = kind == nn::ReduceKind::sum || kind == nn::ReduceKind::mean;
  if (isSum && value && axes.size() > 1 && isFloat(value)) {
    Shape shape = dims(value);
    int64_t elements = 1;
    for (int64_t axis : axes)
      elements = std::min<int64_t>(
          kLongSum,
          elements * std::min<int64_t>(kLongSum, nn::constantDim(shape[axis]).value_or(1)));
    if (elements == kLongSum && llvm::is_sorted(axes) && axes.front() >= 0) {
      Value rows = create<nn::ReduceOp>(kind, value, axes.take_back(), keepdims);
      return rows ? create<nn::ReduceOp>(kind, rows, axes.drop_back(), keepdims) : rows;
    }
  }
  return create<nn::ReduceOp>(kind, value, axes, keepdims);
}
