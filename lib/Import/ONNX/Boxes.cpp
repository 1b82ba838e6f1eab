// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sequences, optional values and maps: their types, and the calls that make and open them.
#include "lib/Import/ONNX/Boxes.h"
#include "dialects/NN/NNDataTypes.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::BoxKind;
using nn::BoxType;

BoxType accel::onnx_import::boxOf(Value value) {
  return value ? dyn_cast<BoxType>(Node::element(value)) : BoxType();
}

bool accel::onnx_import::isBox(Value value, BoxKind kind) {
  BoxType box = boxOf(value);
  return box && box.getKind() == kind;
}

/// Keys, and as many values.
static Type mapType(MLIRContext *context, const onnx::TypeProto::Map &map, std::string &error) {
  auto keys = onnx::TensorProto::DataType(map.key_type());
  if (keys != onnx::TensorProto::INT64 && keys != onnx::TensorProto::STRING) {
    error = "expected a map from i64 or strings, found one from " + dataTypeName(keys);
    return {};
  }
  Type values = map.value_type().has_tensor_type()
                    ? elementType(context, map.value_type().tensor_type().elem_type())
                    : Type();
  if (!values) {
    error = "expected a map to numbers or strings";
    return {};
  }
  auto vector = [](Type element) -> Type {
    return RankedTensorType::get({ShapedType::kDynamic}, element);
  };
  Type parts = TupleType::get(context, {vector(elementType(context, keys)), vector(values)});
  return RankedTensorType::get({2}, BoxType::get(context, BoxKind::map, parts));
}

Type accel::onnx_import::valueType(MLIRContext *context, const onnx::TypeProto &type,
                                   std::string &error) {
  if (type.has_tensor_type()) {
    const onnx::TypeProto::Tensor &tensor = type.tensor_type();
    Type element = elementType(context, tensor.elem_type());
    if (!element) {
      error = "tensors of " + dataTypeName(tensor.elem_type()) + " are not supported";
      return {};
    }
    if (!tensor.has_shape())
      return UnrankedTensorType::get(element);
    SmallVector<int64_t> shape;
    for (const auto &dim : tensor.shape().dim())
      shape.push_back(dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value()
                                                                  : ShapedType::kDynamic);
    return checkShape(shape, error) ? RankedTensorType::get(shape, element) : Type();
  }
  if (type.has_map_type())
    return mapType(context, type.map_type(), error);
  bool isSequence = type.has_sequence_type();
  if (!isSequence && !type.has_optional_type()) {
    error = "expected a tensor, a sequence, an optional value or a map";
    return {};
  }
  Type held = valueType(
      context, isSequence ? type.sequence_type().elem_type() : type.optional_type().elem_type(),
      error);
  if (!held)
    return {};
  return RankedTensorType::get(
      {ShapedType::kDynamic},
      BoxType::get(context, isSequence ? BoxKind::sequence : BoxKind::optional, held));
}

Type accel::onnx_import::meetHeld(Type a, Type b) {
  if (a == b || isa<NoneType>(b))
    return a;
  if (isa<NoneType>(a))
    return b;
  Type element = meetElements(getElementTypeOrSelf(a), getElementTypeOrSelf(b));
  if (!element)
    return {};
  auto ranked = dyn_cast<RankedTensorType>(a), other = dyn_cast<RankedTensorType>(b);
  if (!isa<ShapedType>(a) || !isa<ShapedType>(b)) {
    auto known = dyn_cast<RankedTensorType>(isa<ShapedType>(a) ? a : b);
    if (known)
      return RankedTensorType::get(known.getShape(), element);
    return isa<ShapedType>(a) || isa<ShapedType>(b) ? Type(UnrankedTensorType::get(element))
                                                    : element;
  }
  if (!ranked || !other || ranked.getRank() != other.getRank())
    return UnrankedTensorType::get(element);
  SmallVector<int64_t> shape;
  for (auto [x, y] : llvm::zip_equal(ranked.getShape(), other.getShape()))
    shape.push_back(x == y ? x : ShapedType::kDynamic);
  return RankedTensorType::get(shape, element);
}

Type accel::onnx_import::meetElements(Type a, Type b) {
  auto one = dyn_cast<BoxType>(a), other = dyn_cast<BoxType>(b);
  if (a == b)
    return a;
  if (!one || !other || one.getKind() != other.getKind())
    return {};
  Type held = meetHeld(one.getHeld(), other.getHeld());
  return held ? Type(BoxType::get(a.getContext(), one.getKind(), held)) : Type();
}

/// What a box of the value holds.
static Type heldOf(Value value) {
  return isBox(value, BoxKind::tensor) ? boxOf(value).getHeld() : value.getType();
}

Value accel::onnx_import::boxed(Node &node, BoxKind kind, ArrayRef<Value> items) {
  Type held = NoneType::get(node.context());
  bool isDirect = true;
  for (Value item : items) {
    if (!item || node.hasFailed())
      return {};
    Type both = meetHeld(held, heldOf(item));
    if (!both) {
      (void)node.error("expected elements of one type, found " +
                       dtypeText(getElementTypeOrSelf(held)) + " and " +
                       dtypeText(Node::element(item)));
      return {};
    }
    held = both;
    isDirect &= !isBox(item, BoxKind::tensor);
  }
  Type box = BoxType::get(node.context(), kind, held);
  if (isDirect)
    return node.call("sequence_construct", items, {}, box,
                     {node.constantDim(int64_t(items.size()))});
  // Those of unknown rank are in boxes already.
  Value all = node.call("sequence_construct", {}, {}, box, {node.constantDim(0)});
  for (auto [i, item] : llvm::enumerate(items))
    all = node.call("sequence_insert", {all, item}, {isBox(item, BoxKind::tensor)}, box,
                    {node.constantDim(int64_t(i) + 1)});
  return all;
}

int64_t accel::onnx_import::typeNumber(Type element) {
  nn::DataType type = nn::dataTypeOf(element).value_or(nn::DataType{-1, 0});
  return int64_t(type.code) << 8 | type.bits;
}

Value accel::onnx_import::elementAt(Node &node, Value sequence, Value position) {
  BoxType box = boxOf(sequence);
  if (!box || node.hasFailed())
    return {};
  Type held = box.getHeld(), element = getElementTypeOrSelf(held);
  if (isa<NoneType>(held)) {
    (void)node.error("nothing is known of the elements of its input, which has none");
    return {};
  }
  if (auto type = dyn_cast<RankedTensorType>(held)) {
    SmallVector<int64_t> parameters{0, typeNumber(element)};
    Shape shape;
    for (int64_t size : type.getShape()) {
      bool isKnown = !ShapedType::isDynamic(size);
      parameters.push_back(isKnown ? size : -1);
      shape.push_back(isKnown ? node.constantDim(size) : Dim());
    }
    return node.call("sequence_at", {sequence, position}, parameters, element, shape);
  }
  Type tensor = BoxType::get(node.context(), BoxKind::tensor, UnrankedTensorType::get(element));
  return node.call("sequence_at", {sequence, position}, {1}, tensor, {node.constantDim(1)});
}
