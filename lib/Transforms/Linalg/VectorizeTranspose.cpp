// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands that lie across the vectors of the result: a square of elements is read in vectors along
// the operand's own last dim and transposed in registers, instead of element by element.
#include "lib/Transforms/Linalg/Vectorizer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace accel::linalg_ext;

/// Of `rows`, vectors of `width` elements each, the columns. At most `lanes` of each.
static SmallVector<Value> transposed(OpBuilder &builder, Location at, ArrayRef<Value> rows,
                                     int64_t width, int64_t lanes) {
  Type element = cast<VectorType>(rows.front().getType()).getElementType();
  auto whole = VectorType::get({lanes}, element);
  Value none = arith::ConstantOp::create(builder, at, builder.getZeroAttr(whole));
  SmallVector<Value> square;
  for (Value row : rows) {
    SmallVector<int64_t> mask(lanes, -1);
    for (int64_t i = 0; i < width; ++i)
      mask[i] = i;
    square.push_back(width == lanes ? row : vector::ShuffleOp::create(builder, at, row, row, mask));
  }
  square.resize(lanes, none);
  // Halves of pairs change places, for halves of 1, 2, 4, ... elements.
  for (int64_t half = 1; half < lanes; half *= 2)
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & half)
        continue;
      Value a = square[i], b = square[i | half];
      SmallVector<int64_t> low(lanes), high(lanes);
      for (int64_t j = 0; j < lanes; ++j) {
        low[j] = j & half ? lanes + j - half : j;
        high[j] = j & half ? lanes + j : j + half;
      }
      square[i] = vector::ShuffleOp::create(builder, at, a, b, low);
      square[i | half] = vector::ShuffleOp::create(builder, at, a, b, high);
    }
  square.resize(width);
  int64_t count = rows.size();
  if (count != lanes)
    for (Value &column : square)
      column = vector::ShuffleOp::create(builder, at, column, column,
                                         llvm::to_vector(llvm::seq<int64_t>(0, count)));
  return square;
}

/// Constant positions of an operand at a point, null if one is not constant.
static std::optional<SmallVector<int64_t>> constants(ArrayRef<Index> position) {
  SmallVector<int64_t> result;
  for (Index index : position) {
    std::optional<int64_t> known = getConstantIntValue(index);
    if (!known)
      return std::nullopt;
    result.push_back(*known);
  }
  return result;
}

Value Vectorizer::readAcross(linalg::GenericOp op, OpOperand *operand, Value from, const Plan &plan,
                             const Point &point) {
  int64_t lanes = plan.lanes;
  if (!llvm::isPowerOf2_64(lanes) || lanes < 4 || point.mask || point.width < 2)
    return Value();
  AffineMap map = op.getMatchingIndexingMap(operand);
  auto positionAt = [&](const Point &where) {
    SmallVector<Index> position;
    for (AffineExpr expr : map.getResults())
      position.push_back(evaluate(expr, where.index));
    return constants(position);
  };
  for (unsigned dim : plan.parallel) {
    std::optional<int64_t> extent = getConstantIntValue(plan.extents[dim]),
                           here = getConstantIntValue(point.index[dim]);
    if (int(dim) == plan.vectorDim || !extent || *extent < 2 || !here || map.getNumResults() == 0 ||
        !map.getResults().back().isFunctionOfDim(dim))
      continue;
    Point corner = point;
    int64_t first = *here / lanes * lanes, width = std::min(lanes, *extent - first);
    corner.index[dim] = builder.getIndexAttr(first);
    // Along this dim the operand must be contiguous, as far as the square goes.
    std::optional<SmallVector<int64_t>> start = positionAt(corner);
    bool contiguous = start.has_value();
    for (int64_t i = 1; i < width && contiguous; ++i) {
      Point next = corner;
      next.index[dim] = builder.getIndexAttr(first + i);
      std::optional<SmallVector<int64_t>> position = positionAt(next);
      SmallVector<int64_t> expected = *start;
      expected.back() += i;
      contiguous = position && *position == expected;
    }
    if (!contiguous || width < 2)
      continue;
    std::optional<SmallVector<int64_t>> key = constants(corner.index);
    if (!key)
      continue;
    auto [known, isNew] = squares.try_emplace({operand, *key});
    if (isNew) {
      SmallVector<Value> rows;
      for (int64_t i = 0; i < point.width; ++i) {
        Point row = corner;
        row.index[plan.vectorDim] =
            builder.getIndexAttr(*getConstantIntValue(corner.index[plan.vectorDim]) + i);
        SmallVector<Index> position;
        for (AffineExpr expr : map.getResults())
          position.push_back(evaluate(expr, row.index));
        row.width = width;
        rows.push_back(load(from, position, Access::Contiguous, row));
      }
      known->second = transposed(builder, location, rows, width, lanes);
    }
    return known->second[*here - first];
  }
  return Value();
}
