// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The CPU's own lowering steps: packed products, copies, vectors.
#include "lib/Target/CPU/Lower.h"
#include "dialects/NN/NNOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace accel {
#define GEN_PASS_DEF_LOWERPACKEDMATMULPASS
#define GEN_PASS_DEF_LOWERCOPIESPASS
#define GEN_PASS_DEF_LOWERVECTORSPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;

void cpu::dropResults(func::FuncOp function) {
  auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  OpBuilder builder(ret);
  unsigned first = function.getNumArguments() - ret.getNumOperands();
  for (OpOperand &operand : ret->getOpOperands()) {
    Value output = function.getArgument(first + operand.getOperandNumber());
    if (operand.get() != output)
      memref::CopyOp::create(builder, ret.getLoc(), operand.get(), output);
  }
  ret->setOperands({});
  function.setType(FunctionType::get(function.getContext(), function.getArgumentTypes(), {}));
}

/// The product as loops over rows, columns and k; the column picks panel and lane.
static Value plainProduct(OpBuilder &builder, nn::PackedMatmulOp op) {
  MLIRContext *context = op.getContext();
  Location at = op.getLoc();
  auto type = cast<RankedTensorType>(op.getType());
  unsigned rank = type.getRank();
  int64_t nr = cast<RankedTensorType>(op.getRhs().getType()).getDimSize(2);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, at, op.getLhs());
  sizes.back() = builder.getIndexAttr(type.getDimSize(rank - 1));
  Value zero = arith::ConstantOp::create(builder, at, builder.getZeroAttr(type.getElementType()));
  Value init = tensor::EmptyOp::create(builder, at, sizes, type.getElementType());
  init = linalg::FillOp::create(builder, at, zero, init).getResult(0);
  AffineExpr n = getAffineDimExpr(rank - 1, context), k = getAffineDimExpr(rank, context);
  SmallVector<AffineExpr> lhs, result;
  for (unsigned i = 0; i < rank; ++i) {
    result.push_back(getAffineDimExpr(i, context));
    lhs.push_back(i + 1 == rank ? k : getAffineDimExpr(i, context));
  }
  SmallVector<AffineMap> maps = {AffineMap::get(rank + 1, 0, lhs, context),
                                 AffineMap::get(rank + 1, 0, {n.floorDiv(nr), k, n % nr}, context),
                                 AffineMap::get(rank + 1, 0, result, context)};
  SmallVector<utils::IteratorType> iterators(rank + 1, utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  auto product = linalg::GenericOp::create(
      builder, at, init.getType(), ValueRange{op.getLhs(), op.getRhs()}, init, maps, iterators,
      [](OpBuilder &b, Location loc, ValueRange a) {
        Value p = arith::MulFOp::create(b, loc, a[0], a[1]);
        linalg::YieldOp::create(b, loc, arith::AddFOp::create(b, loc, a[2], p).getResult());
      });
  return product.getResult(0);
}

/// True if the first elements of both lie at one place of one memref, so that a copy between them
/// does nothing. Slices that tiles were written into come back from scf.if as values of their own.
static bool sameSlice(Value a, Value b) {
  if (a == b)
    return true;
  if (auto cast = a.getDefiningOp<memref::CastOp>())
    return sameSlice(cast.getSource(), b);
  if (auto cast = b.getDefiningOp<memref::CastOp>())
    return sameSlice(a, cast.getSource());
  if (auto ifOp = a.getDefiningOp<scf::IfOp>()) {
    unsigned i = cast<OpResult>(a).getResultNumber();
    return sameSlice(ifOp.thenYield().getOperand(i), b) &&
           sameSlice(ifOp.elseYield().getOperand(i), b);
  }
  auto x = a.getDefiningOp<memref::SubViewOp>(), y = b.getDefiningOp<memref::SubViewOp>();
  return x && y && x.getSource() == y.getSource() && x.getMixedOffsets() == y.getMixedOffsets() &&
         x.getMixedStrides() == y.getMixedStrides();
}

static bool isNeverNaN(Operation *op) {
  auto flags = cast<arith::ArithFastMathInterface>(op).getFastMathFlagsAttr();
  return flags && arith::bitEnumContainsAny(flags.getValue(), arith::FastMathFlags::nnan);
}

/// The largest or smallest element of a vector in steps of half its width, each one instruction.
/// (LLVM takes the vector apart, for the sake of NaN.) Halves of an odd width overlap, which a
/// maximum does not mind.
static void foldInHalves(vector::ReductionOp op) {
  bool largest = op.getKind() == vector::CombiningKind::MAXNUMF;
  if ((!largest && op.getKind() != vector::CombiningKind::MINNUMF) || !isNeverNaN(op) ||
      op.getAcc())
    return;
  OpBuilder builder(op);
  Location at = op.getLoc();
  Value value = op.getVector();
  int64_t width = cast<VectorType>(value.getType()).getNumElements();
  auto flags = op.getFastmathAttr();
  while (width > 1) {
    int64_t half = llvm::divideCeil(width, 2);
    auto part = [&](int64_t from) {
      return vector::ExtractStridedSliceOp::create(builder, at, value, from, half, 1).getResult();
    };
    Value low = part(0), high = part(width - half);
    value = largest ? arith::MaxNumFOp::create(builder, at, low, high, flags).getResult()
                    : arith::MinNumFOp::create(builder, at, low, high, flags).getResult();
    width = half;
  }
  op.getResult().replaceAllUsesWith(
      vector::ExtractOp::create(builder, at, value, ArrayRef<int64_t>{0}));
  op.erase();
}

/// A maximum that need not care for NaN is a comparison and a choice, which are one instruction.
/// Not left to LLVM, to which the flag says that a NaN may give anything.
static void lowerExtremum(Operation *op) {
  bool largest = isa<arith::MaxNumFOp>(op);
  if ((!largest && !isa<arith::MinNumFOp>(op)) || !isNeverNaN(op))
    return;
  OpBuilder builder(op);
  Value a = op->getOperand(0), b = op->getOperand(1);
  Value better = arith::CmpFOp::create(
      builder, op->getLoc(), largest ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT, b, a);
  op->getResult(0).replaceAllUsesWith(arith::SelectOp::create(builder, op->getLoc(), better, b, a));
  op->erase();
}

namespace accel {
namespace {

struct LowerPackedMatmulPass : impl::LowerPackedMatmulPassBase<LowerPackedMatmulPass> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<nn::PackedMatmulOp> ops;
    getOperation().walk([&](nn::PackedMatmulOp op) { ops.push_back(op); });
    for (nn::PackedMatmulOp op : ops) {
      OpBuilder builder(op);
      // Tiles are of rows and columns; a product of more dims is a loop nest.
      if (plain || cast<RankedTensorType>(op.getType()).getRank() != 2) {
        op.getResult().replaceAllUsesWith(plainProduct(builder, op));
        op.erase();
        continue;
      }
      // The kernel's result is a copy of the product, which is tiled with the product in its tiles.
      for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
        auto ret = dyn_cast<func::ReturnOp>(use.getOwner());
        if (!ret)
          continue;
        Value output = getOperation().getArgument(getOperation().getNumArguments() -
                                                  ret.getNumOperands() + use.getOperandNumber());
        AffineMap identity = AffineMap::getMultiDimIdentityMap(2, &getContext());
        builder.setInsertionPoint(ret);
        auto copy = linalg::GenericOp::create(
            builder, op.getLoc(), output.getType(), op.getResult(), output,
            ArrayRef<AffineMap>{identity, identity},
            ArrayRef<utils::IteratorType>{utils::IteratorType::parallel,
                                          utils::IteratorType::parallel},
            [](OpBuilder &b, Location at, ValueRange a) { linalg::YieldOp::create(b, at, a[0]); });
        use.set(copy.getResult(0));
      }
    }
  }
};

struct LowerCopiesPass : impl::LowerCopiesPassBase<LowerCopiesPass> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies) {
      if (sameSlice(copy.getSource(), copy.getTarget())) {
        copy.erase();
        continue;
      }
      auto contiguous = [](Value v) {
        auto type = cast<MemRefType>(v.getType());
        return type.getLayout().isIdentity() && type.hasStaticShape();
      };
      // Contiguous copies are memcpy.
      if (contiguous(copy.getSource()) && contiguous(copy.getTarget()))
        continue;
      OpBuilder builder(copy);
      (void)linalg::makeMemRefCopyOp(builder, copy.getLoc(), copy.getSource(), copy.getTarget());
      copy.erase();
    }
  }
};

struct LowerVectorsPass : impl::LowerVectorsPassBase<LowerVectorsPass> {
  void runOnOperation() override {
    getOperation().walk([](vector::ReductionOp op) { foldInHalves(op); });
    getOperation().walk([](Operation *op) { lowerExtremum(op); });
    RewritePatternSet patterns(&getContext());
    vector::populateVectorTransferLoweringPatterns(patterns, /*maxTransferRank=*/1);
    vector::populateVectorStepLoweringPatterns(patterns);
    vector::populateVectorBroadcastLoweringPatterns(patterns);
    vector::populateVectorShapeCastLoweringPatterns(patterns);
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace accel
