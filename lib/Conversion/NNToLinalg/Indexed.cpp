// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that read or write at positions which are data, and ops that go along an axis in order.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel::nn;

Value accel::nn::positionOf(OpBuilder &builder, Location at, Value index, Value size,
                            bool isUnsigned, Value *inside) {
  Type type = builder.getIndexType();
  Value position = isUnsigned ? arith::IndexCastUIOp::create(builder, at, type, index).getResult()
                              : arith::IndexCastOp::create(builder, at, type, index).getResult();
  Value zero = arith::ConstantIndexOp::create(builder, at, 0),
        one = arith::ConstantIndexOp::create(builder, at, 1);
  Value negative = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::slt, position, zero);
  position = arith::SelectOp::create(builder, at, negative,
                                     arith::AddIOp::create(builder, at, position, size), position);
  if (inside)
    *inside = arith::CmpIOp::create(builder, at, arith::CmpIPredicate::ult, position, size);
  // A bad index must not read outside the tensor.
  position =
      arith::MinSIOp::create(builder, at, position, arith::SubIOp::create(builder, at, size, one));
  return arith::MaxSIOp::create(builder, at, position, zero);
}

static bool isUnsigned(Value value) { return elementTypeOf(value).isUnsignedInteger(); }

/// Dims `from`.. of a tensor as one.
static Value flattened(Lowering &lowering, Value source, unsigned from) {
  unsigned rank = cast<RankedTensorType>(source.getType()).getRank();
  if (from + 1 >= rank)
    return source;
  SmallVector<ReassociationIndices> groups;
  for (unsigned i = 0; i <= from; ++i)
    groups.push_back({int64_t(i)});
  for (unsigned i = from + 1; i < rank; ++i)
    groups.back().push_back(i);
  return tensor::CollapseShapeOp::create(lowering.builder, lowering.location, source, groups);
}

static Value lowerGatherElements(Lowering &lowering, GatherElementsOp op) {
  const Shape input = lowering.shapes.get(op.getInput());
  unsigned rank = input.size(), axis = op.getAxis();
  // From the axis on the operand is one row, in which neighbours in the result are gathered.
  Value source = flattened(lowering, lowering.get(op.getInput()), axis);
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, op.getContext());
  return lowering.generic(
      lowering.destination(op.getResult()), lowering.get(op.getIndices()), {identity, identity},
      [&](OpBuilder &builder, Location at, ValueRange a) {
        auto sizeOf = [&](unsigned i) {
          return getValueOrCreateConstantIndexOp(builder, at, lowering.size(input[i]));
        };
        SmallVector<Value> position;
        for (unsigned i = 0; i < axis; ++i)
          position.push_back(linalg::IndexOp::create(builder, at, i));
        Value linear = positionOf(builder, at, a[0], sizeOf(axis), isUnsigned(op.getIndices()));
        for (unsigned i = axis + 1; i < rank; ++i)
          linear = arith::AddIOp::create(builder, at,
                                         arith::MulIOp::create(builder, at, linear, sizeOf(i)),
                                         linalg::IndexOp::create(builder, at, i));
        position.push_back(linear);
        return SmallVector<Value>{tensor::ExtractOp::create(builder, at, source, position)};
      });
}

static Value lowerGatherNd(Lowering &lowering, GatherNdOp op) {
  const Shape input = lowering.shapes.get(op.getInput());
  unsigned rank = lowering.shapes.get(op.getResult()).size(),
           prefix = lowering.shapes.get(op.getIndices()).size() - 1;
  int64_t batch = op.getBatchDims(),
          tuple = *constantDim(lowering.shapes.get(op.getIndices()).back());
  Value source = lowering.get(op.getInput()), table = lowering.get(op.getIndices());
  return lowering.generic(
      lowering.destination(op.getResult()), {},
      AffineMap::getMultiDimIdentityMap(rank, op.getContext()),
      [&](OpBuilder &builder, Location at, ValueRange) {
        SmallVector<Value> indices;
        for (unsigned i = 0; i < rank; ++i)
          indices.push_back(linalg::IndexOp::create(builder, at, i));
        SmallVector<Value> position(indices.begin(), indices.begin() + batch);
        for (int64_t k = 0; k < tuple; ++k) {
          SmallVector<Value> entry(indices.begin(), indices.begin() + prefix);
          entry.push_back(arith::ConstantIndexOp::create(builder, at, k));
          Value size =
              getValueOrCreateConstantIndexOp(builder, at, lowering.size(input[batch + k]));
          position.push_back(positionOf(builder, at,
                                        tensor::ExtractOp::create(builder, at, table, entry), size,
                                        isUnsigned(op.getIndices())));
        }
        position.append(indices.begin() + prefix, indices.end());
        return SmallVector<Value>{tensor::ExtractOp::create(builder, at, source, position)};
      });
}

/// What becomes of an element that is there.
static Value combined(OpBuilder &builder, Location at, ScatterKind kind, Value old, Value update,
                      Type element) {
  static constexpr ReduceKind kinds[] = {ReduceKind::sum, ReduceKind::sum, ReduceKind::prod,
                                         ReduceKind::max, ReduceKind::min};
  if (kind == ScatterKind::replace)
    return update;
  return fromAccumulator(
      builder, at,
      emitCombine(builder, at, kinds[unsigned(kind)], toAccumulator(builder, at, old, element),
                  toAccumulator(builder, at, update, element), element.isUnsignedInteger()),
      element);
}

/// The tensor with the update at a position; an update that is not `inside` writes back what is
/// there.
template <typename Op>
static Value scattered(OpBuilder &builder, Location at, Op op, Value update, Value carried,
                       ArrayRef<Value> position, Value inside) {
  Value old = tensor::ExtractOp::create(builder, at, carried, position);
  Value value = combined(builder, at, op.getKind(), old, update, elementTypeOf(op.getInput()));
  value = arith::SelectOp::create(builder, at, inside, value, old);
  return tensor::InsertOp::create(builder, at, value, carried, position);
}

/// Loops over `sizes`, in order, that carry a tensor.
static Value loopNest(OpBuilder &builder, Location at, ArrayRef<Value> sizes, Value carried,
                      llvm::function_ref<Value(OpBuilder &, ValueRange, Value)> body,
                      SmallVector<Value> indices = {}) {
  if (indices.size() == sizes.size())
    return body(builder, indices, carried);
  Value zero = arith::ConstantIndexOp::create(builder, at, 0),
        one = arith::ConstantIndexOp::create(builder, at, 1);
  auto loop = scf::ForOp::create(builder, at, zero, sizes[indices.size()], one, carried);
  OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
  indices.push_back(loop.getInductionVar());
  scf::YieldOp::create(
      inside, at, loopNest(inside, at, sizes, loop.getRegionIterArg(0), body, std::move(indices)));
  return loop.getResult(0);
}

static SmallVector<Value> sizeValues(Lowering &lowering, ArrayRef<Dim> shape) {
  return llvm::map_to_vector(shape, [&](Dim dim) { return lowering.sizeValue(dim); });
}

/// In order, because indices may meet: one element after the other.
static Value lowerScatterElements(Lowering &lowering, ScatterElementsOp op) {
  Location at = op.getLoc();
  const Shape input = lowering.shapes.get(op.getInput());
  Value start = lowering.copy(lowering.destination(op.getResult()), lowering.get(op.getInput()));
  Value size = lowering.sizeValue(input[op.getAxis()]), table = lowering.get(op.getIndices()),
        updates = lowering.get(op.getUpdates());
  SmallVector<Value> sizes = sizeValues(lowering, lowering.shapes.get(op.getIndices()));
  return loopNest(lowering.builder, at, sizes, start,
                  [&](OpBuilder &builder, ValueRange indices, Value carried) -> Value {
                    Value index = tensor::ExtractOp::create(builder, at, table, indices), inside;
                    Value update = tensor::ExtractOp::create(builder, at, updates, indices);
                    SmallVector<Value> position(indices);
                    position[op.getAxis()] =
                        positionOf(builder, at, index, size, isUnsigned(op.getIndices()), &inside);
                    return scattered(builder, at, op, update, carried, position, inside);
                  });
}

static Value lowerScatterNd(Lowering &lowering, ScatterNdOp op) {
  Location at = op.getLoc();
  const Shape input = lowering.shapes.get(op.getInput()),
              indicesShape = lowering.shapes.get(op.getIndices());
  int64_t tuple = *constantDim(indicesShape.back());
  Value start = lowering.copy(lowering.destination(op.getResult()), lowering.get(op.getInput()));
  Value table = lowering.get(op.getIndices()), updates = lowering.get(op.getUpdates());
  unsigned prefix = indicesShape.size() - 1;
  SmallVector<Value> inputSizes = sizeValues(lowering, input);
  // Tuples, then the elements of their slices.
  SmallVector<Value> sizes = sizeValues(lowering, ArrayRef<Dim>(indicesShape).drop_back());
  sizes.append(inputSizes.begin() + tuple, inputSizes.end());
  return loopNest(lowering.builder, at, sizes, start,
                  [&](OpBuilder &builder, ValueRange indices, Value carried) -> Value {
                    SmallVector<Value> position;
                    Value inside = arith::ConstantIntOp::create(builder, at, 1, 1);
                    for (int64_t k = 0; k < tuple; ++k) {
                      SmallVector<Value> entry(indices.take_front(prefix));
                      entry.push_back(arith::ConstantIndexOp::create(builder, at, k));
                      Value here;
                      position.push_back(positionOf(
                          builder, at, tensor::ExtractOp::create(builder, at, table, entry),
                          inputSizes[k], isUnsigned(op.getIndices()), &here));
                      inside = arith::AndIOp::create(builder, at, inside, here);
                    }
                    llvm::append_range(position, indices.drop_front(prefix));
                    Value update = tensor::ExtractOp::create(builder, at, updates, indices);
                    return scattered(builder, at, op, update, carried, position, inside);
                  });
}

static Value lowerCumulate(Lowering &lowering, CumulateOp op) {
  Location at = op.getLoc();
  const Shape shape = lowering.shapes.get(op.getInput());
  Type element = elementTypeOf(op.getInput());
  ReduceKind kind = op.getKind() == CumulateKind::sum ? ReduceKind::sum : ReduceKind::prod;
  Value source = lowering.get(op.getInput());
  Value neutral = arith::ConstantOp::create(lowering.builder, at,
                                            neutralElement(lowering.builder, kind, element));
  SmallVector<Value> sizes = sizeValues(lowering, shape);
  Value count = sizes[op.getAxis()];
  sizes.erase(sizes.begin() + op.getAxis());
  return loopNest(
      lowering.builder, at, sizes, lowering.destination(op.getResult()),
      [&](OpBuilder &builder, ValueRange indices, Value carried) -> Value {
        Value zero = arith::ConstantIndexOp::create(builder, at, 0),
              one = arith::ConstantIndexOp::create(builder, at, 1);
        auto loop = scf::ForOp::create(builder, at, zero, count, one, ValueRange{carried, neutral});
        OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
        Value step = loop.getInductionVar(), before = loop.getRegionIterArg(1);
        if (op.getReverse())
          step = arith::SubIOp::create(inside, at, arith::SubIOp::create(inside, at, count, one),
                                       step);
        SmallVector<Value> position(indices);
        position.insert(position.begin() + op.getAxis(), step);
        Value x = toAccumulator(inside, at, tensor::ExtractOp::create(inside, at, source, position),
                                element);
        Value after = emitCombine(inside, at, kind, before, x, element.isUnsignedInteger());
        Value value = fromAccumulator(inside, at, op.getExclusive() ? before : after, element);
        Value written =
            tensor::InsertOp::create(inside, at, value, loop.getRegionIterArg(0), position);
        scf::YieldOp::create(inside, at, ValueRange{written, after});
        return loop.getResult(0);
      });
}

Value accel::nn::lowerIndexed(Lowering &lowering, Operation *op) {
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](GatherElementsOp gather) { return lowerGatherElements(lowering, gather); })
      .Case([&](GatherNdOp gather) { return lowerGatherNd(lowering, gather); })
      .Case([&](ScatterElementsOp scatter) { return lowerScatterElements(lowering, scatter); })
      .Case([&](ScatterNdOp scatter) { return lowerScatterNd(lowering, scatter); })
      .Case([&](CumulateOp cumulate) { return lowerCumulate(lowering, cumulate); })
      .Default([](Operation *) { return Value(); });
}
