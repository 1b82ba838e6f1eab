// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which ops take tensors of strings.
#include "lib/Import/ONNX/Strings.h"
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/Boxes.h"
#include "lib/Import/ONNX/OpRegistry.h"
#include "llvm/ADT/StringMap.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {
/// Bit i: operand i may be of strings; the last bit holds for all operands from there on.
constexpr uint32_t kFirst = 1, kAll = ~uint32_t(0);
} // namespace

/// Ops that move elements, compare them, or are about strings.
static const llvm::StringMap<uint32_t> &takesStrings() {
  static const llvm::StringMap<uint32_t> ops = {
      {"CastLike", 3},
      {"Cast", kFirst},
      {"CenterCropPad", kFirst},
      {"Compress", kFirst},
      {"Concat", kAll},
      {"DepthToSpace", kFirst},
      {"Equal", 3},
      {"Expand", kFirst},
      {"Flatten", kFirst},
      {"Gather", kFirst},
      {"GatherElements", kFirst},
      {"GatherND", kFirst},
      {"Identity", kFirst},
      {"GridSample", kFirst},
      {"If", 0},
      {"Loop", ~uint32_t(3)},
      {"NonZero", kFirst},
      {"OneHot", 4},
      {"Optional", kFirst},
      {"OptionalGetElement", kFirst},
      {"OptionalHasElement", kFirst},
      {"Pad", 5},
      {"RegexFullMatch", kFirst},
      {"Reshape", kFirst},
      {"Resize", kFirst},
      {"ReverseSequence", kFirst},
      {"Scan", kAll},
      {"Scatter", 5},
      {"ScatterElements", 5},
      {"ScatterND", 5},
      {"SequenceConstruct", kAll},
      {"SequenceInsert", 2},
      {"SequenceMap", kAll},
      {"Shape", kFirst},
      {"Size", kFirst},
      {"Slice", kFirst},
      {"SpaceToDepth", kFirst},
      {"Split", kFirst},
      {"SplitToSequence", kFirst},
      {"Squeeze", kFirst},
      {"StringConcat", 3},
      {"StringNormalizer", kFirst},
      {"StringSplit", kFirst},
      {"TensorScatter", 3},
      {"TfIdfVectorizer", kFirst},
      {"Tile", kFirst},
      {"Transpose", kFirst},
      {"Trilu", kFirst},
      {"Unique", kFirst},
      {"Unsqueeze", kFirst},
      {"Upsample", kFirst},
      {"Where", 6},
      {"ai.onnx.ml.ArrayFeatureExtractor", kFirst},
      {"ai.onnx.ml.CategoryMapper", kFirst},
      {"ai.onnx.ml.LabelEncoder", kFirst},
      {"ai.onnx.ml.OneHotEncoder", kFirst},
  };
  return ops;
}

/// Ops that take sequences and optional values.
static bool takesBoxes(StringRef op) {
  return llvm::is_contained({"ConcatFromSequence", "Identity", "If", "Loop", "Optional",
                             "OptionalGetElement", "OptionalHasElement", "SequenceAt",
                             "SequenceConstruct", "SequenceErase", "SequenceInsert",
                             "SequenceLength", "SequenceMap"},
                            op);
}

static bool takesMaps(StringRef op) {
  return llvm::is_contained({"ai.onnx.ml.CastMap", "ai.onnx.ml.DictVectorizer"}, op);
}

LogicalResult accel::onnx_import::checkStrings(Node &node, StringRef domain) {
  std::string name = (domain.empty() ? "" : domain + ".").str() + node.op().str();
  for (size_t i = 0; i < node.operandCount(); ++i) {
    nn::BoxType box = boxOf(node.peek(i));
    bool isMap = box && box.getKind() == nn::BoxKind::map;
    if (box && !(isMap ? takesMaps(name) : takesBoxes(name)))
      return node.error("expected a tensor as input " + Twine(i) + ", found a " + dtypeText(box),
                        isMap ? "Make a tensor of it with DictVectorizer or CastMap."
                        : box.getKind() == nn::BoxKind::tensor
                            ? "Declare the shape of the sequence's elements."
                            : "Take its elements with SequenceAt or OptionalGetElement.");
    if (!node.peek(i) || !nn::isString(Node::element(node.peek(i))))
      continue;
    uint32_t allowed = takesStrings().lookup(name);
    if (!(allowed >> std::min<size_t>(i, 31) & 1))
      return node.error("expected numbers for input " + Twine(i) + ", found strings",
                        "The standard has no meaning for it: cast the strings to numbers first.");
  }
  return success();
}
