// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Merges dims that a kernel walks alike: linalg-flatten.
#include "dialects/Exec/ExecOps.h"
#include "lib/Transforms/Linalg/MergeRows.h"
#include "lib/Transforms/Linalg/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace accel {
#define GEN_PASS_DEF_LINALGFLATTENPASS
#include "lib/Transforms/Linalg/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

/// The operand's result number of each iteration dim, -1 where it is broadcast; null if the map is
/// not dims in order, with zeros between that are all of a dim.
static std::optional<SmallVector<int>> orderedDims(AffineMap map, Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  SmallVector<int> at(map.getNumDims(), -1);
  int last = -1;
  for (auto [i, expr] : llvm::enumerate(map.getResults())) {
    if (isa<AffineConstantExpr>(expr) && shaped && shaped.getDimSize(i) == 1)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || int(dim.getPosition()) <= last)
      return std::nullopt;
    last = dim.getPosition();
    at[last] = i;
  }
  return at;
}

/// The only generic of a function that computes it elementwise from arguments alone.
static linalg::GenericOp onlyElementwise(func::FuncOp function) {
  linalg::GenericOp found;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op); generic && !found)
      found = generic;
    else if (!op.hasTrait<OpTrait::ConstantLike>() && !isOpTriviallyDead(&op))
      return nullptr;
  }
  auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  if (!found || found.getNumReductionLoops() || found.hasIndexSemantics() ||
      ret.getNumOperands() != 1 || ret.getOperand(0).getDefiningOp() != found ||
      found.getNumDpsInits() != 1)
    return nullptr;
  for (OpOperand &operand : found->getOpOperands()) {
    auto argument = dyn_cast<BlockArgument>(operand.get());
    if (!isa<ShapedType>(operand.get().getType()))
      continue;
    if (!argument || argument.getOwner() != &function.getBody().front() || !argument.hasOneUse() ||
        !function.getArgAttr(argument.getArgNumber(), exec::KernelOp::kShapeAttr))
      return nullptr;
  }
  bool nested = false;
  found.getBody()->walk([&](Operation *op) {
    nested |= llvm::any_of(op->getOperands(), [](Value v) { return isa<ShapedType>(v.getType()); });
  });
  return nested ? nullptr : found;
}

/// Elementwise fusion gives an op whose init is not read a new empty tensor; the op that computes
/// the result gets its output argument back.
static void restoreDestinations(func::FuncOp function) {
  auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  unsigned first = function.getNumArguments() - ret.getNumOperands();
  for (OpOperand &operand : ret->getOpOperands()) {
    auto op = operand.get().getDefiningOp<linalg::GenericOp>();
    if (!op || op.getNumDpsInits() != 1 || !op.getDpsInits()[0].getDefiningOp<tensor::EmptyOp>())
      continue;
    Value output = function.getArgument(first + operand.getOperandNumber());
    if (output.use_empty() && output.getType() == op.getDpsInits()[0].getType())
      op.getDpsInitsMutable()[0].set(output);
  }
}

static void flatten(func::FuncOp function) {
  linalg::GenericOp op = onlyElementwise(function);
  if (!op || op.getNumLoops() < 2)
    return;
  unsigned loops = op.getNumLoops();
  SmallVector<SmallVector<int>> dims;
  for (auto [operand, map] : llvm::zip_equal(op->getOpOperands(), op.getIndexingMapsArray())) {
    std::optional<SmallVector<int>> ordered = orderedDims(map, operand.get().getType());
    if (!ordered)
      return;
    dims.push_back(*ordered);
  }
  // Group of each dim: a dim joins its left neighbour's where every operand has both or neither.
  SmallVector<unsigned> group(loops, 0);
  for (unsigned d = 1; d < loops; ++d) {
    bool joins = llvm::all_of(dims, [&](const SmallVector<int> &at) {
      return at[d] < 0 ? at[d - 1] < 0 : at[d - 1] >= 0 && at[d] == at[d - 1] + 1;
    });
    group[d] = group[d - 1] + !joins;
  }
  unsigned groups = group.back() + 1;
  if (groups == loops)
    return;

  MLIRContext *context = function.getContext();
  SmallVector<AffineMap> maps;
  for (auto [operand, at] : llvm::zip_equal(op->getOpOperands(), dims)) {
    SmallVector<AffineExpr> exprs;
    for (unsigned d = 0; d < loops; ++d)
      if (at[d] >= 0 && (d == 0 || group[d] != group[d - 1]))
        exprs.push_back(getAffineDimExpr(group[d], context));
    maps.push_back(AffineMap::get(groups, 0, exprs, context));
    auto argument = dyn_cast<BlockArgument>(operand.get());
    if (!argument || !isa<ShapedType>(argument.getType()))
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    AffineMap shape =
        function
            .getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), exec::KernelOp::kShapeAttr)
            .getValue();
    SmallVector<AffineExpr> sizes;
    for (unsigned d = 0; d < loops; ++d) {
      if (at[d] < 0)
        continue;
      AffineExpr size = type.isDynamicDim(at[d])
                            ? shape.getResult(at[d])
                            : getAffineConstantExpr(type.getDimSize(at[d]), context);
      if (d == 0 || group[d] != group[d - 1])
        sizes.push_back(size);
      else
        sizes.back() = sizes.back() * size;
    }
    SmallVector<int64_t> extents = llvm::map_to_vector(sizes, [](AffineExpr size) {
      auto constant = dyn_cast<AffineConstantExpr>(size);
      return constant ? constant.getValue() : ShapedType::kDynamic;
    });
    argument.setType(type.clone(extents));
    function.setArgAttr(
        argument.getArgNumber(), exec::KernelOp::kShapeAttr,
        AffineMapAttr::get(AffineMap::get(0, shape.getNumSymbols(), sizes, context)));
  }
  OpBuilder builder(op);
  op.setIndexingMapsAttr(builder.getAffineMapArrayAttr(maps));
  op.setIteratorTypesAttr(builder.getArrayAttr(SmallVector<Attribute>(
      groups, linalg::IteratorTypeAttr::get(context, utils::IteratorType::parallel))));
  Type result = op.getDpsInits()[0].getType();
  op.getResult(0).setType(result);
  function.setType(
      FunctionType::get(context, function.getBody().front().getArgumentTypes(), result));
}

namespace accel {
namespace {
struct LinalgFlattenPass : impl::LinalgFlattenPassBase<LinalgFlattenPass> {
  void runOnOperation() override {
    restoreDestinations(getOperation());
    flatten(getOperation());
    linalg_ext::mergeRows(getOperation());
  }
};
} // namespace
} // namespace accel
