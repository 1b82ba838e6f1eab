// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ops of ai.onnx.preview.training: one step of an optimizer, for any number of tensors.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

/// One of the tensors that a node optimizes: itself, its gradient, and what steps remember.
using Tensors = SmallVector<Value, 4>;

/// Operands are a rate, a count of steps, then the tensors, then their gradients, ...: `kinds` of
/// each. Results are the new tensors, then what the step remembers of each, ....
template <typename Step> LogicalResult optimize(Node &node, size_t kinds, Step step) {
  Value rate = node.operand(0), count = node.operand(1);
  if (node.hasFailed())
    return failure();
  size_t given = node.operandCount() - 2, tensors = given / kinds;
  if (given % kinds || !tensors)
    return node.error("expected " + Twine(kinds) +
                      " inputs for each tensor behind the rate and the count of steps, found " +
                      Twine(given));
  for (Value number : {rate, count})
    if (Node::rank(number) > 1)
      return node.error("expected a rate and a count of one element, found rank " +
                        Twine(Node::rank(number)));
  rate = node.reshape(rate, {}), count = node.reshape(count, {});
  for (size_t i = 0; i < tensors; ++i) {
    Tensors of;
    for (size_t kind = 0; kind < kinds; ++kind)
      of.push_back(node.operand(2 + kind * tensors + i));
    if (node.hasFailed())
      return failure();
    for (auto [kind, value] : llvm::enumerate(Tensors(step(of, rate, count))))
      if (failed(node.result(kind * tensors + i, value)))
        return failure();
  }
  return success();
}

/// The gradient of the loss and of half the squared norm of the tensor, times the coefficient.
Value regularized(Node &node, Value x, Value gradient, double coefficient) {
  return coefficient == 0 ? gradient
                          : node.add(gradient, node.mul(x, node.scalarLike(x, coefficient)));
}

Value scaled(Node &node, Value x, double by) { return node.mul(x, node.scalarLike(x, by)); }

LogicalResult adagrad(Node &node) {
  double decay = node.number("decay_factor", 0), epsilon = node.number("epsilon", 0),
         norm = node.number("norm_coefficient", 0);
  return optimize(node, 3, [&](const Tensors &of, Value rate, Value count) -> Tensors {
    Value x = of[0], gradient = regularized(node, x, of[1], norm);
    Value steps = node.cast(count, Node::element(x));
    Value slow = node.add(scaled(node, steps, decay), node.scalarLike(x, 1));
    Value by = node.div(node.cast(rate, Node::element(x)), slow);
    Value squares = node.add(of[2], node.mul(gradient, gradient));
    Value size = node.add(node.create<nn::SqrtOp>(squares), node.scalarLike(x, epsilon));
    return {node.sub(x, node.div(node.mul(by, gradient), size)), squares};
  });
}

LogicalResult adam(Node &node) {
  double alpha = node.number("alpha", 0.9f), beta = node.number("beta", 0.999f),
         epsilon = node.number("epsilon", 0), norm = node.number("norm_coefficient", 0),
         after = node.number("norm_coefficient_post", 0);
  return optimize(node, 4, [&](const Tensors &of, Value rate, Value count) -> Tensors {
    Value x = of[0], gradient = regularized(node, x, of[1], norm);
    Type type = Node::element(x);
    Value mean = node.add(scaled(node, of[2], alpha), scaled(node, gradient, 1 - alpha));
    Value squares =
        node.add(scaled(node, of[3], beta), scaled(node, node.mul(gradient, gradient), 1 - beta));
    Value size = node.add(node.create<nn::SqrtOp>(squares), node.scalarLike(x, epsilon));
    // Of the first steps the averages are too small. In f64, where 1 - beta^t keeps its digits.
    Type f64 = node.builder().getF64Type();
    Value steps = node.cast(count, f64), wide = node.cast(rate, f64), one = node.scalar(f64, 1);
    auto rest = [&](double base) {
      return node.sub(one, node.create<nn::PowOp>(node.scalar(f64, base), steps));
    };
    Value by = node.div(node.mul(wide, node.create<nn::SqrtOp>(rest(beta))), rest(alpha));
    Value isLater = node.compare(nn::CompareKind::gt, steps, node.scalar(f64, 0));
    by = node.cast(node.select(isLater, by, wide), type);
    Value next = node.sub(x, node.div(node.mul(by, mean), size));
    return {after == 0 ? next : scaled(node, next, 1 - after), mean, squares};
  });
}

LogicalResult momentum(Node &node) {
  double alpha = node.number("alpha", 0), beta = node.number("beta", 0),
         norm = node.number("norm_coefficient", 0);
  std::string mode = node.text("mode", "standard");
  if (mode != "standard" && mode != "nesterov")
    return node.error("expected mode to be standard or nesterov, found '" + mode + "'");
  return optimize(node, 3, [&](const Tensors &of, Value rate, Value count) -> Tensors {
    Value x = of[0], gradient = regularized(node, x, of[1], norm);
    Value isLater = node.compare(nn::CompareKind::gt, count, node.scalarLike(count, 0));
    Value share = node.select(isLater, node.scalarLike(x, beta), node.scalarLike(x, 1));
    Value velocity = node.add(scaled(node, of[2], alpha), node.mul(share, gradient));
    Value by = node.cast(rate, Node::element(x)), step = velocity;
    if (mode == "nesterov")
      step = node.add(gradient, scaled(node, velocity, alpha));
    return {node.sub(x, node.mul(by, step)), velocity};
  });
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::trainingOps() {
  static const OpRow rows[] = {
      {"Adagrad", 1, adagrad},
      {"Adam", 1, adam},
      {"Momentum", 1, momentum},
  };
  return rows;
}
