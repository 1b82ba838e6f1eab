// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that read or write at positions which are data, look for positions, or go along an axis.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"
#include <limits>

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::CompareKind;
using nn::ReduceKind;

// --- gather and scatter ---

static LogicalResult gatherElements(Node &node) {
  Value x = node.operand(0), indices = node.operand(1);
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x));
  return node.result(node.create<nn::GatherElementsOp>(x, indices, uint64_t(axis)));
}

static LogicalResult gatherNd(Node &node) {
  Value x = node.operand(0), indices = node.operand(1);
  int64_t batch = node.integer("batch_dims", 0);
  if (node.hasFailed())
    return failure();
  // The declared rank of the result says how long tuples are, where the shape of the indices does
  // not.
  std::optional<int64_t> rank = node.importer().declaredRank(node.proto().output(0), node.scope());
  Shape shape = node.dims(indices);
  if (rank && !shape.empty() && !nn::constantDim(shape.back())) {
    int64_t tuple = Node::rank(indices) - 1 + Node::rank(x) - batch - *rank;
    if (tuple >= 1 && tuple <= Node::rank(x) - batch) {
      shape.back() = node.constantDim(tuple);
      indices = node.reshape(indices, shape);
    }
  }
  return node.result(node.create<nn::GatherNdOp>(x, indices, uint64_t(batch)));
}

static nn::ScatterKind scatterKind(Node &node) {
  std::string name = node.text("reduction", "none");
  for (auto [text, kind] :
       {std::pair("none", nn::ScatterKind::replace), std::pair("add", nn::ScatterKind::add),
        std::pair("mul", nn::ScatterKind::mul), std::pair("max", nn::ScatterKind::max),
        std::pair("min", nn::ScatterKind::min)})
    if (name == text)
      return kind;
  (void)node.error("expected reduction to be none, add, mul, max or min, found '" + name + "'");
  return nn::ScatterKind::replace;
}

static LogicalResult scatterElements(Node &node) {
  Value x = node.operand(0), indices = node.operand(1), updates = node.operand(2);
  nn::ScatterKind kind = scatterKind(node);
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x));
  return node.result(node.create<nn::ScatterElementsOp>(kind, x, indices, updates, uint64_t(axis)));
}

static LogicalResult scatterNd(Node &node) {
  Value x = node.operand(0), indices = node.operand(1), updates = node.operand(2);
  nn::ScatterKind kind = scatterKind(node);
  if (node.hasFailed())
    return failure();
  // The ranks say how long tuples are, where the shape of the indices does not.
  Shape shape = node.dims(indices);
  int64_t tuple = Node::rank(indices) - 1 + Node::rank(x) - Node::rank(updates);
  if (!shape.empty() && !nn::constantDim(shape.back()) && tuple >= 0 && tuple <= Node::rank(x)) {
    shape.back() = node.constantDim(tuple);
    indices = node.reshape(indices, shape);
  }
  return node.result(node.create<nn::ScatterNdOp>(kind, x, indices, updates));
}

template <nn::CumulateKind kind> static LogicalResult cumulate(Node &node) {
  Value x = node.operand(0), axis = node.operand(1);
  bool exclusive = node.integer("exclusive", 0), reverse = node.integer("reverse", 0);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x);
  auto along = [&](int64_t at) -> Value {
    return node.create<nn::CumulateOp>(kind, x, uint64_t(at), exclusive, reverse);
  };
  if (std::optional<SmallVector<int64_t>> known = node.constants(axis)) {
    if (known->size() != 1)
      return node.error("expected one axis, found " + Twine(known->size()));
    return node.result(along(node.axis(known->front(), rank)));
  }
  if (rank == 0)
    return node.error("expected an input of rank 1 or more, found a scalar");
  // Only the run knows the axis: the result is chosen of those for all of them.
  axis = node.reshape(axis, {});
  Value result = along(0);
  for (int64_t i = 1; i < rank; ++i) {
    auto is = [&](int64_t at) {
      return node.compare(CompareKind::eq, axis, node.scalarLike(axis, at));
    };
    result = node.select(node.create<nn::OrOp>(is(i), is(i - rank)), along(i), result);
  }
  return node.result(result);
}

// --- where the largest elements are ---

/// 0, 1, 2, ... along one axis of a tensor of `rank` dims, to be broadcast.
static Value along(Node &node, int64_t axis, int64_t rank, Dim size) {
  Shape shape(rank, node.constantDim(1));
  if (!node.hasFailed())
    shape[axis] = size;
  return node.iota(axis, shape, node.builder().getI32Type());
}

/// Positions of the largest or smallest elements along an axis, which stays with size 1, as i32.
static Value argReduce(Node &node, Value x, int64_t axis, bool isMax, bool isLast) {
  if (node.hasFailed())
    return {};
  Value most = node.reduce(isMax ? ReduceKind::max : ReduceKind::min, x, {axis}, true);
  Value same = node.compare(CompareKind::eq, x, most);
  // NaN is the most of all, and equals nothing.
  if (Node::isFloat(x))
    same = node.create<nn::OrOp>(same, node.create<nn::IsNaNOp>(x));
  Value position = along(node, axis, Node::rank(x), node.dims(x)[axis]);
  Value none =
      node.scalar(node.builder().getI32Type(), isLast ? -1.0 : std::numeric_limits<int32_t>::max());
  return node.reduce(isLast ? ReduceKind::max : ReduceKind::min, node.select(same, position, none),
                     {axis}, true);
}

template <bool isMax> static LogicalResult argMost(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", 0), Node::rank(x));
  bool keepdims = node.integer("keepdims", 1), isLast = node.integer("select_last_index", 0);
  Value found = argReduce(node, x, axis, isMax, isLast);
  if (node.hasFailed())
    return failure();
  Shape shape = node.dims(found);
  if (!keepdims)
    shape.erase(shape.begin() + axis);
  return node.result(node.reshape(node.cast(found, node.builder().getI64Type()), shape));
}

static Value hardmaxAlong(Node &node, Value x, int64_t axis) {
  Value found = argReduce(node, x, axis, /*isMax=*/true, /*isLast=*/false);
  if (node.hasFailed())
    return {};
  Value position = along(node, axis, Node::rank(x), node.dims(x)[axis]);
  return node.cast(node.compare(CompareKind::eq, position, found), Node::element(x));
}

// Before opset 13 the dims from the axis on count as one.
static LogicalResult hardmax1(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", 1), Node::rank(x));
  if (node.hasFailed())
    return failure();
  Shape shape = node.dims(x);
  ArrayRef<Dim> dims = shape;
  Value rows =
      node.reshape(x, {product(node, dims.take_front(axis)), product(node, dims.drop_front(axis))});
  return node.result(node.reshape(hardmaxAlong(node, rows, 1), shape));
}

static LogicalResult hardmax13(Node &node) {
  Value x = node.operand(0);
  return node.result(hardmaxAlong(node, x, node.axis(node.integer("axis", -1), Node::rank(x))));
}

static LogicalResult eyeLike(Node &node) {
  Value x = node.operand(0);
  int64_t k = node.integer("k", 0);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) != 2)
    return node.error("expected an input of rank 2, found rank " + Twine(Node::rank(x)));
  Type element = Node::element(x);
  if (node.attribute("dtype"))
    element = elementType(node.context(), node.integer("dtype", 0));
  if (!element)
    return node.unsupported("an element type that is not known");
  Type i64 = node.builder().getI64Type();
  Shape shape = node.dims(x);
  Value diagonal = node.add(node.iota(0, shape, i64), node.scalar(i64, k));
  return node.result(
      node.cast(node.compare(CompareKind::eq, node.iota(1, shape, i64), diagonal), element));
}

ArrayRef<OpRow> accel::onnx_import::indexOps() {
  static const OpRow rows[] = {
      {"ArgMax", 1, argMost<true>},
      {"ArgMin", 1, argMost<false>},
      {"CumProd", 26, cumulate<nn::CumulateKind::prod>},
      {"CumSum", 11, cumulate<nn::CumulateKind::sum>},
      {"EyeLike", 9, eyeLike},
      {"GatherElements", 11, gatherElements},
      {"GatherND", 11, gatherNd},
      {"Hardmax", 1, hardmax1},
      {"Hardmax", 13, hardmax13},
      {"Scatter", 9, scatterElements},
      {"ScatterElements", 11, scatterElements},
      {"ScatterND", 11, scatterNd},
  };
  return rows;
}
