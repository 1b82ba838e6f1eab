// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of pictures as operands.
#include "include/accel-rt/Ops.h"
#include "lib/Import/ONNX/Node.h"
#include "lib/Import/ONNX/OpRegistry.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

static LogicalResult imageDecoder(Node &node) {
  Value stream = node.operand(0);
  std::string format = node.text("pixel_format", "RGB");
  if (node.hasFailed())
    return failure();
  if (!Node::element(stream).isUnsignedInteger(8) || Node::rank(stream) != 1)
    return node.error("expected the bytes of a file, u8 of rank 1, found " +
                      dtypeText(Node::element(stream)) + " of rank " + Twine(Node::rank(stream)));
  int64_t order = format == "RGB"         ? ACCEL_PIXELS_RGB
                  : format == "BGR"       ? ACCEL_PIXELS_BGR
                  : format == "Grayscale" ? ACCEL_PIXELS_GRAY
                                          : -1;
  if (order < 0)
    return node.error("expected pixel_format to be RGB, BGR or Grayscale, found '" + format + "'");
  Dim channels = node.constantDim(order == ACCEL_PIXELS_GRAY ? 1 : 3);
  return node.result(node.call("image_decode", {stream}, {order}, Node::element(stream),
                               {Dim(), Dim(), channels}));
}

ArrayRef<OpRow> accel::onnx_import::imageOps() {
  static const OpRow rows[] = {{"ImageDecoder", 20, imageDecoder}};
  return rows;
}
