// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops: one linalg.generic with the op's scalar body.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace accel::nn;

static Value lowerIota(Lowering &lowering, IotaOp op) {
  unsigned rank = lowering.shapes.get(op.getResult()).size();
  Type element = storageType(op.getElement());
  return lowering.generic(lowering.destination(op.getResult()), {},
                          AffineMap::getMultiDimIdentityMap(rank, op.getContext()),
                          [&](OpBuilder &builder, Location at, ValueRange) {
                            Value index = linalg::IndexOp::create(builder, at, op.getAxis());
                            return SmallVector<Value>{
                                arith::IndexCastOp::create(builder, at, element, index)};
                          });
}

/// Types of as many bits are stored in as many.
static Value lowerBitcast(Lowering &lowering, BitcastOp op) {
  Type storage = storageType(op.getTo());
  return lowering.elementwise(lowering.destination(op.getResult()), op.getResult(),
                              op->getOperands(),
                              [&](OpBuilder &builder, Location at, ValueRange scalars) {
                                Value bits = scalars[0];
                                if (bits.getType() != storage)
                                  bits = arith::BitcastOp::create(builder, at, storage, bits);
                                return SmallVector<Value>{bits};
                              });
}

Value accel::nn::lowerElementwise(Lowering &lowering, Operation *op) {
  if (auto iota = dyn_cast<IotaOp>(op))
    return lowerIota(lowering, iota);
  if (auto bitcast = dyn_cast<BitcastOp>(op))
    return lowerBitcast(lowering, bitcast);
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
        return SmallVector<Value>{known ? toStorage(builder, at, value, elementTypeOf(result))
                                        : scalars[0]};
      });
  return known ? lowered : Value();
}
