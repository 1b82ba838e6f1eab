// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that move elements without arithmetic: reshape, transpose, broadcast, concat, slice, pad,
// gather, pack.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel::nn;

static Value identityBody(Lowering &lowering, Value result, Value source) {
  return lowering.elementwise(
      lowering.destination(result), result, source,
      [](OpBuilder &, Location, ValueRange a) { return SmallVector<Value>{a[0]}; });
}

static Value lowerConstant(Lowering &lowering, ConstantOp op) {
  auto elements = cast<ElementsAttr>(op.getValue());
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense) {
    op.emitError("expected a constant inside a kernel to be a small dense attribute");
    return Value();
  }
  return arith::ConstantOp::create(lowering.builder, op.getLoc(), storageConstant(dense));
}

static Value lowerReshape(Lowering &lowering, ReshapeOp op) {
  // Through a shape tensor: always legal; canonicalises to expand or collapse where it can.
  OpBuilder &b = lowering.builder;
  Location at = op.getLoc();
  Value source = lowering.get(op.getInput());
  const Shape shape = lowering.shapes.get(op.getResult());
  auto type = RankedTensorType::get(staticShape(shape), storageType(elementTypeOf(op.getResult())));
  auto sourceType = cast<RankedTensorType>(source.getType());
  if (auto reassociation = getReassociationIndicesForReshape(sourceType, type);
      reassociation && sourceType.hasStaticShape() && type.hasStaticShape() &&
      sourceType.getRank() != type.getRank()) {
    if (sourceType.getRank() > type.getRank())
      return tensor::CollapseShapeOp::create(b, at, type, source, *reassociation);
    return tensor::ExpandShapeOp::create(b, at, type, source, *reassociation);
  }
  SmallVector<Value> sizes;
  for (Dim dim : shape)
    sizes.push_back(lowering.sizeValue(dim));
  auto shapeType = RankedTensorType::get({int64_t(shape.size())}, b.getIndexType());
  Value sizeTensor = tensor::FromElementsOp::create(b, at, shapeType, sizes);
  return tensor::ReshapeOp::create(b, at, type, source, sizeTensor);
}

static Value lowerTranspose(Lowering &lowering, TransposeOp op) {
  MLIRContext *context = op.getContext();
  unsigned rank = op.getPermutation().size();
  SmallVector<AffineExpr> exprs(rank);
  for (auto [to, from] : llvm::enumerate(op.getPermutation()))
    exprs[from] = getAffineDimExpr(to, context);
  return lowering.generic(
      lowering.destination(op.getResult()), lowering.get(op.getInput()),
      {AffineMap::get(rank, 0, exprs, context), AffineMap::getMultiDimIdentityMap(rank, context)},
      [](OpBuilder &, Location, ValueRange a) { return SmallVector<Value>{a[0]}; });
}

static Value lowerConcat(Lowering &lowering, ConcatOp op) {
  OpBuilder &b = lowering.builder;
  Value result = lowering.destination(op.getResult());
  unsigned rank = lowering.shapes.get(op.getResult()).size();
  Dim offset = lowering.shapes.constant(0);
  for (Value input : op.getInputs()) {
    SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0));
    offsets[op.getAxis()] = lowering.size(offset);
    result = lowering.copyInto(result, lowering.get(input), offsets, lowering.sizes(input));
    offset = offset + lowering.shapes.get(input)[op.getAxis()];
  }
  return result;
}

/// A result whose element is read at computed positions of one tensor; null position entries are
/// the iteration dim of the same number.
static Value
gatherGeneric(Lowering &lowering, Value result,
              llvm::function_ref<Value(OpBuilder &, Location, ValueRange indices)> read) {
  unsigned rank = lowering.shapes.get(result).size();
  return lowering.generic(lowering.destination(result), {},
                          {AffineMap::getMultiDimIdentityMap(rank, lowering.builder.getContext())},
                          [&](OpBuilder &builder, Location at, ValueRange) {
                            SmallVector<Value> indices;
                            for (unsigned i = 0; i < rank; ++i)
                              indices.push_back(linalg::IndexOp::create(builder, at, i));
                            return SmallVector<Value>{read(builder, at, indices)};
                          });
}

static Value scaled(OpBuilder &b, Location at, Value index, int64_t step, OpFoldResult offset) {
  AffineExpr d0 = getAffineDimExpr(0, b.getContext()), d1 = getAffineDimExpr(1, b.getContext());
  return getValueOrCreateConstantIndexOp(
      b, at,
      affine::makeComposedFoldedAffineApply(b, at, AffineMap::get(2, 0, d0 * step + d1),
                                            {index, offset}));
}

/// A list of numbers and operands.
static SmallVector<OpFoldResult> mixedValues(Lowering &lowering, ArrayRef<int64_t> entries,
                                             OperandRange operands) {
  SmallVector<OpFoldResult> values;
  size_t next = 0;
  for (int64_t entry : entries)
    values.push_back(ShapedType::isDynamic(entry)
                         ? OpFoldResult(lowering.get(operands[next++]))
                         : OpFoldResult(lowering.builder.getIndexAttr(entry)));
  return values;
}

static Value lowerSlice(Lowering &lowering, SliceOp op) {
  OpBuilder &b = lowering.builder;
  Value source = lowering.get(op.getInput());
  SmallVector<OpFoldResult> offsets =
      mixedValues(lowering, op.getOffsets(), op.getDynamicOffsets());
  bool forward = llvm::all_of(op.getSteps(), [](int64_t step) { return step > 0; });
  if (!forward)
    return gatherGeneric(
        lowering, op.getResult(), [&](OpBuilder &builder, Location at, ValueRange indices) {
          SmallVector<Value> position;
          for (auto [i, index] : llvm::enumerate(indices))
            position.push_back(scaled(builder, at, index, op.getSteps()[i], offsets[i]));
          return tensor::ExtractOp::create(builder, at, source, position).getResult();
        });
  SmallVector<OpFoldResult> strides = llvm::map_to_vector(
      op.getSteps(), [&](int64_t step) { return OpFoldResult(b.getIndexAttr(step)); });
  Value slice = tensor::ExtractSliceOp::create(b, op.getLoc(), source, offsets,
                                               lowering.sizes(op.getResult()), strides);
  Value destination = lowering.destination(op.getResult());
  if (slice.getType() != destination.getType())
    slice = tensor::CastOp::create(b, op.getLoc(), destination.getType(), slice);
  return lowering.copy(destination, slice);
}

static Value lowerPad(Lowering &lowering, PadOp op) {
  Value filled = lowering.fill(lowering.destination(op.getResult()),
                               storageConstant(cast<TypedAttr>(op.getValue())));
  return lowering.copyInto(filled, lowering.get(op.getInput()),
                           mixedValues(lowering, op.getLow(), op.getDynamicLow()),
                           lowering.sizes(op.getInput()));
}

static Value lowerGather(Lowering &lowering, GatherOp op) {
  int64_t axis = op.getAxis();
  Value source = lowering.get(op.getInput()), table = lowering.get(op.getIndices());
  Value size = lowering.sizeValue(lowering.shapes.get(op.getInput())[axis]);
  unsigned indexRank = lowering.shapes.get(op.getIndices()).size();
  bool isUnsigned = elementTypeOf(op.getIndices()).isUnsignedInteger();
  return gatherGeneric(
      lowering, op.getResult(), [&](OpBuilder &builder, Location at, ValueRange indices) {
        Value number =
            tensor::ExtractOp::create(builder, at, table, indices.slice(axis, indexRank));
        Value index = positionOf(builder, at, number, size, isUnsigned);
        SmallVector<Value> position(indices.take_front(axis));
        position.push_back(index);
        llvm::append_range(position, indices.drop_front(axis + indexRank));
        return tensor::ExtractOp::create(builder, at, source, position).getResult();
      });
}

static Value lowerShapeOf(Lowering &lowering, ShapeOfOp op) {
  OpBuilder &b = lowering.builder;
  const Shape shape = lowering.shapes.get(op.getInput());
  Value result = lowering.destination(op.getResult());
  for (int64_t i = op.getStart(), end = op.getEnd(); i < end; ++i) {
    Value size =
        arith::IndexCastOp::create(b, op.getLoc(), b.getI64Type(), lowering.sizeValue(shape[i]));
    Value at = arith::ConstantIndexOp::create(b, op.getLoc(), i - op.getStart());
    result = tensor::InsertOp::create(b, op.getLoc(), size, result, at);
  }
  return result;
}

/// A result whose elements are read by a map.
static Value mapped(Lowering &lowering, Value result, Value source, AffineMap read) {
  return lowering.generic(
      lowering.destination(result), source,
      {read, AffineMap::getMultiDimIdentityMap(read.getNumDims(), read.getContext())},
      [](OpBuilder &, Location, ValueRange a) { return SmallVector<Value>{a[0]}; });
}

static Value lowerPack(Lowering &lowering, PackOp op) {
  ArrayRef<int64_t> dims = op.getDims(), blocks = op.getBlocks(), order = op.getOrder();
  Value source = lowering.get(op.getInput());
  const Shape shape = lowering.shapes.get(op.getInput());
  Type element = cast<RankedTensorType>(source.getType()).getElementType();
  // Whole blocks are read by a map.
  bool isExact = llvm::all_of(llvm::zip_equal(dims, blocks), [&](auto pair) {
    auto [dim, block] = pair;
    std::optional<int64_t> size = constantDim(shape[dim]);
    return size && *size % block == 0;
  });
  if (isExact) {
    unsigned rank = lowering.shapes.get(op.getResult()).size();
    MLIRContext *context = op.getContext();
    SmallVector<AffineExpr> read(shape.size());
    for (auto [to, from] : llvm::enumerate(order))
      read[from] = getAffineDimExpr(to, context);
    for (auto [i, dim] : llvm::enumerate(dims))
      read[dim] = read[dim] * blocks[i] + getAffineDimExpr(shape.size() + i, context);
    return mapped(lowering, op.getResult(), source, AffineMap::get(rank, 0, read, context));
  }
  return gatherGeneric(
      lowering, op.getResult(), [&](OpBuilder &builder, Location at, ValueRange indices) {
        SmallVector<Value> position(shape.size());
        for (auto [to, from] : llvm::enumerate(order))
          position[from] = indices[to];
        Value inside;
        for (auto [i, dim] : llvm::enumerate(dims)) {
          Value block = arith::ConstantIndexOp::create(builder, at, blocks[i]);
          Value index = arith::AddIOp::create(
              builder, at, arith::MulIOp::create(builder, at, position[dim], block),
              indices[shape.size() + i]);
          std::optional<int64_t> size = constantDim(shape[dim]);
          if (!size || *size % blocks[i] != 0) {
            Value limit = getValueOrCreateConstantIndexOp(builder, at, lowering.size(shape[dim]));
            Value good =
                arith::CmpIOp::create(builder, at, arith::CmpIPredicate::ult, index, limit);
            index = arith::SelectOp::create(builder, at, good, index,
                                            arith::ConstantIndexOp::create(builder, at, 0));
            inside = inside ? arith::AndIOp::create(builder, at, inside, good).getResult() : good;
          }
          position[dim] = index;
        }
        Value value = tensor::ExtractOp::create(builder, at, source, position);
        if (!inside)
          return value;
        Value zero = arith::ConstantOp::create(builder, at, builder.getZeroAttr(element));
        return arith::SelectOp::create(builder, at, inside, value, zero).getResult();
      });
}

static Value lowerUnpack(Lowering &lowering, UnpackOp op) {
  ArrayRef<int64_t> dims = op.getDims(), blocks = op.getBlocks();
  MLIRContext *context = op.getContext();
  unsigned rank = lowering.shapes.get(op.getResult()).size();
  SmallVector<AffineExpr> outer, inner, read;
  for (unsigned i = 0; i < rank; ++i)
    outer.push_back(getAffineDimExpr(i, context));
  for (auto [i, dim] : llvm::enumerate(dims)) {
    inner.push_back(outer[dim] % blocks[i]);
    outer[dim] = outer[dim].floorDiv(blocks[i]);
  }
  for (int64_t from : op.getOrder())
    read.push_back(outer[from]);
  llvm::append_range(read, inner);
  return mapped(lowering, op.getResult(), lowering.get(op.getInput()),
                AffineMap::get(rank, 0, read, context));
}

Value accel::nn::lowerMovement(Lowering &lowering, Operation *op) {
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](ConstantOp constant) { return lowerConstant(lowering, constant); })
      .Case([&](BindDimsOp bind) { return lowering.get(bind.getInput()); })
      .Case([&](ReshapeOp reshape) { return lowerReshape(lowering, reshape); })
      .Case([&](TransposeOp transpose) { return lowerTranspose(lowering, transpose); })
      .Case([&](BroadcastOp broadcast) {
        return identityBody(lowering, broadcast.getResult(), broadcast.getInput());
      })
      .Case([&](ConcatOp concat) { return lowerConcat(lowering, concat); })
      .Case([&](SliceOp slice) { return lowerSlice(lowering, slice); })
      .Case([&](PadOp pad) { return lowerPad(lowering, pad); })
      .Case([&](GatherOp gather) { return lowerGather(lowering, gather); })
      .Case([&](ShapeOfOp shapeOf) { return lowerShapeOf(lowering, shapeOf); })
      .Case([&](PackOp pack) { return lowerPack(lowering, pack); })
      .Case([&](UnpackOp unpack) { return lowerUnpack(lowering, unpack); })
      .Case<PackedMatmulOp, AttentionOp>([&](auto op) {
        // Tiled as it is, into the destination.
        return lowering.builder.clone(*op, lowering.values)->getResult(0);
      })
      .Default([](Operation *) { return Value(); });
}
