// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What attention is built of: generics, slices and loops; and attention as plain loops.
#include "lib/Transforms/Linalg/AttentionLowering.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

using Index = OpFoldResult;
using Indices = SmallVector<OpFoldResult>;

void AttentionLowering::findSizes() {
  for (auto [dim, size] : llvm::enumerate(op.getSizes())) {
    if (size >= 0) {
      sizes.push_back(number(size));
      continue;
    }
    Value found;
    int64_t where = 0;
    for (auto [operand, map] : llvm::zip(op.getOperands(), maps))
      for (auto [i, expr] : llvm::enumerate(map.getResults()))
        if (expr == d(dim) && !found) {
          found = operand;
          where = i;
        }
    sizes.push_back(tensor::getMixedSize(builder, at, found, where));
  }
}

Index AttentionLowering::least(int64_t most, Index total, Index from) {
  AffineMap map = AffineMap::get(2, 0, {c(most), d(0) - d(1)}, builder.getContext());
  return affine::makeComposedFoldedAffineMin(builder, at, map, {total, from});
}

Value AttentionLowering::generic(ArrayRef<Read> inputs, Read init, unsigned loops,
                                 ArrayRef<unsigned> reductions, Body body) {
  SmallVector<AffineMap> maps;
  SmallVector<Value> tensors;
  for (const Read &read : inputs) {
    tensors.push_back(read.tensor);
    maps.push_back(AffineMap::get(loops, 0, read.position, builder.getContext()));
  }
  maps.push_back(AffineMap::get(loops, 0, init.position, builder.getContext()));
  SmallVector<utils::IteratorType> iterators(loops, utils::IteratorType::parallel);
  for (unsigned dim : reductions)
    iterators[dim] = utils::IteratorType::reduction;
  return linalg::GenericOp::create(builder, at, init.tensor.getType(), tensors, init.tensor, maps,
                                   iterators,
                                   [&](OpBuilder &b, Location loc, ValueRange arguments) {
                                     linalg::YieldOp::create(b, loc, body(b, loc, arguments));
                                   })
      .getResult(0);
}

/// Over row, column, and the depth that is summed over, which operands are read at.
Value AttentionLowering::product(Read lhs, Read rhs, Value init) {
  return generic({lhs, rhs}, {init, {d(0), d(1)}}, 3, 2,
                 [](OpBuilder &b, Location loc, ValueRange a) -> Value {
                   Value p = arith::MulFOp::create(b, loc, a[0], a[1]);
                   return arith::AddFOp::create(b, loc, a[2], p);
                 });
}

Value AttentionLowering::part(Value tensor, ArrayRef<Index> from, ArrayRef<Index> size) {
  return tensor::ExtractSliceOp::create(builder, at, tensor, from, size, ones(from.size()));
}

Value AttentionLowering::withPart(Value tensor, Value part, ArrayRef<Index> from,
                                  ArrayRef<Index> size) {
  return tensor::InsertSliceOp::create(builder, at, part, tensor, from, size, ones(from.size()));
}

SmallVector<Value>
AttentionLowering::loop(Index from, Index to, int64_t step, ValueRange carried,
                        llvm::function_ref<SmallVector<Value>(Index, ValueRange)> body) {
  std::optional<int64_t> first = getConstantIntValue(from), end = getConstantIntValue(to);
  if (first && end && *end <= *first)
    return SmallVector<Value>(carried);
  if (first && end && *end <= *first + step)
    return body(from, carried);
  auto loop = scf::ForOp::create(builder, at, value(from), value(to), value(number(step)), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(builder, at, body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return SmallVector<Value>(loop.getResults());
}

Value AttentionLowering::loop(Index from, Index to, int64_t step, Value carried,
                              llvm::function_ref<Value(Index, Value)> body) {
  return loop(from, to, step, ValueRange(carried), [&](Index index, ValueRange values) {
    return SmallVector<Value>{body(index, values[0])};
  })[0];
}

SmallVector<Value>
AttentionLowering::steps(Index size, int64_t step, ValueRange carried,
                         llvm::function_ref<Values(Index, int64_t, ValueRange)> body,
                         int64_t rest) {
  Index whole = apply(d(0).floorDiv(step) * step, size);
  Values values = loop(number(0), whole, step, carried,
                       [&](Index from, ValueRange into) { return body(from, step, into); });
  if (rest < 0)
    return values;
  if (!rest) {
    std::optional<int64_t> known = getConstantIntValue(size);
    rest = known ? *known % step : step == 1 ? 0 : 1;
  }
  if (!rest)
    return values;
  return loop(whole, size, rest, values,
              [&](Index from, ValueRange into) { return body(from, rest, into); });
}

Value AttentionLowering::steps(Index size, int64_t step, Value carried,
                               llvm::function_ref<Value(Index, int64_t, Value)> body) {
  return steps(size, step, ValueRange(carried), [&](Index from, int64_t count, ValueRange into) {
    return Values{body(from, count, into[0])};
  })[0];
}

/// A part of an operand, with `from` the first position in each dim, and how dims d0 and d1 read
/// it that run over the operand's two own ones.
AttentionLowering::Read AttentionLowering::operand(unsigned number, ArrayRef<Index> from,
                                                   unsigned first, Index firstSize, unsigned second,
                                                   Index secondSize) {
  Indices offsets, extents;
  SmallVector<AffineExpr> position;
  for (AffineExpr expr : maps[number].getResults()) {
    offsets.push_back(apply(expr, from));
    bool isFirst = expr.isFunctionOfDim(first), isSecond = expr.isFunctionOfDim(second);
    extents.push_back(isFirst ? firstSize : isSecond ? secondSize : this->number(1));
    position.push_back(isFirst ? d(0) : isSecond ? d(1) : c(0));
  }
  return {part(op.getOperand(number), offsets, extents), position};
}

/// All scores, as loops over scalars.
Value AttentionLowering::plain() {
  unsigned batch = dims.batch, loops = batch + 3;
  auto range = [&](unsigned from, unsigned to) {
    return llvm::map_to_vector(llvm::seq(from, to), [&](unsigned i) { return d(i); });
  };
  /// An element of an operand, where the generic's dim i is dim `order[i]` of the attention.
  auto element = [&](OpBuilder &b, Location loc, unsigned number, ArrayRef<unsigned> order) {
    Values index(dims.count());
    Value none = arith::ConstantIndexOp::create(b, loc, 0);
    llvm::fill(index, none);
    for (auto [i, dim] : llvm::enumerate(order))
      index[dim] = linalg::IndexOp::create(b, loc, i);
    Values position;
    for (AffineExpr expr : maps[number].getResults())
      position.push_back(
          affine::AffineApplyOp::create(b, loc, AffineMap::get(dims.count(), 0, expr), index));
    return tensor::ExtractOp::create(b, loc, op.getOperand(number), position).getResult();
  };
  SmallVector<unsigned> scoreDims = llvm::to_vector(llvm::seq(0u, loops)), resultDims = scoreDims;
  resultDims[batch + 1] = dims.column();
  resultDims[batch + 2] = dims.key();
  ArrayRef<Index> shape = ArrayRef(sizes).take_front(batch + 2),
                  rowShape = ArrayRef(sizes).take_front(batch + 1);
  SmallVector<AffineExpr> all = range(0, batch + 2), each = range(0, batch + 1);
  // How far the depth goes.
  Read depth{empty({sizes[dims.depth()]}), {d(batch + 2)}};
  Value scores = generic({depth}, {filled(empty(shape), 0), all}, loops, batch + 2,
                         [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
                           Value p = arith::MulFOp::create(b, loc, element(b, loc, 0, scoreDims),
                                                           element(b, loc, 1, scoreDims));
                           return arith::AddFOp::create(b, loc, a[1], p);
                         });
  Value scale = constant(op.getScale().convertToFloat());
  scores = generic({}, {scores, all}, batch + 2, {},
                   [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
                     Value scaled = arith::MulFOp::create(b, loc, a[0], scale);
                     if (!op.getMask())
                       return scaled;
                     return arith::AddFOp::create(
                         b, loc, scaled, element(b, loc, 3, ArrayRef(scoreDims).drop_back()));
                   });
  Value top = generic({{scores, all}}, {filled(empty(rowShape), kLowest), each}, batch + 2,
                      batch + 1, [](OpBuilder &b, Location loc, ValueRange a) -> Value {
                        return arith::MaxNumFOp::create(b, loc, a[1], a[0]);
                      });
  Value weights = generic({{top, each}}, {scores, all}, batch + 2, {},
                          [](OpBuilder &b, Location loc, ValueRange a) -> Value {
                            Value shifted = arith::SubFOp::create(b, loc, a[1], a[0]);
                            return math::ExpOp::create(b, loc, shifted);
                          });
  Value sums = generic({{weights, all}}, {filled(empty(rowShape), 0), each}, batch + 2, batch + 1,
                       [](OpBuilder &b, Location loc, ValueRange a) -> Value {
                         return arith::AddFOp::create(b, loc, a[1], a[0]);
                       });
  SmallVector<AffineExpr> ordered, weightAt = range(0, batch + 1);
  for (int64_t dim : op.getOrder())
    ordered.push_back(d(dim));
  weightAt.push_back(d(batch + 2));
  Value result = generic({{weights, weightAt}}, {filled(output, 0), ordered}, loops, batch + 2,
                         [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
                           Value p =
                               arith::MulFOp::create(b, loc, a[0], element(b, loc, 2, resultDims));
                           return arith::AddFOp::create(b, loc, a[1], p);
                         });
  Value count = value(sizes[dims.key()]);
  return generic(
      {{sums, each}}, {result, ordered}, batch + 2, {},
      [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
        Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
        Value none = arith::ConstantIndexOp::create(b, loc, 0);
        Value some =
            op.getEmptyRowsZero()
                ? arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, a[0], zero).getResult()
                : arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, count, none).getResult();
        Value divided = arith::DivFOp::create(b, loc, a[1], a[0]);
        return arith::SelectOp::create(b, loc, some, divided, zero);
      });
}
