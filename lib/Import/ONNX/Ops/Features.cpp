// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of ai.onnx.ml that choose, join, replace and encode features.
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Classic.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;

/// True of the element types that these ops have.
static bool needFeatures(Node &node, Value x) {
  if (!x || node.hasFailed())
    return false;
  Type type = Node::element(x);
  if (type.isF32() || type.isF64() || type.isInteger(32) || type.isInteger(64))
    return true;
  (void)node.error("expected an input of f32, f64, i32 or i64, found " + dtypeText(type));
  return false;
}

/// The elements of the last dim at the positions; a vector becomes one row.
static LogicalResult arrayFeatureExtractor(Node &node) {
  Value x = node.operand(0), positions = node.operand(1);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) < 1)
    return node.error("expected an input of rank 1 or more, found a scalar");
  if (!isa<IntegerType>(Node::element(positions)))
    return node.error("expected positions (input 1) of i64, found " +
                      dtypeText(Node::element(positions)));
  if (Node::rank(x) == 1)
    x = node.reshape(x, {node.constantDim(1), node.dims(x)[0]});
  positions = node.reshape(positions, {product(node, node.dims(positions))});
  return node.result(
      node.create<nn::GatherOp>(x, positions, node.hasFailed() ? 0 : uint64_t(Node::rank(x) - 1)));
}

/// Rows of all inputs behind each other, each cut or filled with zeros to its number of features.
static LogicalResult featureVectorizer(Node &node) {
  std::optional<SmallVector<int64_t>> sizes = node.integers("inputdimensions");
  size_t count = node.operandCount();
  if (node.hasFailed())
    return failure();
  if (!sizes || sizes->size() != count)
    return node.error("expected attribute inputdimensions to have an entry for each of " +
                      Twine(count) + " inputs, found " + Twine(sizes ? sizes->size() : 0));
  nn::DimTable &table = node.dimTable();
  SmallVector<Value> parts;
  for (auto [i, entry] : llvm::enumerate(*sizes)) {
    Value x = node.operand(i);
    if (!needFeatures(node, x))
      return failure();
    if (entry < 0 || entry > (int64_t(1) << 31) || Node::rank(x) == 0)
      return node.error("expected inputs of rank 1 or more, and inputdimensions in 0..2^31");
    Shape shape = node.dims(x);
    bool isRow = shape.size() == 1;
    Dim rows = isRow ? node.constantDim(1) : shape[0], wanted = node.constantDim(entry),
        found = product(node, ArrayRef<Dim>(shape).drop_front(isRow ? 0 : 1)),
        kept = table.min(found, wanted), zero = node.constantDim(0);
    x = node.cast(node.reshape(x, {rows, found}), node.builder().getF32Type());
    if (kept != found)
      x = sliceDim(node, x, 1, zero, kept);
    if (node.hasFailed())
      return failure();
    parts.push_back(padWith(node, x, {zero, zero}, {zero, table.simplify(wanted - kept)},
                            elementAttr(node, x, 0)));
  }
  if (parts.empty())
    return node.error("expected inputs");
  return node.result(parts.size() == 1 ? parts[0] : node.create<nn::ConcatOp>(parts, uint64_t(1)));
}

/// What equals one number, NaN included, becomes another: one for all, or one for each feature.
static LogicalResult imputer(Node &node) {
  Value x = node.operand(0);
  SmallVector<float> floats = floatsOf(node, "imputed_value_floats");
  std::optional<SmallVector<int64_t>> ints = node.integers("imputed_value_int64s");
  double replacedFloat = node.number("replaced_value_float", 0);
  int64_t replacedInt = node.integer("replaced_value_int64", 0);
  if (!needFeatures(node, x))
    return failure();
  bool isFloat = Node::isFloat(x);
  int64_t count = isFloat ? floats.size() : ints ? ints->size() : 0;
  if (count == 0)
    return node.error("expected an attribute " +
                      Twine(isFloat ? "imputed_value_floats" : "imputed_value_int64s") +
                      ", since the input is of " + dtypeText(Node::element(x)));
  int64_t rank = Node::rank(x);
  if (rank != 1 && rank != 2)
    return node.error("expected an input of rank 1 or 2, found rank " + Twine(rank));
  std::optional<int64_t> width = nn::constantDim(node.dims(x).back());
  if (count != 1 && width && *width != count)
    return node.error("expected one value to put in, or one for each of " + Twine(*width) +
                      " features, found " + Twine(count));
  Value given = isFloat ? f32Tensor(node, {count}, floats) : node.integerVector(*ints);
  given = node.cast(count == 1 ? node.reshape(given, {}) : given, Node::element(x));
  Value isReplaced;
  if (isFloat && std::isnan(replacedFloat)) {
    isReplaced = node.compare(CompareKind::ne, x, x);
  } else {
    auto scalar = RankedTensorType::get({}, node.builder().getI64Type());
    Value replaced = isFloat ? node.scalarLike(x, replacedFloat)
                             : node.cast(node.constant(DenseElementsAttr::get(scalar, replacedInt)),
                                         Node::element(x));
    isReplaced = node.compare(CompareKind::eq, x, replaced);
  }
  return node.result(node.select(isReplaced, given, x));
}

/// A dim for the categories, with 1 where an element is one; of equal categories only the last.
static LogicalResult oneHotEncoder(Node &node) {
  Value x = node.operand(0);
  std::optional<SmallVector<int64_t>> categories = node.integers("cats_int64s");
  bool zeros = node.integer("zeros", 1);
  if (x && nn::isString(Node::element(x)))
    return oneHotStrings(node);
  node.ignore({"cats_strings"}); // of an input of strings
  if (!needFeatures(node, x))
    return failure();
  if (!categories || categories->empty())
    return node.error("expected an attribute cats_int64s");
  Type i64 = node.builder().getI64Type(), f32 = node.builder().getF32Type();
  int64_t count = categories->size();
  llvm::DenseMap<int64_t, int64_t> last;
  for (auto [i, category] : llvm::enumerate(*categories))
    last[category] = i;
  Shape shape = node.dims(x);
  shape.push_back(node.constantDim(1));
  Value is = node.compare(CompareKind::eq, node.reshape(node.cast(x, i64), shape),
                          node.integerVector(*categories));
  if (int64_t(last.size()) != count) {
    SmallVector<bool> counts;
    for (auto [i, category] : llvm::enumerate(*categories))
      counts.push_back(last[category] == int64_t(i));
    auto type = RankedTensorType::get({count}, node.builder().getI1Type());
    is = node.create<nn::AndOp>(is, node.constant(DenseElementsAttr::get(type, counts)));
  }
  Value encoded = node.cast(is, f32);
  if (!zeros && encoded) {
    Value known = node.reduce(nn::ReduceKind::max, encoded, {Node::rank(encoded) - 1}, true);
    known = node.require(node.compare(CompareKind::gt, known, node.scalar(f32, 0)),
                         "expected elements that are categories, found another at place %lld");
    encoded = node.mul(encoded, node.cast(known, f32));
  }
  return node.result(encoded);
}

ArrayRef<OpRow> accel::onnx_import::featureOps() {
  static const OpRow rows[] = {
      {"ArrayFeatureExtractor", 1, arrayFeatureExtractor},
      {"FeatureVectorizer", 1, featureVectorizer},
      {"Imputer", 1, imputer},
      {"OneHotEncoder", 1, oneHotEncoder},
  };
  return rows;
}
