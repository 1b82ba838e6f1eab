// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products and convolutions of domain com.microsoft that do more in one node: transpose, scale,
// activate.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Value accel::onnx_import::standardOp(Node &node, StringRef name, int64_t opset,
                                     ArrayRef<Value> operands) {
  if (node.hasFailed())
    return {};
  SmallVector<Value> own;
  for (size_t i = 0; i < node.operandCount(); ++i)
    own.push_back(node.optional(i));
  node.setOperands(operands);
  LogicalResult done = findImport(kOnnxDomain, name, opset)(node);
  node.setOperands(own);
  return succeeded(done) ? node.results()[0] : Value();
}

namespace {

/// The activation function that a node names, of numbers that it gives: `number(i, otherwise)`.
Value activated(Node &node, Value x, StringRef name,
                llvm::function_ref<double(unsigned, double)> number) {
  if (!x || node.hasFailed() || name.empty())
    return x;
  auto constant = [&](double value) { return node.scalarLike(x, value); };
  if (name == "Relu")
    return node.create<nn::ReluOp>(x);
  if (name == "Tanh")
    return node.create<nn::TanhOp>(x);
  if (name == "Sigmoid")
    return node.create<nn::SigmoidOp>(x);
  if (name == "LeakyRelu") {
    Value isNegative = node.compare(nn::CompareKind::lt, x, constant(0));
    return node.select(isNegative, node.mul(x, constant(number(0, 0.01))), x);
  }
  if (name == "Clip") {
    double most = std::numeric_limits<float>::max();
    Value low = constant(number(0, -most)), high = constant(number(1, most));
    return node.min(node.max(x, low), high);
  }
  if (name == "HardSigmoid") {
    Value line = node.add(node.mul(x, constant(number(0, 0.2))), constant(number(1, 0.5)));
    return node.min(node.max(line, constant(0)), constant(1));
  }
  (void)node.error("expected activation to be Relu, Tanh, Sigmoid, LeakyRelu, Clip or HardSigmoid, "
                   "found '" +
                   name + "'");
  return {};
}

LogicalResult fusedConv(Node &node) {
  Value x = node.operand(0), weight = node.operand(1), bias = node.optional(2),
        sum = node.optional(3);
  std::string activation = node.text("activation", "");
  SmallVector<double> numbers;
  if (const onnx::AttributeProto *list = node.attribute("activation_params"))
    numbers.assign(list->floats().begin(), list->floats().end());
  if (node.hasFailed())
    return failure();
  Value y = convolve(node, x, weight, bias);
  if (sum)
    y = node.add(y, sum);
  return node.result(activated(node, y, activation, [&](unsigned i, double otherwise) {
    return i < numbers.size() ? numbers[i] : otherwise;
  }));
}

LogicalResult fusedGemm(Node &node) {
  Value a = node.operand(0), b = node.operand(1), c = node.optional(2);
  std::string activation = node.text("activation", "");
  static constexpr StringLiteral names[] = {"activation_alpha", "activation_beta",
                                            "activation_gamma"};
  node.ignore({names[0], names[1], names[2]});
  Value y = standardOp(node, "Gemm", 13, {a, b, c});
  return node.result(activated(node, y, activation, [&](unsigned i, double otherwise) {
    return node.number(names[i], otherwise);
  }));
}

/// A factor whose first dim may stand for the rows, behind which those of the batch come.
Value factor(Node &node, Value x, bool isTransposed, bool batchIsTransposed) {
  int64_t rank = Node::rank(x);
  if (!x || node.hasFailed() || rank < 2)
    return x; // Vectors have no transpose.
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (batchIsTransposed)
    std::rotate(permutation.begin(), permutation.begin() + 1, permutation.end() - 1);
  if (isTransposed)
    std::swap(permutation[rank - 1], permutation[rank - 2]);
  return llvm::is_sorted(permutation) ? x : node.transpose(x, permutation);
}

LogicalResult fusedMatMul(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  double alpha = node.number("alpha", 1);
  a = factor(node, a, node.integer("transA", 0), node.integer("transBatchA", 0));
  b = factor(node, b, node.integer("transB", 0), node.integer("transBatchB", 0));
  Value product = matmul(node, a, b);
  return node.result(alpha == 1 ? product : node.mul(product, node.scalarLike(product, alpha)));
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::microsoftFusedOps() {
  static const OpRow rows[] = {
      {"FusedConv", 1, fusedConv},
      {"FusedGemm", 1, fusedGemm},
      {"FusedMatMul", 1, fusedMatMul},
  };
  return rows;
}
