// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape of an attention's result, and whether its maps fit its operands.
#include "dialects/NN/NNAttention.h"
#include "dialects/NN/NNOps.h"

using namespace mlir;
using namespace accel::nn;

std::optional<LinearPosition> accel::nn::linearPosition(AffineExpr expr, unsigned dims) {
  SmallVector<int64_t> flat;
  if (failed(getFlattenedAffineExpr(expr, dims, /*numSymbols=*/0, &flat)) ||
      flat.size() != dims + 1 || llvm::any_of(flat, [](int64_t n) { return n < 0; }))
    return std::nullopt;
  return LinearPosition{SmallVector<int64_t>(ArrayRef(flat).drop_back()), flat.back()};
}

std::optional<unsigned> accel::nn::onlyDim(const LinearPosition &position) {
  auto used = llvm::find_if(position.factors, [](int64_t factor) { return factor != 0; });
  if (position.constant != 0 || used == position.factors.end() || *used != 1 ||
      llvm::count(position.factors, 0) + 1 != int64_t(position.factors.size()))
    return std::nullopt;
  return used - position.factors.begin();
}

bool accel::nn::isAttentionPosition(const LinearPosition &position, AttentionDims dims,
                                    unsigned operand) {
  auto [first, second] = dims.inner(operand);
  int64_t used = 0;
  for (unsigned dim = dims.batch; dim < dims.count(); ++dim) {
    int64_t factor = position.factors[dim];
    if (factor > 1 || (factor && dim != first && dim != second))
      return false;
    used += factor;
  }
  return used <= 1;
}

LogicalResult AttentionOp::computeShapes(Adaptor adaptor, ArrayRef<Shape> operands,
                                         ShapeContext &context, SmallVectorImpl<Shape> &results) {
  ArrayRef<int64_t> known = adaptor.getSizes();
  SmallVector<AffineMap> maps =
      llvm::to_vector(adaptor.getMaps().template getAsValueRange<AffineMapAttr>());
  if (known.size() < 4 || maps.size() != operands.size())
    return context.error("C1: expected 4 sizes or more and " + Twine(operands.size()) +
                         " maps, got " + Twine(known.size()) + " and " + Twine(maps.size()));
  AttentionDims dims(known.size());
  SmallVector<SmallVector<LinearPosition>, 4> positions(maps.size());
  for (auto [i, map] : llvm::enumerate(maps)) {
    if (map.getNumDims() != dims.count() || map.getNumSymbols() != 0 ||
        map.getNumResults() != operands[i].size())
      return context.error("C1: expected map " + Twine(i) + " from " + Twine(dims.count()) +
                           " dims to the operand's " + Twine(operands[i].size()));
    for (AffineExpr expr : map.getResults()) {
      std::optional<LinearPosition> position = linearPosition(expr, dims.count());
      if (!position || !isAttentionPosition(*position, dims, i))
        return context.error("C2: expected map " + Twine(i) +
                             " to add a constant, multiples of batch dims and at most one dim of "
                             "the operand's own");
      positions[i].push_back(*position);
    }
  }
  SmallVector<Dim> sizes(dims.count());
  for (auto [d, size] : llvm::enumerate(known)) {
    if (size != -1 && size < 1)
      return context.error("C1: expected sizes that are positive or -1, got " + Twine(size));
    if (size == -1 && (d == dims.depth() || d == dims.column()))
      return context.error("C3: expected depth and column to be known");
    if (size != -1)
      sizes[d] = context.constant(size);
  }
  for (auto [i, operand] : llvm::enumerate(operands))
    for (auto [position, extent] : llvm::zip_equal(positions[i], operand))
      if (std::optional<unsigned> dim = onlyDim(position); dim && known[*dim] == -1) {
        if (!sizes[*dim])
          sizes[*dim] = extent;
        else if (!context.mustBeEqual(sizes[*dim], extent))
          return context.error("C3: expected one size for dim " + Twine(*dim) + ", got " +
                               dimText(sizes[*dim]) + " and " + dimText(extent));
      }
  for (auto [d, size] : llvm::enumerate(sizes))
    if (!size)
      return context.error("C3: the size of dim " + Twine(d) + " is that of no operand's dim");
  for (auto [i, operand] : llvm::enumerate(operands))
    for (auto [position, extent] : llvm::zip_equal(positions[i], operand)) {
      if (std::optional<unsigned> dim = onlyDim(position); dim && sameDim(sizes[*dim], extent))
        continue;
      Dim end = context.constant(position.constant + 1);
      for (auto [size, factor] : llvm::zip_equal(sizes, position.factors))
        if (factor)
          end = context.simplify(end + (size - 1) * factor);
      if (context.atMost(end, extent))
        continue;
      if (constantDim(end) && constantDim(extent))
        return context.error("C2: map " + Twine(i) + " reads up to element " + dimText(end) +
                             " of a dim of " + dimText(extent));
      context.require(end, DimRelation::AtMost, extent, "what attention reads of a dim");
    }
  ArrayRef<int64_t> order = adaptor.getOrder();
  SmallVector<int64_t> sorted(order);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, dims.batch + 2)))
    return context.error("C4: expected an order of " + Twine(dims.batch + 2) + " dims");
  Shape shape;
  for (int64_t dim : order)
    shape.push_back(sizes[dim <= int64_t(dims.row()) ? dim : int64_t(dims.column())]);
  results.push_back(shape);
  return success();
}
