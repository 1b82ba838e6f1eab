// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Control flow that is decided while importing.
#include "lib/Import/ONNX/GraphImporter.h"
#include "lib/Import/ONNX/Ops/Common.h"

using namespace accel;
using namespace accel::onnx_import;
using namespace mlir;

static LogicalResult ifOp(Node &node) {
  const onnx::AttributeProto *thenBranch = node.attribute("then_branch"),
                             *elseBranch = node.attribute("else_branch");
  Value condition = node.operand(0);
  if (node.hasFailed())
    return failure();
  if (!thenBranch || !elseBranch || !thenBranch->has_g() || !elseBranch->has_g())
    return node.error("expected graphs in the attributes then_branch and else_branch");
  std::optional<SmallVector<int64_t>> known = node.constants(condition);
  if (!known || known->size() != 1)
    return node.unsupported("a condition that is computed while running");
  return node.importer().inlineGraph(node, (known->front() ? thenBranch : elseBranch)->g());
}

static LogicalResult loop(Node &node) { return node.unsupported("a loop"); }

ArrayRef<OpRow> accel::onnx_import::controlOps() {
  static const OpRow rows[] = {{"If", 1, ifOp}, {"Loop", 1, loop}, {"Scan", 8, loop}};
  return rows;
}
