// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which dim of an op becomes vectors, by how its operands are read along it.
#include "lib/Transforms/Linalg/Vectorizer.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/TilingInterface.h"

using namespace mlir;
using namespace accel::linalg_ext;

Vectorizer::Access Vectorizer::access(AffineMap map, unsigned dim) {
  bool used = false;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    if (!expr.isFunctionOfDim(dim))
      continue;
    AffineExpr d = getAffineDimExpr(dim, map.getContext());
    AffineExpr step = simplifyAffineExpr(expr.replace(d, d + 1) - expr, map.getNumDims(), 0);
    auto constant = dyn_cast<AffineConstantExpr>(step);
    if (i + 1 != map.getNumResults() || !constant || constant.getValue() != 1)
      return Access::Gather;
    used = true;
  }
  return used ? Access::Contiguous : Access::Uniform;
}

/// True if the body can be computed for several elements along a dim: only constants, indices,
/// elementwise ops and reads of rows depend on that dim.
bool Vectorizer::bodyVectorizes(linalg::GenericOp op, int vectorDim) {
  llvm::SmallPtrSet<Value, 16> varying;
  Block *body = op.getBody();
  for (OpOperand &operand : op->getOpOperands())
    if (op.getMatchingIndexingMap(&operand).isFunctionOfDim(vectorDim) || op.isDpsInit(&operand))
      varying.insert(op.getMatchingBlockArgument(&operand));
  for (Operation &inner : body->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      if (int(index.getDim()) == vectorDim)
        varying.insert(index.getResult());
      continue;
    }
    if (!llvm::any_of(inner.getOperands(), [&](Value v) { return varying.contains(v); }))
      continue;
    if (inner.getNumResults() != 1 || (!OpTrait::hasElementwiseMappableTraits(&inner) &&
                                       !vectorizesAcross(op, &inner, vectorDim)))
      return false;
    Type type = inner.getResult(0).getType();
    if (!type.isIntOrIndexOrFloat())
      return false;
    varying.insert(inner.getResult(0));
  }
  return true;
}

/// LLVM 22 aborts on vectors of 2^k + 1 elements of bf16 where a CPU converts to them: it cannot
/// split off the last one. With vectors of 2^k elements the last one is alone from the start.
static int64_t legalLanes(linalg::GenericOp op, int64_t lanes, OpFoldResult extent) {
  std::optional<int64_t> size = getConstantIntValue(extent);
  int64_t tail = size ? *size % lanes : 0;
  auto isBF16 = [](Value value) { return getElementTypeOrSelf(value.getType()).isBF16(); };
  bool uses = llvm::any_of(op->getOperands(), isBF16);
  op.getBody()->walk([&](Operation *inner) { uses |= llvm::any_of(inner->getOperands(), isBF16); });
  return uses && tail > 8 && llvm::isPowerOf2_64(tail - 1) ? tail - 1 : lanes;
}

std::optional<Vectorizer::Plan> Vectorizer::analyze(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op->getNumRegions() != 1)
    return std::nullopt;
  Plan plan;
  steps.clear();
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  for (AffineExpr expr : result.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return std::nullopt;
    plan.parallel.push_back(dim.getPosition());
  }
  for (auto [i, iterator] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (iterator == utils::IteratorType::reduction)
      plan.reduction.push_back(i);
    else if (!llvm::is_contained(plan.parallel, unsigned(i)))
      return std::nullopt;
  }
  builder.setInsertionPoint(op);
  for (Range range : cast<TilingInterface>(op.getOperation()).getIterationDomain(builder))
    plan.extents.push_back(range.size);

  Type element = getElementTypeOrSelf(op.getDpsInits()[0].getType());
  plan.lanes = lanesOf(element);
  // What is narrowed at the end of a chain of registers has as many lanes as they have.
  for (Value input : op.getDpsInputs())
    if (auto held = registers.find(input);
        held != registers.end() && held->second.kind == Registers::Vectors)
      plan.lanes = std::min(plan.lanes, held->second.lanes);
  auto count = [&](unsigned dim) {
    unsigned gathers = 0;
    for (OpOperand &operand : op->getOpOperands())
      gathers += access(op.getMatchingIndexingMap(&operand), dim) == Access::Gather;
    return gathers;
  };
  auto isUnit = [&](unsigned dim) { return getConstantIntValue(plan.extents[dim]) == 1; };
  unsigned parallelGathers = ~0u;
  if (!plan.parallel.empty()) {
    unsigned last = plan.parallel.back();
    if (!isUnit(last) && bodyVectorizes(op, last)) {
      parallelGathers = count(last);
      plan.vectorDim = last;
      plan.gathers = parallelGathers > 0;
    }
  }
  if (parallelGathers != 0 && !plan.reduction.empty()) {
    unsigned last = plan.reduction.back();
    SmallVector<Operation *> combiners;
    Value reduced = matchReduction(op.getRegionOutputArgs(), 0, combiners);
    if (!isUnit(last) && reduced && combiners.size() == 1 &&
        arith::getNeutralElement(combiners[0]) && count(last) == 0 && bodyVectorizes(op, last)) {
      plan.vectorDim = last;
      plan.horizontal = true;
      plan.gathers = false;
    }
  }
  if (plan.vectorDim >= 0)
    plan.lanes = legalLanes(op, plan.lanes, plan.extents[plan.vectorDim]);
  return plan;
}
