// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads at computed positions (tensor.extract) inside a vectorized body: one scalar, a vector of
// neighbours, or a gather, by how the position moves along the vector dim.
#include "lib/Transforms/Linalg/Vectorizer.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel::linalg_ext;

bool Vectorizer::vectorizesAcross(linalg::GenericOp op, Operation *inner, unsigned dim) {
  if (auto apply = dyn_cast<affine::AffineApplyOp>(inner))
    return steps.along(op, apply.getResult(), dim).has_value();
  auto extract = dyn_cast<tensor::ExtractOp>(inner);
  // Only the last position may move, so that what is read lies in one row.
  return extract && !extract.getIndices().empty() &&
         llvm::all_of(extract.getIndices().drop_back(),
                      [&](Value index) { return steps.along(op, index, dim) == 0; });
}

Value Vectorizer::firstLane(linalg::GenericOp op, Value value, const Point &point,
                            const IRMapping &values, IRMapping &first) {
  if (Value known = values.lookupOrNull(value); known && !isa<VectorType>(known.getType()))
    return known;
  if (Value known = first.lookupOrNull(value))
    return known;
  Operation *source = value.getDefiningOp();
  if (!source || source->getBlock() != op.getBody())
    return value;
  if (auto index = dyn_cast<linalg::IndexOp>(source)) {
    first.map(value, asValue(point.index[index.getDim()]));
  } else {
    for (Value operand : source->getOperands())
      first.map(operand, firstLane(op, operand, point, values, first));
    builder.clone(*source, first);
  }
  return first.lookup(value);
}

Value Vectorizer::computeAcross(linalg::GenericOp op, Operation *inner, const Point &point,
                                unsigned dim, const IRMapping &values, IRMapping &first) {
  auto firstOf = [&](Value value) { return firstLane(op, value, point, values, first); };
  if (auto apply = dyn_cast<affine::AffineApplyOp>(inner)) {
    auto type = VectorType::get({point.width}, builder.getIndexType());
    Value scale = arith::ConstantIndexOp::create(builder, location, *steps.along(op, apply, dim));
    Value offsets =
        arith::MulIOp::create(builder, location, vector::StepOp::create(builder, location, type),
                              widen(scale, point.width));
    return arith::AddIOp::create(builder, location, widen(firstOf(apply), point.width), offsets);
  }
  auto extract = cast<tensor::ExtractOp>(inner);
  auto type = VectorType::get({point.width}, extract.getType());
  SmallVector<Value> position;
  for (Value each : extract.getIndices().drop_back())
    position.push_back(firstOf(each));
  Value last = extract.getIndices().back();
  Value zero = arith::ConstantOp::create(builder, location, builder.getZeroAttr(extract.getType()));
  std::optional<int64_t> step = steps.along(op, last, dim);
  bool isReversed = step == -1 && !point.mask;
  if (step == 1 || isReversed) {
    Value from = firstOf(last);
    if (isReversed)
      from =
          arith::SubIOp::create(builder, location, from,
                                arith::ConstantIndexOp::create(builder, location, point.width - 1));
    position.push_back(from);
    AffineMap minor = AffineMap::getMinorIdentityMap(position.size(), 1, builder.getContext());
    Value read = vector::TransferReadOp::create(builder, location, type, extract.getTensor(),
                                                position, AffineMapAttr::get(minor), zero,
                                                point.mask, builder.getBoolArrayAttr({true}));
    if (!isReversed)
      return read;
    auto backwards = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, point.width)));
    return vector::ShuffleOp::create(builder, location, read, read, backwards);
  }
  // Positions of 32 bits are gathered as they are: a machine takes twice as many of them at once.
  Value at = values.lookup(last);
  if (auto cast = at.getDefiningOp<arith::IndexCastOp>();
      cast && getElementTypeOrSelf(cast.getIn().getType()).isInteger(32))
    at = cast.getIn();
  position.push_back(arith::ConstantIndexOp::create(builder, location, 0));
  Value mask = point.mask;
  if (!mask) {
    auto all = VectorType::get({point.width}, builder.getI1Type());
    mask = arith::ConstantOp::create(builder, location, DenseElementsAttr::get(all, true));
  }
  return vector::GatherOp::create(builder, location, type, extract.getTensor(), position, at, mask,
                                  widen(zero, point.width));
}
