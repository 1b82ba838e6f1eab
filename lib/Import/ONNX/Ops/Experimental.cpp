// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that opset 1 had as experiments, which the first exporters wrote for images.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

namespace {

LogicalResult affineOp(Node &node) {
  Value x = node.operand(0);
  double alpha = node.number("alpha", 1), beta = node.number("beta", 0);
  if (node.hasFailed())
    return failure();
  return node.result(node.add(node.mul(x, node.scalarLike(x, alpha)), node.scalarLike(x, beta)));
}

/// The left, top, right and bottom border of images is cut off; or the right and the bottom
/// follow from a height and a width that are left.
LogicalResult crop(Node &node) {
  Value x = node.operand(0);
  SmallVector<int64_t> border = node.integers("border", 4, 0);
  std::optional<SmallVector<int64_t>> scale = node.integers("scale");
  if (node.hasFailed())
    return failure();
  if (Node::rank(x) != 4)
    return node.error("expected images of rank 4, found rank " + Twine(Node::rank(x)));
  if (scale && scale->size() != 2)
    return node.error("expected scale to be a height and a width, found " + Twine(scale->size()) +
                      " numbers");
  Shape shape = node.dims(x);
  for (int64_t i = 0; i < 2; ++i) {
    int64_t axis = 2 + i, before = border[1 - i], after = border[3 - i];
    Dim size = scale ? node.constantDim((*scale)[i]) : shape[axis] - before - after;
    Dim rest = shape[axis] - before - size;
    if (before < 0 || nn::constantDim(size).value_or(0) < 0 ||
        nn::constantDim(rest).value_or(0) < 0)
      return node.error("expected borders of 0 or more that leave something of dim " + Twine(axis) +
                        ", found " + Twine(before) + " and " + Twine(after));
    x = sliceDim(node, x, axis, node.constantDim(before), size);
  }
  return node.result(x);
}

LogicalResult imageScaler(Node &node) {
  Value x = node.operand(0);
  double scale = node.number("scale", 1);
  const onnx::AttributeProto *bias = node.attribute("bias");
  if (node.hasFailed())
    return failure();
  Value y = node.mul(x, node.scalarLike(x, scale));
  if (!bias || !bias->floats_size())
    return node.result(y);
  SmallVector<float> values(bias->floats().begin(), bias->floats().end());
  Value shift = node.constant(DenseElementsAttr::get(
      RankedTensorType::get({int64_t(values.size())}, node.builder().getF32Type()),
      ArrayRef<float>(values)));
  return node.result(node.add(y, alongChannels(node, node.cast(shift, Node::element(x)), x)));
}

} // namespace

ArrayRef<OpRow> accel::onnx_import::experimentalOps() {
  static const OpRow rows[] = {
      {"Affine", 1, affineOp},
      {"Crop", 1, crop},
      {"ImageScaler", 1, imageScaler},
  };
  return rows;
}
