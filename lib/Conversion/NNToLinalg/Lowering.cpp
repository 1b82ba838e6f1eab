// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mechanism that lowers a function of nn ops to linalg on tensors, op by op.
#include "lib/Conversion/NNToLinalg/Lowering.h"
#include "dialects/Exec/ExecOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel;
using namespace accel::nn;

static RankedTensorType storageTensor(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.clone(storageType(tensor.getElementType()));
}

Lowering::Sizes Lowering::sizes(Value source) {
  return llvm::map_to_vector(shapes.get(source), [&](Dim dim) { return size(dim); });
}

Value Lowering::sizeValue(Dim dim) {
  return getValueOrCreateConstantIndexOp(builder, location, size(dim));
}

Value Lowering::destination(Value source) {
  if (Value output = destinations.lookup(source))
    return output;
  return emptyTensor(shapes.get(source), storageType(elementTypeOf(source)));
}

Value Lowering::emptyTensor(ArrayRef<Dim> shape, Type element) {
  Sizes sizes = llvm::map_to_vector(shape, [&](Dim dim) { return size(dim); });
  return tensor::EmptyOp::create(builder, location, sizes, element);
}

Value Lowering::fill(Value destination, TypedAttr value) {
  Value scalar = arith::ConstantOp::create(builder, location, value);
  return linalg::FillOp::create(builder, location, scalar, destination).getResult(0);
}

static bool isEmpty(Value tensor) {
  return llvm::is_contained(cast<RankedTensorType>(tensor.getType()).getShape(), 0);
}

Value Lowering::generic(Value init, ValueRange inputs, ArrayRef<AffineMap> maps, Body body,
                        ArrayRef<bool> reduction) {
  // A reduction of nothing is what it starts from; loops of no iterations cannot be tiled.
  if (llvm::any_of(inputs, isEmpty))
    return init;
  SmallVector<utils::IteratorType> iterators(maps.front().getNumDims(),
                                             utils::IteratorType::parallel);
  for (auto [i, reduces] : llvm::enumerate(reduction))
    if (reduces)
      iterators[i] = utils::IteratorType::reduction;
  auto op =
      linalg::GenericOp::create(builder, location, init.getType(), inputs, init, maps, iterators,
                                [&](OpBuilder &nested, Location at, ValueRange arguments) {
                                  linalg::YieldOp::create(nested, at, body(nested, at, arguments));
                                });
  return op.getResult(0);
}

Lowering::Operand Lowering::trailing(Value source, ArrayRef<Dim> extents) {
  size_t rank = shapes.get(source).size(), first = extents.size() - rank;
  Operand operand{source, {}, Shape(extents.drop_front(first))};
  for (size_t i = 0; i < rank; ++i)
    operand.position.push_back(getAffineDimExpr(first + i, builder.getContext()));
  return operand;
}

namespace {
/// Where an operand's element comes from: a block argument, a scalar outside, or a tensor that is
/// read in the body.
struct Read {
  int argument = -1;
  Value scalar, tensor;
  SmallVector<AffineExpr> position;
  SmallVector<Value> isOne; ///< whether the dim is broadcast, null where that is known

  Value element(OpBuilder &builder, Location at, ValueRange arguments) const {
    if (scalar)
      return scalar;
    if (argument >= 0)
      return arguments[argument];
    SmallVector<Value> indices;
    Value zero = arith::ConstantIndexOp::create(builder, at, 0);
    for (auto [expr, one] : llvm::zip_equal(position, isOne)) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      Value index =
          dim ? linalg::IndexOp::create(builder, at, dim.getPosition()).getResult() : zero;
      indices.push_back(one ? arith::SelectOp::create(builder, at, one, zero, index).getResult()
                            : index);
    }
    return tensor::ExtractOp::create(builder, at, tensor, indices);
  }
};
} // namespace

Value Lowering::broadcasting(Value init, AffineMap result, ArrayRef<Operand> operands, Body body,
                             ArrayRef<bool> reduction) {
  MLIRContext *context = builder.getContext();
  unsigned loops = result.getNumDims();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<Read> reads;
  for (const Operand &operand : operands) {
    Read &read = reads.emplace_back();
    DenseElementsAttr splat;
    Value lowered = get(operand.source);
    if (matchPattern(lowered, m_Constant(&splat)) && splat.isSplat()) {
      read.scalar = arith::ConstantOp::create(builder, location, splat.getSplatValue<TypedAttr>());
      continue;
    }
    bool runTime = false;
    for (auto [dim, extent, expr] :
         llvm::zip_equal(Shape(shapes.get(operand.source)), operand.extents, operand.position)) {
      bool one = constantDim(dim) == 1, same = dim == extent || constantDim(dim);
      read.position.push_back(one ? getAffineConstantExpr(0, context) : expr);
      read.isOne.push_back(Value());
      if (same)
        continue;
      runTime = true;
      read.isOne.back() =
          arith::CmpIOp::create(builder, location, arith::CmpIPredicate::eq, sizeValue(dim),
                                arith::ConstantIndexOp::create(builder, location, 1));
    }
    if (runTime) {
      read.tensor = lowered;
      continue;
    }
    read.argument = inputs.size();
    inputs.push_back(lowered);
    maps.push_back(AffineMap::get(loops, 0, read.position, context));
  }
  // A generic's maps must say how far each of its dims goes: an empty tensor does for those that
  // only operands read in the body have.
  Shape missing;
  SmallVector<AffineExpr> missingDims;
  for (unsigned i = 0; i < loops; ++i) {
    AffineExpr dim = getAffineDimExpr(i, context);
    auto has = [&](AffineMap map) { return llvm::is_contained(map.getResults(), dim); };
    if (has(result) || llvm::any_of(maps, has))
      continue;
    for (const Operand &operand : operands)
      if (const auto *at = llvm::find(operand.position, dim); at != operand.position.end()) {
        missing.push_back(operand.extents[at - operand.position.begin()]);
        missingDims.push_back(dim);
        break;
      }
  }
  if (!missing.empty()) {
    inputs.push_back(emptyTensor(missing, builder.getI8Type()));
    maps.push_back(AffineMap::get(loops, 0, missingDims, context));
  }
  maps.push_back(result);
  return generic(
      init, inputs, maps,
      [&](OpBuilder &nested, Location at, ValueRange arguments) {
        SmallVector<Value> elements;
        for (const Read &read : reads)
          elements.push_back(read.element(nested, at, arguments));
        elements.push_back(arguments.back());
        return body(nested, at, elements);
      },
      reduction);
}

Value Lowering::elementwise(Value destination, Value result, ValueRange sources, Body body) {
  const Shape shape = shapes.get(result);
  auto operands = llvm::map_to_vector(sources, [&](Value v) { return trailing(v, shape); });
  return broadcasting(destination,
                      AffineMap::getMultiDimIdentityMap(shape.size(), builder.getContext()),
                      operands, [&](OpBuilder &nested, Location at, ValueRange elements) {
                        return body(nested, at, elements.drop_back());
                      });
}

Value Lowering::copy(Value destination, Value source) {
  unsigned rank = cast<RankedTensorType>(destination.getType()).getRank();
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, builder.getContext());
  return generic(
      destination, source, {identity, identity},
      [](OpBuilder &, Location, ValueRange arguments) { return SmallVector<Value>{arguments[0]}; });
}

Value Lowering::narrowed(Value result, Value sums) {
  Type element = elementTypeOf(result);
  if (sumsInPlace(element))
    return sums;
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(shapes.get(result).size(), builder.getContext());
  return generic(destination(result), sums, {identity, identity},
                 [&](OpBuilder &nested, Location at, ValueRange arguments) {
                   return SmallVector<Value>{fromAccumulator(nested, at, arguments[0], element)};
                 });
}

Value Lowering::copyInto(Value destination, Value source, ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) {
  // A slice must begin inside of a tensor, even one without elements.
  if (isEmpty(source))
    return destination;
  SmallVector<OpFoldResult> strides(offsets.size(), builder.getIndexAttr(1));
  Value slice =
      tensor::ExtractSliceOp::create(builder, location, destination, offsets, sizes, strides);
  if (slice.getType() != source.getType())
    source = tensor::CastOp::create(builder, location, slice.getType(), source);
  return tensor::InsertSliceOp::create(builder, location, copy(slice, source), destination, offsets,
                                       sizes, strides);
}

LogicalResult Lowering::lower(Operation *op) {
  location = op->getLoc();
  // A bias that a product's sums started from is added already.
  if (values.contains(op->getResult(0)))
    return success();
  // There is nothing to compute, and slices and windows of nothing need not be legal.
  if (isEmpty(op->getResult(0))) {
    values.map(op->getResult(0), destination(op->getResult(0)));
    return success();
  }
  Value result =
      TypeSwitch<Operation *, Value>(op)
          .Case([&](ElementwiseOpInterface) { return lowerElementwise(*this, op); })
          .Case([&](MatmulOp matmul) { return lowerMatmul(*this, matmul); })
          .Case([&](ConvOp conv) { return lowerConv(*this, conv); })
          .Case([&](BlockedConvOp conv) { return lowerBlockedConv(*this, conv); })
          .Case([&](BlockedDepthwiseConvOp conv) { return lowerBlockedDepthwiseConv(*this, conv); })
          .Case([&](PoolOp pool) { return lowerPool(*this, pool); })
          .Case([&](ReduceOp reduce) { return lowerReduce(*this, reduce); })
          .Case([&](ResizeOp resize) { return lowerResize(*this, resize); })
          .Case([&](ConvTransposeOp conv) { return lowerConvTranspose(*this, conv); })
          .Case([&](DepthToSpaceOp shuffle) { return lowerDepthToSpace(*this, shuffle); })
          .Case([&](PoolPositionsOp pool) { return lowerPoolPositions(*this, pool); })
          .Case<GatherElementsOp, GatherNdOp, ScatterElementsOp, ScatterNdOp, CumulateOp>(
              [&](Operation *indexed) { return lowerIndexed(*this, indexed); })
          .Case([&](SoftmaxOp softmax) {
            return lowerSoftmax(*this, softmax, softmax.getAxis(), false);
          })
          .Case([&](LogSoftmaxOp softmax) {
            return lowerSoftmax(*this, softmax, softmax.getAxis(), true);
          })
          .Default([&](Operation *other) { return lowerMovement(*this, other); });
  if (!result)
    return op->emitError("no lowering to linalg of ") << op->getName();
  values.map(op->getResult(0), result);
  return success();
}

LogicalResult nn::lowerToLinalg(func::FuncOp function) {
  MLIRContext *context = function.getContext();
  Block &source = function.getBody().front();
  auto ret = cast<func::ReturnOp>(source.getTerminator());

  // The new signature: storage types, and one trailing argument an output to write into.
  SmallVector<Type> arguments, results;
  for (Type type : function.getArgumentTypes())
    arguments.push_back(isa<RankedTensorType>(type) ? Type(storageTensor(type)) : type);
  for (Type type : function.getResultTypes())
    results.push_back(storageTensor(type));
  size_t numInputs = arguments.size();
  llvm::append_range(arguments, results);

  OpBuilder builder(function);
  auto lowered = func::FuncOp::create(builder, function.getLoc(), function.getName(),
                                      FunctionType::get(context, arguments, results));
  if (Attribute rows = function->getAttr(exec::KernelOp::kItemRowsAttr))
    lowered->setAttr(exec::KernelOp::kItemRowsAttr, rows);
  Block *block = lowered.addEntryBlock();
  builder.setInsertionPointToStart(block);
  Lowering lowering(builder, context);

  // Dims: the leading index arguments are symbols 0..; tensors say their shapes in those.
  for (BlockArgument argument : source.getArguments()) {
    unsigned i = argument.getArgNumber();
    lowering.values.map(argument, block->getArgument(i));
    lowered.setArgAttr(i, "bufferization.writable", builder.getBoolAttr(false));
    if (argument.getType().isIndex()) {
      lowering.shapes.setIndex(argument, lowering.shapes.fresh());
      lowering.symbols.push_back(block->getArgument(i));
    }
  }
  for (BlockArgument argument : source.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    Shape shape;
    if (auto map = function.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(),
                                                            exec::KernelOp::kShapeAttr)) {
      llvm::append_range(shape, map.getValue().getResults());
      lowered.setArgAttr(argument.getArgNumber(), exec::KernelOp::kShapeAttr,
                         AffineMapAttr::get(map.getValue()));
    } else {
      for (auto [d, size] : llvm::enumerate(type.getShape())) {
        bool dynamic = ShapedType::isDynamic(size);
        shape.push_back(dynamic ? lowering.shapes.fresh() : lowering.shapes.constant(size));
        if (dynamic)
          lowering.symbols.push_back(tensor::DimOp::create(
              builder, function.getLoc(), block->getArgument(argument.getArgNumber()), d));
      }
    }
    lowering.shapes.set(argument, shape);
  }
  for (auto [i, value] : llvm::enumerate(ret.getOperands())) {
    lowered.setArgAttr(numInputs + i, "bufferization.writable", builder.getBoolAttr(true));
    if (Attribute shape = function.getResultAttr(i, exec::KernelOp::kShapeAttr))
      lowered.setArgAttr(numInputs + i, exec::KernelOp::kShapeAttr, shape);
    lowering.destinations.try_emplace(value, block->getArgument(numInputs + i));
  }

  for (Operation &op : source.without_terminator()) {
    if (op.getDialect() && op.getDialect()->getNamespace() == NNDialect::getDialectNamespace()) {
      if (auto shape = op.getAttrOfType<AffineMapAttr>(exec::KernelOp::kShapeAttr))
        lowering.shapes.set(op.getResult(0), llvm::to_vector<6>(shape.getValue().getResults()));
      if (failed(lowering.lower(&op))) {
        lowered.erase();
        return failure();
      }
      continue;
    }
    builder.clone(op, lowering.values);
  }
  SmallVector<Value> returned;
  lowering.location = ret.getLoc();
  for (auto [i, value] : llvm::enumerate(ret.getOperands())) {
    Value result = lowering.get(value), output = block->getArgument(numInputs + i);
    // A value that was not computed in its output (an argument, a reshape, a second use) is copied.
    bool inPlace = result == output;
    if (auto op = result.getDefiningOp<DestinationStyleOpInterface>()) {
      Value init = result;
      while (auto writer = init.getDefiningOp<DestinationStyleOpInterface>())
        init = writer.getDpsInitOperand(cast<OpResult>(init).getResultNumber())->get();
      inPlace = init == output;
    }
    if (result.getType() != output.getType() && !inPlace)
      result = tensor::CastOp::create(builder, ret.getLoc(), output.getType(), result);
    returned.push_back(inPlace ? result : lowering.copy(output, result));
  }
  func::ReturnOp::create(builder, ret.getLoc(), returned);
  function.erase();
  return success();
}
