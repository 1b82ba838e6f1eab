// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tree ensembles of ai.onnx.ml: the lists of their attributes as the packed nodes that
// accel-rt/Ops.h describes, after checking that they are trees.
#include "dialects/NN/NNStrings.h"
#include "include/accel-rt/Ops.h"
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Classic.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSwitch.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

/// A node as attributes describe it.
struct TreeNode {
  int64_t mode = ACCEL_TREE_LEAF;
  bool missingTrue = false;
  int64_t feature = 0;
  double value = 0;
  int64_t yes = -1, no = -1;                          ///< Numbers of nodes; of branches.
  SmallVector<std::pair<int64_t, double>, 1> weights; ///< Of leaves: targets, weights.
  std::pair<int64_t, int64_t> members = {0, 0};       ///< First and count, of sets.
  bool isLeaf() const { return mode == ACCEL_TREE_LEAF; }
};

struct Forest {
  SmallVector<TreeNode> nodes;
  SmallVector<int64_t> roots;
  SmallVector<double> members, base;
  int64_t targets = 1, aggregate = ACCEL_TREE_SUM, transform = ACCEL_POST_NONE;
  int64_t mostFeature = -1;
};

/// The operands of the functions that a forest becomes.
struct PackedForest {
  SmallVector<int64_t> nodes, roots, targets;
  SmallVector<double> weights;
};

} // namespace

//===-- Attributes
//------------------------------------------------------------------------------===//

template <typename T> static void appendRaw(SmallVector<double> &to, ArrayRef<char> bytes) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    to.push_back(double(value));
  }
}

/// The numbers of a tensor of f32, f64 or u8.
static SmallVector<double> tensorNumbers(Node &node, StringRef name,
                                         const onnx::TensorProto &tensor) {
  std::string problem;
  SmallVector<double> numbers;
  ElementsAttr elements = readTensor(node.context(), node.importer().file, tensor, name, problem);
  if (!elements) {
    (void)node.error(problem);
    return numbers;
  }
  Type type = elements.getElementType();
  if (auto dense = dyn_cast<DenseElementsAttr>(elements)) {
    if (isa<FloatType>(type))
      for (const APFloat &value : dense.getValues<APFloat>()) {
        APFloat wide = value;
        bool isInexact;
        wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &isInexact);
        numbers.push_back(wide.convertToDouble());
      }
    else
      for (const APInt &value : dense.getValues<APInt>())
        numbers.push_back(double(value.getZExtValue()));
    return numbers;
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(elements);
  AsmResourceBlob *blob = resource ? resource.getRawHandle().getBlob() : nullptr;
  if (blob && type.isF32())
    appendRaw<float>(numbers, blob->getData());
  else if (blob && type.isF64())
    appendRaw<double>(numbers, blob->getData());
  else if (blob && type.isInteger(8))
    appendRaw<uint8_t>(numbers, blob->getData());
  else
    (void)node.unsupported("a tensor of " + dtypeText(type) + " in the attribute " + name);
  return numbers;
}

/// A list of floats, or the tensor that newer versions have instead. Names live as long as the
/// node.
static SmallVector<double> numbersOf(Node &node, StringLiteral name,
                                     StringLiteral asTensor = StringLiteral("")) {
  for (StringRef either : {name, asTensor})
    if (const onnx::AttributeProto *found = either.empty() ? nullptr : node.attribute(either))
      return found->has_t() ? tensorNumbers(node, either, found->t())
                            : SmallVector<double>(found->floats().begin(), found->floats().end());
  return {};
}

static SmallVector<int64_t> integersOf(Node &node, StringRef name) {
  return node.integers(name).value_or(SmallVector<int64_t>());
}

static bool checkLength(Node &node, StringRef name, size_t found, size_t expected) {
  if (found != expected)
    (void)node.error("expected attribute '" + name + "' to have " + Twine(expected) +
                     " entries, found " + Twine(found));
  return !node.hasFailed();
}

/// The number of a name in a list, by the order of an enum of Ops.h; -1 after an error.
static int64_t nameNumber(Node &node, StringRef what, StringRef name, ArrayRef<StringRef> names) {
  for (auto [i, known] : llvm::enumerate(names))
    if (name == known)
      return i;
  (void)node.error("expected " + what + " to be one of " + llvm::join(names, ", ") + ", found '" +
                   name + "'");
  return -1;
}

//===-- Packing
//---------------------------------------------------------------------------------===//

namespace {
/// Places the nodes of trees so that the children of a branch are neighbours.
class Packer {
public:
  Packer(Node &node, Forest &forest)
      : node(node), forest(forest), seen(forest.nodes.size(), false) {}

  bool run(PackedForest &to);

private:
  /// Where a node's two words come from is known once its children have a place.
  void write(int64_t at, double value, int64_t low, int64_t feature, int64_t mode) {
    std::memcpy(&packed->nodes[2 * at], &value, sizeof value);
    packed->nodes[2 * at + 1] =
        int64_t(uint64_t(mode) << 56 | uint64_t(feature) << 32 | uint64_t(low));
  }
  static double range(int64_t first, int64_t count) {
    return llvm::bit_cast<double>(uint64_t(first) | uint64_t(count) << 32);
  }
  bool place(int64_t number, int64_t at, SmallVector<std::pair<int64_t, int64_t>> &open);

  Node &node;
  Forest &forest;
  SmallVector<bool> seen;
  PackedForest *packed = nullptr;
};
} // namespace

bool Packer::place(int64_t number, int64_t at, SmallVector<std::pair<int64_t, int64_t>> &open) {
  const TreeNode &from = forest.nodes[number];
  if (from.isLeaf()) {
    for (auto [target, weight] : from.weights)
      if (target < 0 || target >= forest.targets) {
        (void)node.error("expected targets in 0.." + Twine(forest.targets - 1) + ", found " +
                         Twine(target));
        return false;
      }
    if (from.weights.size() == 1) {
      write(at, from.weights[0].second, from.weights[0].first, 0, ACCEL_TREE_LEAF);
      return true;
    }
    write(at, range(packed->weights.size(), from.weights.size()), 0, 0, ACCEL_TREE_LEAF_SEVERAL);
    for (auto [target, weight] : from.weights) {
      packed->targets.push_back(target);
      packed->weights.push_back(weight);
    }
    return true;
  }
  if (seen[number]) {
    (void)node.error("expected trees, found a node that is reached in two ways",
                     "The file is malformed: export it again.");
    return false;
  }
  seen[number] = true;
  if (from.feature < 0 || from.feature >= (1 << 24)) {
    (void)node.error("expected feature numbers of 0 to 2^24 - 1, found " + Twine(from.feature));
    return false;
  }
  forest.mostFeature = std::max(forest.mostFeature, from.feature);
  int64_t child = packed->nodes.size() / 2;
  packed->nodes.resize(packed->nodes.size() + 4);
  if (child > std::numeric_limits<int32_t>::max() - 2) {
    (void)node.error("expected fewer nodes");
    return false;
  }
  bool isSet = from.mode == ACCEL_TREE_MEMBER;
  write(at, isSet ? range(from.members.first, from.members.second) : from.value, child,
        from.feature, from.mode | (from.missingTrue ? ACCEL_TREE_MISSING_TRUE : 0));
  open.push_back({from.no, child + 1});
  open.push_back({from.yes, child});
  return true;
}

bool Packer::run(PackedForest &to) {
  packed = &to;
  for (int64_t root : forest.roots) {
    to.roots.push_back(to.nodes.size() / 2);
    to.nodes.resize(to.nodes.size() + 2);
    SmallVector<std::pair<int64_t, int64_t>> open{{root, to.roots.back()}};
    while (!open.empty()) {
      auto [number, at] = open.pop_back_val();
      if (!place(number, at, open))
        return false;
    }
  }
  return true;
}

//===-- The call
//--------------------------------------------------------------------------------===//

static Value vectorOf(Node &node, ArrayRef<double> values) {
  auto type = RankedTensorType::get({int64_t(values.size())}, node.builder().getF64Type());
  return node.constant(DenseElementsAttr::get(type, values));
}

/// The operands X, nodes, roots, weights, targets, members, base values; none after an error.
static SmallVector<Value> operandsOf(Node &node, Value x, Forest &forest) {
  PackedForest packed;
  if (node.hasFailed() || !Packer(node, forest).run(packed))
    return {};
  Type element = Node::element(x);
  if (!(element.isF16() || element.isF32() || element.isF64() || element.isInteger(32) ||
        element.isInteger(64)) ||
      element.isUnsignedInteger()) {
    (void)node.unsupported("an input of " + dtypeText(element));
    return {};
  }
  if (Node::rank(x) != 1 && Node::rank(x) != 2) {
    (void)node.error("expected an input of rank 1 or 2, found rank " + Twine(Node::rank(x)));
    return {};
  }
  if (std::optional<int64_t> width = nn::constantDim(node.dims(x).back());
      width && *width <= forest.mostFeature) {
    (void)node.error(
        "expected rows with an element for each feature, the last of which is number " +
        Twine(forest.mostFeature) + ", found rows of " + Twine(*width));
    return {};
  }
  if (!forest.base.empty() && forest.base.size() != 1 &&
      int64_t(forest.base.size()) != forest.targets) {
    (void)node.error("expected one base value or " + Twine(forest.targets) + ", found " +
                     Twine(forest.base.size()));
    return {};
  }
  auto nodesType =
      RankedTensorType::get({int64_t(packed.nodes.size()) / 2, 2}, node.builder().getI64Type());
  return {x,
          node.constant(DenseElementsAttr::get(nodesType, ArrayRef<int64_t>(packed.nodes))),
          node.integerVector(packed.roots),
          vectorOf(node, packed.weights),
          node.integerVector(packed.targets),
          vectorOf(node, forest.members),
          vectorOf(node, forest.base)};
}

static Dim rowCount(Node &node, Value x) {
  return Node::rank(x) == 2 ? node.dims(x)[0] : node.constantDim(1);
}

static LogicalResult regression(Node &node, Value x, Forest &forest, Type element) {
  SmallVector<Value> operands = operandsOf(node, x, forest);
  if (operands.empty())
    return failure();
  return node.result(node.call(
      "tree_ensemble", operands,
      {forest.aggregate, forest.transform, forest.targets, forest.mostFeature, element.isF64()},
      element, {rowCount(node, x), node.constantDim(forest.targets)}));
}

//===-- TreeEnsembleRegressor and TreeEnsembleClassifier
//----------------------------------------===//

static constexpr StringRef kTransforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO",
                                            "PROBIT"};

namespace {
/// The attributes of leaves.
struct LeafNames {
  StringLiteral trees, nodes, targets, weights, weightsAsTensor;
};
} // namespace

/// What both have.
static bool readLists(Node &node, const LeafNames &names, Forest &forest) {
  SmallVector<int64_t> trees = integersOf(node, "nodes_treeids"),
                       ids = integersOf(node, "nodes_nodeids"),
                       features = integersOf(node, "nodes_featureids"),
                       yes = integersOf(node, "nodes_truenodeids"),
                       no = integersOf(node, "nodes_falsenodeids"),
                       missing = integersOf(node, "nodes_missing_value_tracks_true");
  SmallVector<double> values = numbersOf(node, "nodes_values", "nodes_values_as_tensor");
  node.ignore({"nodes_hitrates", "nodes_hitrates_as_tensor"});
  const onnx::AttributeProto *modes = node.attribute("nodes_modes");
  size_t count = ids.size();
  if (!modes || !count)
    (void)node.error(
        "expected attributes nodes_modes and nodes_nodeids with an entry for each node");
  if (node.hasFailed() || !checkLength(node, "nodes_treeids", trees.size(), count) ||
      !checkLength(node, "nodes_featureids", features.size(), count) ||
      !checkLength(node, "nodes_truenodeids", yes.size(), count) ||
      !checkLength(node, "nodes_falsenodeids", no.size(), count) ||
      !checkLength(node, "nodes_modes", modes->strings_size(), count) ||
      !checkLength(node, "nodes_values", values.size(), count) ||
      (!missing.empty() &&
       !checkLength(node, "nodes_missing_value_tracks_true", missing.size(), count)))
    return false;
  static const StringRef kModes[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                     "BRANCH_EQ",  "BRANCH_NEQ", "LEAF"};
  llvm::DenseMap<std::pair<int64_t, int64_t>, int64_t> numbers;
  forest.nodes.resize(count);
  for (size_t i = 0; i < count; ++i) {
    TreeNode &to = forest.nodes[i];
    int64_t mode = nameNumber(node, "modes", modes->strings(i), kModes);
    to.mode = mode == 6 ? int64_t(ACCEL_TREE_LEAF) : mode;
    to.feature = features[i];
    to.value = values[i];
    to.missingTrue = !missing.empty() && missing[i];
    if (!node.hasFailed() && !numbers.try_emplace({trees[i], ids[i]}, i).second)
      (void)node.error("node " + Twine(ids[i]) + " of tree " + Twine(trees[i]) + " is there twice");
    if (node.hasFailed())
      return false;
  }
  SmallVector<bool> isChild(count, false);
  for (size_t i = 0; i < count; ++i) {
    TreeNode &from = forest.nodes[i];
    if (from.isLeaf())
      continue;
    for (auto [id, to] : {std::pair(yes[i], &from.yes), std::pair(no[i], &from.no)}) {
      auto child = numbers.find({trees[i], id});
      if (child == numbers.end())
        return succeeded(node.error("node " + Twine(ids[i]) + " of tree " + Twine(trees[i]) +
                                    " has the child " + Twine(id) + ", which is not there"));
      *to = child->second;
      isChild[child->second] = true;
    }
  }
  llvm::DenseMap<int64_t, int64_t> roots;
  for (size_t i = 0; i < count; ++i) {
    if (isChild[i])
      continue;
    if (!roots.try_emplace(trees[i], i).second)
      return succeeded(node.error("tree " + Twine(trees[i]) + " has two roots"));
    forest.roots.push_back(i);
  }
  for (int64_t tree : trees)
    if (!roots.contains(tree))
      return succeeded(node.error("tree " + Twine(tree) + " has no root: its nodes form a circle"));

  SmallVector<int64_t> leafTrees = integersOf(node, names.trees),
                       leafNodes = integersOf(node, names.nodes),
                       targets = integersOf(node, names.targets);
  SmallVector<double> amounts = numbersOf(node, names.weights, names.weightsAsTensor);
  if (node.hasFailed() || !checkLength(node, names.trees, leafTrees.size(), targets.size()) ||
      !checkLength(node, names.nodes, leafNodes.size(), targets.size()) ||
      !checkLength(node, names.weights, amounts.size(), targets.size()))
    return false;
  for (size_t i = 0; i < targets.size(); ++i) {
    auto leaf = numbers.find({leafTrees[i], leafNodes[i]});
    if (leaf == numbers.end())
      return succeeded(node.error("a weight is for node " + Twine(leafNodes[i]) + " of tree " +
                                  Twine(leafTrees[i]) + ", which is not there"));
    forest.nodes[leaf->second].weights.push_back({targets[i], amounts[i]});
  }
  forest.base = numbersOf(node, "base_values", "base_values_as_tensor");
  forest.transform =
      nameNumber(node, "post_transform", node.text("post_transform", "NONE"), kTransforms);
  return !node.hasFailed();
}

static constexpr LeafNames kTargetNames = {"target_treeids", "target_nodeids", "target_ids",
                                           "target_weights", "target_weights_as_tensor"};
static constexpr LeafNames kClassNames = {"class_treeids", "class_nodeids", "class_ids",
                                          "class_weights", "class_weights_as_tensor"};

static LogicalResult regressor(Node &node) {
  Value x = node.operand(0);
  Forest forest;
  forest.targets = node.integer("n_targets", 1);
  forest.aggregate = nameNumber(node, "aggregate_function", node.text("aggregate_function", "SUM"),
                                {"AVERAGE", "SUM", "MIN", "MAX"});
  if (!x || forest.targets < 1 || forest.targets > (1 << 20))
    return node.error("expected n_targets in 1..2^20, found " + Twine(forest.targets));
  if (!readLists(node, kTargetNames, forest))
    return failure();
  return regression(node, x, forest, node.builder().getF32Type());
}

static LogicalResult classifier(Node &node) {
  Value x = node.operand(0);
  Value labels = labelsOf(node, "classlabels_int64s", 2);
  if (!labels)
    return failure();
  Forest forest;
  forest.targets = node.staticDim(labels, 0);
  if (!x || !readLists(node, kClassNames, forest))
    return failure();
  std::optional<int64_t> only;
  bool isBinary = forest.targets == 2, noneNegative = true;
  for (const TreeNode &leaf : forest.nodes)
    for (auto [target, weight] : leaf.weights) {
      isBinary &= only.value_or(target) == target;
      only = target;
      noneNegative &= weight >= 0;
    }
  SmallVector<Value> operands = operandsOf(node, x, forest);
  if (operands.empty())
    return failure();
  bool isText = nn::isString(Node::element(labels));
  operands.push_back(isText ? node.integerVector(llvm::to_vector(llvm::seq(forest.targets)))
                            : labels);
  Dim rows = rowCount(node, x);
  SmallVector<Value> results =
      node.call("tree_classifier", operands,
                {forest.aggregate, forest.transform, forest.targets, forest.mostFeature, 0,
                 isBinary, noneNegative},
                {{node.builder().getI64Type(), {rows}},
                 {node.builder().getF32Type(), {rows, node.constantDim(forest.targets)}}});
  if (node.hasFailed())
    return failure();
  if (isText)
    results[0] = node.create<nn::GatherOp>(labels, results[0], uint64_t(0));
  return success(succeeded(node.result(0, results[0])) && succeeded(node.result(1, results[1])));
}

//===-- TreeEnsemble-5
//--------------------------------------------------------------------------===//

/// Reads the sets, which NaNs end, for the nodes that ask whether they hold an element.
static bool readSets(Node &node, Forest &forest) {
  SmallVector<double> values = numbersOf(node, "membership_values");
  size_t at = 0;
  for (TreeNode &branch : forest.nodes) {
    if (branch.mode != ACCEL_TREE_MEMBER)
      continue;
    branch.members.first = forest.members.size();
    for (; at < values.size() && !std::isnan(values[at]); ++at)
      forest.members.push_back(values[at]);
    branch.members.second = forest.members.size() - branch.members.first;
    if (at++ > values.size())
      return succeeded(node.error("expected membership_values to have a set for each node of mode "
                                  "BRANCH_MEMBER, found fewer"));
  }
  return !node.hasFailed();
}

static LogicalResult treeEnsemble(Node &node) {
  Value x = node.operand(0);
  Forest forest;
  forest.targets = node.integer("n_targets", 1);
  forest.aggregate = node.integer("aggregate_function", ACCEL_TREE_SUM);
  forest.transform = node.integer("post_transform", ACCEL_POST_NONE);
  SmallVector<int64_t> features = integersOf(node, "nodes_featureids"),
                       yes = integersOf(node, "nodes_truenodeids"),
                       no = integersOf(node, "nodes_falsenodeids"),
                       yesLeaf = integersOf(node, "nodes_trueleafs"),
                       noLeaf = integersOf(node, "nodes_falseleafs"),
                       missing = integersOf(node, "nodes_missing_value_tracks_true"),
                       targets = integersOf(node, "leaf_targetids");
  SmallVector<double> modes = numbersOf(node, "nodes_modes"),
                      splits = numbersOf(node, "nodes_splits"),
                      weights = numbersOf(node, "leaf_weights");
  forest.roots = integersOf(node, "tree_roots");
  node.ignore({"nodes_hitrates"});
  if (!x)
    return failure();
  if (forest.targets < 1 || forest.targets > (1 << 20))
    return node.error("expected n_targets in 1..2^20, found " + Twine(forest.targets));
  if (forest.aggregate < 0 || forest.aggregate > ACCEL_TREE_MAX || forest.transform < 0 ||
      forest.transform > ACCEL_POST_PROBIT)
    return node.error("expected aggregate_function in 0..3 and post_transform in 0..4");
  size_t count = features.size();
  if (node.hasFailed() || !checkLength(node, "nodes_truenodeids", yes.size(), count) ||
      !checkLength(node, "nodes_falsenodeids", no.size(), count) ||
      !checkLength(node, "nodes_trueleafs", yesLeaf.size(), count) ||
      !checkLength(node, "nodes_falseleafs", noLeaf.size(), count) ||
      !checkLength(node, "nodes_modes", modes.size(), count) ||
      !checkLength(node, "nodes_splits", splits.size(), count) ||
      !checkLength(node, "leaf_weights", weights.size(), targets.size()) ||
      (!missing.empty() &&
       !checkLength(node, "nodes_missing_value_tracks_true", missing.size(), count)))
    return failure();
  forest.nodes.resize(count + targets.size());
  for (size_t i = 0; i < targets.size(); ++i)
    forest.nodes[count + i].weights.push_back({targets[i], weights[i]});
  for (size_t i = 0; i < count; ++i) {
    TreeNode &to = forest.nodes[i];
    to.mode = int64_t(modes[i]);
    if (to.mode < ACCEL_TREE_LEQ || to.mode > ACCEL_TREE_MEMBER)
      return node.error("expected modes in 0..6, found " + Twine(to.mode));
    to.feature = features[i];
    to.value = splits[i];
    to.missingTrue = !missing.empty() && missing[i];
    for (auto [id, isLeaf, child] :
         {std::tuple(yes[i], yesLeaf[i], &to.yes), std::tuple(no[i], noLeaf[i], &to.no)}) {
      if (id < 0 || id >= int64_t(isLeaf ? targets.size() : count))
        return node.error("node " + Twine(i) + " has the child " + Twine(id) +
                          ", which is not there");
      *child = isLeaf ? int64_t(count) + id : id;
    }
  }
  for (int64_t root : forest.roots)
    if (root < 0 || root >= int64_t(count))
      return node.error("expected roots in 0.." + Twine(int64_t(count) - 1) + ", found " +
                        Twine(root));
  if (!readSets(node, forest))
    return failure();
  return regression(node, x, forest, Node::element(x));
}

ArrayRef<OpRow> accel::onnx_import::treeOps() {
  static const OpRow rows[] = {
      {"TreeEnsemble", 5, treeEnsemble},
      {"TreeEnsembleClassifier", 1, classifier},
      {"TreeEnsembleRegressor", 1, regressor},
  };
  return rows;
}
