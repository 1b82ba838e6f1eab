// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fourier transforms, and the matrix of mel filters.
#include "dialects/NN/NNStrings.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

static Type realOf(Node &node, Value value) {
  return Node::element(value).isF64() ? Type(node.builder().getF64Type())
                                      : Type(node.builder().getF32Type());
}

/// The one entry of an operand that says a size; null where only the run knows it.
static Dim sizeOperand(Node &node, size_t i) {
  if (!node.has(i) || node.hasFailed())
    return Dim();
  std::optional<SmallVector<Dim>> known = node.evaluate(node.operand(i));
  if (!known || known->size() != 1)
    return Dim();
  return known->front();
}

static LogicalResult dft(Node &node, Value axisOperand, int64_t axis) {
  Value x = node.operand(0), length = node.optional(1);
  bool isInverse = node.integer("inverse", 0), isOnesided = node.integer("onesided", 0);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x);
  if (rank < 2)
    return node.error("expected an input of rank 2 or more, found rank " + Twine(rank));
  std::optional<int64_t> parts = nn::constantDim(node.dims(x).back());
  if (parts && *parts != 1 && *parts != 2)
    return node.error("expected real (1) or complex (2) numbers in the last dim, found " +
                      Twine(*parts));
  Shape shape = node.dims(x);
  bool isKnown = true;
  if (axisOperand) {
    std::optional<SmallVector<int64_t>> known = node.constants(axisOperand);
    isKnown = known && known->size() == 1;
    if (isKnown) {
      axis = known->front();
      axisOperand = Value();
    }
  }
  if (isKnown) {
    axis = node.axis(axis, rank);
    if (node.hasFailed())
      return failure();
    if (axis == rank - 1)
      return node.error("expected an axis of the signals, found the last one, of their parts");
    bool isHermitian = isInverse && isOnesided;
    Dim size = node.has(1)   ? sizeOperand(node, 1)
               : isHermitian ? (shape[axis] - 1) * 2
                             : shape[axis];
    if (size && nn::constantDim(size).value_or(1) < 1)
      return node.error("expected a transform of 1 element or more, found " +
                        Twine(*nn::constantDim(size)));
    shape[axis] = size && isOnesided && !isInverse ? size.floorDiv(2) + 1 : size;
  } else {
    shape = Node::unknownShape(rank);
  }
  shape.back() = node.constantDim(isInverse && isOnesided ? 1 : 2);
  Type element = Node::element(x), real = realOf(node, x);
  Value result = node.call("dft", {node.cast(x, real), length, axisOperand},
                           {isInverse, isOnesided, axis}, real, shape);
  return node.result(node.cast(result, element));
}

static LogicalResult dft17(Node &node) { return dft(node, Value(), node.integer("axis", 1)); }

static LogicalResult dft20(Node &node) { return dft(node, node.optional(2), -2); }

static LogicalResult stft(Node &node) {
  Value x = node.operand(0), step = node.operand(1), window = node.optional(2),
        length = node.optional(3);
  bool isOnesided = node.integer("onesided", 1);
  if (node.hasFailed())
    return failure();
  int64_t rank = Node::rank(x);
  if (rank != 2 && rank != 3)
    return node.error("expected a signal of rank 2 or 3, found rank " + Twine(rank));
  if (window && Node::rank(window) != 1)
    return node.error("expected a window of rank 1, found rank " + Twine(Node::rank(window)));
  Shape from = node.dims(x);
  Dim size = window ? node.dims(window)[0] : length ? sizeOperand(node, 3) : from[1];
  Dim hop = sizeOperand(node, 1), frames;
  if (hop && nn::constantDim(hop).value_or(1) < 1)
    return node.error("expected a frame_step of 1 or more, found " + Twine(*nn::constantDim(hop)));
  if (hop && nn::constantDim(hop) && size)
    frames = (from[1] - size).floorDiv(*nn::constantDim(hop)) + 1;
  if (frames && nn::constantDim(frames).value_or(1) < 1)
    return node.error("expected a signal that is not shorter than a frame");
  Type element = Node::element(x), real = realOf(node, x);
  Value result = node.call(
      "stft", {node.cast(x, real), step, window ? node.cast(window, real) : Value(), length},
      {isOnesided}, real,
      {from[0], frames, size && isOnesided ? size.floorDiv(2) + 1 : size, node.constantDim(2)});
  return node.result(node.cast(result, element));
}

static LogicalResult melWeightMatrix(Node &node) {
  SmallVector<Value> operands;
  for (size_t i = 0; i < 5; ++i)
    operands.push_back(node.operand(i));
  Type element = elementType(node.context(), node.integer("output_datatype", 1));
  if (node.hasFailed())
    return failure();
  if (!element || !isNumber(element) || nn::isString(element))
    return node.error("expected output_datatype to be a type of numbers");
  Dim bins = sizeOperand(node, 0), length = sizeOperand(node, 1);
  Value result = node.call("mel_weight_matrix", operands, {}, node.builder().getF64Type(),
                           {length ? length.floorDiv(2) + 1 : Dim(), bins});
  return node.result(node.cast(result, element));
}

ArrayRef<OpRow> accel::onnx_import::spectrumOps() {
  static const OpRow rows[] = {
      {"DFT", 17, dft17},
      {"DFT", 20, dft20},
      {"MelWeightMatrix", 17, melWeightMatrix},
      {"STFT", 17, stft},
  };
  return rows;
}
