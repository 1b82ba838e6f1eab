// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of ai.onnx.ml that read and give maps.
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/Boxes.h"
#include "lib/Import/ONNX/Ops/Classic.h"
#include <map>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;

namespace {
/// Two vectors of one length; null after an error.
struct OpenMap {
  Value keys, values;
  explicit operator bool() const { return keys && values; }
};
} // namespace

static OpenMap openMap(Node &node, Value map, bool isOrdered) {
  if (!map || node.hasFailed())
    return {};
  if (!isBox(map, nn::BoxKind::map)) {
    (void)node.error("expected a map, found " + dtypeText(Node::element(map)));
    return {};
  }
  auto parts = cast<TupleType>(boxOf(map).getHeld());
  Dim count = node.freshDim();
  SmallVector<Value> results = node.call("open_map", {map}, {isOrdered},
                                         {{getElementTypeOrSelf(parts.getType(0)), {count}},
                                          {getElementTypeOrSelf(parts.getType(1)), {count}}});
  return {results[0], results[1]};
}

/// As many elements as that, and their value at the places that have one; what is put at the last
/// place is lost.
static Value scatterInto(Node &node, Value otherwise, int64_t count, const OpenMap &map,
                         Value places) {
  if (!otherwise || !places || node.hasFailed())
    return {};
  Value all = node.broadcast(otherwise, {node.constantDim(count + 1)});
  return node.create<nn::ScatterElementsOp>(nn::ScatterKind::replace, all, places, map.values,
                                            uint64_t(0));
}

/// A zero or an empty string, [1].
static Value emptyOf(Node &node, Type element) {
  if (nn::isString(element))
    return node.strings({""});
  return node.constant(DenseElementsAttr::get(RankedTensorType::get({1}, element),
                                              node.builder().getZeroAttr(element)));
}

/// For each entry its place among the different ones, which are appended in the order of the list.
template <typename T>
static SmallVector<int64_t> numberEntries(ArrayRef<T> list, SmallVectorImpl<T> &different) {
  std::map<T, int64_t> table;
  SmallVector<int64_t> places;
  for (const T &entry : list) {
    auto [found, isNew] = table.try_emplace(entry, different.size());
    if (isNew)
      different.push_back(entry);
    places.push_back(found->second);
  }
  return places;
}

static LogicalResult dictVectorizer(Node &node) {
  OpenMap map = openMap(node, node.operand(0), false);
  std::optional<SmallVector<int64_t>> ints = node.integers("int64_vocabulary");
  const onnx::AttributeProto *list = node.attribute("string_vocabulary");
  if (!map || node.hasFailed())
    return failure();
  if (bool(ints) == bool(list))
    return node.error("expected either int64_vocabulary or string_vocabulary");
  Type keyType = Node::element(map.keys);
  if (nn::isString(keyType) != bool(list))
    return node.error("expected a vocabulary of the map's keys' type, " + dtypeText(keyType) +
                      ", found " + (list ? "strings" : "i64"));
  SmallVector<int64_t> places;
  Value vocabulary;
  if (list) {
    SmallVector<StringRef> texts(list->strings().begin(), list->strings().end()), different;
    places = numberEntries<StringRef>(texts, different);
    vocabulary = node.strings(different);
  } else {
    SmallVector<int64_t> different;
    places = numberEntries<int64_t>(*ints, different);
    vocabulary = node.integerVector(different);
  }
  int64_t count = node.staticDim(vocabulary, 0);
  if (node.hasFailed())
    return failure();
  // What is no word goes to a place behind the last.
  Value numbers = node.integerVector(llvm::to_vector(llvm::seq<int64_t>(0, count + 1)));
  Value words = scatterInto(node, emptyOf(node, Node::element(map.values)), count, map,
                            lookUp(node, map.keys, vocabulary, numbers, /*firstWins=*/true));
  if (!words)
    return failure();
  Value found = node.create<nn::GatherOp>(words, node.integerVector(places), uint64_t(0));
  return node.result(
      node.reshape(found, {node.constantDim(1), node.constantDim(int64_t(places.size()))}));
}

/// The values as the attribute cast_to wants them; ONNX Runtime writes floats with six decimals.
static Value castValues(Node &node, Value values, StringRef to) {
  Builder &builder = node.builder();
  Type string = nn::stringType(node.context()), from = Node::element(values);
  Type element = to == "TO_FLOAT"    ? Type(builder.getF32Type())
                 : to == "TO_INT64"  ? Type(builder.getI64Type())
                 : to == "TO_STRING" ? string
                                     : Type();
  if (!element)
    (void)node.error("expected cast_to to be TO_FLOAT, TO_STRING or TO_INT64, found '" + to + "'");
  else if (!from.isF32() && from != string)
    (void)node.error("expected a map to f32 or strings, found one to " + dtypeText(from));
  if (node.hasFailed())
    return {};
  if (element == string && from != string)
    return node.call("number_to_string", {values}, {6}, string, node.dims(values));
  return from == string ? castStrings(node, values, element) : node.cast(values, element);
}

static LogicalResult castMap(Node &node) {
  OpenMap map = openMap(node, node.operand(0), true);
  std::string to = node.text("cast_to", "TO_FLOAT"), form = node.text("map_form", "DENSE");
  int64_t size = node.integer("max_map", 1);
  if (!map || node.hasFailed())
    return failure();
  if (!Node::element(map.keys).isInteger(64) || nn::isString(Node::element(map.keys)))
    return node.error("expected a map from i64, found one from " +
                      dtypeText(Node::element(map.keys)));
  if (form != "DENSE" && form != "SPARSE")
    return node.error("expected map_form to be DENSE or SPARSE, found '" + form + "'");
  if (form == "SPARSE" && (size < 1 || size > (int64_t(1) << 31)))
    return node.error("expected max_map in 1..2^31, found " + Twine(size));
  map.values = castValues(node, map.values, to);
  if (!map)
    return failure();
  Dim one = node.constantDim(1);
  if (form == "DENSE")
    return node.result(node.reshape(map.values, {one, node.dims(map.values)[0]}));
  Value zero = node.scalar(node.builder().getI64Type(), 0);
  Value isPlace = node.require(node.compare(CompareKind::ge, map.keys, zero),
                               "expected keys of 0 or more, found a negative one in element %lld");
  // What is behind the last place is left out, as in ONNX Runtime.
  Value last = node.scalar(node.builder().getI64Type(), size);
  Value places = node.select(isPlace, node.min(map.keys, last), last);
  // ONNX Runtime's text for what is not there.
  Value missing =
      to == "TO_STRING" ? node.strings({"0.f"}) : emptyOf(node, Node::element(map.values));
  Value all = scatterInto(node, missing, size, map, places);
  if (!all)
    return failure();
  return node.result(node.reshape(sliceDim(node, all, 0, 0, size), {one, node.constantDim(size)}));
}

/// Rows as maps: a matter of how an output is given, see GraphImporter::checkMaps.
static LogicalResult zipMap(Node &node) {
  Value x = rowsOf(node, node.operand(0));
  std::optional<SmallVector<int64_t>> ints = node.integers("classlabels_int64s");
  const onnx::AttributeProto *strings = node.attribute("classlabels_strings");
  if (node.hasFailed())
    return failure();
  int64_t count = ints ? ints->size() : strings ? strings->strings_size() : 0;
  if ((ints && strings) || count < 1)
    return node.error("expected either classlabels_int64s or classlabels_strings");
  if (node.staticDim(x, 1) != count)
    return node.error("expected a value for each of " + Twine(count) + " keys, found " +
                      Twine(node.staticDim(x, 1)));
  OpBuilder &builder = node.builder();
  DenseI64ArrayAttr numbers;
  ArrayAttr texts;
  if (ints)
    numbers = builder.getDenseI64ArrayAttr(*ints);
  else
    texts = builder.getStrArrayAttr(
        SmallVector<StringRef>(strings->strings().begin(), strings->strings().end()));
  return node.result(node.create<nn::MapsOp>(x, numbers, texts));
}

ArrayRef<OpRow> accel::onnx_import::mapOps() {
  static const OpRow rows[] = {
      {"CastMap", 1, castMap},
      {"DictVectorizer", 1, dictVectorizer},
      {"ZipMap", 1, zipMap},
  };
  return rows;
}
