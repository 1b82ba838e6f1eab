// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention's softmax: scores become weights, of which sums are kept.
#include "lib/Transforms/Linalg/AttentionLowering.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

using Index = OpFoldResult;
using Indices = SmallVector<OpFoldResult>;

static Value exponential(OpBuilder &b, Location loc, Value score, Value largest) {
  return math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, score, largest));
}

/// So many keys that are left over from whole vectors are done one by one.
static constexpr int64_t kSingleKeys = 2;

/// All keys of a block: in one go, or in whole vectors, and one or two that are left over one by
/// one. The latter where one row is done after the other: a part of a vector is stored and then
/// loaded, which a processor does not do before all that comes earlier is done, so that rows would
/// not overlap.
SmallVector<Value>
AttentionLowering::keySteps(const Block &block, ValueRange carried,
                            llvm::function_ref<Values(Index, Index, ValueRange)> body) {
  if (block.packedKeys || !plan.oneBlock || getConstantIntValue(block.keys))
    return body(number(0), block.keys, carried);
  Index whole = apply(d(0).floorDiv(lanes) * lanes, block.keys);
  Value left = value(apply(d(0) % lanes, block.keys));
  Value few = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::sle, left,
                                    value(number(kSingleKeys)));
  Value singles =
      arith::SelectOp::create(builder, at, few, value(whole), value(block.keys)).getResult();
  Values values = body(number(0), whole, carried);
  values = loop(whole, singles, lanes, values, [&](Index key, ValueRange into) {
    return body(key, least(lanes, block.keys, key), into);
  });
  return loop(singles, block.keys, 1, values,
              [&](Index key, ValueRange into) { return body(key, number(1), into); });
}

/// Finishes scores of some rows and keys, in place, and finds the largest of each row.
SmallVector<Value> AttentionLowering::finishScores(const Item &item, const Block &block, Index row,
                                                   ArrayRef<Index> to, ArrayRef<Index> size,
                                                   Value scores, Value top) {
  SmallVector<AffineExpr> all = {d(0), d(1)}, each = {d(0)};
  Value x = part(scores, to, size);
  // Keys that are read where they lie are not scaled yet.
  bool scales = !block.packedKeys;
  SmallVector<Read> mask;
  if (op.getMask()) {
    Indices from = item.from;
    from[dims.row()] = apply(d(0) + d(1) + d(2), {item.from[dims.row()], row, to[0]});
    from[dims.key()] = apply(d(0) + d(1), {block.from, to[1]});
    mask.push_back(operand(3, from, dims.row(), size[0], dims.key(), size[1]));
  }
  if (scales || !mask.empty()) {
    Value scale = scales ? constant(op.getScale().convertToFloat()) : Value();
    x = generic(mask, {x, all}, 2, {}, [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
      Value score = a.back();
      if (scales)
        score = arith::MulFOp::create(b, loc, score, scale);
      return mask.empty() ? score : arith::AddFOp::create(b, loc, score, a[0]).getResult();
    });
  }
  top = generic({{x, all}}, {top, each}, 2, 1, [](OpBuilder &b, Location loc, ValueRange a) {
    // Whatever the largest of a NaN is, the exponential makes its row NaN.
    return arith::MaxNumFOp::create(b, loc, a[1], a[0], arith::FastMathFlags::nnan).getResult();
  });
  return {withPart(scores, x, to, size), top};
}

/// Makes weights of scores, in place, and adds them to the sums of their rows.
SmallVector<Value> AttentionLowering::weigh(ArrayRef<Index> to, ArrayRef<Index> size, Value scores,
                                            Value top, Value sums) {
  SmallVector<AffineExpr> all = {d(0), d(1)}, each = {d(0)};
  Value weights = generic(
      {{top, each}}, {part(scores, to, size), all}, 2, {},
      [&](OpBuilder &b, Location loc, ValueRange a) { return exponential(b, loc, a[1], a[0]); });
  sums = generic({{weights, all}}, {sums, each}, 2, 1,
                 [](OpBuilder &b, Location loc, ValueRange a) -> Value {
                   return arith::AddFOp::create(b, loc, a[1], a[0]);
                 });
  return {withPart(scores, weights, to, size), sums};
}

/// Turns scores of some rows of a tile into weights. State, of the tile's rows: scores, sums of
/// weights, and where there are several blocks, largest scores and what earlier results are to be
/// multiplied by.
SmallVector<Value> AttentionLowering::softmaxRows(const Item &item, const Block &block, Index row,
                                                  Index within, int64_t rows, ValueRange state) {
  Indices rowFrom = {within}, rowSize = {number(rows)};
  SmallVector<AffineExpr> each = {d(0)};
  Value before = plan.oneBlock ? filled(empty(rowSize), kLowest) : part(state[2], rowFrom, rowSize);
  Values found =
      keySteps(block, Values{state[0], before}, [&](Index key, Index keys, ValueRange into) {
        return finishScores(item, block, row, {within, key}, {number(rows), keys}, into[0],
                            into[1]);
      });
  Value scores = found[0], top = found[1], factors;
  if (!plan.oneBlock)
    factors = generic(
        {{before, each}, {top, each}}, {part(state[3], rowFrom, rowSize), each}, 1, {},
        [&](OpBuilder &b, Location loc, ValueRange a) { return exponential(b, loc, a[0], a[1]); });
  Values weighed =
      keySteps(block, Values{scores, filled(empty(rowSize), 0)},
               [&](Index key, Index keys, ValueRange into) {
                 return weigh({within, key}, {number(rows), keys}, into[0], top, into[1]);
               });
  Value sums = weighed[1];
  if (!plan.oneBlock)
    sums = generic({{factors, each}, {sums, each}}, {part(state[1], rowFrom, rowSize), each}, 1, {},
                   [](OpBuilder &b, Location loc, ValueRange a) -> Value {
                     Value scaled = arith::MulFOp::create(b, loc, a[2], a[0]);
                     return arith::AddFOp::create(b, loc, scaled, a[1]);
                   });
  Values result = {weighed[0], withPart(state[1], sums, rowFrom, rowSize)};
  if (!plan.oneBlock) {
    result.push_back(withPart(state[2], top, rowFrom, rowSize));
    result.push_back(withPart(state[3], factors, rowFrom, rowSize));
  }
  return result;
}

/// 1 / sum of a row's weights; 0 stands for a row that is to be zero.
Value AttentionLowering::inverses(Value sums) {
  SmallVector<AffineExpr> each = {d(0)};
  Value count = op.getSizes()[dims.key()] < 0 ? value(sizes[dims.key()]) : Value();
  return generic({{sums, each}}, {empty(tensor::getMixedSizes(builder, at, sums)), each}, 1, {},
                 [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
                   Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0)),
                         one = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(1));
                   Value inverse = arith::DivFOp::create(b, loc, one, a[0]), some;
                   if (op.getEmptyRowsZero()) {
                     some = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, a[0], zero);
                   } else if (count) {
                     // A sum over nothing is zero.
                     Value none = arith::ConstantIndexOp::create(b, loc, 0);
                     some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, count, none);
                   } else {
                     return inverse;
                   }
                   return arith::SelectOp::create(b, loc, some, inverse, zero);
                 });
}
