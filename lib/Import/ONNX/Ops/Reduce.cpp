// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions, and softmax.
#include "include/accel-rt/Ops.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;
using nn::ReduceKind;

namespace {
struct Reduction {
  Value x;
  SmallVector<int64_t> axes;
  bool keepdims = true, isNoop = false;
};
} // namespace

/// A reduction whose axes only the run knows; `kind` is its number in accel-rt/Ops.h.
static LogicalResult computedReduce(Node &node, int64_t kind) {
  Value x = node.operand(0);
  bool keepdims = node.integer("keepdims", 1), noop = node.integer("noop_with_empty_axes", 0);
  if (node.hasFailed())
    return failure();
  if (!isNumber(Node::element(x)))
    return node.unsupported("axes that the run computes, for elements of " +
                            dtypeText(Node::element(x)));
  int64_t rank = Node::rank(x);
  if (std::optional<int64_t> declared = keepdims ? std::nullopt : node.declaredRank(1)) {
    rank = *declared;
  } else if (!keepdims) {
    int64_t count = node.partlyKnown(1, "axes").size();
    rank = count ? rank - count : noop ? rank : 0;
    if (!node.hasFailed() && rank < 0)
      return node.error("expected at most " + Twine(Node::rank(x)) + " axes, found " +
                        Twine(count));
  }
  return node.hasFailed()
             ? failure()
             : node.result(node.call("reduce", {x, node.operand(1)}, {kind, keepdims, noop, rank},
                                     Node::element(x), Node::unknownShape(rank)));
}

/// True of a node whose axes only the run knows.
static bool hasComputedAxes(Node &node) {
  return node.has(1) && node.has(0) && !node.constants(node.operand(1));
}

/// Axes by attribute (before opset 18; 13 for ReduceSum) or by input 1. None means all.
static bool readReduction(Node &node, Reduction &r) {
  r.x = node.operand(0);
  if (!r.x)
    return false;
  int64_t rank = Node::rank(r.x);
  std::optional<SmallVector<int64_t>> given = node.integers("axes");
  if (node.has(1))
    given = node.constantOperand(1, "axes");
  r.keepdims = node.integer("keepdims", 1);
  bool noop = node.integer("noop_with_empty_axes", 0);
  if (given && !given->empty())
    r.axes = node.axes(*given, rank);
  else if (noop)
    r.isNoop = true;
  else
    r.axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return !node.hasFailed();
}

static Value apply(Node &node, const Reduction &r, ReduceKind kind, Value x) {
  if (r.isNoop || !x)
    return x;
  // As signed one-bit integers, true would be less than false.
  Type type = Node::element(x);
  if (type.isInteger(1)) {
    Type byte = IntegerType::get(node.context(), 8, IntegerType::Unsigned);
    return node.cast(node.reduce(kind, node.cast(x, byte), r.axes, r.keepdims), type);
  }
  return node.reduce(kind, x, r.axes, r.keepdims);
}

template <ReduceKind kind, int64_t computed> static LogicalResult reduce(Node &node) {
  Reduction r;
  if (hasComputedAxes(node))
    return computedReduce(node, computed);
  return readReduction(node, r) ? node.result(apply(node, r, kind, r.x)) : failure();
}

static LogicalResult reduceL1(Node &node) {
  Reduction r;
  if (hasComputedAxes(node))
    return computedReduce(node, ACCEL_REDUCE_L1);
  if (!readReduction(node, r))
    return failure();
  return node.result(apply(node, r, ReduceKind::sum, node.create<nn::AbsOp>(r.x)));
}

static LogicalResult reduceSumSquare(Node &node) {
  Reduction r;
  if (hasComputedAxes(node))
    return computedReduce(node, ACCEL_REDUCE_SUM_SQUARE);
  if (!readReduction(node, r))
    return failure();
  return node.result(apply(node, r, ReduceKind::sum, node.mul(r.x, r.x)));
}

/// Functions of a sum that integers lack are computed in f64.
static Value asFloat(Node &node, Value x) {
  return Node::isFloat(x) ? x : node.cast(x, Float64Type::get(node.context()));
}

static LogicalResult reduceL2(Node &node) {
  Reduction r;
  if (hasComputedAxes(node))
    return computedReduce(node, ACCEL_REDUCE_L2);
  if (!readReduction(node, r))
    return failure();
  Value x = asFloat(node, r.x);
  Value norm = node.create<nn::SqrtOp>(apply(node, r, ReduceKind::sum, node.mul(x, x)));
  return node.result(node.cast(norm, Node::element(r.x)));
}

static LogicalResult reduceLogSum(Node &node) {
  Reduction r;
  if (hasComputedAxes(node))
    return computedReduce(node, ACCEL_REDUCE_LOG_SUM);
  if (!readReduction(node, r))
    return failure();
  Value sum = apply(node, r, ReduceKind::sum, asFloat(node, r.x));
  return node.result(node.cast(node.create<nn::LogOp>(sum), Node::element(r.x)));
}

// ln(sum of exp(x)) = m + ln(sum of exp(x - m)), with m the maximum where that is finite.
static LogicalResult reduceLogSumExp(Node &node) {
  Reduction r;
  if (hasComputedAxes(node))
    return computedReduce(node, ACCEL_REDUCE_LOG_SUM_EXP);
  if (!readReduction(node, r))
    return failure();
  Value x = asFloat(node, r.x);
  if (r.isNoop)
    return node.result(r.x);
  Value largest = node.reduce(ReduceKind::max, x, r.axes, true);
  Value shift = node.select(node.create<nn::IsInfOp>(largest), node.scalarLike(x, 0), largest);
  Value sum =
      node.reduce(ReduceKind::sum, node.create<nn::ExpOp>(node.sub(x, shift)), r.axes, true);
  Value y = node.add(node.create<nn::LogOp>(sum), shift);
  if (y && !r.keepdims) {
    Shape shape;
    for (auto [i, dim] : llvm::enumerate(node.dims(y)))
      if (!llvm::is_contained(r.axes, int64_t(i)))
        shape.push_back(dim);
    y = node.reshape(y, shape);
  }
  return node.result(node.cast(y, Node::element(r.x)));
}

template <typename OpT> static LogicalResult softmax(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", -1), Node::rank(x));
  return node.result(node.create<OpT>(x, uint64_t(axis)));
}

// Before opset 13 the dims from `axis` on are one.
template <typename OpT> static LogicalResult softmaxOfRows(Node &node) {
  Value x = node.operand(0);
  int64_t rank = Node::rank(x), axis = node.integer("axis", 1);
  // One past the end is allowed: rows of one element.
  axis = axis == rank ? axis : node.axis(axis, rank);
  if (node.hasFailed())
    return failure();
  Shape shape = node.dims(x), rows(ArrayRef<Dim>(shape).take_front(axis));
  ArrayRef<Dim> joined = ArrayRef<Dim>(shape).drop_front(axis);
  // The softmax of one dim needs no reshape, if the other joined dims are 1.
  int64_t last = -1, count = 0;
  for (auto [i, dim] : llvm::enumerate(joined))
    if (nn::constantDim(dim) != std::optional<int64_t>(1)) {
      last = axis + i;
      ++count;
    }
  if (count <= 1 && !joined.empty())
    return node.result(node.create<OpT>(x, uint64_t(count ? last : axis)));
  rows.push_back(product(node, joined));
  Value y = node.create<OpT>(node.reshape(x, rows), uint64_t(axis));
  return node.result(node.reshape(y, shape));
}

ArrayRef<OpRow> accel::onnx_import::reduceOps() {
  static const OpRow rows[] = {
      {"LogSoftmax", 1, softmaxOfRows<nn::LogSoftmaxOp>},
      {"LogSoftmax", 13, softmax<nn::LogSoftmaxOp>},
      {"ReduceL1", 1, reduceL1},
      {"ReduceL2", 1, reduceL2},
      {"ReduceLogSum", 1, reduceLogSum},
      {"ReduceLogSumExp", 1, reduceLogSumExp},
      {"ReduceMax", 1, reduce<ReduceKind::max, ACCEL_REDUCE_MAX>},
      {"ReduceMean", 1, reduce<ReduceKind::mean, ACCEL_REDUCE_MEAN>},
      {"ReduceMin", 1, reduce<ReduceKind::min, ACCEL_REDUCE_MIN>},
      {"ReduceProd", 1, reduce<ReduceKind::prod, ACCEL_REDUCE_PROD>},
      {"ReduceSum", 1, reduce<ReduceKind::sum, ACCEL_REDUCE_SUM>},
      {"ReduceSumSquare", 1, reduceSumSquare},
      {"Softmax", 1, softmaxOfRows<nn::SoftmaxOp>},
      {"Softmax", 13, softmax<nn::SoftmaxOp>},
  };
  return rows;
}
