// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attention's tiles: keys and values packed, scores, and the product of weights and values.
#include "lib/Transforms/Linalg/AttentionLowering.h"

using namespace mlir;
using namespace accel;
using namespace accel::linalg_ext;

using Index = OpFoldResult;
using Indices = SmallVector<OpFoldResult>;

/// Keys of a block in panels [panel][depth][key], so that scores side by side are one vector.
Value AttentionLowering::packKeys(const Item &item, const Block &block) {
  int64_t depth = op.getSizes()[dims.depth()], width = plan.tileKeys;
  int64_t panels = llvm::divideCeil(plan.keys, width);
  Value packed = empty({number(panels), number(depth), number(width)});
  // Past the last key: what is computed of it is never read, but must not be slow.
  std::optional<int64_t> known = getConstantIntValue(block.keys);
  if (!known || *known % lanes) {
    Index vector = apply(d(0).floorDiv(lanes) * lanes, block.keys);
    packed = loop(vector, block.keys, lanes, packed, [&](Index key, Value into) {
      Indices from = {apply(d(0).floorDiv(width), key), number(0), apply(d(0) % width, key)},
              size = {number(1), number(depth), number(lanes)};
      return withPart(into, filled(part(into, from, size), 0), from, size);
    });
  }
  // A square at a time, which is transposed in registers.
  return steps(block.keys, lanes, packed, [&](Index key, int64_t keys, Value into) {
    return steps(number(depth), lanes, into, [&](Index e, int64_t depths, Value inner) {
      Indices from = item.from;
      from[dims.key()] = apply(d(0) + d(1), {block.from, key});
      from[dims.depth()] = e;
      Read source = operand(1, from, dims.depth(), number(depths), dims.key(), number(keys));
      Indices to = {apply(d(0).floorDiv(width), key), e, apply(d(0) % width, key)},
              size = {number(1), number(depths), number(keys)};
      auto type = RankedTensorType::get({depths, keys}, builder.getF32Type());
      Value target = tensor::ExtractSliceOp::create(builder, at, type, inner, to, size, ones(3));
      Value scale = constant(op.getScale().convertToFloat());
      Value made = generic({source}, {target, {d(0), d(1)}}, 2, {},
                           [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
                             return arith::MulFOp::create(b, loc, a[0], scale);
                           });
      return withPart(inner, made, to, size);
    });
  });
}

/// Values of a block as [tile of columns][key][column].
Value AttentionLowering::packValues(const Item &item, const Block &block) {
  int64_t columns = op.getSizes()[dims.column()], width = plan.tileColumns;
  Value packed =
      empty({number(llvm::divideCeil(columns, width)), number(plan.keys), number(width)});
  auto own = maps[2].getResults();
  bool across = own.empty() || !own.back().isFunctionOfDim(dims.column());
  int64_t unit = across ? lanes : 4;
  return steps(block.keys, unit, packed, [&](Index key, int64_t keys, Value into) {
    return steps(
        number(columns), across ? std::min(lanes, width) : width, into,
        [&](Index column, int64_t count, Value inner) {
          Indices from = item.from;
          from[dims.key()] = apply(d(0) + d(1), {block.from, key});
          from[dims.column()] = column;
          Read source = operand(2, from, dims.key(), number(keys), dims.column(), number(count));
          Indices to = {apply(d(0).floorDiv(width), column), key, apply(d(0) % width, column)},
                  size = {number(1), number(keys), number(count)};
          auto type = RankedTensorType::get({keys, count}, builder.getF32Type());
          Value target =
              tensor::ExtractSliceOp::create(builder, at, type, inner, to, size, ones(3));
          Value made = generic({source}, {target, {d(0), d(1)}}, 2, {},
                               [](OpBuilder &, Location, ValueRange a) -> Value { return a[0]; });
          return withPart(inner, made, to, size);
        });
  });
}

AttentionLowering::Block AttentionLowering::packBlock(const Item &item, Index from, Index keys) {
  Block block{from, keys, Value(), Value()};
  if (plan.pack) {
    block.packedKeys = packKeys(item, block);
    block.packedValues = packValues(item, block);
  }
  return block;
}

/// Scores of a tile of rows: one row for as many keys as a block may have, of which those past
/// `block.keys` mean nothing.
Value AttentionLowering::scoresOf(const Item &item, const Block &block, Index row, int64_t rows) {
  int64_t depth = op.getSizes()[dims.depth()], width = plan.tileKeys;
  Indices from = item.from;
  from[dims.row()] = apply(d(0) + d(1), {item.from[dims.row()], row});
  Read query = operand(0, from, dims.row(), number(rows), dims.depth(), number(depth));
  // Iteration dims of the product: row, key, depth.
  AffineExpr d0 = d(0), d1 = d(1), d2 = d(2);
  auto at2 = [&](Read read, AffineExpr first, AffineExpr second) {
    for (AffineExpr &expr : read.position)
      expr = expr.replaceDimsAndSymbols({first, second}, {});
    return read;
  };
  Read left = at2(query, d0, d2);
  if (!block.packedKeys) {
    // Few rows: keys are read where they lie.
    from[dims.key()] = block.from;
    Read right = at2(operand(1, from, dims.key(), block.keys, dims.depth(), number(depth)), d1, d2);
    Value all = empty({number(rows), number(plan.keys)});
    Indices start(2, number(0)), size = {number(rows), block.keys};
    Value sums = product(left, right, filled(part(all, start, size), 0));
    return withPart(all, sums, start, size);
  }
  int64_t panels = llvm::divideCeil(plan.keys, width);
  Value all = empty({number(rows), number(panels * width)});
  auto tile = [&](Index key, int64_t keys, Value into) {
    Indices to = {number(0), key}, size = {number(rows), number(keys)};
    Indices panel = {apply(d0.floorDiv(width), key), number(0), apply(d0 % width, key)},
            panelSize = {number(1), number(depth), number(keys)};
    auto type = RankedTensorType::get({depth, keys}, builder.getF32Type());
    Value right = tensor::ExtractSliceOp::create(builder, at, type, block.packedKeys, panel,
                                                 panelSize, ones(3));
    Value sums = product(left, {right, {d2, d1}}, filled(part(into, to, size), 0));
    return withPart(into, sums, to, size);
  };
  // The last panel is only as wide as its keys want.
  if (std::optional<int64_t> known = getConstantIntValue(block.keys))
    return steps(number(llvm::alignTo(*known, lanes)), width, all, tile);
  Index whole = apply(d0.floorDiv(width) * width, block.keys);
  all = loop(number(0), whole, width, all,
             [&](Index key, Value into) { return tile(key, width, into); });
  return loop(whole, block.keys, lanes, all,
              [&](Index key, Value into) { return tile(key, lanes, into); });
}

/// Results times a factor a row, in place; with `zeros`, a factor of 0 makes even NaN zero.
Value AttentionLowering::scaledRows(Value results, ArrayRef<AffineExpr> where, Value factors,
                                    bool zeros) {
  return generic({{factors, {d(0)}}}, {results, SmallVector<AffineExpr>(where)}, 2, {},
                 [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
                   Value product = arith::MulFOp::create(b, loc, a[1], a[0]);
                   if (!zeros)
                     return product;
                   Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
                   Value none =
                       arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, a[0], zero);
                   return arith::SelectOp::create(b, loc, none, zero, product);
                 });
}

AttentionLowering::Target AttentionLowering::target(Index row, int64_t rows, Index column,
                                                    int64_t columns) {
  Target target;
  SmallVector<int64_t> shape;
  target.where.resize(2);
  for (int64_t dim : op.getOrder()) {
    bool isRow = dim == int64_t(dims.row()), isColumn = dim > int64_t(dims.row());
    target.from.push_back(isRow ? row : isColumn ? column : number(0));
    target.size.push_back(number(isRow ? rows : isColumn ? columns : 1));
    if (isRow || isColumn) {
      target.where[shape.size()] = d(isRow ? 0 : 1);
      shape.push_back(isRow ? rows : columns);
    }
  }
  target.type = RankedTensorType::get(shape, builder.getF32Type());
  return target;
}

/// weights * values, in tiles of columns: times `factors` where all keys are one block, else added
/// to the result times `factors`.
Value AttentionLowering::weightedValues(const Item &item, const Block &block, Index row,
                                        int64_t rows, Value weights, Value factors, Value result) {
  int64_t columns = op.getSizes()[dims.column()], width = plan.tileColumns;
  Read left{part(weights, {number(0), number(0)}, {number(rows), block.keys}), {d(0), d(2)}};
  return steps(number(columns), width, result, [&](Index column, int64_t count, Value into) {
    Target to = target(row, rows, column, count);
    Indices unit = ones(to.from.size());
    Value tile = tensor::ExtractSliceOp::create(builder, at, to.type, into, to.from, to.size, unit);
    Read right;
    if (block.packedValues) {
      auto panel = RankedTensorType::get(
          {getConstantIntValue(block.keys).value_or(ShapedType::kDynamic), count},
          builder.getF32Type());
      right = {tensor::ExtractSliceOp::create(
                   builder, at, panel, block.packedValues,
                   Indices{apply(d(0).floorDiv(width), column), number(0), number(0)},
                   Indices{number(1), block.keys, number(count)}, ones(3)),
               {d(2), d(1)}};
    } else {
      Indices from = item.from;
      from[dims.key()] = block.from;
      from[dims.column()] = column;
      right = operand(2, from, dims.key(), block.keys, dims.column(), number(count));
      for (AffineExpr &expr : right.position)
        expr = expr.replaceDimsAndSymbols({d(2), d(1)}, {});
    }
    auto sum = [&](Value init) {
      return generic({left, right}, {init, to.where}, 3, 2,
                     [](OpBuilder &b, Location loc, ValueRange a) -> Value {
                       Value p = arith::MulFOp::create(b, loc, a[0], a[1]);
                       return arith::AddFOp::create(b, loc, a[2], p);
                     });
    };
    Value made = plan.oneBlock
                     ? scaledRows(sum(filled(tile, 0)), to.where, factors, op.getEmptyRowsZero())
                     : sum(scaledRows(tile, to.where, factors, /*zeros=*/false));
    return tensor::InsertSliceOp::create(builder, at, made, into, to.from, to.size, unit)
        .getResult();
  });
}
