// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Quantized tensors and the ops on them, with the arithmetic that ONNX says: integers are summed as
// integers.
#include "lib/Import/ONNX/Ops/Quantize.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include "mlir/IR/Matchers.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

/// Scales or zero points, one for all, one for each index along an axis, or one for each block of
/// it, made to broadcast with `x`.
Value perAxis(Node &node, Value values, Value x, int64_t axis, int64_t block) {
  if (!values || !x || node.hasFailed())
    return {};
  int64_t rank = Node::rank(x);
  if (Node::rank(values) == 0)
    return values;
  if (block) {
    // Each value is repeated along its block; the last one may be shorter.
    Shape wide = node.dims(values), shape = wide;
    if (int64_t(wide.size()) != rank) {
      (void)node.error("expected scales of the input's rank " + Twine(rank) +
                       " for blocks, found rank " + Twine(wide.size()));
      return {};
    }
    shape.insert(shape.begin() + axis + 1, node.constantDim(1));
    values = node.reshape(values, shape);
    shape[axis + 1] = node.constantDim(block);
    values = node.broadcast(values, shape);
    wide[axis] = wide[axis] * block;
    return sliceDim(node, node.reshape(values, wide), axis, node.constantDim(0),
                    node.dims(x)[axis]);
  }
  Shape shape = node.dims(values);
  if (shape.size() != 1) {
    (void)node.error("expected scales of rank 0 or 1, found rank " + Twine(shape.size()));
    return {};
  }
  if (nn::constantDim(shape[0]) == 1)
    return node.reshape(values, {});
  if (axis < 0 || axis >= rank) {
    (void)node.error("expected an axis of the input, whose rank is " + Twine(rank) +
                     ", for scales of rank 1, found " + Twine(axis));
    return {};
  }
  Shape along(rank, node.constantDim(1));
  along[axis] = shape[0];
  return node.reshape(values, along);
}

int64_t axisOf(Node &node, Value x, int64_t otherwise) {
  // With one scale for all, exporters leave an axis that a vector lacks: an error only where it is
  // needed.
  int64_t axis = node.integer("axis", otherwise);
  return axis < 0 ? axis + Node::rank(x) : axis;
}

} // namespace

void accel::onnx_import::checkTypes(Node &node, Value scale, Value zero, Type type) {
  if (node.hasFailed())
    return;
  if (scale && !Node::isFloat(scale))
    (void)node.error("expected scales of floats, found " + dtypeText(Node::element(scale)));
  else if (zero && Node::element(zero) != type)
    (void)node.error("expected zero points of " + dtypeText(type) + ", found " +
                     dtypeText(Node::element(zero)));
}

namespace {

/// An error unless the operand is a tensor of 8-bit integers of that rank or more.
void checkBytes(Node &node, Value value, int64_t leastRank) {
  if (!value || node.hasFailed())
    return;
  auto type = dyn_cast<IntegerType>(Node::element(value));
  if (!type || type.getWidth() != 8)
    (void)node.error("expected operands of i8 or u8, found " + dtypeText(Node::element(value)));
  else if (Node::rank(value) < leastRank)
    (void)node.error("expected operands of rank " + Twine(leastRank) + " or more, found rank " +
                     Twine(Node::rank(value)));
}

/// The smallest and largest number of an integer type.
std::pair<double, double> rangeOf(IntegerType type) {
  double size = std::exp2(type.getWidth() - (type.isUnsigned() ? 0 : 1));
  return {type.isUnsigned() ? 0 : -size, size - 1};
}

} // namespace

Value accel::onnx_import::toInteger(Node &node, Value x, Value zero, IntegerType to,
                                    Rounding rounding) {
  if (!x || node.hasFailed())
    return {};
  Value shift = node.cast(zero, Node::element(x));
  if (shift && rounding == Rounding::Shifted)
    x = node.add(x, shift);
  Value rounded = node.create<nn::RoundOp>(x);
  auto [low, high] = rangeOf(to);
  if (shift && rounding == Rounding::Scaled)
    rounded = node.add(rounded, shift);
  rounded =
      node.min(node.max(rounded, node.scalarLike(rounded, low)), node.scalarLike(rounded, high));
  return node.cast(rounded, to);
}

namespace {

LogicalResult quantizeLinear(Node &node) {
  Value x = node.operand(0), scale = node.operand(1), zero = node.optional(2);
  int64_t block = node.integer("block_size", 0), given = node.integer("output_dtype", 0);
  node.ignore({"precision"});
  if (node.hasFailed())
    return failure();
  if (!Node::isFloat(x) && !Node::element(x).isInteger(32))
    return node.error("expected an input of floats or i32, found " + dtypeText(Node::element(x)));
  int64_t axis = axisOf(node, x, 1);
  Type to = zero    ? Node::element(zero)
            : given ? elementType(node.context(), given)
                    : IntegerType::get(node.context(), 8, IntegerType::Unsigned);
  if (!to)
    return node.unsupported("a conversion to " + dataTypeName(given));
  if (given && elementType(node.context(), given) != to)
    return node.error("attribute output_dtype contradicts the zero point's type " + dtypeText(to));
  if (Node::element(scale).isSignlessInteger(32))
    scale = node.cast(scale, node.builder().getF32Type());
  checkTypes(node, scale, zero, to);
  if (node.hasFailed())
    return failure();
  if (block && (axis < 0 || axis >= Node::rank(x) || block < 0))
    return node.error("expected blocks of 1 or more along an axis of the input");
  // Half precision is too narrow for the sum with a zero point.
  Type wide = node.builder().getF32Type();
  if (Node::element(x).isF64())
    wide = Node::element(x);
  Value by = perAxis(node, node.cast(scale, wide), x, axis, block);
  Value scaled = node.div(node.cast(x, wide), by);
  auto integer = dyn_cast<IntegerType>(to);
  if (!integer)
    return node.result(convert(node, scaled, to));
  node.ignore({"saturate"});
  return node.result(toInteger(node, scaled, perAxis(node, zero, x, axis, block), integer));
}

} // namespace

Value accel::onnx_import::asScalar(Node &node, Value value) {
  if (!value || node.hasFailed() || Node::rank(value) == 0)
    return value;
  if (Node::rank(value) == 1 && nn::constantDim(node.dims(value)[0]).value_or(1) == 1)
    return node.reshape(value, {});
  (void)node.error("expected one scale and one zero point for the whole tensor");
  return {};
}

Value accel::onnx_import::centered(Node &node, Value x, Value zero) {
  Value wide = node.cast(x, node.builder().getI32Type());
  return zero ? node.sub(wide, node.cast(zero, node.builder().getI32Type())) : wide;
}

namespace {

LogicalResult dequantizeLinear(Node &node) {
  Value x = node.operand(0), scale = node.operand(1), zero = node.optional(2);
  int64_t block = node.integer("block_size", 0), given = node.integer("output_dtype", 0);
  if (node.hasFailed())
    return failure();
  int64_t axis = axisOf(node, x, 1);
  checkTypes(node, scale, zero, Node::element(x));
  if (node.hasFailed())
    return failure();
  if (block && (axis < 0 || axis >= Node::rank(x) || block < 0))
    return node.error("expected blocks of 1 or more along an axis of the input");
  Type to = given ? elementType(node.context(), given) : Node::element(scale);
  if (!to || !isa<FloatType>(to))
    return node.unsupported("a conversion to " + dataTypeName(given));
  Type wide = to.isF64() ? to : Type(node.builder().getF32Type());
  Value number = Node::isFloat(x)
                     ? node.cast(x, wide)
                     : node.cast(centered(node, x, perAxis(node, zero, x, axis, block)), wide);
  Value by = perAxis(node, node.cast(scale, wide), x, axis, block);
  return node.result(node.cast(node.mul(number, by), to));
}

//===-- Sums of products --------------------------------------------------------------------===//

/// The largest sum of |w| over the weights of one result, for constant weights less a constant zero
/// point; null if something is not constant. Results are along dim `axis`.
std::optional<double> largestSum(Value weight, Value zero, int64_t axis) {
  DenseElementsAttr elements, zeros;
  if (!matchPattern(weight, m_Constant(&elements)) ||
      (zero && !matchPattern(zero, m_Constant(&zeros))))
    return std::nullopt;
  auto type = cast<RankedTensorType>(weight.getType());
  auto integer = cast<IntegerType>(type.getElementType());
  auto number = [&](const APInt &value) {
    return integer.isUnsigned() ? double(value.getZExtValue()) : double(value.getSExtValue());
  };
  SmallVector<double> offsets;
  if (zero)
    for (const APInt &value : zeros.getValues<APInt>())
      offsets.push_back(number(value));
  int64_t inner = 1, count = type.getDimSize(axis);
  for (int64_t size : type.getShape().drop_front(axis + 1))
    inner *= size;
  if (offsets.size() > 1 && int64_t(offsets.size()) != count)
    return std::nullopt;
  SmallVector<double> sums(count);
  for (auto [i, value] : llvm::enumerate(elements.getValues<APInt>())) {
    int64_t at = int64_t(i) / inner % count;
    double offset = offsets.empty() ? 0 : offsets[offsets.size() == 1 ? 0 : at];
    sums[at] += std::abs(number(value) - offset);
  }
  return sums.empty() ? 0 : *llvm::max_element(sums);
}

/// The narrowest float whose sums of such products are exact: what integer arithmetic gives, at the
/// speed of floats. Left operands are of 8 bits, less a zero point of them.
FloatType exactFloat(Node &node, Value weight, Value zero, int64_t axis, int64_t terms) {
  std::optional<double> sum = largestSum(weight, zero, axis);
  double bound = 255 * (sum ? *sum : 255.0 * double(terms));
  if ((sum || terms > 0) && bound < 0x1p24)
    return node.builder().getF32Type();
  return node.builder().getF64Type();
}

} // namespace

Value accel::onnx_import::matrixZero(Node &node, Value zero, Value matrix, bool isLeft) {
  if (!zero || Node::rank(zero) != 1)
    return zero;
  if (nn::constantDim(node.dims(zero)[0]) == 1)
    return node.reshape(zero, {});
  return isLeft && Node::rank(matrix) > 1
             ? node.reshape(zero, {node.dims(zero)[0], node.constantDim(1)})
             : zero;
}

namespace {

/// Two operands of bytes, of this rank at least, with zero points of their types or none.
bool checkOperands(Node &node, Value a, Value aZero, Value b, Value bZero, int64_t rank) {
  for (auto [operand, zero] : {std::pair(a, aZero), std::pair(b, bZero)}) {
    checkBytes(node, operand, rank);
    if (operand && !node.hasFailed())
      checkTypes(node, {}, zero, Node::element(operand));
  }
  return a && b && !node.hasFailed();
}

} // namespace

Value accel::onnx_import::integerProduct(Node &node, Value a, Value aZero, Value b, Value bZero) {
  if (!checkOperands(node, a, aZero, b, bZero, 1))
    return {};
  int64_t terms = nn::constantDim(node.dims(a).back()).value_or(0);
  FloatType type = Node::rank(b) >= 2 ? exactFloat(node, b, bZero, Node::rank(b) - 1, terms)
                                      : node.builder().getF64Type();
  Type i32 = node.builder().getI32Type();
  Value left = centered(node, a, matrixZero(node, aZero, a, true));
  Value right = centered(node, b, matrixZero(node, bZero, b, false));
  return node.cast(matmul(node, node.cast(left, type), node.cast(right, type)), i32);
}

namespace {

LogicalResult matMulInteger(Node &node) {
  return node.result(
      integerProduct(node, node.operand(0), node.optional(2), node.operand(1), node.optional(3)));
}

Value integerConvolution(Node &node, Value x, Value xZero, Value weight, Value weightZero) {
  if (!checkOperands(node, x, xZero, weight, weightZero, 3))
    return {};
  int64_t terms = 1;
  Shape filters = node.dims(weight);
  for (Dim dim : ArrayRef<Dim>(filters).drop_front())
    terms *= nn::constantDim(dim).value_or(0);
  Type i32 = node.builder().getI32Type(), type = exactFloat(node, weight, weightZero, 0, terms);
  xZero = asScalar(node, xZero);
  Value left = centered(node, x, xZero);
  Value right = centered(node, weight, perAxis(node, weightZero, weight, 0, 0));
  return node.cast(convolve(node, node.cast(left, type), node.cast(right, type), {}), i32);
}

LogicalResult convInteger(Node &node) {
  return node.result(integerConvolution(node, node.operand(0), node.optional(2), node.operand(1),
                                        node.optional(3)));
}

/// An i32 sum as the result's integers: scaled by the product of the operands' scales over the
/// result's.
LogicalResult requantize(Node &node, Value sum, Value a, Value b, Value to, Value zero) {
  Type f32 = node.builder().getF32Type();
  zero = asScalar(node, zero), to = asScalar(node, to);
  for (Value scale : {a, b, to})
    checkTypes(node, scale, {}, {});
  if (node.hasFailed() || !zero)
    return failure();
  auto integer = dyn_cast<IntegerType>(Node::element(zero));
  if (!integer)
    return node.unsupported("a quantized result of " + dtypeText(Node::element(zero)));
  Value factor = node.div(node.mul(node.cast(a, f32), node.cast(b, f32)), node.cast(to, f32));
  return node.result(toInteger(node, node.mul(node.cast(sum, f32), factor), zero, integer));
}

/// The product of operands of which one at least is of narrow floats.
LogicalResult floatProduct(Node &node, Value a, Value aScale, Value aZero, Value b, Value bScale,
                           Value bZero, Value yScale, Value yZero) {
  yScale = asScalar(node, yScale), yZero = asScalar(node, yZero);
  for (Value scale : {aScale, bScale, yScale})
    checkTypes(node, scale, {}, {});
  if (node.hasFailed())
    return failure();
  Type f32 = node.builder().getF32Type();
  auto number = [&](Value x, Value scale, Value zero, bool isLeft) {
    zero = matrixZero(node, zero, x, isLeft);
    x = Node::isFloat(x) ? node.sub(node.cast(x, f32), node.cast(zero, f32))
                         : centered(node, x, zero);
    return node.mul(node.cast(x, f32), node.cast(matrixZero(node, scale, x, isLeft), f32));
  };
  Value product = matmul(node, number(a, aScale, aZero, true), number(b, bScale, bZero, false));
  product = node.div(product, node.cast(yScale, f32));
  if (auto integer = dyn_cast<IntegerType>(Node::element(yZero)))
    return node.result(toInteger(node, product, yZero, integer));
  product = node.add(product, node.cast(yZero, f32));
  return node.result(convert(node, product, Node::element(yZero)));
}

LogicalResult qLinearMatMul(Node &node) {
  Value a = node.operand(0), aScale = node.operand(1), aZero = node.operand(2);
  Value b = node.operand(3), bScale = node.operand(4), bZero = node.operand(5);
  Value yScale = node.operand(6), yZero = node.operand(7);
  if (node.hasFailed())
    return failure();
  if (Node::isFloat(a) || Node::isFloat(b))
    return floatProduct(node, a, aScale, aZero, b, bScale, bZero, yScale, yZero);
  Value sum = integerProduct(node, a, aZero, b, bZero);
  return requantize(node, sum, matrixZero(node, aScale, a, true),
                    matrixZero(node, bScale, b, false), yScale, yZero);
}

LogicalResult qLinearConv(Node &node) {
  Value x = node.operand(0), xScale = node.operand(1), xZero = node.operand(2);
  Value weight = node.operand(3), weightScale = node.operand(4), weightZero = node.operand(5);
  Value yScale = node.operand(6), yZero = node.operand(7), bias = node.optional(8);
  if (node.hasFailed())
    return failure();
  Value sum = integerConvolution(node, x, xZero, weight, weightZero);
  if (!sum)
    return failure();
  if (bias)
    sum = node.add(sum, alongChannels(node, bias, sum));
  return requantize(node, sum, asScalar(node, xScale), perAxis(node, weightScale, sum, 1, 0),
                    yScale, yZero);
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::quantizeOps() {
  static const OpRow rows[] = {
      {"ConvInteger", 10, convInteger},     {"DequantizeLinear", 10, dequantizeLinear},
      {"MatMulInteger", 10, matMulInteger}, {"QLinearConv", 10, qLinearConv},
      {"QLinearMatMul", 10, qLinearMatMul}, {"QuantizeLinear", 10, quantizeLinear}};
  return rows;
}
