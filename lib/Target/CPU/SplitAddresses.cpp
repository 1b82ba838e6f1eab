// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass cpu-split-addresses: what is constant in an index moves to the last one.
//
// Positions of a register tile are read at index + 0, index + 1, ... of a dim whose stride is
// constant, of a tensor whose other strides only the run knows. In the address that LLVM sees, the
// constant stands within a product, where its passes do not look for what positions share: each
// gets a register, more than there are. Times its stride, on the index of the last dim, the
// constant is a summand of the address, and all positions are displacements from one register.
#include "lib/Target/CPU/Lower.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

namespace accel {
#define GEN_PASS_DEF_SPLITADDRESSESPASS
#include "lib/Target/CPU/Passes.h.inc"
} // namespace accel

using namespace mlir;

/// The index without its constant summand, and that. Neither is below zero: sums within addresses
/// may not wrap.
static std::pair<OpFoldResult, int64_t> split(OpBuilder &builder, Location at, Value index) {
  if (std::optional<int64_t> known = getConstantIntValue(index); known && *known >= 0)
    return {builder.getIndexAttr(0), *known};
  auto apply = index.getDefiningOp<affine::AffineApplyOp>();
  if (!apply)
    return {index, 0};
  AffineMap map = apply.getAffineMap();
  SmallVector<Value> operands(apply.getMapOperands());
  affine::fullyComposeAffineMapAndOperands(&map, &operands);
  affine::canonicalizeMapAndOperands(&map, &operands);
  auto sum = dyn_cast<AffineBinaryOpExpr>(map.getResult(0));
  auto summand = sum && sum.getKind() == AffineExprKind::Add
                     ? dyn_cast<AffineConstantExpr>(sum.getRHS())
                     : AffineConstantExpr(nullptr);
  if (!summand || summand.getValue() < 0)
    return {index, 0};
  // Loops, sizes and numbers of items begin at zero, so that the rest is below it only by a
  // negative factor.
  bool isPositive = llvm::all_of(operands, [](Value operand) {
    Operation *op = operand.getDefiningOp();
    return !op || isa<arith::RemUIOp, arith::DivUIOp>(op);
  });
  sum.getLHS().walk([&](AffineExpr part) {
    auto constant = dyn_cast<AffineConstantExpr>(part);
    isPositive &= !constant || constant.getValue() >= 0;
  });
  if (!isPositive)
    return {index, 0};
  OpFoldResult rest = affine::makeComposedFoldedAffineApply(
      builder, at,
      AffineMap::get(map.getNumDims(), map.getNumSymbols(), sum.getLHS(), builder.getContext()),
      getAsOpFoldResult(operands));
  return {rest, summand.getValue()};
}

static void splitAddress(Operation *op, Value memory, MutableOperandRange indices) {
  auto type = cast<MemRefType>(memory.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  // Where the shape is static, so are all factors, and LLVM finds what it needs.
  if (type.hasStaticShape() || type.getRank() < 2 ||
      failed(type.getStridesAndOffset(strides, offset)) || strides.back() != 1)
    return;
  OpBuilder builder(op);
  int64_t shift = 0;
  for (int64_t i = 0; i + 1 < type.getRank(); ++i) {
    if (ShapedType::isDynamic(strides[i]))
      continue;
    auto [rest, constant] = split(builder, op->getLoc(), indices[i].get());
    if (!constant)
      continue;
    indices[i].set(getValueOrCreateConstantIndexOp(builder, op->getLoc(), rest));
    shift += constant * strides[i];
  }
  if (!shift)
    return;
  OpOperand &last = indices[type.getRank() - 1];
  last.set(getValueOrCreateConstantIndexOp(
      builder, op->getLoc(),
      affine::makeComposedFoldedAffineApply(
          builder, op->getLoc(), builder.getAffineDimExpr(0) + shift, {OpFoldResult(last.get())})));
}

namespace accel {
namespace {
struct SplitAddressesPass : impl::SplitAddressesPassBase<SplitAddressesPass> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      llvm::TypeSwitch<Operation *>(op)
          .Case<memref::LoadOp, memref::StoreOp>([](auto access) {
            splitAddress(access, access.getMemRef(), access.getIndicesMutable());
          })
          .Case<vector::LoadOp, vector::StoreOp, vector::MaskedLoadOp, vector::MaskedStoreOp>(
              [](auto access) {
                splitAddress(access, access.getBase(), access.getIndicesMutable());
              });
    });
  }
};
} // namespace
} // namespace accel
