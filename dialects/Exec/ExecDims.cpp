// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes in a program: affine expressions of its symbols as index values, and back.
#include "dialects/Exec/ExecDims.h"
#include "dialects/Exec/ExecOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace accel::exec;

Value accel::exec::buildDim(OpBuilder &builder, Location location, AffineExpr dim,
                            ValueRange symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(dim))
    return arith::ConstantIndexOp::create(builder, location, constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
    return symbols[symbol.getPosition()];
  return affine::AffineApplyOp::create(builder, location, AffineMap::get(0, symbols.size(), dim),
                                       symbols);
}

AffineExpr accel::exec::dimOf(Value index) {
  if (auto argument = dyn_cast<BlockArgument>(index)) {
    bool isSymbol = isa<ProgramOp>(argument.getOwner()->getParentOp()) && index.getType().isIndex();
    return isSymbol ? getAffineSymbolExpr(argument.getArgNumber(), index.getContext()) : nullptr;
  }
  APInt constant;
  if (matchPattern(index, m_ConstantInt(&constant)))
    return getAffineConstantExpr(constant.getSExtValue(), index.getContext());

  auto apply = index.getDefiningOp<affine::AffineApplyOp>();
  Operation *op = index.getDefiningOp();
  if (!apply &&
      !isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::FloorDivSIOp, arith::CeilDivSIOp>(
          op))
    return nullptr;
  SmallVector<AffineExpr> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(dimOf(operand));
    if (!operands.back())
      return nullptr;
  }
  if (apply) {
    AffineMap map = apply.getAffineMap();
    ArrayRef<AffineExpr> all(operands);
    return map.getResult(0).replaceDimsAndSymbols(all.take_front(map.getNumDims()),
                                                  all.drop_front(map.getNumDims()));
  }
  AffineExpr a = operands[0], b = operands[1];
  return llvm::TypeSwitch<Operation *, AffineExpr>(op)
      .Case([&](arith::AddIOp) { return a + b; })
      .Case([&](arith::SubIOp) { return a - b; })
      .Case([&](arith::MulIOp) { return a * b; })
      .Case([&](arith::FloorDivSIOp) { return a.floorDiv(b); })
      .Case([&](arith::CeilDivSIOp) { return a.ceilDiv(b); });
}

SmallVector<AffineExpr> accel::exec::composeDims(AffineMap map, ArrayRef<AffineExpr> symbols) {
  SmallVector<AffineExpr> dims;
  for (AffineExpr result : map.getResults())
    dims.push_back(result.replaceSymbols(symbols));
  return dims;
}

int64_t accel::exec::elementBytes(Type type) {
  if (auto complex = dyn_cast<ComplexType>(type))
    return 2 * elementBytes(complex.getElementType());
  if (!type.isIntOrFloat())
    return 8;
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

AffineExpr accel::exec::tensorBytes(ArrayRef<AffineExpr> dims, Type elementType) {
  AffineExpr bytes = getAffineConstantExpr(elementBytes(elementType), elementType.getContext());
  // Constants first: their product folds, and may be 0.
  for (AffineExpr dim : dims)
    if (isa<AffineConstantExpr>(dim))
      bytes = bytes * dim;
  for (AffineExpr dim : dims)
    if (!isa<AffineConstantExpr>(dim))
      bytes = bytes * dim;
  return bytes;
}
