// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Normalisations, as compositions.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

static SmallVector<int64_t> axesFrom(int64_t first, int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(first, rank));
}

Value accel::onnx_import::standardize(Node &node, Value x, ArrayRef<int64_t> axes, double epsilon,
                                      Value *mean, Value *inverse) {
  Value average = node.reduce(nn::ReduceKind::mean, x, axes, true);
  Value centered = node.sub(x, average);
  Value variance = node.reduce(nn::ReduceKind::mean, node.mul(centered, centered), axes, true);
  Value scale = node.create<nn::RsqrtOp>(node.add(variance, node.scalarLike(x, epsilon)));
  if (mean)
    *mean = average;
  if (inverse)
    *inverse = scale;
  return node.mul(centered, scale);
}

Value accel::onnx_import::alongChannels(Node &node, Value values, Value x) {
  if (!values || !x)
    return {};
  Shape shape = node.dims(values);
  shape.append(std::max<int64_t>(0, Node::rank(x) - 2), node.constantDim(1));
  return node.reshape(values, shape);
}

/// Scale, bias, mean or variance of a batch normalization, made to broadcast with `x`: one a
/// channel, or, as old files may have it, one for each element of an image.
static Value ofBatch(Node &node, Value values, Value x, bool spatial) {
  if (!values || !x || node.hasFailed())
    return {};
  return spatial ? alongChannels(node, values, x)
                 : node.reshape(values, ArrayRef<Dim>(node.dims(x)).drop_front());
}

/// With the statistics of the batch, which move those of all batches: results 1 and 2, of which old
/// versions want those of the batch, too.
static LogicalResult trainBatchNormalization(Node &node, bool spatial) {
  Value x = node.operand(0), scale = node.operand(1), bias = node.operand(2),
        mean = node.operand(3), variance = node.operand(4);
  double epsilon = node.number("epsilon", 1e-5f), momentum = node.number("momentum", 0.9f);
  if (node.hasFailed())
    return failure();
  Type type = Node::element(x), wide = type.isF64() ? type : Type(node.builder().getF32Type());
  SmallVector<int64_t> axes{0};
  if (spatial)
    llvm::append_range(axes, axesFrom(2, Node::rank(x)));
  Value input = node.cast(x, wide);
  Value average = node.reduce(nn::ReduceKind::mean, input, axes, true);
  Value centered = node.sub(input, average);
  Value spread = node.reduce(nn::ReduceKind::mean, node.mul(centered, centered), axes, true);
  Value y =
      node.mul(centered, node.create<nn::RsqrtOp>(node.add(spread, node.scalar(wide, epsilon))));
  y = node.mul(y, ofBatch(node, node.cast(scale, wide), x, spatial));
  y = node.add(y, ofBatch(node, node.cast(bias, wide), x, spatial));
  for (auto [i, before, now] : {std::tuple(1, mean, average), std::tuple(2, variance, spread)}) {
    Value flat = node.reshape(now, node.dims(before));
    Value moved = node.add(node.mul(node.cast(before, wide), node.scalar(wide, momentum)),
                           node.mul(flat, node.scalar(wide, 1 - momentum)));
    if (node.hasFailed())
      return failure();
    (void)node.result(i, node.cast(moved, Node::element(before)));
    (void)node.result(i + 2, node.cast(flat, Node::element(before)));
  }
  return node.result(node.cast(y, type));
}

/// y = x * scale' + shift', with scale' = scale / sqrt(variance + epsilon): both fold to constants.
static LogicalResult batchNormalization(Node &node, bool isTraining) {
  node.ignore({"momentum", "consumed_inputs"});
  Value x = node.operand(0), scale = node.operand(1), bias = node.operand(2),
        mean = node.operand(3), variance = node.operand(4);
  bool spatial = node.opset() >= 9 || node.integer("spatial", 1);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) < 2 && spatial)
    return node.error("expected an input of rank 2 or more, found rank " + Twine(Node::rank(x)));
  if (isTraining)
    return trainBatchNormalization(node, spatial);
  Type type = Node::element(x);
  scale = node.cast(scale, type);
  Value shifted =
      node.add(node.cast(variance, type), node.scalarLike(x, node.number("epsilon", 1e-5f)));
  Value factor = node.div(scale, node.create<nn::SqrtOp>(shifted));
  Value shift = node.sub(node.cast(bias, type), node.mul(node.cast(mean, type), factor));
  Value y = node.mul(x, ofBatch(node, factor, x, spatial));
  return node.result(node.add(y, ofBatch(node, shift, x, spatial)));
}

// Until opset 14 the number of results says whether to train; `is_test` adds nothing to that.
static LogicalResult batchNormalization1(Node &node) {
  bool isTest = node.opset() < 7 && node.integer("is_test", 0);
  bool wantsMore = false;
  for (size_t i = 1; i < 5; ++i)
    wantsMore |= node.wants(i);
  return batchNormalization(node, wantsMore && !isTest);
}

static LogicalResult batchNormalization14(Node &node) {
  return batchNormalization(node, node.integer("training_mode", 0));
}

/// The type of `stash_type`, f32 by default.
static FloatType stashType(Node &node) {
  auto type =
      dyn_cast_or_null<FloatType>(elementType(node.context(), node.integer("stash_type", 1)));
  if (!type)
    (void)node.error("expected stash_type to be a float type");
  return type;
}

/// Computes in f32 where `stash_type` says so, as it does by default.
static Value stash(Node &node, Value x) {
  FloatType type = stashType(node);
  if (!x || !type)
    return {};
  // f64 keeps its precision.
  return Node::element(x).isF64() ? x : node.cast(x, type);
}

static LogicalResult layerNormalization(Node &node) {
  Value x = node.operand(0), scale = node.operand(1), bias = node.optional(2);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x), axis = node.axis(node.integer("axis", -1), rank);
  Value mean, inverse;
  Value y = standardize(node, stash(node, x), axesFrom(axis, rank), node.number("epsilon", 1e-5f),
                        &mean, &inverse);
  y = node.mul(node.cast(y, Node::element(x)), scale);
  if (bias)
    y = node.add(y, bias);
  if (FloatType type = stashType(node)) {
    (void)node.result(1, node.cast(mean, type));
    (void)node.result(2, node.cast(inverse, type));
  }
  return node.result(y);
}

static LogicalResult rmsNormalization(Node &node) {
  Value x = node.operand(0), scale = node.operand(1);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x), axis = node.axis(node.integer("axis", -1), rank);
  Value wide = stash(node, x);
  Value mean = node.reduce(nn::ReduceKind::mean, node.mul(wide, wide), axesFrom(axis, rank), true);
  Value inverse = node.create<nn::RsqrtOp>(
      node.add(mean, node.scalarLike(wide, node.number("epsilon", 1e-5f))));
  Value y = node.cast(node.mul(wide, inverse), Node::element(x));
  return node.result(node.mul(y, scale));
}

static LogicalResult instanceNormalization(Node &node) {
  node.ignore({"consumed_inputs"});
  Value x = node.operand(0), scale = node.operand(1), bias = node.operand(2);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) < 3)
    return node.error("expected an input of rank 3 or more, found rank " + Twine(Node::rank(x)));
  Value y = standardize(node, x, axesFrom(2, Node::rank(x)), node.number("epsilon", 1e-5f));
  y = node.mul(y, alongChannels(node, scale, x));
  return node.result(node.add(y, alongChannels(node, bias, x)));
}

/// `perGroup`: scale and bias have one element a group (opset 18 to 20), not one a channel.
static LogicalResult groupNormalization(Node &node, bool perGroup) {
  Value x = node.operand(0), scale = node.operand(1), bias = node.operand(2);
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) < 2)
    return node.error("expected an input of rank 2 or more, found rank " + Twine(Node::rank(x)));
  int64_t groups = node.integer("num_groups", 0);
  Shape shape = node.dims(x);
  if (groups < 1 || nn::constantDim(shape[1]).value_or(groups) % groups)
    return node.error("expected num_groups to divide the channels, found " + Twine(groups));
  Shape grouped{shape[0], node.constantDim(groups), shape[1].floorDiv(groups)};
  grouped.append(shape.begin() + 2, shape.end());
  Value wide = node.reshape(perGroup ? x : stash(node, x), grouped);
  Value y = standardize(node, wide, axesFrom(2, grouped.size()), node.number("epsilon", 1e-5f));
  y = node.cast(y, Node::element(x));
  if (perGroup) {
    y = node.add(node.mul(y, alongChannels(node, scale, y)), alongChannels(node, bias, y));
    return node.result(node.reshape(y, shape));
  }
  y = node.reshape(y, shape);
  return node.result(
      node.add(node.mul(y, alongChannels(node, scale, x)), alongChannels(node, bias, x)));
}

static LogicalResult groupNormalization18(Node &node) { return groupNormalization(node, true); }
static LogicalResult groupNormalization21(Node &node) { return groupNormalization(node, false); }

static LogicalResult lpNormalization(Node &node) {
  Value x = node.operand(0);
  int64_t axis = node.axis(node.integer("axis", -1), Node::rank(x)), p = node.integer("p", 2);
  if (node.hasFailed())
    return failure();
  if (p != 1 && p != 2)
    return node.error("expected p to be 1 or 2, found " + Twine(p));
  Value terms = p == 1 ? node.create<nn::AbsOp>(x) : node.mul(x, x);
  Value norm = node.reduce(nn::ReduceKind::sum, terms, {axis}, true);
  if (p == 2)
    norm = node.create<nn::SqrtOp>(norm);
  // Where the norm is 0, so is the result.
  Value zero = node.scalarLike(x, 0);
  return node.result(
      node.select(node.compare(nn::CompareKind::eq, norm, zero), zero, node.div(x, norm)));
}

static LogicalResult meanVarianceNormalization(Node &node) {
  Value x = node.operand(0);
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> axes =
      node.axes(node.integers("axes").value_or(SmallVector<int64_t>{0, 2, 3}), Node::rank(x));
  Value centered = node.sub(x, node.reduce(nn::ReduceKind::mean, x, axes, true));
  Value variance = node.reduce(nn::ReduceKind::mean, node.mul(centered, centered), axes, true);
  // The standard adds 1e-9 to the deviation, not to the variance.
  Value deviation = node.add(node.create<nn::SqrtOp>(variance), node.scalarLike(x, 1e-9));
  return node.result(node.div(centered, deviation));
}

ArrayRef<OpRow> accel::onnx_import::normOps() {
  static const OpRow rows[] = {
      {"BatchNormalization", 1, batchNormalization1},
      {"BatchNormalization", 14, batchNormalization14},
      {"GroupNormalization", 18, groupNormalization18},
      {"GroupNormalization", 21, groupNormalization21},
      {"InstanceNormalization", 1, instanceNormalization},
      {"LayerNormalization", 17, layerNormalization},
      {"LpNormalization", 1, lpNormalization},
      {"MeanVarianceNormalization", 9, meanVarianceNormalization},
      {"RMSNormalization", 23, rmsNormalization},
  };
  return rows;
}
