// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random forests against a recursion over their nodes, and the rules for labels and scores of two
// classes, whose expected values are ONNX Runtime's.

#include "test/unit/Runtime/Ops/OpsTest.h"
#include <algorithm>
#include <cmath>

using namespace ops;

namespace {

struct Leaf {
  std::vector<std::pair<int64_t, double>> weights; // target, weight
};

/// A tree as one would draw it, and what it says of a row.
struct Node {
  int mode = ACCEL_TREE_LEAF;
  bool missingTrue = false;
  int64_t feature = 0;
  double value = 0;
  std::vector<double> members;
  std::vector<Node> children; // true, false
  Leaf leaf;

  const Leaf &find(const std::vector<double> &row) const {
    if (children.empty())
      return leaf;
    double x = row[feature];
    bool taken = mode == ACCEL_TREE_LEQ   ? x <= value
                 : mode == ACCEL_TREE_LT  ? x < value
                 : mode == ACCEL_TREE_GTE ? x >= value
                 : mode == ACCEL_TREE_GT  ? x > value
                 : mode == ACCEL_TREE_EQ  ? x == value
                 : mode == ACCEL_TREE_NEQ ? x != value
                                          : std::count(members.begin(), members.end(), x) > 0;
    taken |= missingTrue && std::isnan(x);
    return children[!taken].find(row);
  }
};

struct Forest {
  std::vector<int64_t> nodes, roots, targets;
  std::vector<double> weights, members, base;

  void set(size_t at, double value, int64_t child, int64_t feature, int64_t mode) {
    std::memcpy(&nodes[2 * at], &value, sizeof value);
    nodes[2 * at + 1] = int64_t(uint64_t(mode) << 56 | uint64_t(feature) << 32 | uint64_t(child));
  }
  static double several(size_t first, size_t count) {
    int64_t bits = int64_t(first | count << 32);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  void place(size_t at, const Node &node) {
    if (node.children.empty()) {
      const auto &list = node.leaf.weights;
      if (list.size() == 1)
        return set(at, list[0].second, list[0].first, 0, ACCEL_TREE_LEAF);
      set(at, several(weights.size(), list.size()), 0, 0, ACCEL_TREE_LEAF_SEVERAL);
      for (auto [target, weight] : list) {
        targets.push_back(target);
        weights.push_back(weight);
      }
      return;
    }
    double value = node.value;
    if (node.mode == ACCEL_TREE_MEMBER) {
      value = several(members.size(), node.members.size());
      members.insert(members.end(), node.members.begin(), node.members.end());
    }
    size_t child = nodes.size() / 2;
    nodes.resize(nodes.size() + 4);
    set(at, value, int64_t(child), node.feature,
        node.mode | (node.missingTrue ? ACCEL_TREE_MISSING_TRUE : 0));
    place(child, node.children[0]);
    place(child + 1, node.children[1]);
  }
  void add(const Node &tree) {
    roots.push_back(int64_t(nodes.size() / 2));
    nodes.resize(nodes.size() + 2);
    place(nodes.size() / 2 - 1, tree);
  }
  Operands operands(const Tensor &x) const {
    return {x,
            tensor<int64_t>({int64_t(nodes.size()) / 2, 2}, nodes),
            ints(roots),
            vector<double>(weights),
            ints(targets),
            vector<double>(members),
            vector<double>(base)};
  }
};

Node randomTree(Random &random, int depth, int64_t features, int64_t targets) {
  Node node;
  if (depth == 0 || !random.integer(0, 5)) {
    for (int64_t i = random.integer(0, 3); i > 0; --i)
      node.leaf.weights.push_back({random.integer(0, targets - 1), double(random.integer(-8, 8))});
    return node;
  }
  node.mode = int(random.integer(ACCEL_TREE_LEQ, ACCEL_TREE_MEMBER));
  node.missingTrue = random.integer(0, 1);
  node.feature = random.integer(0, features - 1);
  node.value = double(random.integer(-3, 3));
  for (int64_t i = random.integer(0, 4); i > 0; --i)
    node.members.push_back(double(random.integer(-3, 3)));
  for (int i = 0; i < 2; ++i)
    node.children.push_back(randomTree(random, depth - 1, features, targets));
  return node;
}

TEST(TreeEnsemble, RandomForests) {
  Random random(1);
  for (int round = 0; round < 100; ++round) {
    int64_t features = random.integer(1, 6), targets = random.integer(1, 4);
    int64_t rows = random.integer(0, 20), aggregate = random.integer(0, 3);
    Forest forest;
    std::vector<Node> trees;
    for (int64_t i = random.integer(1, 8); i > 0; --i) {
      trees.push_back(randomTree(random, 5, features, targets));
      forest.add(trees.back());
    }
    if (random.integer(0, 1))
      for (int64_t i = 0; i < targets; ++i)
        forest.base.push_back(double(random.integer(-9, 9)));
    std::vector<float> x;
    for (int64_t i = 0; i < rows * features; ++i)
      x.push_back(random.integer(0, 5) ? float(random.integer(-4, 4)) : NAN);
    Result result =
        call(accel_op_tree_ensemble, forest.operands(tensor<float>({rows, features}, x)),
             {aggregate, ACCEL_POST_NONE, targets, features - 1, 0});
    ASSERT_EQ(result.status, 0) << result.message;
    ASSERT_EQ(result.outputs[0].dims, (Dims{rows, targets}));
    std::vector<float> found = result.outputs[0].as<float>();
    for (int64_t row = 0; row < rows; ++row) {
      std::vector<double> values(x.begin() + row * features, x.begin() + (row + 1) * features);
      std::vector<std::vector<double>> given(targets);
      for (const Node &tree : trees)
        for (auto [target, weight] : tree.find(values).weights)
          given[target].push_back(weight);
      for (int64_t i = 0; i < targets; ++i) {
        const auto &list = given[i];
        double expected = 0;
        if (!list.empty() && aggregate == ACCEL_TREE_MIN)
          expected = *std::min_element(list.begin(), list.end());
        else if (!list.empty() && aggregate == ACCEL_TREE_MAX)
          expected = *std::max_element(list.begin(), list.end());
        else
          for (double weight : list)
            expected += weight;
        if (aggregate == ACCEL_TREE_AVERAGE)
          expected = float(expected / double(trees.size()));
        expected = float(expected + (forest.base.empty() ? 0 : forest.base[i]));
        ASSERT_EQ(found[row * targets + i], float(expected));
      }
    }
  }
}

/// One tree of one leaf, so that scores are what is given.
Forest scores(const std::vector<std::pair<int64_t, double>> &weights,
              const std::vector<double> &base = {}) {
  Node node;
  node.leaf.weights = weights;
  Forest forest;
  forest.add(node);
  forest.base = base;
  return forest;
}

TEST(TreeEnsemble, PostTransforms) {
  Tensor x = tensor<double>({1, 1}, {0});
  auto transformed = [&](int64_t transform, const std::vector<double> &values) {
    std::vector<std::pair<int64_t, double>> weights;
    for (size_t i = 0; i < values.size(); ++i)
      weights.push_back({int64_t(i), values[i]});
    return call(accel_op_tree_ensemble, scores(weights).operands(x),
                {ACCEL_TREE_SUM, transform, int64_t(values.size()), 0, 1})
        .outputs[0]
        .as<double>();
  };
  std::vector<double> found = transformed(ACCEL_POST_SOFTMAX, {1, 2, 1000});
  EXPECT_EQ(found, (std::vector<double>{0, 0, 1}));
  found = transformed(ACCEL_POST_SOFTMAX_ZERO, {0, 1, 1});
  EXPECT_EQ(found, (std::vector<double>{0, 0.5, 0.5}));
  found = transformed(ACCEL_POST_LOGISTIC, {0, 2, -2});
  EXPECT_DOUBLE_EQ(found[0], 0.5);
  EXPECT_DOUBLE_EQ(found[1], 1 / (1 + std::exp(-2.0)));
  EXPECT_NEAR(found[2], 1 / (1 + std::exp(2.0)), 1e-15);
  found = transformed(ACCEL_POST_PROBIT, {0.5, 0.975});
  EXPECT_NEAR(found[0], 0, 1e-2);
  EXPECT_NEAR(found[1], 1.96, 1e-2);
}

TEST(TreeEnsemble, OtherElements) {
  Node node;
  node.mode = ACCEL_TREE_GT;
  node.value = 16777216; // 2^24: what follows it is not a float
  node.children.resize(2);
  node.children[0].leaf.weights = {{0, 1}};
  node.children[1].leaf.weights = {{0, 2}};
  Forest forest;
  forest.add(node);
  auto run = [&](const Tensor &x) {
    return call(accel_op_tree_ensemble, forest.operands(x), {ACCEL_TREE_SUM, 0, 1, 0, 0})
        .outputs[0]
        .as<float>();
  };
  EXPECT_EQ(run(tensor<int64_t>({2, 1}, {16777217, 16777218})), (std::vector<float>{2, 1}));
  EXPECT_EQ(run(tensor<double>({1, 1}, {16777217})), std::vector<float>{1});
  EXPECT_EQ(run(vector<int32_t>({5})), std::vector<float>{2});
  expectFailure(accel_op_tree_ensemble, forest.operands(tensor<float>({2, 0}, {})),
                {ACCEL_TREE_SUM, 0, 1, 0, 0}, "found rows of 0");
}

struct Classified {
  int64_t label;
  std::vector<float> scores;
};

Classified classify(const Forest &forest, int64_t transform, int64_t classes, bool binary,
                    bool noneNegative) {
  Operands operands = forest.operands(tensor<float>({1, 1}, {0}));
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < classes; ++i)
    labels.push_back(10 + i);
  operands.push_back(ints(labels));
  Result result = call(accel_op_tree_classifier, operands,
                       {ACCEL_TREE_SUM, transform, classes, 0, 0, binary, noneNegative}, 2);
  EXPECT_EQ(result.status, 0) << result.message;
  return {result.outputs[0].as<int64_t>()[0], result.outputs[1].as<float>()};
}

TEST(TreeClassifier, SeveralClasses) {
  Classified found = classify(scores({{0, 1}, {1, 3}, {2, 3}}), ACCEL_POST_NONE, 3, false, true);
  EXPECT_EQ(found.label, 11); // the first of the largest
  EXPECT_EQ(found.scores, (std::vector<float>{1, 3, 3}));
  // A class of which no leaf speaks is not chosen, unless base values are given.
  EXPECT_EQ(classify(scores({{1, -3}}), ACCEL_POST_NONE, 3, false, true).label, 11);
  EXPECT_EQ(classify(scores({{1, -3}}, {0, 0, 1}), ACCEL_POST_NONE, 3, false, true).label, 12);
  EXPECT_EQ(classify(scores({}), ACCEL_POST_NONE, 3, false, true).label, 10);
}

TEST(TreeClassifier, OneScoreDecides) {
  for (auto [weight, nonNegative, label, scores0, scores1] :
       {std::tuple(0.5, true, 10, 0.5f, 0.5f), std::tuple(0.75, true, 11, 0.25f, 0.75f),
        std::tuple(0.25, false, 11, -0.25f, 0.25f), std::tuple(-1.0, false, 10, 1.f, -1.f)}) {
    Classified found = classify(scores({{0, weight}}), ACCEL_POST_NONE, 2, true, nonNegative);
    EXPECT_EQ(found.label, label);
    EXPECT_EQ(found.scores, (std::vector<float>{scores0, scores1}));
  }
}

} // namespace
