// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops: one linalg.generic with the op's scalar body.
#include "lib/Conversion/NNToLinalg/Lowering.h"

using namespace mlir;
using namespace accel::nn;

Value accel::nn::lowerElementwise(Lowering &lowering, Operation *op) {
  Value result = op->getResult(0);
  bool known = true;
  Value lowered = lowering.elementwise(
      lowering.destination(result), result, op->getOperands(),
      [&](OpBuilder &builder, Location at, ValueRange scalars) {
        SmallVector<Value> arguments;
        for (auto [scalar, operand] : llvm::zip_equal(scalars, op->getOperands()))
          arguments.push_back(fromStorage(builder, at, scalar, elementTypeOf(operand)));
        Value value = emitScalar(builder, op, arguments);
        known = bool(value);
        return SmallVector<Value>{known ? toStorage(builder, at, value) : scalars[0]};
      });
  return known ? lowered : Value();
}
