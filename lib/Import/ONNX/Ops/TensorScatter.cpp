// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// TensorScatter: new rows of a cache, written at positions of their own for each sample.
#include "lib/Import/ONNX/Ops/Attention.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

/// As nn.scatter_nd: a tuple for each row that is written, of the dims before it and its position.
static LogicalResult tensorScatter(Node &node) {
  Value cache = node.operand(0), update = node.operand(1), first = node.optional(2);
  std::string mode = node.text("mode", "linear");
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(cache), axis = node.axis(node.integer("axis", -2), rank);
  if (node.hasFailed())
    return failure();
  if (mode != "linear" && mode != "circular")
    return node.error("expected mode linear or circular, found '" + mode + "'");
  if (axis == 0)
    return node.error("expected an axis other than 0, that of the batch");
  if (Node::rank(update) != rank)
    return node.error("expected an update of rank " + Twine(rank) + ", found rank " +
                      Twine(Node::rank(update)));
  if (first && Node::rank(first) != 1)
    return node.error("expected write_indices of rank 1, found rank " + Twine(Node::rank(first)));
  Shape shape = node.dims(update), whole = node.dims(cache);
  std::optional<int64_t> more = nn::constantDim(shape[axis]), most = nn::constantDim(whole[axis]);
  if (more && most && *more > *most)
    return node.error("expected an update of " + Twine(*most) + " rows at most, found " +
                      Twine(*more));
  Type i64 = node.builder().getI64Type();
  Shape tuples(shape.begin(), shape.begin() + axis + 1), single(axis + 1, node.constantDim(1));
  Value at = node.iota(axis, tuples, i64);
  if (first) {
    single[0] = node.dims(first)[0];
    at = node.add(at, node.reshape(node.cast(first, i64), single));
  }
  if (mode == "circular")
    at = node.create<nn::ModOp>(at, sizeOfDim(node, cache, axis, i64));
  SmallVector<Value> parts;
  for (int64_t i = 0; i < axis; ++i)
    parts.push_back(node.iota(i, tuples, i64));
  parts.push_back(at);
  for (Value &part : parts) {
    if (!part || node.hasFailed())
      return failure();
    Shape column = node.dims(part);
    column.push_back(node.constantDim(1));
    part = node.reshape(part, column);
  }
  Value indices = node.create<nn::ConcatOp>(parts, uint64_t(axis + 1));
  return node.result(
      node.create<nn::ScatterNdOp>(nn::ScatterKind::replace, cache, indices, update));
}

ArrayRef<OpRow> accel::onnx_import::tensorScatterOps() {
  static const OpRow rows[] = {
      {"TensorScatter", 24, tensorScatter},
  };
  return rows;
}
