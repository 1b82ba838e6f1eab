// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arithmetic of shapes, and what passes derive from an op's shape computation.
#include "dialects/NN/NNOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace accel::nn;

Dim ShapeContext::valueOf(Value index) {
  APInt value;
  if (matchPattern(index, m_ConstantInt(&value)))
    return constant(value.getSExtValue());
  return fresh();
}

SmallVector<int64_t> accel::nn::staticShape(ArrayRef<Dim> shape) {
  return llvm::map_to_vector(
      shape, [](Dim dim) { return constantDim(dim).value_or(ShapedType::kDynamic); });
}

std::string accel::nn::dimText(Dim dim) {
  std::string text;
  llvm::raw_string_ostream(text) << dim;
  return text;
}

Dim accel::nn::product(ArrayRef<Dim> shape, MLIRContext *context) {
  Dim result = getAffineConstantExpr(1, context);
  for (Dim dim : shape)
    result = result * dim;
  return result;
}

Dim ShapeContext::broadcast(Dim a, Dim b) {
  if (a == b)
    return a;
  std::optional<int64_t> ca = constantDim(a), cb = constantDim(b);
  if (ca && *ca == 1)
    return b;
  if (cb && *cb == 1)
    return a;
  if (ca && cb)
    return (void)error("dims " + Twine(*ca) + " and " + Twine(*cb) +
                       " cannot be broadcast together"),
           Dim();
  // What went into a dim goes into it again.
  for (auto [whole, part] : {std::pair(a, b), std::pair(b, a)})
    if (llvm::is_contained(joined.lookup(whole), part))
      return whole;
  require(a, DimRelation::Broadcast, b, "dims that meet");
  Dim one = constant(1), two = constant(2), zero = constant(0);
  for (int side = 0; side < 2; ++side) {
    // What is not 1 stays. So does what is never less than the other, which is never 0 beside a 1.
    if (atMost(two, a) || a == zero || (atMost(b, a) && atMost(min(a, one), b)))
      return a;
    std::swap(a, b);
  }
  // The larger one, but 0 beside a 1.
  Dim larger = max(a, b), result = larger;
  if (!atMost(one, a) || !atMost(one, b))
    result = simplify(larger - max(min(larger, one) - min(a, b), zero));
  SmallVector<Dim> parts{a, b};
  llvm::append_range(parts, joined.lookup(a));
  llvm::append_range(parts, joined.lookup(b));
  joined[result] = std::move(parts);
  return result;
}

void ShapeContext::require(Dim a, DimRelation relation, Dim b, StringRef what) {
  bool isLess = atMost(a, b);
  bool holds = relation == DimRelation::AtMost ? isLess : isLess && atMost(b, a);
  if (relation == DimRelation::Broadcast)
    holds |= constantDim(a) == 1 || constantDim(b) == 1;
  if (!holds)
    noteRequirement(a, relation, b, what);
}

bool ShapeContext::mustBeEqual(Dim a, Dim b) {
  std::optional<int64_t> ca = constantDim(a), cb = constantDim(b);
  if (ca && cb)
    return *ca == *cb;
  require(a, DimRelation::Equal, b, "dims that meet");
  return true;
}

LogicalResult ShapeContext::broadcast(ArrayRef<Dim> a, ArrayRef<Dim> b, Shape &result) {
  if (a.size() < b.size())
    std::swap(a, b);
  result.assign(a.begin(), a.end());
  size_t lead = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    result[lead + i] = broadcast(a[lead + i], b[i]);
    if (!result[lead + i])
      return failure();
  }
  return success();
}

LogicalResult ShapeContext::error(const Twine &message) {
  return location ? LogicalResult(emitError(*location, message)) : failure();
}

OpFoldResult accel::nn::materializeDim(OpBuilder &builder, Location location, Dim dim,
                                       ValueRange symbols) {
  if (std::optional<int64_t> value = constantDim(dim))
    return builder.getIndexAttr(*value);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
    return symbols[symbol.getPosition()];
  return affine::expandAffineExpr(builder, location, dim, /*dimValues=*/{}, symbols);
}

OpFoldResult ShapeContext::materialize(OpBuilder &builder, Location at, Dim dim,
                                       ValueRange symbols) {
  SmallVector<Value> values(symbols);
  dim.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    const LeastDim *least = symbol ? definitionOf(symbol.getPosition()) : nullptr;
    if (!least || (symbol.getPosition() < values.size() && values[symbol.getPosition()]))
      return;
    Value a = getValueOrCreateConstantIndexOp(builder, at,
                                              materialize(builder, at, least->a, symbols)),
          b = getValueOrCreateConstantIndexOp(builder, at,
                                              materialize(builder, at, least->b, symbols));
    if (values.size() <= symbol.getPosition())
      values.resize(symbol.getPosition() + 1);
    values[symbol.getPosition()] = arith::MinSIOp::create(builder, at, a, b);
  });
  return materializeDim(builder, at, dim, values);
}

namespace {
/// Symbols stand for values: tensor.dim of an op's operands and operands of index type.
class ReifyContext : public ShapeContext {
public:
  ReifyContext(OpBuilder &builder, Location location)
      : ShapeContext(builder.getContext(), std::nullopt), builder(builder), at(location) {}
  Dim symbolFor(Value value) {
    values.resize(nextSymbol + 1);
    values[nextSymbol] = value;
    return fresh();
  }
  /// True if every symbol of a dim has a value, or is defined.
  bool isKnown(Dim dim) {
    bool known = true;
    dim.walk([&](AffineExpr part) {
      auto symbol = dyn_cast<AffineSymbolExpr>(part);
      if (!symbol)
        return;
      unsigned position = symbol.getPosition();
      if (const LeastDim *least = definitionOf(position))
        known &= isKnown(least->a) && isKnown(least->b);
      else
        known &= position < values.size() && values[position];
    });
    return known;
  }
  Dim valueOf(Value index) override {
    APInt value;
    return matchPattern(index, m_ConstantInt(&value)) ? constant(value.getSExtValue())
                                                      : symbolFor(index);
  }
  OpBuilder &builder;
  Location at;
  SmallVector<Value> values;
};
} // namespace

LogicalResult accel::nn::reifyShapes(OpBuilder &builder, Operation *op,
                                     ReifiedRankedShapedTypeDims &shapes) {
  ReifyContext context(builder, op->getLoc());
  SmallVector<Shape> operands;
  for (Value operand : op->getOperands()) {
    Shape &shape = operands.emplace_back();
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type)
      continue;
    for (auto [i, size] : llvm::enumerate(type.getShape()))
      shape.push_back(ShapedType::isDynamic(size) ? context.symbolFor(tensor::DimOp::create(
                                                        builder, op->getLoc(), operand, i))
                                                  : context.constant(size));
  }
  SmallVector<Shape> results;
  if (failed(cast<ShapeOpInterface>(op).inferResultShapes(context, operands, results)))
    return failure();
  for (const Shape &shape : results)
    if (!llvm::all_of(shape, [&](Dim dim) { return context.isKnown(dim); }))
      return failure();
  for (auto [shape, type] : llvm::zip_equal(results, op->getResultTypes())) {
    SmallVector<OpFoldResult> &sizes = shapes.emplace_back();
    // A result type may know more than its operands' types.
    for (auto [dim, size] : llvm::zip_equal(shape, cast<RankedTensorType>(type).getShape()))
      sizes.push_back(ShapedType::isDynamic(size)
                          ? context.materialize(builder, op->getLoc(), dim, context.values)
                          : OpFoldResult(builder.getIndexAttr(size)));
  }
  return success();
}

const Shape &ShapeAnalysis::get(Value value) {
  if (auto known = shapes.find(value); known != shapes.end())
    return known->second;
  auto type = cast<RankedTensorType>(value.getType());
  Shape shape;
  if (auto op = value.getDefiningOp<ShapeOpInterface>()) {
    SmallVector<Shape> operands, results;
    for (Value operand : op->getOperands())
      operands.push_back(isa<RankedTensorType>(operand.getType()) ? get(operand) : Shape());
    if (succeeded(op.inferResultShapes(*this, operands, results)))
      shape = results[cast<OpResult>(value).getResultNumber()];
  }
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (shape.size() <= size_t(i))
      shape.push_back(type.isDynamicDim(i) ? fresh() : constant(type.getDimSize(i)));
    else if (!type.isDynamicDim(i))
      shape[i] = constant(type.getDimSize(i));
    else
      shape[i] = simplify(shape[i]);
  }
  return shapes[value] = shape;
}

Dim ShapeAnalysis::valueOf(Value index) {
  if (auto known = indices.find(index); known != indices.end())
    return known->second;
  Dim result;
  APInt number;
  if (matchPattern(index, m_ConstantInt(&number))) {
    result = constant(number.getSExtValue());
  } else if (auto dim = index.getDefiningOp<tensor::DimOp>(); dim && dim.getConstantIndex()) {
    result = get(dim.getSource())[*dim.getConstantIndex()];
  } else if (auto apply = index.getDefiningOp<affine::AffineApplyOp>()) {
    AffineMap map = apply.getAffineMap();
    SmallVector<AffineExpr> dims, symbols;
    for (auto [i, operand] : llvm::enumerate(apply.getMapOperands()))
      (i < map.getNumDims() ? dims : symbols).push_back(valueOf(operand));
    result = map.getResult(0).replaceDimsAndSymbols(dims, symbols);
  } else if (isa_and_present<affine::AffineMinOp, affine::AffineMaxOp>(index.getDefiningOp())) {
    Operation *op = index.getDefiningOp();
    bool isMin = isa<affine::AffineMinOp>(op);
    AffineMap map =
        isMin ? cast<affine::AffineMinOp>(op).getMap() : cast<affine::AffineMaxOp>(op).getMap();
    SmallVector<AffineExpr> dims, symbols;
    for (auto [i, operand] : llvm::enumerate(op->getOperands()))
      (i < map.getNumDims() ? dims : symbols).push_back(valueOf(operand));
    for (AffineExpr expr : map.getResults()) {
      Dim part = expr.replaceDimsAndSymbols(dims, symbols);
      result = !result ? part : isMin ? min(result, part) : max(result, part);
    }
  } else if (Operation *op = index.getDefiningOp(); op && op->getNumOperands() == 2) {
    auto both = [&](auto combine) {
      return combine(valueOf(op->getOperand(0)), valueOf(op->getOperand(1)));
    };
    if (isa<arith::AddIOp>(op))
      result = both([](Dim a, Dim b) { return a + b; });
    else if (isa<arith::SubIOp>(op))
      result = both([](Dim a, Dim b) { return a - b; });
    else if (isa<arith::MulIOp>(op))
      result = both([](Dim a, Dim b) { return a * b; });
    else if (isa<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp>(op))
      result = both([](Dim a, Dim b) { return a.floorDiv(b); });
    else if (isa<arith::MinSIOp>(op))
      result = both([&](Dim a, Dim b) { return min(a, b); });
    else if (isa<arith::MaxSIOp>(op))
      result = both([&](Dim a, Dim b) { return max(a, b); });
  }
  if (result) {
    result = simplify(result);
  } else {
    result = fresh();
    if (!isa<BlockArgument>(index))
      setBounds(cast<AffineSymbolExpr>(result).getPosition(), Bounds());
  }
  return indices[index] = result;
}

Type accel::nn::elementTypeOf(Value value) {
  return cast<ShapedType>(value.getType()).getElementType();
}

SmallVector<Shape> accel::nn::detail::operandShapes(ShapeContext &context, ValueRange operands) {
  SmallVector<Shape> shapes;
  for (Value operand : operands) {
    Shape &shape = shapes.emplace_back();
    if (auto type = dyn_cast<RankedTensorType>(operand.getType()))
      for (int64_t size : type.getShape())
        shape.push_back(ShapedType::isDynamic(size) ? context.fresh() : context.constant(size));
  }
  return shapes;
}

bool accel::nn::detail::compatibleTypes(TypeRange inferred, TypeRange actual) {
  return inferred.size() == actual.size() &&
         llvm::all_of(llvm::zip(inferred, actual), [](auto pair) {
           auto a = dyn_cast<RankedTensorType>(std::get<0>(pair)),
                b = dyn_cast<RankedTensorType>(std::get<1>(pair));
           return a && b && a.getElementType() == b.getElementType() &&
                  succeeded(verifyCompatibleShape(a, b));
         });
}
