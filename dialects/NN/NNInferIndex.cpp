// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shape computations of ops that read or write at positions which are data.
#include "dialects/NN/NNOps.h"

using namespace mlir;
using namespace accel::nn;

using Operands = ArrayRef<Shape>;
using Results = SmallVectorImpl<Shape>;

static LogicalResult checkAxis(int64_t axis, ArrayRef<Dim> shape, ShapeContext &context) {
  if (axis >= 0 && axis < int64_t(shape.size()))
    return success();
  return context.error("C1: expected an axis in 0.." + Twine(int64_t(shape.size()) - 1) + ", got " +
                       Twine(axis));
}

/// Where indices choose of an axis, there must be something to choose.
static LogicalResult checkChoice(Dim size, ArrayRef<Dim> indices, StringRef constraint,
                                 ShapeContext &context) {
  if (context.atMost(context.constant(1), size))
    return success();
  Dim chosen = context.min(product(indices, context.context), context.constant(1));
  if (context.atMost(size + 1, chosen))
    return context.error(constraint + ": expected no indices for an axis of size 0");
  context.require(chosen, DimRelation::AtMost, size, "elements to choose of an axis");
  return success();
}

/// The dims of indices that choose one element each.
static LogicalResult checkElements(int64_t axis, ArrayRef<Dim> input, ArrayRef<Dim> indices,
                                   ShapeContext &context) {
  if (failed(checkAxis(axis, input, context)))
    return failure();
  bool good = indices.size() == input.size();
  for (size_t i = 0; i < input.size() && good; ++i) {
    std::optional<int64_t> size = constantDim(input[i]), count = constantDim(indices[i]);
    good = int64_t(i) == axis || !size || !count || *count <= *size;
  }
  if (!good)
    return context.error("C2: expected indices of the operand's rank, no larger than it in the "
                         "dims beside the axis");
  for (size_t i = 0; i < input.size(); ++i)
    if (int64_t(i) != axis)
      context.require(indices[i], DimRelation::AtMost, input[i], "indices beside the axis");
  return checkChoice(input[axis], indices, "C2", context);
}

LogicalResult GatherOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                      Results &results) {
  ArrayRef<Dim> input = operands[0], indices = operands[1];
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(axis, input, context)) ||
      failed(checkChoice(input[axis], indices, "C2", context)))
    return failure();
  Shape shape(input.take_front(axis));
  llvm::append_range(shape, indices);
  llvm::append_range(shape, input.drop_front(axis + 1));
  results.push_back(shape);
  return success();
}

LogicalResult GatherElementsOp::computeShapes(Adaptor adaptor, Operands operands,
                                              ShapeContext &context, Results &results) {
  if (failed(checkElements(adaptor.getAxis(), operands[0], operands[1], context)))
    return failure();
  results.push_back(operands[1]);
  return success();
}

LogicalResult GatherNdOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                        Results &results) {
  ArrayRef<Dim> input = operands[0], indices = operands[1];
  std::optional<int64_t> tuple = indices.empty() ? std::nullopt : constantDim(indices.back());
  if (!tuple)
    return context.error("C1: expected indices of rank 1 or more with a static last dim");
  int64_t batch = adaptor.getBatchDims();
  bool good = batch >= 0 && batch < int64_t(indices.size()) && batch <= int64_t(input.size()) &&
              *tuple <= int64_t(input.size()) - batch;
  for (int64_t i = 0; i < batch && good; ++i)
    good = context.mustBeEqual(input[i], indices[i]);
  if (!good)
    return context.error("C2: expected batch dims that the operands share and tuples that fit the "
                         "operand's rank of " +
                         Twine(input.size()) + ", got " + Twine(batch) +
                         " batch dims and tuples of " + Twine(*tuple));
  for (int64_t i = 0; i < *tuple; ++i)
    if (failed(checkChoice(input[batch + i], indices.drop_back(), "C2", context)))
      return failure();
  Shape shape(indices.drop_back());
  llvm::append_range(shape, input.drop_front(batch + *tuple));
  results.push_back(shape);
  return success();
}

LogicalResult ScatterElementsOp::computeShapes(Adaptor adaptor, Operands operands,
                                               ShapeContext &context, Results &results) {
  ArrayRef<Dim> indices = operands[1], updates = operands[2];
  if (failed(checkElements(adaptor.getAxis(), operands[0], indices, context)))
    return failure();
  if (updates.size() != indices.size() ||
      !llvm::all_of(llvm::zip(updates, indices), [&](auto pair) {
        return context.mustBeEqual(std::get<0>(pair), std::get<1>(pair));
      }))
    return context.error("C3: expected updates of the shape of the indices");
  results.push_back(operands[0]);
  return success();
}

LogicalResult ScatterNdOp::computeShapes(Adaptor, Operands operands, ShapeContext &context,
                                         Results &results) {
  ArrayRef<Dim> input = operands[0], indices = operands[1], updates = operands[2];
  std::optional<int64_t> tuple = indices.empty() ? std::nullopt : constantDim(indices.back());
  if (!tuple || *tuple > int64_t(input.size()))
    return context.error(
        "C1: expected indices of rank 1 or more, with a static last dim of at most " +
        Twine(input.size()));
  Shape expected(indices.drop_back());
  llvm::append_range(expected, input.drop_front(*tuple));
  if (updates.size() != expected.size() ||
      !llvm::all_of(llvm::zip(updates, expected), [&](auto pair) {
        return context.mustBeEqual(std::get<0>(pair), std::get<1>(pair));
      }))
    return context.error(
        "C2: expected updates of the indices' shape without tuples, then the dims of "
        "the operand that tuples leave");
  for (int64_t i = 0; i < *tuple; ++i)
    if (failed(checkChoice(input[i], indices.drop_back(), "C1", context)))
      return failure();
  results.push_back(operands[0]);
  return success();
}

LogicalResult CumulateOp::computeShapes(Adaptor adaptor, Operands operands, ShapeContext &context,
                                        Results &results) {
  if (failed(checkAxis(adaptor.getAxis(), operands[0], context)))
    return failure();
  results.push_back(operands[0]);
  return success();
}
