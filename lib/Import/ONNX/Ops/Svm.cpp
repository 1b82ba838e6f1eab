// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Support vector machines of ai.onnx.ml, as products of matrices.
#include "lib/Import/ONNX/Ops/Classic.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;
using nn::ReduceKind;

namespace {
/// What both ops have.
struct Machine {
  Value x; ///< [rows, features] of f32
  std::string kernel;
  double gamma = 0, coef0 = 0, degree = 0;
  SmallVector<float> vectors, coefficients, rho;
};
} // namespace

static bool readMachine(Node &node, Machine &machine) {
  machine.x = rowsOf(node, node.operand(0));
  machine.kernel = node.text("kernel_type", "LINEAR");
  machine.vectors = floatsOf(node, "support_vectors");
  machine.coefficients = floatsOf(node, "coefficients");
  machine.rho = floatsOf(node, "rho");
  SmallVector<float> parameters = floatsOf(node, "kernel_params");
  if (node.hasFailed())
    return false;
  if (!parameters.empty() && parameters.size() != 3)
    (void)node.error("expected attribute kernel_params to have gamma, coef0 and degree, found " +
                     Twine(parameters.size()) + " entries");
  else if (machine.coefficients.empty() || machine.rho.empty())
    (void)node.error("expected attributes 'coefficients' and 'rho'");
  else if (machine.kernel != "LINEAR" && machine.kernel != "POLY" && machine.kernel != "RBF" &&
           machine.kernel != "SIGMOID")
    (void)node.error("expected kernel_type LINEAR, POLY, RBF or SIGMOID, found '" + machine.kernel +
                     "'");
  if (node.hasFailed())
    return false;
  if (!parameters.empty())
    std::tie(machine.gamma, machine.coef0, machine.degree) =
        std::tuple(parameters[0], parameters[1], parameters[2]);
  return true;
}

/// x times the transposed table of `count` rows.
static Value productWith(Node &node, Value x, ArrayRef<float> table, int64_t count) {
  if (!x || node.hasFailed())
    return {};
  int64_t width = table.size() / count;
  if (std::optional<int64_t> found = nn::constantDim(node.dims(x)[1]);
      table.size() % count || (found && *found != width)) {
    (void)node.error("expected " + Twine(count) + " vectors of as many features as a row has, " +
                     nn::dimText(node.dims(x)[1]) + ", found " + Twine(table.size()) + " numbers");
    return {};
  }
  return node.create<nn::MatmulOp>(x,
                                   node.transpose(f32Tensor(node, {count, width}, table), {1, 0}));
}

/// The kernel of each row with each of `count` support vectors.
static Value kernelOf(Node &node, const Machine &machine, int64_t count) {
  Value x = machine.x;
  auto number = [&](double value) { return node.scalarLike(x, value); };
  if (machine.kernel == "RBF") {
    // By differences: in |x|^2 - 2 x v + |v|^2, what is small would be lost.
    int64_t width = machine.vectors.size() / count;
    if (machine.vectors.size() % count || node.staticDim(x, 1) != width) {
      (void)node.error("expected support_vectors to be " + Twine(count) +
                       " vectors of as many features as a row has, found " +
                       Twine(machine.vectors.size()) + " numbers");
      return {};
    }
    Value rows = node.reshape(x, {node.dims(x)[0], node.constantDim(1), node.constantDim(width)});
    Value apart = node.sub(rows, f32Tensor(node, {count, width}, machine.vectors));
    Value distance = node.reduce(ReduceKind::sum, node.mul(apart, apart), {2}, false);
    return node.create<nn::ExpOp>(node.mul(distance, number(-machine.gamma)));
  }
  Value products = productWith(node, x, machine.vectors, count);
  if (machine.kernel == "LINEAR")
    return products;
  products = node.add(node.mul(products, number(machine.gamma)), number(machine.coef0));
  if (machine.kernel == "SIGMOID")
    return node.create<nn::TanhOp>(products);
  if (machine.degree == 2)
    return node.mul(products, products);
  if (machine.degree == 3)
    return node.mul(node.mul(products, products), products);
  return node.create<nn::PowOp>(products, number(machine.degree));
}

static LogicalResult svmRegressor(Node &node) {
  Machine machine;
  int64_t count = node.integer("n_supports", 0);
  bool oneClass = node.integer("one_class", 0);
  if (node.text("post_transform", "NONE") != "NONE")
    node.warn("post_transform does nothing here, as in ONNX Runtime");
  if (!readMachine(node, machine))
    return failure();
  if (count < 0 || count > int64_t(machine.coefficients.size()))
    return node.error("expected n_supports in 0.." + Twine(machine.coefficients.size()) +
                      ", the number of coefficients, found " + Twine(count));
  // Without support vectors the coefficients are one themselves.
  Value scores = count ? kernelOf(node, machine, count) : machine.x;
  scores = productWith(node, scores, machine.coefficients, 1);
  if (!scores)
    return failure();
  scores = node.add(scores, node.scalarLike(scores, machine.rho[0]));
  if (oneClass)
    scores = node.select(node.compare(CompareKind::gt, scores, node.scalarLike(scores, 0)),
                         node.scalarLike(scores, 1), node.scalarLike(scores, -1));
  return node.result(scores);
}

/// For each pair of classes the score of its first one against the second: what the support vectors
/// of both add. Coefficients are [classes - 1, vectors]; in the row of a class's vectors that
/// belongs to another class, the own one is left out.
static Value pairScores(Node &node, const Machine &machine, ArrayRef<int64_t> perClass) {
  int64_t classes = perClass.size(), count = 0;
  for (int64_t vectors : perClass)
    count += vectors;
  Value kernels = kernelOf(node, machine, count);
  SmallVector<Value> parts; // of each class, a column for each other one
  for (int64_t i = 0, from = 0; i < classes && kernels && !node.hasFailed();
       from += perClass[i++]) {
    SmallVector<float> table;
    for (int64_t other = 0; other + 1 < classes; ++other)
      table.append(machine.coefficients.begin() + other * count + from,
                   machine.coefficients.begin() + other * count + from + perClass[i]);
    parts.push_back(
        perClass[i]
            ? productWith(node, sliceDim(node, kernels, 1, from, perClass[i]), table, classes - 1)
            : node.broadcast(node.scalarLike(kernels, 0),
                             {node.dims(kernels)[0], node.constantDim(classes - 1)}));
  }
  if (!kernels || node.hasFailed())
    return {};
  Value all = node.create<nn::ConcatOp>(parts, uint64_t(1));
  SmallVector<int64_t> first, second;
  for (int64_t i = 0; i < classes; ++i)
    for (int64_t j = i + 1; j < classes; ++j) {
      first.push_back(i * (classes - 1) + j - 1);
      second.push_back(j * (classes - 1) + i);
    }
  auto columns = [&](ArrayRef<int64_t> at) {
    return node.create<nn::GatherOp>(all, node.integerVector(at), uint64_t(1));
  };
  Value sums = node.add(columns(first), columns(second));
  return node.add(sums, f32Tensor(node, {int64_t(first.size())},
                                  ArrayRef(machine.rho).take_front(first.size())));
}

/// How many of its pairs each class wins.
static Value votesOf(Node &node, Value scores, int64_t classes) {
  SmallVector<int64_t> pairs;
  SmallVector<bool> isFirst;
  auto number = [&](int64_t i, int64_t j) { return i * (2 * classes - i - 1) / 2 + j - i - 1; };
  for (int64_t i = 0; i < classes; ++i)
    for (int64_t j = 0; j < classes; ++j)
      if (i != j) {
        pairs.push_back(number(std::min(i, j), std::max(i, j)));
        isFirst.push_back(i < j);
      }
  Dim rows = node.dims(scores)[0], each = node.constantDim(classes),
      others = node.constantDim(classes - 1);
  Value own = node.create<nn::GatherOp>(scores, node.integerVector(pairs), uint64_t(1));
  Value firstWins = node.compare(CompareKind::gt, own, node.scalarLike(own, 0));
  auto type = RankedTensorType::get({int64_t(isFirst.size())}, node.builder().getI1Type());
  Value wins = node.compare(CompareKind::eq, firstWins,
                            node.constant(DenseElementsAttr::get(type, isFirst)));
  wins = node.cast(node.reshape(wins, {rows, each, others}), node.builder().getF32Type());
  return node.reduce(ReduceKind::sum, wins, {2}, false);
}

/// The probability of a pair's first class by Platt's sigmoid, then of each class.
static Value probabilities(Node &node, Value scores, ArrayRef<float> a, ArrayRef<float> b,
                           int64_t classes) {
  int64_t pairs = classes * (classes - 1) / 2;
  Value x = node.add(node.mul(scores, f32Tensor(node, {pairs}, a.take_front(pairs))),
                     f32Tensor(node, {pairs}, b.take_front(pairs)));
  if (!x)
    return {};
  Value pair = node.create<nn::SigmoidOp>(node.create<nn::NegOp>(x));
  pair = node.min(node.max(pair, node.scalarLike(x, 1e-7)), node.scalarLike(x, 1 - 1e-7));
  return node.call("couple_classes", {pair}, {classes}, Node::element(x),
                   {node.dims(x)[0], node.constantDim(classes)});
}

static LogicalResult svmClassifier(Node &node) {
  Machine machine;
  SmallVector<float> a = floatsOf(node, "prob_a"), b = floatsOf(node, "prob_b");
  SmallVector<int64_t> perClass =
      node.integers("vectors_per_class").value_or(SmallVector<int64_t>());
  std::string transform = node.text("post_transform", "NONE");
  Value labels = labelsOf(node, "classlabels_ints", 2);
  if (!labels || !readMachine(node, machine))
    return failure();
  int64_t classes = node.staticDim(labels, 0), count = 0, pairs = classes * (classes - 1) / 2;
  for (int64_t vectors : perClass) {
    if (vectors < 0 || vectors > (int64_t(1) << 31))
      return node.error("expected vectors_per_class in 0..2^31, found " + Twine(vectors));
    count += vectors;
  }
  bool noneNegative = llvm::all_of(machine.coefficients, [](float c) { return c >= 0; });
  Value scores, best;
  auto choose = [&](Value condition) {
    return node.select(condition, node.scalar(node.builder().getI64Type(), 1), best);
  };
  if (count == 0) {
    // As liblinear's: a row of coefficients for each class.
    scores = productWith(node, machine.x, machine.coefficients, classes);
    if (!scores)
      return failure();
    scores = node.add(scores, node.scalarLike(scores, machine.rho[0]));
    best = bestClass(node, scores);
    if (classes == 2 && a.empty()) {
      Value most = node.reduce(ReduceKind::max, scores, {1}, false);
      best = choose(node.compare(noneNegative ? CompareKind::ge : CompareKind::gt, most,
                                 node.scalarLike(scores, noneNegative ? 0.5 : 0)));
    }
  } else {
    if (int64_t(perClass.size()) != classes ||
        int64_t(machine.coefficients.size()) < (classes - 1) * count ||
        int64_t(machine.rho.size()) < pairs)
      return node.error("expected for " + Twine(classes) + " labels as many vectors_per_class, " +
                        Twine((classes - 1) * count) + " coefficients and " + Twine(pairs) +
                        " entries of rho, found " + Twine(perClass.size()) + ", " +
                        Twine(machine.coefficients.size()) + " and " + Twine(machine.rho.size()));
    if (a.size() != b.size() || (!a.empty() && int64_t(a.size()) < pairs))
      return node.error("expected " + Twine(pairs) + " entries of prob_a and of prob_b, found " +
                        Twine(a.size()) + " and " + Twine(b.size()));
    scores = pairScores(node, machine, perClass);
    if (!scores)
      return failure();
    best = bestClass(node, votesOf(node, scores, classes));
    if (!a.empty()) {
      scores = probabilities(node, scores, a, b, classes);
    } else if (classes == 2) {
      // The score of one class says that of the other; no other transform knows a single score.
      bool isLogistic = transform == "LOGISTIC";
      Value other = isLogistic || transform == "NONE"
                        ? node.create<nn::NegOp>(scores)
                        : node.sub(node.scalarLike(scores, 1), scores);
      scores = node.create<nn::ConcatOp>(SmallVector<Value>{other, scores}, uint64_t(1));
      transform = isLogistic ? transform : "NONE";
    }
  }
  (void)node.result(0, node.create<nn::GatherOp>(labels, best, uint64_t(0)));
  return node.result(1, postTransform(node, scores, transform));
}

ArrayRef<OpRow> accel::onnx_import::svmOps() {
  static const OpRow rows[] = {
      {"SVMClassifier", 1, svmClassifier},
      {"SVMRegressor", 1, svmRegressor},
  };
  return rows;
}
