// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of domain com.microsoft, which ONNX Runtime's optimizer writes.
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

static LogicalResult quickGelu(Node &node) {
  return node.result(swish(node, node.operand(0), node.number("alpha", 1.702f)));
}

static LogicalResult geluOp(Node &node) {
  return node.result(gelu(node, node.operand(0), /*byTanh=*/false));
}

/// gelu(x + bias)
template <bool byTanh> static LogicalResult biasGelu(Node &node) {
  Value x = node.operand(0);
  if (node.has(1))
    x = node.add(x, node.operand(1));
  return node.result(gelu(node, x, byTanh));
}

ArrayRef<OpRow> accel::onnx_import::microsoftOps() {
  static const OpRow rows[] = {
      {"BiasGelu", 1, biasGelu<false>},
      {"FastGelu", 1, biasGelu<true>},
      {"Gelu", 1, geluOp},
      {"QuickGelu", 1, quickGelu},
  };
  return rows;
}
