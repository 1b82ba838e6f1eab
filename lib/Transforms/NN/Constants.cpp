// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which values are known while compiling.
#include "lib/Transforms/NN/Constants.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace accel::nn;

bool accel::nn::isConstantExpression(Value value) {
  SmallVector<Value> pending{value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!pending.empty()) {
    Value next = pending.pop_back_val();
    if (matchPattern(next, m_Constant()))
      continue;
    Operation *op = next.getDefiningOp();
    if (!op || !isa<ShapeOpInterface>(op))
      return false;
    if (seen.insert(op).second)
      llvm::append_range(pending, op->getOperands());
  }
  return true;
}
