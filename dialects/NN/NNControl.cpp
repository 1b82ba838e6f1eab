// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers of branches, loops and calls. The numbers are those of the ops' descriptions.
#include "dialects/NN/NNOps.h"

using namespace mlir;
using namespace accel::nn;

/// True of one element of an integer type of that many bits.
static bool isOne(Value value, unsigned bits) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getElementType().isInteger(bits) &&
         llvm::all_of(type.getShape(), [](int64_t size) { return size == 1; });
}

/// True if a value of type `from` may become one of type `to`: dims may be known less well.
static bool canBecome(Type from, Type to) {
  auto a = cast<RankedTensorType>(from), b = cast<RankedTensorType>(to);
  auto box = dyn_cast<BoxType>(a.getElementType()), other = dyn_cast<BoxType>(b.getElementType());
  // What is in boxes is looked at when they are opened.
  bool isSame =
      box && other ? box.getKind() == other.getKind() : a.getElementType() == b.getElementType();
  if (!isSame || a.getRank() != b.getRank())
    return false;
  return llvm::all_of(llvm::zip(a.getShape(), b.getShape()), [](auto dims) {
    auto [x, y] = dims;
    return x == y || ShapedType::isDynamic(x) || ShapedType::isDynamic(y);
  });
}

static bool canBecome(TypeRange from, TypeRange to) {
  return from.size() == to.size() && llvm::all_of(llvm::zip(from, to), [](auto types) {
           return canBecome(std::get<0>(types), std::get<1>(types));
         });
}

static ValueRange yielded(Region &region) { return region.front().getTerminator()->getOperands(); }

LogicalResult IfOp::verify() {
  if (!isOne(getCondition(), 1))
    return emitOpError("C1: expected a condition of one element");
  for (Region *region : getRegions())
    if (region->getNumArguments() || !canBecome(yielded(*region).getTypes(), getResultTypes()))
      return emitOpError("C2: expected regions without arguments that yield ") << getResultTypes();
  return success();
}

ValueRange LoopOp::getYielded() { return yielded(getBody()); }

LogicalResult LoopOp::verify() {
  if ((getTrips() && !isOne(getTrips(), 64)) || (getCondition() && !isOne(getCondition(), 1)))
    return emitOpError("C1: expected trips and a condition of one element");
  TypeRange carried = getCarried().getTypes();
  auto i64 = RankedTensorType::get({}, IntegerType::get(getContext(), 64));
  Block &block = getBody().front();
  size_t before = getCondition() ? 1 : 0, count = carried.size();
  if (block.getNumArguments() != count + 1 || block.getArgument(0).getType() != i64 ||
      getYielded().size() < before + count || getNumResults() < count ||
      !canBecome(carried, getCarriedArguments().getTypes()) ||
      !canBecome(getYieldedCarried().getTypes(), getCarriedArguments().getTypes()) ||
      !canBecome(getYieldedCarried().getTypes(), TypeRange(getResultTypes()).take_front(count)))
    return emitOpError("C2: expected a region that takes a tensor<i64> and ")
           << carried << ", and yields the latter";
  if (before) {
    if (!isOne(getYieldedCondition(), 1))
      return emitOpError("C2: expected a region that yields a condition of one element first");
  }
  if (getYieldedScans().size() != getNumResults() - count)
    return emitOpError("C3: expected a result for each scan");
  for (auto [scan, result] : llvm::zip_equal(getYieldedScans(), getResults().drop_front(count))) {
    auto one = cast<RankedTensorType>(scan.getType()),
         all = cast<RankedTensorType>(result.getType());
    if (one.getElementType() != all.getElementType() || one.getRank() + 1 != all.getRank())
      return emitOpError("C3: expected ") << all << " to have one dim more than " << one;
  }
  if (std::optional<ArrayAttr> shapes = getResultShapes()) {
    if (shapes->size() != getNumResults())
      return emitOpError("C4: expected a shape for each result");
    for (auto [shape, type] :
         llvm::zip_equal(shapes->getAsRange<AffineMapAttr>(), getResultTypes()))
      if (shape.getValue().getNumResults() != cast<RankedTensorType>(type).getRank())
        return emitOpError("C4: expected a dim for each of ") << type << ", got " << shape;
  }
  return success();
}

LogicalResult CallOp::verify() {
  if (!getPositions())
    return success();
  ArrayRef<int64_t> positions = *getPositions();
  if (positions.size() != getInputs().size() || !llvm::is_sorted(positions) ||
      std::adjacent_find(positions.begin(), positions.end()) != positions.end() ||
      (!positions.empty() && positions.front() < 0))
    return emitOpError("C1: expected ascending positions, one for each operand");
  return success();
}

MapsOp MapsOp::of(Value result) {
  if (auto bind = result.getDefiningOp<BindDimsOp>())
    result = bind.getInput();
  return result.getDefiningOp<MapsOp>();
}

LogicalResult MapsOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  size_t keys = getInts() ? getInts()->size() : getStrings() ? getStrings()->size() : 0;
  if (getInts().has_value() == getStrings().has_value() || type.getRank() != 2 ||
      type.getDimSize(1) != int64_t(keys))
    return emitOpError("C1: expected a matrix, and either ints or strings for each column");
  return success();
}
