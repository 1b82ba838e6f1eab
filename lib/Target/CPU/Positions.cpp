// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Positions of accesses as linear functions of the loops around them.
#include "lib/Target/CPU/Positions.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace accel;
using namespace accel::cpu;

SmallVector<Loop> cpu::loopsAround(Operation *op) {
  SmallVector<Loop> loops;
  for (Operation *parent = op->getParentOp(); parent; parent = parent->getParentOp()) {
    auto loop = dyn_cast<LoopLikeOpInterface>(parent);
    std::optional<SmallVector<Value>> ivs = loop ? loop.getLoopInductionVars() : std::nullopt;
    if (!ivs)
      continue;
    auto lows = loop.getLoopLowerBounds(), highs = loop.getLoopUpperBounds(),
         steps = loop.getLoopSteps();
    if (!lows || !highs || !steps)
      continue;
    for (size_t i = ivs->size(); i-- > 0;) {
      Loop one{parent, (*ivs)[i], (*lows)[i], (*highs)[i]};
      std::optional<int64_t> low = getConstantIntValue((*lows)[i]),
                             high = getConstantIntValue((*highs)[i]),
                             step = getConstantIntValue((*steps)[i]);
      one.low = low.value_or(0);
      one.step = step.value_or(1);
      if (low && high && step && *high > *low)
        one.trips = llvm::divideCeil(*high - *low, *step);
      loops.push_back(one);
    }
  }
  return loops;
}

std::optional<Linear> cpu::linearPosition(ValueRange indices, MemRefType type) {
  MLIRContext *context = type.getContext();
  AffineExpr position = getAffineConstantExpr(0, context);
  int64_t stride = 1;
  for (int64_t i = type.getRank() - 1; i >= 0; --i) {
    if (ShapedType::isDynamic(stride))
      return std::nullopt;
    position = position + getAffineDimExpr(i, context) * stride;
    stride = type.isDynamicDim(i) ? ShapedType::kDynamic : stride * type.getDimSize(i);
  }
  AffineMap map = AffineMap::get(type.getRank(), 0, position);
  SmallVector<Value> operands(indices);
  affine::fullyComposeAffineMapAndOperands(&map, &operands);
  affine::canonicalizeMapAndOperands(&map, &operands);
  Linear linear;
  AffineExpr expr = map.getResult(0), rest = expr;
  for (unsigned i = 0; i < operands.size(); ++i) {
    AffineExpr d = i < map.getNumDims() ? getAffineDimExpr(i, context)
                                        : getAffineSymbolExpr(i - map.getNumDims(), context);
    auto factor = dyn_cast<AffineConstantExpr>(
        simplifyAffineExpr(expr.replace(d, d + 1) - expr, map.getNumDims(), map.getNumSymbols()));
    if (!factor || !isa<BlockArgument>(operands[i]))
      return std::nullopt;
    linear.factors[operands[i]] += factor.getValue();
    rest = rest.replace(d, getAffineConstantExpr(0, context));
  }
  auto constant =
      dyn_cast<AffineConstantExpr>(simplifyAffineExpr(rest, map.getNumDims(), map.getNumSymbols()));
  if (!constant)
    return std::nullopt;
  linear.constant = constant.getValue();
  return linear;
}

BlockArgument cpu::argumentMemory(Value memory) {
  auto argument = dyn_cast<BlockArgument>(memory);
  auto type = dyn_cast<MemRefType>(memory.getType());
  return argument && type && type.getLayout().isIdentity() &&
                 isa<FunctionOpInterface>(argument.getOwner()->getParentOp())
             ? argument
             : BlockArgument();
}

Value cpu::apply(OpBuilder &builder, Location at, AffineExpr expr,
                 ArrayRef<OpFoldResult> operands) {
  return getValueOrCreateConstantIndexOp(
      builder, at, affine::makeComposedFoldedAffineApply(builder, at, expr, operands));
}
