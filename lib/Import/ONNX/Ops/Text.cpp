// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops about strings: joined, split, normalized, matched, counted, and cast.
#include "dialects/NN/NNStrings.h"
#include "include/accel-rt/Ops.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include "lib/Import/ONNX/Regex.h"
#include <map>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// An error unless the operand is of strings.
static bool needStrings(Node &node, Value value, StringRef what) {
  if (!value || node.hasFailed())
    return false;
  if (nn::isString(Node::element(value)))
    return true;
  (void)node.error("expected " + what + " of strings, found " + dtypeText(Node::element(value)));
  return false;
}

Value accel::onnx_import::castStrings(Node &node, Value x, Type to) {
  if (!x || node.hasFailed() || Node::element(x) == to)
    return x;
  Type string = nn::stringType(node.context());
  Builder &builder = node.builder();
  if (to == string) {
    auto floating = dyn_cast<FloatType>(Node::element(x));
    auto integer = dyn_cast<IntegerType>(Node::element(x));
    // Narrow types are exact in these.
    if (floating && floating.getWidth() < 16)
      x = node.cast(x, builder.getF32Type());
    else if (integer && integer.getWidth() != 1 && integer.getWidth() < 8)
      x = node.cast(x, builder.getI32Type());
    else if (!floating && !integer) {
      (void)node.error("expected numbers to make strings of, found " + dtypeText(Node::element(x)));
      return {};
    }
    return node.call("number_to_string", {x}, {}, string, node.dims(x));
  }
  auto integer = dyn_cast<IntegerType>(to);
  if (!integer && !isa<FloatType>(to)) {
    (void)node.error("expected numbers to read strings as, found " + dtypeText(to));
    return {};
  }
  bool isSigned = integer && integer.getWidth() != 1 && !integer.isUnsigned();
  Type wide = !integer   ? Type(builder.getF64Type())
              : isSigned ? Type(builder.getI64Type())
                         : IntegerType::get(node.context(), 64, IntegerType::Unsigned);
  int64_t kind = !integer ? ACCEL_TEXT_FLOAT : isSigned ? ACCEL_TEXT_INT : ACCEL_TEXT_UINT;
  return convert(node, node.call("string_to_number", {x}, {kind}, wide, node.dims(x)), to);
}

static LogicalResult stringConcat(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  if (!needStrings(node, a, "input 0") || !needStrings(node, b, "input 1"))
    return failure();
  Shape one = node.dims(a), other = node.dims(b), shape;
  size_t rank = std::max(one.size(), other.size());
  for (Shape *dims : {&one, &other})
    dims->insert(dims->begin(), rank - dims->size(), node.constantDim(1));
  for (auto [x, y] : llvm::zip_equal(one, other)) {
    std::optional<int64_t> left = nn::constantDim(x), right = nn::constantDim(y);
    if (left && right && *left != *right && *left != 1 && *right != 1)
      return node.error("expected dims that are equal or 1, found " + Twine(*left) + " and " +
                        Twine(*right));
    // A size that is no 1 is the result's; of two that are not known, any may be.
    shape.push_back(x == y || right == 1             ? x
                    : left == 1 || right.has_value() ? y
                    : left.has_value()               ? x
                                                     : Dim());
  }
  return node.result(node.call("string_concat", {a, b}, {}, Node::element(a), shape));
}

static LogicalResult stringSplit(Node &node) {
  Value x = node.operand(0);
  std::string delimiter = node.text("delimiter", "");
  int64_t most = node.attribute("maxsplit") ? node.integer("maxsplit", 0) : -1;
  if (!needStrings(node, x, "the input"))
    return failure();
  if (Node::rank(x) >= kMaxRank)
    return node.error("expected an input of at most " + Twine(kMaxRank - 1) + " dims");
  Shape shape = node.dims(x), parts = shape;
  parts.push_back(Dim());
  SmallVector<Value> results =
      node.call("string_split", {x, node.reshape(node.strings({delimiter}), {})}, {most},
                {{Node::element(x), parts}, {node.builder().getI64Type(), shape}});
  if (failed(node.result(0, results[0])))
    return failure();
  return node.result(1, results[1]);
}

static LogicalResult stringNormalizer(Node &node) {
  Value x = node.operand(0);
  std::string action = node.text("case_change_action", "NONE");
  bool isCaseSensitive = node.integer("is_case_sensitive", 0);
  // Cases are those of Unicode, which languages other than Turkish, Azeri and Lithuanian share.
  StringRef language = StringRef(node.text("locale", "en_US")).take_front(2);
  SmallVector<StringRef> words;
  if (const onnx::AttributeProto *stopwords = node.attribute("stopwords"))
    words.assign(stopwords->strings().begin(), stopwords->strings().end());
  if (!needStrings(node, x, "the input"))
    return failure();
  if (Node::rank(x) != 1 &&
      (Node::rank(x) != 2 || nn::constantDim(node.dims(x)[0]).value_or(1) != 1))
    return node.error("expected an input of shape [C] or [1, C], found rank " +
                      Twine(Node::rank(x)) + (Node::rank(x) == 2 ? " and several rows" : ""));
  int64_t number = action == "LOWER"   ? ACCEL_CASE_LOWER
                   : action == "UPPER" ? ACCEL_CASE_UPPER
                   : action == "NONE"  ? ACCEL_CASE_NONE
                                       : -1;
  if (number < 0)
    return node.error("expected case_change_action to be LOWER, UPPER or NONE, found '" + action +
                      "'");
  if (language == "tr" || language == "az" || language == "lt")
    node.warn("the letters I and i are changed as in English, not as the locale says");
  Shape shape(Node::rank(x), node.constantDim(1));
  shape.back() = Dim();
  return node.result(node.call("string_normalize", {x, node.strings(words)},
                               {number, isCaseSensitive}, Node::element(x), shape));
}

static LogicalResult regexFullMatch(Node &node) {
  Value x = node.operand(0);
  std::string pattern = node.text("pattern", ""), problem;
  if (!needStrings(node, x, "the input"))
    return failure();
  std::optional<Automaton> automaton = compileRegex(pattern, problem);
  if (!automaton)
    return node.error("expected a pattern in RE2's syntax: " + problem);
  Type i32 = node.builder().getI32Type();
  auto table = [&](ArrayRef<int32_t> numbers, int64_t width) {
    return node.constant(DenseElementsAttr::get(
        RankedTensorType::get({int64_t(numbers.size()) / width, width}, i32), numbers));
  };
  return node.result(node.call("regex_full_match",
                               {x, table(automaton->code, 3), table(automaton->ranges, 2)}, {},
                               node.builder().getI1Type(), node.dims(x)));
}

//===-- TfIdfVectorizer -----------------------------------------------------------------------===//

namespace {
/// N-grams as a tree: from each node an edge for each element that may come next.
struct Ngrams {
  struct Part {
    std::map<int64_t, int64_t> edges;
    int64_t column = -1;
  };
  std::vector<Part> parts{Part()};

  /// False if it is there already.
  bool add(ArrayRef<int64_t> elements, int64_t column) {
    int64_t at = 0;
    for (int64_t element : elements) {
      auto [next, isNew] = parts[at].edges.try_emplace(element, int64_t(parts.size()));
      at = next->second;
      if (isNew)
        parts.emplace_back();
    }
    return std::exchange(parts[at].column, column) < 0;
  }
};
} // namespace

static LogicalResult tfIdfVectorizer(Node &node) {
  Value x = node.operand(0);
  int64_t shortest = node.integer("min_gram_length", 0),
          longest = node.integer("max_gram_length", 0), skips = node.integer("max_skip_count", 0);
  std::string mode = node.text("mode", "");
  SmallVector<int64_t> counts = node.integers("ngram_counts").value_or(SmallVector<int64_t>()),
                       indexes = node.integers("ngram_indexes").value_or(SmallVector<int64_t>());
  const onnx::AttributeProto *texts = node.attribute("pool_strings"),
                             *weights = node.attribute("weights");
  std::optional<SmallVector<int64_t>> pool = node.integers("pool_int64s");
  if (!x || node.hasFailed())
    return failure();
  bool isText = nn::isString(Node::element(x));
  if (isText ? !texts || pool : texts || !pool)
    return node.error("expected a pool of the input's type, " +
                      std::string(isText ? "pool_strings" : "pool_int64s") + ", and no other");
  if (!isText && !Node::element(x).isInteger(32) && !Node::element(x).isInteger(64))
    return node.error("expected an input of i32, i64 or strings, found " +
                      dtypeText(Node::element(x)));
  if (Node::rank(x) != 1 && Node::rank(x) != 2)
    return node.error("expected an input of rank 1 or 2, found rank " + Twine(Node::rank(x)));
  if (shortest < 1 || longest < shortest || skips < 0)
    return node.error("expected 1 <= min_gram_length <= max_gram_length and a max_skip_count of 0 "
                      "or more");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return node.error("expected mode to be TF, IDF or TFIDF, found '" + mode + "'");
  SmallVector<int64_t> elements;
  if (isText)
    for (const std::string &text : texts->strings())
      elements.push_back(node.importer().file.numberOf(text));
  else
    elements = *pool;

  int64_t columns = 0;
  for (int64_t column : indexes) {
    if (column < 0 || column >= kMaxElements)
      return node.error("expected ngram_indexes of 0 or more, found " + Twine(column));
    columns = std::max(columns, column + 1);
  }
  SmallVector<std::optional<float>> scale(columns);
  Ngrams ngrams;
  size_t number = 0;
  for (size_t size = 1; size <= counts.size(); ++size) {
    int64_t begin = counts[size - 1],
            end = size < counts.size() ? counts[size] : int64_t(elements.size());
    if (begin < 0 || end < begin || end > int64_t(elements.size()) || (end - begin) % size)
      return node.error("expected ngram_counts that cut the pool into n-grams, found " +
                        Twine(begin) + ".." + Twine(end) + " for those of " + Twine(size));
    for (int64_t at = begin; at < end; at += size, ++number) {
      if (number >= indexes.size())
        return node.error("expected ngram_indexes for each n-gram of the pool, found " +
                          Twine(indexes.size()));
      if (int64_t(size) < shortest || int64_t(size) > longest)
        continue;
      if (weights && number < size_t(weights->floats_size())) {
        float weight = weights->floats(number);
        std::optional<float> &known = scale[indexes[number]];
        if (known.value_or(weight) != weight)
          return node.error("expected one weight for the n-grams of column " +
                            Twine(indexes[number]) + ", found several");
        known = weight;
      }
      if (!ngrams.add(ArrayRef(elements).slice(at, size), indexes[number]))
        return node.error("expected each n-gram once, found n-gram " + Twine(number) + " twice");
    }
  }
  if (number != indexes.size() || (weights && size_t(weights->floats_size()) != indexes.size()))
    return node.error("expected as many ngram_indexes and weights as n-grams, " + Twine(number));

  SmallVector<int64_t> nodes, edges;
  for (const Ngrams::Part &part : ngrams.parts) {
    nodes.append({int64_t(edges.size() / 2), int64_t(part.edges.size()), part.column});
    for (auto [element, next] : part.edges)
      edges.append({element, next});
  }
  Builder &builder = node.builder();
  auto table = [&](ArrayRef<int64_t> numbers, int64_t width) {
    return node.constant(DenseElementsAttr::get(
        RankedTensorType::get({int64_t(numbers.size()) / width, width}, builder.getI64Type()),
        numbers));
  };
  Shape shape = node.dims(x);
  shape.back() = node.constantDim(columns);
  Value y = node.call("ngrams", {x, table(nodes, 3), table(edges, 2)},
                      {shortest, longest, skips, columns}, builder.getF32Type(), shape);
  if (mode == "IDF")
    y = node.cast(node.compare(nn::CompareKind::gt, y, node.scalarLike(y, 0)),
                  builder.getF32Type());
  if (mode != "TF" && weights) {
    SmallVector<float> factors;
    for (std::optional<float> weight : scale)
      factors.push_back(weight.value_or(0));
    y = node.mul(
        y, node.constant(DenseElementsAttr::get(
               RankedTensorType::get({columns}, builder.getF32Type()), ArrayRef<float>(factors))));
  }
  return node.result(y);
}

ArrayRef<OpRow> accel::onnx_import::textOps() {
  static const OpRow rows[] = {
      {"RegexFullMatch", 20, regexFullMatch},     {"StringConcat", 20, stringConcat},
      {"StringNormalizer", 10, stringNormalizer}, {"StringSplit", 20, stringSplit},
      {"TfIdfVectorizer", 9, tfIdfVectorizer},
  };
  return rows;
}
