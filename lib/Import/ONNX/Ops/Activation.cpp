// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Activation functions; those that the nn dialect lacks are compositions.
#include "lib/Import/ONNX/Ops/Common.h"
#include <cmath>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using Kind = nn::CompareKind;

template <typename OpT> static LogicalResult unary(Node &node) {
  node.ignore({"consumed_inputs"});
  return node.result(node.create<OpT>(node.operand(0)));
}

static Value scale(Node &node, Value x, double factor) {
  return factor == 1.0 ? x : node.mul(x, node.scalarLike(x, factor));
}

static Value plus(Node &node, Value x, double term) {
  return node.add(x, node.scalarLike(x, term));
}

/// 1 where x < 0 and so on; NaN takes the second value.
static Value where(Node &node, Kind kind, Value x, double bound, Value yes, Value no) {
  return node.select(node.compare(kind, x, node.scalarLike(x, bound)), yes, no);
}

static Value clamp(Node &node, Value x, double low, double high) {
  return node.min(node.max(x, node.scalarLike(x, low)), node.scalarLike(x, high));
}

Value accel::onnx_import::swish(Node &node, Value x, double alpha) {
  return node.mul(x, node.create<nn::SigmoidOp>(scale(node, x, alpha)));
}

Value accel::onnx_import::gelu(Node &node, Value x, bool byTanh) {
  Value inner;
  if (byTanh) {
    Value cube = node.mul(node.mul(x, x), x);
    Value sum = node.add(x, scale(node, cube, 0.044715));
    inner = node.create<nn::TanhOp>(scale(node, sum, std::sqrt(2 / M_PI)));
  } else {
    inner = node.create<nn::ErfOp>(scale(node, x, M_SQRT1_2));
  }
  return node.mul(scale(node, x, 0.5), plus(node, inner, 1));
}

static LogicalResult leakyRelu(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = node.operand(0);
  return node.result(where(node, Kind::lt, x, 0, scale(node, x, node.number("alpha", 0.01)), x));
}

static LogicalResult prelu(Node &node, Value x, Value slope) {
  return node.result(where(node, Kind::lt, x, 0, node.mul(x, slope), x));
}

static LogicalResult prelu(Node &node) {
  Value x = node.operand(0);
  return prelu(node, x, node.operand(1));
}

// Opset 1 and 6: one slope, or one a channel.
static LogicalResult preluOfChannels(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = node.operand(0), slope = node.operand(1);
  if (slope && Node::rank(slope) == 1 && Node::type(slope).getDimSize(0) != 1)
    slope = alongChannels(node, slope, x);
  return prelu(node, x, slope);
}

/// alpha * (exp(x) - 1)
static Value expMinusOne(Node &node, Value x, double alpha) {
  return scale(node, plus(node, node.create<nn::ExpOp>(x), -1), alpha);
}

static LogicalResult elu(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = node.operand(0);
  return node.result(where(node, Kind::lt, x, 0, expMinusOne(node, x, node.number("alpha", 1)), x));
}

static LogicalResult selu(Node &node, double alpha, double gamma) {
  node.ignore({"consumed_inputs"});
  alpha = node.number("alpha", alpha);
  gamma = node.number("gamma", gamma);
  Value x = node.operand(0);
  Value y = where(node, Kind::le, x, 0, expMinusOne(node, x, alpha), x);
  return node.result(scale(node, y, gamma));
}

static LogicalResult selu1(Node &node) { return selu(node, 1.6732f, 1.0507f); }
static LogicalResult selu6(Node &node) {
  return selu(node, 1.67326319217681884765625, 1.05070102214813232421875);
}

static LogicalResult celu(Node &node) {
  Value x = node.operand(0);
  double alpha = node.number("alpha", 1);
  if (alpha == 0)
    return node.error("expected an alpha other than 0");
  Value negative = expMinusOne(node, scale(node, x, 1 / alpha), alpha);
  Value zero = node.scalarLike(x, 0);
  return node.result(node.add(node.max(x, zero), node.min(negative, zero)));
}

static LogicalResult thresholdedRelu(Node &node) {
  Value x = node.operand(0);
  return node.result(where(node, Kind::gt, x, node.number("alpha", 1), x, node.scalarLike(x, 0)));
}

static LogicalResult hardSigmoid(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = scale(node, node.operand(0), node.number("alpha", 0.2f));
  return node.result(clamp(node, plus(node, x, node.number("beta", 0.5)), 0, 1));
}

static LogicalResult hardSwish(Node &node) {
  Value x = node.operand(0);
  Value gate = clamp(node, plus(node, scale(node, x, 1.0 / 6), 0.5), 0, 1);
  return node.result(node.mul(x, gate));
}

// x tanh(ln(1 + e)) = x n / (n + 2) with e = exp(x) and n = e (e + 2). Where n is so large that the
// quotient is 1, e need not grow further.
static LogicalResult mish(Node &node) {
  Value x = node.operand(0);
  double bound = x && Node::element(x).isF16() ? 5.5 : 20;
  Value e = node.create<nn::ExpOp>(node.min(x, node.scalarLike(x, bound)));
  Value n = node.mul(e, plus(node, e, 2));
  return node.result(node.mul(x, node.div(n, plus(node, n, 2))));
}

static LogicalResult softsign(Node &node) {
  Value x = node.operand(0);
  return node.result(node.div(x, plus(node, node.create<nn::AbsOp>(x), 1)));
}

static LogicalResult swishOp(Node &node) {
  return node.result(swish(node, node.operand(0), node.number("alpha", 1)));
}

// The gate is swish(a).
static LogicalResult swiGlu(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  if (node.hasFailed())
    return failure();
  bool fits = Node::rank(a) == Node::rank(b);
  if (fits)
    for (auto [x, y] : llvm::zip_equal(node.dims(a), node.dims(b)))
      fits &= !nn::constantDim(x) || !nn::constantDim(y) || x == y;
  if (!fits)
    return node.error("expected operands of one shape, which are not broadcast");
  return node.result(node.mul(swish(node, a, node.number("alpha", 1)), b));
}

static LogicalResult geluOp(Node &node) {
  std::string approximate = node.text("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return node.error("expected approximate to be none or tanh, found '" + approximate + "'");
  return node.result(gelu(node, node.operand(0), approximate == "tanh"));
}

static LogicalResult shrink(Node &node) {
  Value x = node.operand(0);
  double lambda = node.number("lambd", 0.5), bias = node.number("bias", 0);
  Value high = where(node, Kind::gt, x, lambda, plus(node, x, -bias), node.scalarLike(x, 0));
  return node.result(where(node, Kind::lt, x, -lambda, plus(node, x, bias), high));
}

// Opset 1 and 6: bounds are attributes.
static LogicalResult clipByAttributes(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = node.operand(0);
  if (node.attribute("min"))
    x = node.max(x, node.scalarLike(x, node.number("min", 0)));
  if (node.attribute("max"))
    x = node.min(x, node.scalarLike(x, node.number("max", 0)));
  return node.result(x);
}

static LogicalResult clip(Node &node) {
  Value x = node.operand(0);
  if (node.has(1))
    x = node.max(x, node.operand(1));
  // The upper bound wins where the bounds cross.
  if (node.has(2))
    x = node.min(x, node.operand(2));
  return node.result(x);
}

ArrayRef<OpRow> accel::onnx_import::activationOps() {
  static const OpRow rows[] = {
      {"Celu", 12, celu},
      {"Clip", 1, clipByAttributes},
      {"Clip", 11, clip},
      {"Elu", 1, elu},
      {"Gelu", 20, geluOp},
      {"HardSigmoid", 1, hardSigmoid},
      {"HardSwish", 14, hardSwish},
      {"LeakyRelu", 1, leakyRelu},
      {"Mish", 18, mish},
      {"PRelu", 1, preluOfChannels},
      {"PRelu", 7, prelu},
      {"Relu", 1, unary<nn::ReluOp>},
      {"Selu", 1, selu1},
      {"Selu", 6, selu6},
      {"Shrink", 9, shrink},
      {"Sigmoid", 1, unary<nn::SigmoidOp>},
      {"Softplus", 1, unary<nn::SoftplusOp>},
      {"Softsign", 1, softsign},
      {"SwiGLU", 28, swiGlu},
      {"Swish", 24, swishOp},
      {"Tanh", 1, unary<nn::TanhOp>},
      {"ThresholdedRelu", 1, thresholdedRelu},
  };
  return rows;
}
