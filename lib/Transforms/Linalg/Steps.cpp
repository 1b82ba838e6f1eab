// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The step of a body's values along a dim, by the ops that compute them.
#include "lib/Transforms/Linalg/Steps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace accel::linalg_ext;

/// How much a sum of products moves when its operands move by their steps; null if that depends on
/// where they are.
static std::optional<int64_t> stepOf(affine::AffineApplyOp apply,
                                     ArrayRef<std::optional<int64_t>> steps) {
  AffineMap map = apply.getAffineMap();
  SmallVector<AffineExpr> dims, symbols;
  for (auto [i, step] : llvm::enumerate(steps)) {
    if (i < map.getNumDims())
      dims.push_back(getAffineDimExpr(i, apply.getContext()) + *step);
    else
      symbols.push_back(getAffineSymbolExpr(i - map.getNumDims(), apply.getContext()) + *step);
  }
  AffineExpr from = map.getResult(0), to = from.replaceDimsAndSymbols(dims, symbols);
  auto moved = dyn_cast<AffineConstantExpr>(
      simplifyAffineExpr(to - from, map.getNumDims(), map.getNumSymbols()));
  return moved ? std::optional(moved.getValue()) : std::nullopt;
}

std::optional<int64_t> Steps::along(linalg::GenericOp op, Value value, unsigned dim) {
  using Step = std::optional<int64_t>;
  if (auto argument = dyn_cast<BlockArgument>(value);
      argument && argument.getOwner() == op.getBody()) {
    OpOperand &operand = op->getOpOperand(argument.getArgNumber());
    bool varies =
        op.isDpsInit(&operand) || op.getMatchingIndexingMap(&operand).isFunctionOfDim(dim);
    return varies ? Step() : Step(0);
  }
  Operation *source = value.getDefiningOp();
  if (!source || source->getBlock() != op.getBody())
    return 0;
  if (auto index = dyn_cast<linalg::IndexOp>(source))
    return index.getDim() == dim ? 1 : 0;
  auto [at, isNew] = known.try_emplace({value, dim});
  if (!isNew)
    return at->second;
  SmallVector<Step> operands = llvm::map_to_vector(
      source->getOperands(), [&](Value operand) { return along(op, operand, dim); });
  Step step;
  if (llvm::all_of(operands, [](Step each) { return each == 0; })) {
    step = 0;
  } else if (llvm::all_of(operands, [](Step each) { return each.has_value(); })) {
    if (isa<arith::AddIOp>(source))
      step = *operands[0] + *operands[1];
    else if (isa<arith::SubIOp>(source))
      step = *operands[0] - *operands[1];
    else if (auto apply = dyn_cast<affine::AffineApplyOp>(source))
      step = stepOf(apply, operands);
  }
  return known[{value, dim}] = step;
}
