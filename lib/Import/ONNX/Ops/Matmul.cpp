// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

Value accel::onnx_import::matmul(Node &node, Value a, Value b) {
  if (!a || !b || node.hasFailed())
    return {};
  if (Node::rank(a) == 0 || Node::rank(b) == 0) {
    (void)node.error("expected operands of rank 1 or more");
    return {};
  }
  // Vectors get a unit dim that the result loses again.
  bool isRow = Node::rank(a) == 1, isColumn = Node::rank(b) == 1;
  Dim one = node.constantDim(1);
  if (isRow)
    a = node.reshape(a, {one, node.dims(a)[0]});
  if (isColumn)
    b = node.reshape(b, {node.dims(b)[0], one});
  Value product = node.create<nn::MatmulOp>(a, b);
  if (!product || (!isRow && !isColumn))
    return product;
  Shape shape = node.dims(product);
  if (isColumn)
    shape.pop_back();
  if (isRow)
    shape.erase(shape.end() - (isColumn ? 1 : 2));
  return node.reshape(product, shape);
}

static LogicalResult matMulOp(Node &node) {
  Value a = node.operand(0), b = node.operand(1);
  return node.result(matmul(node, a, b));
}

static LogicalResult gemm(Node &node, bool isLegacy) {
  Value a = node.operand(0), b = node.operand(1), c = node.optional(2);
  if (node.hasFailed())
    return failure();
  if (Node::rank(a) != 2 || Node::rank(b) != 2)
    return node.error("expected matrices, found operands of rank " + Twine(Node::rank(a)) +
                      " and " + Twine(Node::rank(b)));
  if (node.integer("transA", 0))
    a = node.transpose(a, {1, 0});
  if (node.integer("transB", 0))
    b = node.transpose(b, {1, 0});
  double alpha = node.number("alpha", 1), beta = node.number("beta", 1);
  if (isLegacy)
    node.ignore({"broadcast"});
  Value product = node.create<nn::MatmulOp>(a, b);
  // Integers times a fraction, or more than integers hold, are cut when all is summed.
  auto isFraction = [](double value) {
    return value != std::trunc(value) || std::abs(value) > 0x1p31;
  };
  Type element = Node::element(a);
  if (isa<IntegerType>(element) && (isFraction(alpha) || isFraction(beta))) {
    product = node.cast(product, node.builder().getF64Type());
    if (c)
      c = node.cast(c, node.builder().getF64Type());
  }
  if (alpha != 1)
    product = node.mul(product, node.scalarLike(product, alpha));
  if (!c || beta == 0)
    return node.result(node.cast(product, element));
  if (beta != 1)
    c = node.mul(c, node.scalarLike(c, beta));
  Value sum = node.add(product, c);
  if (node.hasFailed())
    return failure();
  // C broadcasts to the product, not the other way round; a run checks what is not known.
  if (Shape shape = node.dims(product); node.dims(sum) != shape) {
    auto isOther = [](auto pair) {
      auto [found, wanted] = pair;
      return nn::constantDim(found) && nn::constantDim(wanted) && found != wanted;
    };
    if (Node::rank(sum) != 2 || llvm::any_of(llvm::zip(node.dims(sum), shape), isOther))
      return node.error("expected an input C that broadcasts to the product's shape");
    if (Node::type(product).hasStaticShape())
      sum = node.reshape(sum, shape);
  }
  return node.result(node.cast(sum, element));
}

static LogicalResult gemm1(Node &node) { return gemm(node, /*isLegacy=*/true); }
static LogicalResult gemm7(Node &node) { return gemm(node, /*isLegacy=*/false); }

static LogicalResult det(Node &node) {
  Value x = node.operand(0);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) < 2)
    return node.error("expected an input of rank 2 or more, found rank " + Twine(Node::rank(x)));
  if (!Node::isFloat(x) || !isNumber(Node::element(x)))
    return node.error("expected matrices of floats, found " + dtypeText(Node::element(x)));
  Shape shape = node.dims(x);
  std::optional<int64_t> rows = nn::constantDim(shape[shape.size() - 2]),
                         columns = nn::constantDim(shape.back());
  if (rows && columns && *rows != *columns)
    return node.error("expected square matrices, found " + Twine(*rows) + " rows and " +
                      Twine(*columns) + " columns");
  shape.truncate(shape.size() - 2);
  return node.result(node.call("det", {x}, {}, Node::element(x), shape));
}

ArrayRef<OpRow> accel::onnx_import::matmulOps() {
  static const OpRow rows[] = {
      {"Det", 11, det},
      {"Gemm", 1, gemm1},
      {"Gemm", 7, gemm7},
      {"MatMul", 1, matMulOp},
  };
  return rows;
}
