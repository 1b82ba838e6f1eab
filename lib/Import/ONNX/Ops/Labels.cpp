// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of ai.onnx.ml that look elements up: labels, categories.
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Classic.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cmath>
#include <cstring>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {
/// What a list is called by its elements' type.
struct ListNames {
  StringLiteral strings, int64s, floats, tensor;
};
} // namespace

/// The vector of a list attribute; null if there is none.
static Value listOf(Node &node, const ListNames &names) {
  Builder &builder = node.builder();
  if (const onnx::AttributeProto *list = node.attribute(names.strings))
    return node.strings(SmallVector<StringRef>(list->strings().begin(), list->strings().end()));
  if (std::optional<SmallVector<int64_t>> list = node.integers(names.int64s))
    return node.integerVector(*list);
  if (const onnx::AttributeProto *list = node.attribute(names.floats))
    return node.constant(
        DenseElementsAttr::get(RankedTensorType::get({list->floats_size()}, builder.getF32Type()),
                               ArrayRef<float>(list->floats().data(), list->floats_size())));
  const onnx::AttributeProto *tensor = node.attribute(names.tensor);
  if (!tensor)
    return {};
  std::string problem;
  ElementsAttr elements = tensor->has_t() ? readTensor(node.context(), node.importer().file,
                                                       tensor->t(), names.tensor, problem)
                                          : ElementsAttr();
  if (!elements) {
    (void)node.error("attribute '" + names.tensor + "': " + problem);
    return {};
  }
  Value value = node.constant(elements);
  return node.reshape(value,
                      {node.constantDim(cast<ShapedType>(elements.getType()).getNumElements())});
}

/// Behind all floats.
static constexpr int64_t kNaN = INT64_MAX;

/// The elements of a constant in an order of their own: floats as those of op_keys (Numbers.c), NaN
/// last.
static std::optional<SmallVector<int64_t>> orderKeys(Node &node, Value list) {
  auto constant = list ? list.getDefiningOp<nn::ConstantOp>() : nn::ConstantOp();
  SmallVector<int64_t> keys;
  auto appendFloat = [&](double value) {
    int64_t bits = llvm::bit_cast<int64_t>(value == 0 ? 0.0 : value);
    keys.push_back(std::isnan(value) ? kNaN : bits < 0 ? bits ^ INT64_MAX : bits);
  };
  if (!constant || node.hasFailed())
    return std::nullopt;
  Type type = Node::element(list);
  if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue())) {
    if (isa<FloatType>(type))
      for (APFloat value : dense.getValues<APFloat>()) {
        bool isInexact;
        value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &isInexact);
        appendFloat(value.convertToDouble());
      }
    else if (isa<IntegerType>(type))
      for (const APInt &value : dense.getValues<APInt>())
        keys.push_back(type.isUnsignedInteger() || value.getBitWidth() == 1 ? value.getZExtValue()
                                                                            : value.getSExtValue());
    return keys;
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
  AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob)
    return std::nullopt;
  auto each = [&](auto zero, auto append) {
    ArrayRef<char> bytes = blob->getData();
    for (size_t at = 0; at + sizeof zero <= bytes.size(); at += sizeof zero) {
      auto value = zero;
      std::memcpy(&value, bytes.data() + at, sizeof value);
      append(value);
    }
  };
  auto appendInt = [&](auto value) { keys.push_back(int64_t(value)); };
  if (type.isF32())
    each(0.0f, appendFloat);
  else if (type.isF64())
    each(0.0, appendFloat);
  else if (type.isInteger(64))
    each(int64_t(0), appendInt);
  else if (type.isInteger(32))
    each(int32_t(0), appendInt);
  else if (type.isInteger(16))
    each(int16_t(0), appendInt);
  else
    return std::nullopt;
  return keys;
}

Value accel::onnx_import::lookUp(Node &node, Value x, Value keys, Value values, bool firstWins,
                                 bool mustBeThere, bool findsNaN) {
  std::optional<SmallVector<int64_t>> numbers = orderKeys(node, keys);
  if (node.hasFailed() || !x)
    return {};
  if (!numbers) {
    (void)node.unsupported("keys of " + dtypeText(Node::element(keys)));
    return {};
  }
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, numbers->size()));
  llvm::sort(order, [&](int64_t a, int64_t b) {
    return std::pair((*numbers)[a], a) < std::pair((*numbers)[b], b);
  });
  // Of equal keys one is left.
  SmallVector<int64_t> unique;
  bool hasNaN = isa<FloatType>(Node::element(keys));
  for (int64_t i : order)
    if (!findsNaN && hasNaN && (*numbers)[i] == kNaN)
      continue;
    else if (!unique.empty() && (*numbers)[unique.back()] == (*numbers)[i])
      unique.back() = firstWins ? unique.back() : i;
    else
      unique.push_back(i);
  Value sorted = node.create<nn::GatherOp>(keys, node.integerVector(unique), uint64_t(0));
  unique.push_back(numbers->size());
  Value place =
      node.call("find", {x, sorted}, {mustBeThere}, node.builder().getI64Type(), node.dims(x));
  Value results = node.create<nn::GatherOp>(values, node.integerVector(unique), uint64_t(0));
  return node.create<nn::GatherOp>(results, place, uint64_t(0));
}

/// The values, then the one for what is no key, as an attribute by type says it.
static Value withDefault(Node &node, Value values, const onnx::TensorProto *given = nullptr) {
  if (node.hasFailed() || !values)
    return {};
  Type type = Node::element(values);
  Value last;
  std::string text = node.text("default_string", "_Unused");
  int64_t integer = node.integer("default_int64", -1);
  double number = node.number("default_float", -0.0);
  if (given) {
    std::string problem;
    ElementsAttr elements =
        readTensor(node.context(), node.importer().file, *given, "default", problem);
    if (!elements || elements.getNumElements() != 1 || elements.getElementType() != type) {
      (void)node.error("expected attribute 'default_tensor' to be one element of " +
                       dtypeText(type) + (problem.empty() ? "" : ": " + problem));
      return {};
    }
    last = node.reshape(node.constant(elements), {node.constantDim(1)});
  } else if (nn::isString(type)) {
    last = node.strings({text});
  } else {
    bool isFloat = isa<FloatType>(type);
    last = node.reshape(
        isFloat
            ? node.scalar(type, number)
            : node.constant(DenseElementsAttr::get(
                  RankedTensorType::get({}, type),
                  IntegerAttr::get(
                      type, APInt(64, integer, true).sextOrTrunc(type.getIntOrFloatBitWidth())))),
        {node.constantDim(1)});
  }
  return node.create<nn::ConcatOp>(SmallVector<Value>{values, last}, uint64_t(0));
}

static bool sameLength(Node &node, Value keys, Value values) {
  if (node.hasFailed())
    return false;
  if (!keys || !values)
    (void)node.error("expected a list of keys and one of values");
  else if (node.dims(keys) != node.dims(values))
    (void)node.error("expected a value for each of " + Twine(node.staticDim(keys, 0)) +
                     " keys, found " + Twine(node.staticDim(values, 0)));
  return !node.hasFailed();
}

static bool sameType(Node &node, Value x, Value keys) {
  if (!x || node.hasFailed())
    return false;
  if (Node::element(x) != Node::element(keys))
    (void)node.error("expected an input of the keys' type, " + dtypeText(Node::element(keys)) +
                     ", found " + dtypeText(Node::element(x)));
  return !node.hasFailed();
}

static LogicalResult labelEncoder2(Node &node) {
  Value x = node.operand(0),
        keys = listOf(node, {"keys_strings", "keys_int64s", "keys_floats", "keys_tensor"}),
        values =
            listOf(node, {"values_strings", "values_int64s", "values_floats", "values_tensor"});
  const onnx::AttributeProto *given = node.attribute("default_tensor");
  // Those of other types than the values' mean nothing.
  node.ignore({"default_string", "default_int64", "default_float"});
  if (!sameLength(node, keys, values) || !sameType(node, x, keys))
    return failure();
  return node.result(lookUp(
      node, x, keys, withDefault(node, values, given && given->has_t() ? &given->t() : nullptr),
      /*firstWins=*/true, /*mustBeThere=*/false,
      // Before version 4, NaN was like no key.
      /*findsNaN=*/node.opset() >= 4));
}

/// Strings to numbers or back, as the input is; `numbers` stand for `texts`.
static LogicalResult translate(Node &node, Value texts, Value numbers, bool firstWins) {
  Value x = node.operand(0);
  node.ignore({"default_string", "default_int64"});
  if (!sameLength(node, texts, numbers) || !x)
    return failure();
  bool toNumbers = nn::isString(Node::element(x));
  Value keys = toNumbers ? texts : numbers, values = toNumbers ? numbers : texts;
  if (!sameType(node, x, keys))
    return failure();
  return node.result(lookUp(node, x, keys, withDefault(node, values), firstWins));
}

// Version 1: a class's number is its place in the list.
static LogicalResult labelEncoder1(Node &node) {
  const onnx::AttributeProto *list = node.attribute("classes_strings");
  if (!list)
    return node.error("expected attribute 'classes_strings'");
  Value texts =
      node.strings(SmallVector<StringRef>(list->strings().begin(), list->strings().end()));
  SmallVector<int64_t> places = llvm::to_vector(llvm::seq<int64_t>(0, node.staticDim(texts, 0)));
  return translate(node, texts, node.integerVector(places), /*firstWins=*/false);
}

static LogicalResult categoryMapper(Node &node) {
  const onnx::AttributeProto *list = node.attribute("cats_strings");
  std::optional<SmallVector<int64_t>> numbers = node.integers("cats_int64s");
  if (!list || !numbers)
    return node.error("expected attributes 'cats_strings' and 'cats_int64s'");
  Value texts =
      node.strings(SmallVector<StringRef>(list->strings().begin(), list->strings().end()));
  return translate(node, texts, node.integerVector(*numbers), /*firstWins=*/false);
}

LogicalResult accel::onnx_import::oneHotStrings(Node &node) {
  Value x = node.operand(0);
  const onnx::AttributeProto *texts = node.attribute("cats_strings");
  node.ignore({"cats_int64s"}); // of an input of numbers
  bool mayBeNone = node.integer("zeros", 1);
  if (!x || node.hasFailed())
    return failure();
  if (!texts)
    return node.error("expected categories of the input's type, cats_strings");
  Value categories =
      node.strings(SmallVector<StringRef>(texts->strings().begin(), texts->strings().end()));
  Type i64 = node.builder().getI64Type(), f32 = node.builder().getF32Type();
  int64_t count = node.staticDim(categories, 0);
  SmallVector<int64_t> places = llvm::to_vector(llvm::seq<int64_t>(0, count + 1));
  Value place = lookUp(node, x, categories, node.integerVector(places), /*firstWins=*/false,
                       /*mustBeThere=*/!mayBeNone);
  if (node.hasFailed() || !place)
    return failure();
  Shape shape = node.dims(place);
  shape.push_back(node.constantDim(1));
  Value column = node.iota(0, {node.constantDim(count)}, i64);
  return node.result(
      node.cast(node.compare(nn::CompareKind::eq, node.reshape(place, shape), column), f32));
}

ArrayRef<OpRow> accel::onnx_import::labelOps() {
  static const OpRow rows[] = {
      {"CategoryMapper", 1, categoryMapper},
      {"LabelEncoder", 1, labelEncoder1},
      {"LabelEncoder", 2, labelEncoder2},
  };
  return rows;
}
