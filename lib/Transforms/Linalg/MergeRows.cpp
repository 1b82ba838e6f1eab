// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A pointwise convolution has no use for rows: its positions are tiled as one dim, so that tiles do
// not end where rows do.
#include "lib/Transforms/Linalg/MergeRows.h"
#include "dialects/Exec/ExecOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace accel;

namespace {
class RowMerger {
public:
  explicit RowMerger(func::FuncOp function) : function(function) {}

  /// False, with nothing changed, if the dims must stay apart.
  bool run() {
    auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    if (ret.getNumOperands() != 1)
      return false;
    auto type = dyn_cast<RankedTensorType>(ret.getOperand(0).getType());
    // The last argument is where the result goes, even if nothing says so yet.
    if (!type || type.getRank() < 4 || function.getNumArguments() == 0 ||
        function.getArguments().back().getType() != type ||
        !join(ret.getOperand(0), type.getRank() - 3) ||
        !join(function.getArguments().back(), type.getRank() - 3))
      return false;
    // Grows while it is walked.
    for (size_t i = 0; i < tensors.size(); ++i)
      if (!visit(tensors.begin()[i].first))
        return false;
    if (!isShared)
      return false;
    rewrite();
    return true;
  }

private:
  /// Dims `dim` and `dim` + 1 of a tensor become one.
  bool join(Value tensor, unsigned dim) {
    return tensors.insert({tensor, dim}).first->second == dim;
  }

  bool visit(Value tensor) {
    unsigned dim = tensors.lookup(tensor);
    if (auto argument = dyn_cast<BlockArgument>(tensor)) {
      if (argument.getOwner() != &function.getBody().front() ||
          !function.getArgAttr(argument.getArgNumber(), exec::KernelOp::kShapeAttr))
        return false;
    } else if (auto fill = tensor.getDefiningOp<linalg::FillOp>()) {
      if (!join(fill.getOutputs()[0], dim))
        return false;
    } else if (auto op = tensor.getDefiningOp<linalg::GenericOp>()) {
      if (!visit(op, *op.getDpsInitOperand(cast<OpResult>(tensor).getResultNumber()), dim))
        return false;
    } else if (!tensor.getDefiningOp<tensor::EmptyOp>()) {
      return false;
    }
    return llvm::all_of(tensor.getUses(), [&](OpOperand &use) {
      if (auto op = dyn_cast<linalg::GenericOp>(use.getOwner()))
        return visit(op, use, dim);
      if (auto fill = dyn_cast<linalg::FillOp>(use.getOwner()))
        return fill.isDpsInit(&use) && join(fill.getResult(0), dim);
      if (auto size = dyn_cast<tensor::DimOp>(use.getOwner())) {
        sizes.insert(size);
        return bool(shapeOf(size));
      }
      return isa<func::ReturnOp>(use.getOwner());
    });
  }

  /// What the kernel says of the argument whose size is asked for; null if it says nothing.
  AffineMapAttr shapeOf(tensor::DimOp size) {
    auto argument = dyn_cast<BlockArgument>(size.getSource());
    if (!argument || argument.getOwner() != &function.getBody().front() || !size.getConstantIndex())
      return {};
    auto shape = function.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(),
                                                          exec::KernelOp::kShapeAttr);
    return shape && shape.getValue().getNumSymbols() == kernelDims().size() ? shape
                                                                            : AffineMapAttr();
  }

  SmallVector<Value> kernelDims() {
    SmallVector<Value> dims;
    for (BlockArgument argument : function.getArguments())
      if (argument.getType().isIndex())
        dims.push_back(argument);
    return dims;
  }

  /// Dims `at` and `at` + 1 of an operand are merged: so are the loops that walk them, and what
  /// these walk.
  bool visit(linalg::GenericOp op, OpOperand &operand, unsigned at) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    auto first = dyn_cast<AffineDimExpr>(map.getResult(at)),
         second = dyn_cast<AffineDimExpr>(map.getResult(at + 1));
    if (!first || !second || second.getPosition() != first.getPosition() + 1 ||
        op.hasIndexSemantics() || op.getNumResults() != 1)
      return false;
    unsigned loop = first.getPosition();
    auto [known, isNew] = loops.insert({op, loop});
    if (!isNew)
      return known->second == loop;
    SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
    if (iterators[loop] != utils::IteratorType::parallel ||
        iterators[loop + 1] != utils::IteratorType::parallel)
      return false;
    for (OpOperand &other : op->getOpOperands()) {
      AffineMap read = op.getMatchingIndexingMap(&other);
      if (!read.isFunctionOfDim(loop) && !read.isFunctionOfDim(loop + 1)) {
        isShared |= op.getNumReductionLoops() > 0 && isa<ShapedType>(other.get().getType());
        continue;
      }
      int found = -1;
      for (unsigned i = 0; i < read.getNumResults(); ++i) {
        if (!read.getResult(i).isFunctionOfDim(loop) &&
            !read.getResult(i).isFunctionOfDim(loop + 1))
          continue;
        bool isPair = found < 0 && read.getResult(i) == first && i + 1 < read.getNumResults() &&
                      read.getResult(i + 1) == second;
        if (!isPair)
          return false;
        found = i++;
      }
      if (!join(other.get(), found) || (op.isDpsInit(&other) && !join(op.getResult(0), found)))
        return false;
    }
    return true;
  }

  static RankedTensorType merged(Type type, unsigned dim) {
    auto tensor = cast<RankedTensorType>(type);
    SmallVector<int64_t> shape(tensor.getShape());
    bool isStatic = !tensor.isDynamicDim(dim) && !tensor.isDynamicDim(dim + 1);
    shape[dim] = isStatic ? shape[dim] * shape[dim + 1] : ShapedType::kDynamic;
    shape.erase(shape.begin() + dim + 1);
    return RankedTensorType::get(shape, tensor.getElementType());
  }

  void rewrite() {
    for (tensor::DimOp size : sizes) {
      OpBuilder builder(size);
      AffineMap shape = shapeOf(size).getValue();
      size.getResult().replaceAllUsesWith(affine::AffineApplyOp::create(
          builder, size.getLoc(),
          AffineMap::get(0, shape.getNumSymbols(), shape.getResult(*size.getConstantIndex()),
                         builder.getContext()),
          kernelDims()));
      size.erase();
    }
    for (auto [tensor, dim] : tensors) {
      RankedTensorType type = merged(tensor.getType(), dim);
      if (auto empty = tensor.getDefiningOp<tensor::EmptyOp>())
        mergeSizes(empty, dim);
      else if (auto argument = dyn_cast<BlockArgument>(tensor))
        mergeShape(argument, dim);
      tensor.setType(type);
    }
    for (auto [op, loop] : loops)
      mergeLoops(op, loop);
    Block &body = function.getBody().front();
    function.setType(FunctionType::get(function.getContext(), body.getArgumentTypes(),
                                       body.getTerminator()->getOperandTypes()));
  }

  static void mergeSizes(tensor::EmptyOp empty, unsigned dim) {
    if (empty.getType().hasStaticShape())
      return;
    OpBuilder builder(empty);
    SmallVector<OpFoldResult> sizes = empty.getMixedSizes();
    auto value = [&](OpFoldResult size) {
      return getValueOrCreateConstantIndexOp(builder, empty.getLoc(), size);
    };
    if (empty.getType().isDynamicDim(dim) || empty.getType().isDynamicDim(dim + 1))
      sizes[dim] =
          arith::MulIOp::create(builder, empty.getLoc(), value(sizes[dim]), value(sizes[dim + 1]))
              .getResult();
    sizes.erase(sizes.begin() + dim + 1);
    SmallVector<Value> dynamic;
    for (OpFoldResult size : sizes)
      if (auto known = dyn_cast<Value>(size))
        dynamic.push_back(known);
    empty.getDynamicSizesMutable().assign(dynamic);
  }

  void mergeShape(BlockArgument argument, unsigned dim) {
    unsigned number = argument.getArgNumber();
    AffineMap shape =
        function.getArgAttrOfType<AffineMapAttr>(number, exec::KernelOp::kShapeAttr).getValue();
    SmallVector<AffineExpr> sizes(shape.getResults());
    sizes[dim] = sizes[dim] * sizes[dim + 1];
    sizes.erase(sizes.begin() + dim + 1);
    function.setArgAttr(
        number, exec::KernelOp::kShapeAttr,
        AffineMapAttr::get(AffineMap::get(0, shape.getNumSymbols(), sizes, function.getContext())));
  }

  void mergeLoops(linalg::GenericOp op, unsigned loop) {
    MLIRContext *context = op.getContext();
    SmallVector<AffineExpr> dims;
    for (unsigned i = 0; i < op.getNumLoops(); ++i)
      dims.push_back(getAffineDimExpr(i > loop ? i - 1 : i, context));
    SmallVector<AffineMap> maps;
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      SmallVector<AffineExpr> results;
      for (auto [i, expr] : llvm::enumerate(map.getResults()))
        if (auto known = tensors.find(operand.get());
            !map.isFunctionOfDim(loop) || known == tensors.end() || i != known->second + 1)
          results.push_back(expr.replaceDims(dims));
      maps.push_back(AffineMap::get(op.getNumLoops() - 1, 0, results, context));
    }
    SmallVector<Attribute> iterators(op.getIteratorTypes().begin(), op.getIteratorTypes().end());
    iterators.erase(iterators.begin() + loop + 1);
    OpBuilder builder(op);
    op.setIndexingMapsAttr(builder.getAffineMapArrayAttr(maps));
    op.setIteratorTypesAttr(builder.getArrayAttr(iterators));
  }

  func::FuncOp function;
  llvm::MapVector<Value, unsigned> tensors;           ///< and the first of the two dims
  llvm::MapVector<linalg::GenericOp, unsigned> loops; ///< and the first of the two
  llvm::SetVector<tensor::DimOp> sizes;               ///< of arguments that are merged
  bool isShared = false;
};
} // namespace

void linalg_ext::mergeRows(func::FuncOp function) { (void)RowMerger(function).run(); }
