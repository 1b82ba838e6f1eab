// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Follows tensors back through reshapes, transposes, slices and the like, by affine positions.
#include "lib/Transforms/NN/Origin.h"
#include "dialects/NN/NNAttention.h"

using namespace mlir;
using namespace accel::nn;

std::optional<double> accel::nn::splatOf(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto elements = constant ? dyn_cast<ElementsAttr>(constant.getValue()) : ElementsAttr();
  if (!elements || !isa<FloatType>(elements.getElementType()) || !elements.isSplat())
    return std::nullopt;
  return elements.getSplatValue<APFloat>().convertToDouble();
}

std::optional<Scaling> accel::nn::matchScaling(Operation *op) {
  if (!isa_and_nonnull<MulOp, DivOp>(op) || !elementTypeOf(op->getResult(0)).isF32())
    return std::nullopt;
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  bool divides = isa<DivOp>(op);
  if (std::optional<double> number = splatOf(rhs);
      number && lhs.getType() == op->getResult(0).getType())
    return Scaling{lhs, divides ? 1 / *number : *number};
  if (std::optional<double> number = splatOf(lhs);
      number && !divides && rhs.getType() == op->getResult(0).getType())
    return Scaling{rhs, *number};
  return std::nullopt;
}

namespace {
/// Dims of two shapes, from..to-1 of each, that hold the same elements.
struct DimGroup {
  unsigned from, to, otherFrom, otherTo;
};
} // namespace

/// Cuts two shapes of the same elements into the smallest groups of dims that hold as many:
/// wherever the leading dims of both hold as many.
static std::optional<SmallVector<DimGroup>> groupDims(ArrayRef<Dim> shape, ArrayRef<Dim> other,
                                                      ShapeAnalysis &shapes) {
  auto productsOf = [&](ArrayRef<Dim> dims) {
    SmallVector<Dim> products{shapes.constant(1)};
    for (Dim dim : dims)
      products.push_back(shapes.simplify(products.back() * dim));
    return products;
  };
  SmallVector<Dim> mine = productsOf(shape), theirs = productsOf(other);
  SmallVector<DimGroup> groups;
  unsigned i = 0, j = 0;
  for (unsigned nextI = 1; nextI <= shape.size(); ++nextI)
    for (unsigned nextJ = j + 1; nextJ <= other.size(); ++nextJ)
      if (sameDim(mine[nextI], theirs[nextJ])) {
        groups.push_back({i, nextI, j, nextJ});
        i = nextI;
        j = nextJ;
        break;
      }
  // What is left over are dims of size 1.
  if (!sameDim(mine[i], mine.back()) || !sameDim(theirs[j], theirs.back()))
    return std::nullopt;
  if (i < shape.size() || j < other.size())
    groups.push_back({i, unsigned(shape.size()), j, unsigned(other.size())});
  return groups;
}

/// Positions in the operand of a reshape, from those in its result.
static std::optional<SmallVector<AffineExpr>>
throughReshape(const Origin &origin, ArrayRef<Dim> result, ArrayRef<Dim> operand,
               ArrayRef<int64_t> sizes, ShapeAnalysis &shapes) {
  MLIRContext *context = shapes.context;
  SmallVector<AffineExpr> position(operand.size(), getAffineConstantExpr(0, context));
  std::optional<SmallVector<DimGroup>> groups = groupDims(result, operand, shapes);
  if (!groups)
    return std::nullopt;
  for (const DimGroup &group : *groups) {
    // One dim for one dim, whatever its size.
    auto isUnit = [](Dim dim) { return constantDim(dim) == 1; };
    SmallVector<unsigned> from, to;
    for (unsigned i = group.from; i < group.to; ++i)
      if (!isUnit(result[i]))
        from.push_back(i);
    for (unsigned i = group.otherFrom; i < group.otherTo; ++i)
      if (!isUnit(operand[i]))
        to.push_back(i);
    if (from.size() == 1 && to.size() == 1) {
      position[to[0]] = origin.position[from[0]];
      continue;
    }
    // The number of the element within the group; all sizes but the first must be known for that.
    AffineExpr number = getAffineConstantExpr(0, context);
    int64_t stride = 1;
    for (unsigned i : llvm::reverse(from)) {
      number = number + origin.position[i] * stride;
      std::optional<int64_t> size = constantDim(result[i]);
      if (!size && i != from.front())
        return std::nullopt;
      stride *= size.value_or(1);
    }
    std::optional<LinearPosition> linear = linearPosition(number, sizes.size());
    if (!linear)
      return std::nullopt;
    // Each term belongs to the outermost dim of the operand whose stride divides it, if what is
    // left to the dims inside stays below that stride.
    SmallVector<int64_t> strides(to.size(), 1);
    for (int k = int(to.size()) - 2; k >= 0; --k) {
      std::optional<int64_t> size = constantDim(operand[to[k + 1]]);
      if (!size)
        return std::nullopt;
      strides[k] = strides[k + 1] * *size;
    }
    for (auto [k, dim] : llvm::enumerate(to)) {
      AffineExpr part = getAffineConstantExpr(linear->constant / strides[k], context);
      linear->constant %= strides[k];
      int64_t rest = linear->constant;
      for (auto [d, factor] : llvm::enumerate(linear->factors)) {
        if (factor % strides[k] == 0) {
          part = part + getAffineDimExpr(d, context) * (factor / strides[k]);
          factor = 0;
        } else if (sizes[d] < 0) {
          return std::nullopt;
        } else {
          rest += factor * (sizes[d] - 1);
        }
      }
      if (rest >= strides[k])
        return std::nullopt;
      position[dim] = part;
    }
  }
  return position;
}

std::optional<Origin> accel::nn::stepBack(const Origin &origin, ArrayRef<int64_t> sizes,
                                          ShapeAnalysis &shapes) {
  Operation *op = origin.tensor.getDefiningOp();
  if (!op)
    return std::nullopt;
  MLIRContext *context = shapes.context;
  Origin next = origin;
  if (auto bind = dyn_cast<BindDimsOp>(op)) {
    next.tensor = bind.getInput();
    return next;
  }
  if (std::optional<Scaling> scaling = matchScaling(op)) {
    next.tensor = scaling->input;
    next.scale *= scaling->factor;
    return next;
  }
  if (!isa<TransposeOp, ReshapeOp, SliceOp, BroadcastOp, GatherOp>(op))
    return std::nullopt;
  next.tensor = op->getOperand(0);
  const Shape operand = shapes.get(next.tensor), result = shapes.get(op->getResult(0));
  if (llvm::is_contained(staticShape(operand), 0))
    return std::nullopt;
  next.position.assign(operand.size(), getAffineConstantExpr(0, context));
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    for (auto [i, from] : llvm::enumerate(transpose.getPermutation()))
      next.position[from] = origin.position[i];
    return next;
  }
  if (isa<ReshapeOp>(op)) {
    std::optional<SmallVector<AffineExpr>> position =
        throughReshape(origin, result, operand, sizes, shapes);
    if (!position)
      return std::nullopt;
    next.position = *position;
    return next;
  }
  if (auto slice = dyn_cast<SliceOp>(op)) {
    for (auto [i, offset] : llvm::enumerate(slice.getOffsets())) {
      if (ShapedType::isDynamic(offset) || offset < 0 || slice.getSteps()[i] != 1)
        return std::nullopt;
      next.position[i] = origin.position[i] + offset;
    }
    return next;
  }
  if (isa<BroadcastOp>(op)) {
    unsigned lead = result.size() - operand.size();
    for (auto [i, dim] : llvm::enumerate(operand)) {
      if (sameDim(dim, result[lead + i]))
        next.position[i] = origin.position[lead + i];
      else if (constantDim(dim) != 1)
        return std::nullopt;
    }
    return next;
  }
  // An index of one element.
  auto gather = cast<GatherOp>(op);
  auto indices = gather.getIndices().getDefiningOp<ConstantOp>();
  auto elements = indices ? dyn_cast<DenseIntElementsAttr>(indices.getValue()) : nullptr;
  unsigned axis = gather.getAxis();
  std::optional<int64_t> size = constantDim(operand[axis]);
  if (!elements || elements.getNumElements() != 1 || !size)
    return std::nullopt;
  int64_t at = (*elements.value_begin<APInt>()).getSExtValue();
  at += at < 0 ? *size : 0;
  if (at < 0 || at >= *size)
    return std::nullopt;
  unsigned added = elements.getType().getRank();
  for (unsigned i = 0; i < operand.size(); ++i)
    next.position[i] = i == axis ? getAffineConstantExpr(at, context)
                                 : origin.position[i < axis ? i : i - 1 + added];
  return next;
}
