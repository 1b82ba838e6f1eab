// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of domain com.microsoft on tables of narrow integers with a scale for each block of a row.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

/// Bytes [..., n] as the integers of `bits` bits that lie in them, lowest bits first: u8 [..., n *
/// 8 / bits].
Value unpacked(Node &node, Value bytes, int64_t bits) {
  if (!bytes || node.hasFailed() || bits == 8)
    return bytes;
  Shape shape = node.dims(bytes), column = shape;
  column.push_back(node.constantDim(1));
  SmallVector<Value> parts;
  for (int64_t at = 0; at < 8; at += bits) {
    Value part = at ? node.create<nn::ShiftRightOp>(bytes, node.scalarLike(bytes, at)) : bytes;
    part = node.create<nn::AndOp>(part, node.scalarLike(bytes, (1 << bits) - 1));
    parts.push_back(node.reshape(part, column));
  }
  Value all = node.create<nn::ConcatOp>(parts, uint64_t(shape.size()));
  shape.back() = shape.back() * (8 / bits);
  return node.reshape(all, shape);
}

/// bits as an attribute: those whose numbers fill bytes.
int64_t bitsOf(Node &node, int64_t otherwise) {
  int64_t bits = node.integer("bits", otherwise);
  if (!node.hasFailed() && bits != 2 && bits != 4 && bits != 8)
    (void)node.unsupported("numbers of " + Twine(bits) + " bits");
  return bits;
}

bool isByte(Value value) {
  auto type = dyn_cast<IntegerType>(Node::element(value));
  return type && type.getWidth() == 8 && type.isUnsigned();
}

/// (q - zero) * scale in the scale's type, or in f32 where that is a half.
Value dequantized(Node &node, Value q, Value zero, Value scale) {
  if (!q || !zero || !scale || node.hasFailed())
    return {};
  Type f32 = node.builder().getF32Type(), type = Node::element(scale);
  Value number = node.sub(node.cast(q, f32), node.cast(zero, f32));
  return node.cast(node.mul(number, node.cast(scale, f32)), type);
}

/// A times the transposed table of N rows, whose columns are blocks.
LogicalResult matMulNBits(Node &node) {
  Value a = node.operand(0), table = node.operand(1), scales = node.operand(2),
        zeros = node.optional(3), groups = node.optional(4), bias = node.optional(5);
  int64_t k = node.integer("K", 0), n = node.integer("N", 0), bits = bitsOf(node, 4),
          block = node.integer("block_size", 0);
  node.ignore({"accuracy_level", "weight_prepacked"});
  if (node.hasFailed())
    return failure();
  constexpr int64_t kMost = int64_t(1) << 31;
  auto fits = [](int64_t size) { return size >= 1 && size <= kMost; };
  if (!fits(k) || !fits(n) || !fits(block) || block * bits % 8)
    return node.error("expected K, N and block_size in 1..2^31, and blocks of whole bytes, found " +
                      Twine(k) + ", " + Twine(n) + " and " + Twine(block));
  if (!isByte(table) || !Node::isFloat(scales) || !Node::isFloat(a))
    return node.error("expected a table of u8 and scales of floats, found " +
                      dtypeText(Node::element(table)) + " and " + dtypeText(Node::element(scales)));
  int64_t blocks = (k + block - 1) / block;
  auto shape = [&](ArrayRef<int64_t> sizes) { return node.constantShape(sizes); };
  Value q = unpacked(node, node.reshape(table, shape({n, blocks, block * bits / 8})), bits);
  scales = node.reshape(scales, shape({n, blocks, 1}));
  if (!q || !scales || node.hasFailed())
    return failure();
  Value zero = node.scalar(Node::element(scales), 1 << (bits - 1));
  if (zeros && isByte(zeros)) {
    int64_t bytes = (blocks * bits + 7) / 8;
    Value all = unpacked(node, node.reshape(zeros, shape({n, bytes})), bits);
    zero = node.reshape(sliceDim(node, all, 1, 0, blocks), shape({n, blocks, 1}));
  } else if (zeros) {
    zero = node.reshape(zeros, shape({n, blocks, 1}));
  }
  if (!zero || node.hasFailed())
    return failure();
  Value weights;
  if (groups) {
    // Each column says its block.
    q = sliceDim(node, node.reshape(q, shape({n, blocks * block})), 1, 0, k);
    auto ofColumn = [&](Value values) {
      return Node::rank(values) == 0
                 ? values
                 : node.create<nn::GatherOp>(node.reshape(values, shape({n, blocks})), groups,
                                             uint64_t(1));
    };
    weights = dequantized(node, q, ofColumn(zero), ofColumn(scales));
  } else {
    weights = node.reshape(dequantized(node, q, zero, scales), shape({n, blocks * block}));
    weights = sliceDim(node, weights, 1, 0, k);
  }
  weights = node.cast(weights, Node::element(a));
  Value y = matmul(node, a, node.transpose(weights, {1, 0}));
  return node.result(bias ? node.add(y, bias) : y);
}

/// A tensor that must have this shape: what only the run knows of that, it checks.
Value ofShape(Node &node, Value x, const Shape &shape, StringRef what) {
  Shape found = node.dims(x);
  bool isSame = found.size() == shape.size();
  for (size_t i = 0; isSame && i < shape.size(); ++i)
    isSame = !nn::constantDim(found[i]) || !nn::constantDim(shape[i]) || found[i] == shape[i];
  if (isSame)
    return node.reshape(x, shape);
  auto text = [](const Shape &dims) {
    return llvm::join(llvm::map_range(dims, [](Dim dim) { return nn::dimText(dim); }), " x ");
  };
  (void)node.error("expected " + what + " of " + text(shape) + ", one for each block, found " +
                   text(found));
  return {};
}

/// Rows of a table, of which only those that are taken are dequantized.
LogicalResult gatherBlockQuantized(Node &node) {
  Value data = node.operand(0), indices = node.operand(1), scales = node.operand(2),
        zeros = node.optional(3);
  int64_t bits = bitsOf(node, 4), block = node.integer("block_size", 128);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(data);
  int64_t from = node.axis(node.integer("gather_axis", 0), rank),
          axis = node.axis(node.integer("quantize_axis", 1), rank);
  if (node.hasFailed())
    return failure();
  auto type = dyn_cast<IntegerType>(Node::element(data));
  bool isPacked = isByte(data);
  if (!type || (!isPacked && type.getWidth() != 4) || !Node::isFloat(scales))
    return node.error("expected data of i4, u4 or u8 and scales of floats, found " +
                      dtypeText(Node::element(data)) + " and " + dtypeText(Node::element(scales)));
  if (from == axis || block < 1)
    return node.error("expected blocks of 1 or more along another axis than that of the indices");
  if (isPacked && axis != rank - 1)
    return node.error("expected quantize_axis to be the last axis for data of u8, found " +
                      Twine(axis));
  // One scale for each block, of which the last one may be shorter.
  Shape blockShape = node.dims(data);
  int64_t each = isPacked ? 8 / bits : 1;
  blockShape[axis] =
      node.dimTable().simplify((blockShape[axis] * each + (block - 1)).floorDiv(block));
  Shape zeroShape = blockShape;
  if (isPacked)
    zeroShape[axis] = node.dimTable().simplify((blockShape[axis] + (each - 1)).floorDiv(each));
  scales = ofShape(node, scales, blockShape, "scales");
  zeros = zeros ? ofShape(node, zeros, zeroShape, "zero_points") : zeros;
  if (node.hasFailed())
    return failure();
  auto taken = [&](Value from_) {
    return node.create<nn::GatherOp>(from_, indices, uint64_t(from));
  };
  Value q = taken(data), scale = taken(scales), zero;
  if (zeros)
    zero = taken(zeros);
  if (isPacked) {
    q = unpacked(node, q, bits);
    zero = unpacked(node, zero, bits);
  }
  if (!q || !scale)
    return failure();
  int64_t along = axis + (axis > from ? Node::rank(indices) - 1 : 0);
  Shape whole = node.dims(q), blocks = node.dims(scale);
  if (!zero)
    zero = node.scalar(Node::element(scale), isPacked ? 1 << (bits - 1) : 0);
  else
    zero = sliceDim(node, zero, along, node.constantDim(0), blocks[along]);
  // Each scale is repeated along its block; the last one may be shorter.
  auto repeated = [&](Value values) {
    if (!values || Node::rank(values) == 0)
      return values;
    Shape wide = node.dims(values), shape = wide;
    shape.insert(shape.begin() + along + 1, node.constantDim(1));
    values = node.reshape(values, shape);
    shape[along + 1] = node.constantDim(block);
    values = node.broadcast(values, shape);
    wide[along] = wide[along] * block;
    return sliceDim(node, node.reshape(values, wide), along, node.constantDim(0), whole[along]);
  };
  return node.result(dequantized(node, q, repeated(zero), repeated(scale)));
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::microsoftBlockOps() {
  static const OpRow rows[] = {
      {"GatherBlockQuantized", 1, gatherBlockQuantized},
      {"MatMulNBits", 1, matMulNBits},
  };
  return rows;
}
