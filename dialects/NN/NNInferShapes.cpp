// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape computation of each nn op. The numbers C1..Cn are those of the ops' descriptions.
#include "dialects/NN/NNOps.h"

using namespace mlir;
using namespace accel::nn;

using Operands = ArrayRef<Shape>;
using Results = SmallVectorImpl<Shape>;

// --- elementwise ---

static LogicalResult broadcastAll(Operands operands, ShapeContext &context, Results &results) {
  Shape shape = operands.front();
  for (const Shape &operand : operands.drop_front()) {
    Shape joined;
    if (failed(context.broadcast(shape, operand, joined)))
      return failure();
    shape = joined;
  }
  results.push_back(shape);
  return success();
}

#define ELEMENTWISE(OP)                                                                            \
  LogicalResult OP::computeShapes(Adaptor, Operands operands, ShapeContext &context,               \
                                  Results &results) {                                              \
    return broadcastAll(operands, context, results);                                               \
  }
ELEMENTWISE(AbsOp)
ELEMENTWISE(NegOp)
ELEMENTWISE(SignOp)
ELEMENTWISE(ReluOp)
ELEMENTWISE(SigmoidOp)
ELEMENTWISE(TanhOp)
ELEMENTWISE(ExpOp)
ELEMENTWISE(LogOp)
ELEMENTWISE(SqrtOp)
ELEMENTWISE(RsqrtOp)
ELEMENTWISE(ReciprocalOp)
ELEMENTWISE(ErfOp)
ELEMENTWISE(FloorOp)
ELEMENTWISE(CeilOp)
ELEMENTWISE(RoundOp)
ELEMENTWISE(SinOp)
ELEMENTWISE(CosOp)
ELEMENTWISE(TanOp)
ELEMENTWISE(AsinOp)
ELEMENTWISE(AcosOp)
ELEMENTWISE(AtanOp)
ELEMENTWISE(SinhOp)
ELEMENTWISE(CoshOp)
ELEMENTWISE(AsinhOp)
ELEMENTWISE(AcoshOp)
ELEMENTWISE(AtanhOp)
ELEMENTWISE(SoftplusOp)
ELEMENTWISE(NotOp)
ELEMENTWISE(IsNaNOp)
ELEMENTWISE(IsInfOp)
ELEMENTWISE(AddOp)
ELEMENTWISE(SubOp)
ELEMENTWISE(MulOp)
ELEMENTWISE(DivOp)
ELEMENTWISE(MaxOp)
ELEMENTWISE(MinOp)
ELEMENTWISE(PowOp)
ELEMENTWISE(ModOp)
ELEMENTWISE(FmodOp)
ELEMENTWISE(AndOp)
ELEMENTWISE(OrOp)
ELEMENTWISE(XorOp)
ELEMENTWISE(ShiftLeftOp)
ELEMENTWISE(ShiftRightOp)
ELEMENTWISE(CompareOp)
ELEMENTWISE(SelectOp)
ELEMENTWISE(CastOp)
ELEMENTWISE(BitcastOp)
ELEMENTWISE(RandomBitsOp)
#undef ELEMENTWISE

// --- matrix products ---

LogicalResult MatmulOp::computeShapes(Adaptor, Operands operands, ShapeContext &context,
                                      Results &results) {
  ArrayRef<Dim> lhs = operands[0], rhs = operands[1];
  if (lhs.size() < 2 || rhs.size() < 2)
    return context.error("C1: expected operands of rank 2 or more, got " + Twine(lhs.size()) +
                         " and " + Twine(rhs.size()));
  if (!context.mustBeEqual(lhs.back(), rhs[rhs.size() - 2]))
    return context.error(
        "C2: expected the left operand's last dim to equal the right operand's last but one, got " +
        dimText(lhs.back()) + " and " + dimText(rhs[rhs.size() - 2]));
  Shape shape;
  if (failed(context.broadcast(lhs.drop_back(2), rhs.drop_back(2), shape)))
    return context.error("C3: the operands' leading dims cannot be broadcast together");
  shape.push_back(lhs[lhs.size() - 2]);
  shape.push_back(rhs.back());
  results.push_back(shape);
  return success();
}

LogicalResult PackedMatmulOp::computeShapes(Adaptor adaptor, Operands operands,
                                            ShapeContext &context, Results &results) {
  ArrayRef<Dim> lhs = operands[0], rhs = operands[1];
  if (lhs.size() < 2 || rhs.size() != 3 || !llvm::all_of(rhs, constantDim))
    return context.error(
        "C1: expected a left operand of rank 2 or more and a static right operand of rank 3");
  if (!context.mustBeEqual(lhs.back(), rhs[1]))
    return context.error("C2: expected the same k in both operands");
  int64_t panels = *constantDim(rhs[0]), nr = *constantDim(rhs[2]), columns = adaptor.getColumns();
  if (columns <= (panels - 1) * nr || columns > panels * nr)
    return context.error("C3: expected columns in " + Twine((panels - 1) * nr + 1) + ".." +
                         Twine(panels * nr) + ", got " + Twine(columns));
  Shape shape(lhs.begin(), lhs.end());
  shape.back() = context.constant(columns);
  results.push_back(shape);
  return success();
}

// --- reductions ---

LogicalResult ReduceOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                      Results &results) {
  ArrayRef<Dim> input = operands[0];
  ArrayRef<int64_t> axes = adaptor.getAxes();
  if (!llvm::is_sorted(axes) || std::adjacent_find(axes.begin(), axes.end()) != axes.end() ||
      (!axes.empty() && (axes.front() < 0 || axes.back() >= int64_t(input.size()))))
    return context.error("C1: expected distinct, sorted axes in 0.." +
                         Twine(int64_t(input.size()) - 1));
  Shape shape;
  for (auto [i, dim] : llvm::enumerate(input)) {
    if (!llvm::is_contained(axes, int64_t(i)))
      shape.push_back(dim);
    else if (adaptor.getKeepdims())
      shape.push_back(context.constant(1));
  }
  results.push_back(shape);
  return success();
}

static LogicalResult axisOp(int64_t axis, Operands operands, ShapeContext &context,
                            Results &results) {
  if (axis < 0 || axis >= int64_t(operands[0].size()))
    return context.error("C1: expected an axis in 0.." + Twine(int64_t(operands[0].size()) - 1) +
                         ", got " + Twine(axis));
  results.push_back(operands[0]);
  return success();
}

LogicalResult SoftmaxOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                       Results &results) {
  return axisOp(adaptor.getAxis(), operands, context, results);
}

LogicalResult LogSoftmaxOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                          Results &results) {
  return axisOp(adaptor.getAxis(), operands, context, results);
}

// --- shapes and layouts ---

LogicalResult ConstantOp::computeShapes(Adaptor adaptor, Operands, ShapeContext &context,
                                        Results &results) {
  Shape &shape = results.emplace_back();
  for (int64_t size : cast<ShapedType>(adaptor.getValue().getType()).getShape())
    shape.push_back(context.constant(size));
  return success();
}

LogicalResult BindDimsOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                        Results &results) {
  AffineMap map = adaptor.getShape();
  size_t names = adaptor.getSymbols().size();
  if (map.getNumDims() != 0 || (map.getNumSymbols() != names && map.getNumSymbols() != names + 1) ||
      map.getNumResults() != operands[0].size())
    return context.error("C1: expected a map of no dims, one symbol a name and one result a dim");
  results.push_back(operands[0]);
  for (auto [dim, expr] : llvm::zip_equal(results.back(), map.getResults()))
    if (std::optional<int64_t> known = constantDim(expr))
      dim = context.constant(*known);
  return success();
}

/// The entries of a mixed static and dynamic shape; -1 comes out as null.
static LogicalResult mixedShape(ArrayRef<int64_t> entries, ValueRange sizes, ShapeContext &context,
                                Shape &shape) {
  size_t next = 0, inferred = 0;
  for (int64_t entry : entries) {
    if (ShapedType::isDynamic(entry)) {
      if (next == sizes.size())
        return context.error("C1: expected one operand a dynamic entry of the shape");
      shape.push_back(context.valueOf(sizes[next++]));
    } else if (entry == -1) {
      ++inferred;
      shape.push_back(Dim());
    } else if (entry < 0) {
      return context.error("C1: expected sizes of 0 or more, got " + Twine(entry));
    } else {
      shape.push_back(context.constant(entry));
    }
  }
  if (next != sizes.size() || inferred > 1)
    return context.error(
        "C1: expected at most one -1 and one operand a dynamic entry of the shape");
  return success();
}

LogicalResult ReshapeOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                       Results &results) {
  Shape shape;
  if (failed(mixedShape(adaptor.getShape(), adaptor.getSizes(), context, shape)))
    return failure();
  Dim total = product(operands[0], context.context), rest = context.constant(1), *open = nullptr;
  for (Dim &dim : shape) {
    if (dim)
      rest = rest * dim;
    else
      open = &dim;
  }
  std::optional<int64_t> have = constantDim(total), want = constantDim(rest);
  if (open) {
    if (have && want && (*want == 0 ? *have != 0 : *have % *want != 0))
      return context.error("C2: cannot reshape " + Twine(*have) + " elements in blocks of " +
                           Twine(*want));
    *open = want && *want == 0 ? context.constant(0) : total.floorDiv(rest);
    rest = rest * *open;
  } else if (have && want && *have != *want) {
    return context.error("C2: cannot reshape " + Twine(*have) + " elements to " + Twine(*want));
  }
  context.require(total, DimRelation::Equal, rest, "elements");
  results.push_back(shape);
  return success();
}

LogicalResult BroadcastOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                         Results &results) {
  Shape shape, joined;
  if (failed(mixedShape(adaptor.getShape(), adaptor.getSizes(), context, shape)))
    return failure();
  if (llvm::is_contained(shape, Dim()))
    return context.error("expected a shape without -1");
  if (failed(context.broadcast(operands[0], shape, joined)))
    return failure();
  results.push_back(joined);
  return success();
}

static bool isPermutation(ArrayRef<int64_t> values, size_t rank) {
  SmallVector<bool> seen(rank, false);
  for (int64_t v : values) {
    if (v < 0 || v >= int64_t(rank) || seen[v])
      return false;
    seen[v] = true;
  }
  return values.size() == rank;
}

LogicalResult IotaOp::computeShapes(Adaptor adaptor, Operands, ShapeContext &context,
                                    Results &results) {
  Shape shape;
  if (failed(mixedShape(adaptor.getShape(), adaptor.getSizes(), context, shape)))
    return failure();
  if (llvm::is_contained(shape, Dim()))
    return context.error("expected a shape without -1");
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= int64_t(shape.size()))
    return context.error("C1: expected an axis in 0.." + Twine(int64_t(shape.size()) - 1) +
                         ", got " + Twine(axis));
  results.push_back(shape);
  return success();
}

LogicalResult TransposeOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                         Results &results) {
  if (!isPermutation(adaptor.getPermutation(), operands[0].size()))
    return context.error("C1: expected a permutation of 0.." +
                         Twine(int64_t(operands[0].size()) - 1));
  Shape shape;
  for (int64_t from : adaptor.getPermutation())
    shape.push_back(operands[0][from]);
  results.push_back(shape);
  return success();
}

LogicalResult ConcatOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                      Results &results) {
  int64_t axis = adaptor.getAxis();
  if (operands.empty() || axis < 0 || axis >= int64_t(operands[0].size()))
    return context.error("C1: expected an operand and an axis inside its rank, got axis " +
                         Twine(axis));
  Shape shape = operands[0];
  for (const Shape &operand : operands.drop_front()) {
    if (operand.size() != shape.size())
      return context.error("C2: expected operands of one rank, got " + Twine(shape.size()) +
                           " and " + Twine(operand.size()));
    for (size_t i = 0; i < shape.size(); ++i) {
      if (int64_t(i) == axis)
        shape[i] = shape[i] + operand[i];
      else if (!context.mustBeEqual(shape[i], operand[i]))
        return context.error("C2: expected operands that agree in dim " + Twine(i));
      else if (constantDim(operand[i]))
        shape[i] = operand[i];
    }
  }
  results.push_back(shape);
  return success();
}

/// The entries of a list of constants and operands.
static LogicalResult mixedDims(ArrayRef<int64_t> entries, ValueRange operands,
                               ShapeContext &context, SmallVectorImpl<Dim> &dims) {
  size_t next = 0;
  for (int64_t entry : entries) {
    if (!ShapedType::isDynamic(entry))
      dims.push_back(context.constant(entry));
    else if (next < operands.size())
      dims.push_back(context.valueOf(operands[next++]));
    else
      return failure();
  }
  return success(next == operands.size());
}

LogicalResult SliceOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                     Results &results) {
  ArrayRef<int64_t> steps = adaptor.getSteps();
  SmallVector<Dim> offsets, sizes;
  size_t rank = operands[0].size();
  if (failed(mixedDims(adaptor.getOffsets(), adaptor.getDynamicOffsets(), context, offsets)) ||
      failed(mixedDims(adaptor.getSizes(), adaptor.getDynamicSizes(), context, sizes)) ||
      offsets.size() != rank || sizes.size() != rank || steps.size() != rank ||
      llvm::is_contained(steps, 0))
    return context.error("C1: expected one offset, size and non-zero step a dim");
  Shape &shape = results.emplace_back();
  Dim zero = context.constant(0), one = context.constant(1);
  for (size_t i = 0; i < rank; ++i) {
    Dim dim = operands[0][i], offset = offsets[i], size = sizes[i];
    std::optional<int64_t> known = constantDim(dim), from = constantDim(offset),
                           count = constantDim(size);
    if (count == -1) {
      if (steps[i] < 0 || (from && *from < 0))
        return context.error("C1: expected a positive step and offset where the size is open");
      size = context.max(dim - offset, zero).ceilDiv(steps[i]);
    } else if (count && *count < 0) {
      return context.error("C2: expected a size of 0 or more in dim " + Twine(i));
    }
    shape.push_back(size);
    if (count == -1 || count == 0)
      continue;
    Dim last = offset + (size - 1) * steps[i];
    if (count && from && (known || *from < 0 || *constantDim(last) < 0)) {
      int64_t end = *constantDim(last);
      if (*from < 0 || end < 0 || *from >= *known || end >= *known)
        return context.error("C2: elements " + Twine(*from) + ".." + Twine(end) + " of dim " +
                             Twine(i) + " lie outside the operand");
      continue;
    }
    context.require(zero, DimRelation::AtMost, size, "the size of a slice");
    // Where an empty slice starts does not matter.
    Dim isTaken = context.min(size, one), least = steps[i] > 0 ? offset : last,
        most = steps[i] > 0 ? last : offset;
    if (!context.atMost(zero, least))
      context.require(zero, DimRelation::AtMost, least * isTaken, "the start of a slice");
    if (!context.atMost(most + 1, dim))
      context.require((most + 1) * isTaken, DimRelation::AtMost, dim * isTaken,
                      "the end of a slice");
  }
  return success();
}

LogicalResult PadOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                   Results &results) {
  SmallVector<Dim> low, high;
  size_t rank = operands[0].size();
  auto isNegative = [](Dim dim) { return constantDim(dim).value_or(0) < 0; };
  if (failed(mixedDims(adaptor.getLow(), adaptor.getDynamicLow(), context, low)) ||
      failed(mixedDims(adaptor.getHigh(), adaptor.getDynamicHigh(), context, high)) ||
      low.size() != rank || high.size() != rank || llvm::any_of(low, isNegative) ||
      llvm::any_of(high, isNegative))
    return context.error("C1: expected one entry of 0 or more a dim in low and high");
  Shape &shape = results.emplace_back();
  for (auto [dim, before, after] : llvm::zip_equal(operands[0], low, high)) {
    context.require(context.constant(0), DimRelation::AtMost, before, "padding");
    context.require(context.constant(0), DimRelation::AtMost, after, "padding");
    shape.push_back(dim + before + after);
  }
  return success();
}

LogicalResult ShapeOfOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                       Results &results) {
  int64_t start = adaptor.getStart(), end = adaptor.getEnd();
  if (start < 0 || start > end || end > int64_t(operands[0].size()))
    return context.error("C1: expected 0 <= start <= end <= " + Twine(operands[0].size()));
  results.push_back({context.constant(end - start)});
  return success();
}

static LogicalResult checkPack(ArrayRef<int64_t> dims, ArrayRef<int64_t> blocks,
                               ArrayRef<int64_t> order, size_t rank, ShapeContext &context) {
  SmallVector<bool> seen(rank, false);
  bool good = allAtLeast(blocks, 1, dims.size());
  for (int64_t d : dims) {
    good = good && d >= 0 && d < int64_t(rank) && !seen[d];
    if (good)
      seen[d] = true;
  }
  if (!good)
    return context.error("C1: expected distinct dims in 0.." + Twine(int64_t(rank) - 1) +
                         " and a positive block each");
  return isPermutation(order, rank)
             ? success()
             : context.error("C2: expected order to be a permutation of the operand's dims");
}

LogicalResult PackOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                    Results &results) {
  ArrayRef<int64_t> dims = adaptor.getDims(), blocks = adaptor.getBlocks(),
                    order = adaptor.getOrder();
  Shape split = operands[0];
  if (failed(checkPack(dims, blocks, order, split.size(), context)))
    return failure();
  for (auto [dim, block] : llvm::zip_equal(dims, blocks))
    split[dim] = split[dim].ceilDiv(block);
  Shape &shape = results.emplace_back();
  for (int64_t from : order)
    shape.push_back(split[from]);
  for (int64_t block : blocks)
    shape.push_back(context.constant(block));
  return success();
}

LogicalResult UnpackOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                      Results &results) {
  ArrayRef<int64_t> dims = adaptor.getDims(), blocks = adaptor.getBlocks(),
                    order = adaptor.getOrder();
  if (operands[0].size() < dims.size())
    return context.error("C1: expected one block dim an entry of dims");
  size_t rank = operands[0].size() - dims.size();
  if (failed(checkPack(dims, blocks, order, rank, context)))
    return failure();
  Shape shape(rank);
  for (auto [to, from] : llvm::enumerate(order))
    shape[from] = operands[0][to];
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (!context.mustBeEqual(operands[0][rank + i], context.constant(blocks[i])))
      return context.error("C4: expected dim " + Twine(rank + i) +
                           " of the operand to be a block of " + Twine(blocks[i]));
    int64_t size = adaptor.getSizes().size() == dims.size() ? adaptor.getSizes()[i] : -1;
    std::optional<int64_t> outer = constantDim(shape[dim]);
    if (outer && (size <= (*outer - 1) * blocks[i] || size > *outer * blocks[i]))
      return context.error("C3: expected a size that fills " + Twine(*outer) + " blocks of " +
                           Twine(blocks[i]) + " but for part of the last, got " + Twine(size));
    shape[dim] = context.constant(size);
  }
  results.push_back(shape);
  return success();
}
