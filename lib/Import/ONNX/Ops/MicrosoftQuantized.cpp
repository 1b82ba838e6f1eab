// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of domain com.microsoft on quantized tensors: what they do to numbers, between conversions.
#include "lib/Import/ONNX/Ops/Attention.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include "lib/Import/ONNX/Ops/Quantize.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

/// A quantized tensor with one scale and one zero point, as f32.
Value dequantized(Node &node, Value x, Value scale, Value zero) {
  if (!x || !scale || node.hasFailed())
    return {};
  if (!isa<IntegerType>(Node::element(x))) {
    (void)node.error("expected a quantized tensor of integers, found " +
                     dtypeText(Node::element(x)));
    return {};
  }
  checkTypes(node, scale, zero, Node::element(x));
  Type f32 = node.builder().getF32Type();
  Value number = node.cast(centered(node, x, asScalar(node, zero)), f32);
  return node.mul(number, node.cast(asScalar(node, scale), f32));
}

/// The tensor of f32 as integers of type `to`.
Value quantized(Node &node, Value y, Value scale, Value zero, Type to,
                Rounding rounding = Rounding::Scaled) {
  if (!y || !scale || node.hasFailed())
    return {};
  checkTypes(node, scale, zero, to);
  Type f32 = node.builder().getF32Type();
  Value scaled = node.div(y, node.cast(asScalar(node, scale), f32));
  return toInteger(node, scaled, asScalar(node, zero), cast<IntegerType>(to), rounding);
}

/// (X, its scale and zero point, Y's scale and zero point) of an op on numbers.
template <typename Compute>
LogicalResult onNumbers(Node &node, Compute compute, Rounding rounding = Rounding::Scaled) {
  Value x = node.operand(0);
  Value y = compute(dequantized(node, x, node.operand(1), node.optional(2)));
  if (node.hasFailed() || !y)
    return failure();
  return node.result(
      quantized(node, y, node.operand(3), node.optional(4), Node::element(x), rounding));
}

/// (A, its scale and zero point, B, ..., C's scale and zero point).
template <typename OpT> LogicalResult qLinearBinary(Node &node) {
  Value a = node.operand(0), b = node.operand(3);
  Value x = dequantized(node, a, node.operand(1), node.optional(2)),
        y = dequantized(node, b, node.operand(4), node.optional(5));
  Value result = node.create<OpT>(x, y);
  if (node.hasFailed())
    return failure();
  return node.result(quantized(node, result, node.operand(6), node.optional(7), Node::element(a)));
}

LogicalResult qLinearConcat(Node &node) {
  Value scale = node.operand(0), zero = node.operand(1);
  if (node.hasFailed())
    return failure();
  size_t count = (node.operandCount() - 2) / 3;
  if (!count || (node.operandCount() - 2) % 3)
    return node.error(
        "expected a scale and a zero point, then three inputs for each tensor, found " +
        Twine(node.operandCount()));
  SmallVector<Value> parts;
  for (size_t i = 0; i < count; ++i)
    parts.push_back(quantized(node,
                              dequantized(node, node.operand(2 + 3 * i), node.operand(3 + 3 * i),
                                          node.optional(4 + 3 * i)),
                              scale, zero, Node::element(zero)));
  if (node.hasFailed())
    return failure();
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(parts.front()));
  return node.result(node.create<nn::ConcatOp>(parts, uint64_t(axis)));
}

LogicalResult qLinearLeakyRelu(Node &node) {
  double alpha = node.number("alpha", 0.01f);
  return onNumbers(node, [&](Value x) -> Value {
    if (!x)
      return {};
    Value isNegative = node.compare(nn::CompareKind::lt, x, node.scalarLike(x, 0));
    return node.select(isNegative, node.mul(x, node.scalarLike(x, alpha)), x);
  });
}

LogicalResult qLinearSigmoid(Node &node) {
  return onNumbers(node, [&](Value x) { return node.create<nn::SigmoidOp>(x); });
}

LogicalResult qLinearSoftmax(Node &node) {
  int64_t opset = node.integer("opset", 13), axis = node.integer("axis", -1);
  return onNumbers(node, [&](Value x) -> Value {
    if (!x)
      return {};
    axis = node.axis(axis, Node::rank(x));
    if (node.hasFailed())
      return {};
    if (opset >= 13)
      return node.create<nn::SoftmaxOp>(x, uint64_t(axis));
    // Before opset 13 the dims from the axis on count as one.
    Shape shape = node.dims(x);
    ArrayRef<Dim> dims = shape;
    Value rows = node.reshape(
        x, {product(node, dims.take_front(axis)), product(node, dims.drop_front(axis))});
    return node.reshape(node.create<nn::SoftmaxOp>(rows, uint64_t(1)), shape);
  });
}

/// Channels that come last become dim 1, or the other way round.
Value moveChannels(Node &node, Value x, bool toFront) {
  int64_t rank = Node::rank(x);
  if (!x || rank < 3)
    return x;
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (toFront)
    std::rotate(permutation.begin() + 1, permutation.end() - 1, permutation.end());
  else
    std::rotate(permutation.begin() + 1, permutation.begin() + 2, permutation.end());
  return node.transpose(x, permutation);
}

/// A pool of the standard on numbers.
LogicalResult qLinearPool(Node &node, StringRef name, Rounding rounding) {
  bool isLast = node.integer("channels_last", 0);
  return onNumbers(
      node,
      [&](Value x) {
        Value y = standardOp(node, name, 19, {isLast ? moveChannels(node, x, true) : x});
        return isLast ? moveChannels(node, y, false) : y;
      },
      rounding);
}

// ONNX Runtime's: averages of bytes by equal scales are often halves.
LogicalResult qLinearAveragePool(Node &node) {
  return qLinearPool(node, "AveragePool", Rounding::Shifted);
}
LogicalResult qLinearGlobalAveragePool(Node &node) {
  return qLinearPool(node, "GlobalAveragePool", Rounding::Scaled);
}

LogicalResult nhwcMaxPool(Node &node) {
  Value x = node.operand(0);
  if (node.hasFailed())
    return failure();
  return node.result(moveChannels(
      node, standardOp(node, "MaxPool", 12, {moveChannels(node, x, true)}), /*toFront=*/false));
}

//===-- Products ----------------------------------------------------------------------------===//

/// An i32 sum of products, scaled.
Value scaledSum(Node &node, Value sum, Value a, Value b) {
  Type f32 = node.builder().getF32Type();
  return node.mul(node.cast(sum, f32), node.mul(node.cast(a, f32), node.cast(b, f32)));
}

LogicalResult matMulIntegerToFloat(Node &node) {
  Value a = node.operand(0), b = node.operand(1), aScale = node.operand(2),
        bScale = node.operand(3), bias = node.optional(6);
  Value sum = integerProduct(node, a, node.optional(4), b, node.optional(5));
  if (!sum)
    return failure();
  Value y =
      scaledSum(node, sum, matrixZero(node, aScale, a, true), matrixZero(node, bScale, b, false));
  y = node.cast(y, Node::element(aScale));
  return node.result(bias ? node.add(y, bias) : y);
}

/// Bytes of 0 to 255 for all elements, 0 among them, and their scale and zero point.
struct Bytes {
  Value values, scale, zero;
};

Bytes quantizedByRange(Node &node, Value x) {
  if (!x || node.hasFailed())
    return {};
  Type f32 = node.builder().getF32Type();
  auto byte = IntegerType::get(node.context(), 8, IntegerType::Unsigned);
  x = node.cast(x, f32);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, Node::rank(x)));
  Value none = node.scalar(f32, 0), one = node.scalar(f32, 1);
  Value least = node.min(node.reduce(nn::ReduceKind::min, x, axes, false), none),
        most = node.max(node.reduce(nn::ReduceKind::max, x, axes, false), none);
  Value scale = node.div(node.sub(most, least), node.scalar(f32, 255));
  scale = node.select(node.compare(nn::CompareKind::eq, scale, none), one, scale);
  Value zero = toInteger(node, node.div(node.sub(none, least), scale), {}, byte);
  return {toInteger(node, node.div(x, scale), zero, byte), scale, zero};
}

LogicalResult dynamicQuantizeMatMul(Node &node) {
  Value a = node.operand(0), b = node.operand(1), bScale = node.operand(2),
        bZero = node.optional(3), bias = node.optional(4);
  if (node.hasFailed())
    return failure();
  if (!Node::isFloat(a))
    return node.error("expected a left operand of floats, found " + dtypeText(Node::element(a)));
  Bytes bytes = quantizedByRange(node, a);
  Value sum = integerProduct(node, bytes.values, bytes.zero, b, bZero);
  if (!sum)
    return failure();
  Value y = node.cast(scaledSum(node, sum, bytes.scale, matrixZero(node, bScale, b, false)),
                      Node::element(a));
  return node.result(bias ? node.add(y, bias) : y);
}

LogicalResult qGemm(Node &node) {
  Value a = node.operand(0), aScale = node.operand(1), aZero = node.operand(2), b = node.operand(3),
        bScale = node.operand(4), bZero = node.operand(5), c = node.optional(6),
        scale = node.optional(7), zero = node.optional(8);
  double alpha = node.number("alpha", 1);
  bool transA = node.integer("transA", 0), transB = node.integer("transB", 0);
  if (node.hasFailed())
    return failure();
  if (Node::rank(a) != 2 || Node::rank(b) != 2)
    return node.error("expected matrices, found operands of rank " + Twine(Node::rank(a)) +
                      " and " + Twine(Node::rank(b)));
  if (transA)
    a = node.transpose(a, {1, 0});
  if (transB)
    b = node.transpose(b, {1, 0});
  Value sum = integerProduct(node, a, asScalar(node, aZero), b, bZero);
  if (sum && c)
    sum = node.add(sum, c);
  if (!sum)
    return failure();
  Value y = scaledSum(node, sum, asScalar(node, aScale), matrixZero(node, bScale, b, false));
  if (alpha != 1)
    y = node.mul(y, node.scalarLike(y, alpha));
  if (!scale)
    return node.result(y);
  return node.result(
      quantized(node, y, scale, zero, zero ? Node::element(zero) : Node::element(a)));
}

/// Attention whose projection is a product of quantized matrices.
LogicalResult qAttention(Node &node) {
  Value x = node.operand(0), weights = node.operand(1), bias = node.operand(2),
        xScale = node.operand(3), scale = node.operand(4), mask = node.optional(5),
        xZero = node.optional(6), zero = node.optional(7), past = node.optional(8);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) != 3 || Node::rank(weights) != 2)
    return node.error("expected an input of rank 3 and weights of rank 2, found rank " +
                      Twine(Node::rank(x)) + " and " + Twine(Node::rank(weights)));
  Value sum = integerProduct(node, x, asScalar(node, xZero), weights, zero);
  if (!sum)
    return failure();
  Value all = scaledSum(node, sum, asScalar(node, xScale), matrixZero(node, scale, weights, false));
  if (!all || node.hasFailed())
    return failure();
  all = node.add(all, node.cast(bias, Node::element(all)));
  if (!all || node.hasFailed())
    return failure();
  return attendProjected(node, all, mask, past, {}, Node::element(xScale));
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::microsoftQuantizedOps() {
  static const OpRow rows[] = {
      {"DynamicQuantizeMatMul", 1, dynamicQuantizeMatMul},
      {"MatMulIntegerToFloat", 1, matMulIntegerToFloat},
      {"NhwcMaxPool", 1, nhwcMaxPool},
      {"QAttention", 1, qAttention},
      {"QGemm", 1, qGemm},
      {"QLinearAdd", 1, qLinearBinary<nn::AddOp>},
      {"QLinearAveragePool", 1, qLinearAveragePool},
      {"QLinearConcat", 1, qLinearConcat},
      {"QLinearGlobalAveragePool", 1, qLinearGlobalAveragePool},
      {"QLinearLeakyRelu", 1, qLinearLeakyRelu},
      {"QLinearMul", 1, qLinearBinary<nn::MulOp>},
      {"QLinearSigmoid", 1, qLinearSigmoid},
      {"QLinearSoftmax", 1, qLinearSoftmax},
  };
  return rows;
}
