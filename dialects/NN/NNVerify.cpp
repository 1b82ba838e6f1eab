// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What neither traits nor shape computations check. The numbers are those of the ops' descriptions.
#include "dialects/NN/NNOps.h"

using namespace mlir;
using namespace accel::nn;

LogicalResult SelectOp::verify() {
  Type lhs = elementTypeOf(getLhs()), rhs = elementTypeOf(getRhs());
  if (lhs != rhs)
    return emitOpError("C1: expected operands of one element type, got ") << lhs << " and " << rhs;
  return success();
}

LogicalResult BitcastOp::verify() {
  Type from = elementTypeOf(getInput()), to = getTo();
  auto bits = [](Type type) {
    auto complex = dyn_cast<ComplexType>(type);
    return complex ? 2 * complex.getElementType().getIntOrFloatBitWidth()
                   : type.getIntOrFloatBitWidth();
  };
  if (!isa<ComplexType, IntegerType, FloatType>(to) || bits(from) != bits(to))
    return emitOpError("C1: expected element types of as many bits, got ") << from << " and " << to;
  return success();
}

LogicalResult RandomBitsOp::verify() {
  if (getHalf() > 1)
    return emitOpError("C1: expected half to be 0 or 1, got ") << int64_t(getHalf());
  return success();
}

LogicalResult ConstantOp::verify() {
  if (!isa<RankedTensorType>(getValue().getType()))
    return emitOpError("C1: expected a tensor, got ") << getValue().getType();
  return success();
}

LogicalResult ConcatOp::verify() {
  return getInputs().empty() ? emitOpError("C1: expected at least one operand") : success();
}

LogicalResult PadOp::verify() {
  Type element = elementTypeOf(getInput());
  if (getValue().getType() != element)
    return emitOpError("C2: expected a value of type ")
           << element << ", got " << getValue().getType();
  return success();
}

LogicalResult ResizeOp::verify() {
  Type element = elementTypeOf(getInput());
  if (!getWeights().empty() && !isa<FloatType>(element))
    return emitOpError("C3: expected elements of a float type to be weighted, got ") << element;
  return success();
}

LogicalResult DepthToSpaceOp::verify() {
  return getInputs().empty() ? emitOpError("C3: expected an operand") : success();
}

static LogicalResult verifyUpdates(Operation *op, StringRef constraint, Value input,
                                   Value updates) {
  Type element = elementTypeOf(input), written = elementTypeOf(updates);
  if (element != written)
    return op->emitOpError(constraint)
           << ": expected updates of " << element << ", got " << written;
  return success();
}

LogicalResult ScatterElementsOp::verify() {
  return verifyUpdates(*this, "C3", getInput(), getUpdates());
}

LogicalResult ScatterNdOp::verify() { return verifyUpdates(*this, "C2", getInput(), getUpdates()); }
