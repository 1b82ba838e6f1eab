// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Folds: shape arithmetic on small integer tensors, and ops that do nothing.
#include "dialects/NN/NNOps.h"

using namespace mlir;
using namespace accel::nn;

/// Constants of more elements are evaluated by compiled code, not by folders.
static constexpr int64_t kFoldLimit = 1024;

/// The elements of a small constant, or null.
static DenseElementsAttr smallConstant(Attribute attribute) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(attribute);
  return elements && elements.getNumElements() <= kFoldLimit ? elements : DenseElementsAttr();
}

static RankedTensorType staticTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && tensor.getNumElements() <= kFoldLimit
             ? tensor
             : RankedTensorType();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  auto type = cast<RankedTensorType>(getType());
  // The elements agree in number, so one dynamic dim has no choice.
  if (getInput().getType() == type && type.getNumDynamicDims() <= 1 &&
      !llvm::is_contained(type.getShape(), 0))
    return getInput();
  if (auto inner = getInput().getDefiningOp<ReshapeOp>(); inner && type.hasStaticShape()) {
    getInputMutable().assign(inner.getInput());
    getSizesMutable().clear();
    setShape(type.getShape());
    return getResult();
  }
  auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput());
  return elements && type.hasStaticShape() ? elements.reshape(type) : nullptr;
}

OpFoldResult IotaOp::fold(FoldAdaptor) {
  RankedTensorType type = staticTensor(getType());
  if (!type)
    return nullptr;
  // How many elements share an index, one after the other.
  int64_t run = 1;
  for (int64_t size : type.getShape().drop_front(getAxis() + 1))
    run *= size;
  SmallVector<APInt> values;
  for (int64_t i = 0, count = type.getNumElements(); i < count; ++i)
    values.emplace_back(type.getElementTypeBitWidth(), i / run % type.getDimSize(getAxis()),
                        /*isSigned=*/false, /*implicitTrunc=*/true);
  return DenseElementsAttr::get(type, values);
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  ArrayRef<int64_t> permutation = getPermutation();
  if (llvm::is_sorted(permutation) && getInput().getType() == getType())
    return getInput();
  auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getInput());
  return elements && elements.isSplat() && cast<ShapedType>(getType()).hasStaticShape()
             ? elements.resizeSplat(cast<ShapedType>(getType()))
             : nullptr;
}

OpFoldResult ConcatOp::fold(FoldAdaptor adaptor) {
  if (getInputs().size() == 1 && getInputs()[0].getType() == getType())
    return getInputs()[0];
  RankedTensorType type = staticTensor(getType());
  if (!type || type.getRank() != 1)
    return nullptr;
  SmallVector<Attribute> values;
  for (Attribute input : adaptor.getInputs()) {
    DenseElementsAttr elements = smallConstant(input);
    if (!elements)
      return nullptr;
    llvm::append_range(values, elements.getValues<Attribute>());
  }
  return DenseElementsAttr::get(type, values);
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType() && cast<ShapedType>(getType()).hasStaticShape() &&
      llvm::all_of(getSteps(), [](int64_t step) { return step == 1; }))
    return getInput();
  RankedTensorType type = staticTensor(getType());
  DenseElementsAttr elements = smallConstant(adaptor.getInput());
  if (!type || !elements || type.getRank() != 1 || !getDynamicOffsets().empty())
    return nullptr;
  SmallVector<Attribute> values;
  auto range = elements.getValues<Attribute>();
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    values.push_back(range[getOffsets()[0] + i * getSteps()[0]]);
  return DenseElementsAttr::get(type, values);
}

OpFoldResult GatherOp::fold(FoldAdaptor adaptor) {
  RankedTensorType type = staticTensor(getType());
  DenseElementsAttr input = smallConstant(adaptor.getInput()),
                    indices = smallConstant(adaptor.getIndices());
  if (!type || !input || !indices || input.getType().getRank() != 1)
    return nullptr;
  int64_t size = input.getNumElements();
  bool isUnsigned = elementTypeOf(getIndices()).isUnsignedInteger();
  SmallVector<Attribute> values;
  auto range = input.getValues<Attribute>();
  for (const APInt &index : indices.getValues<APInt>()) {
    int64_t at = isUnsigned ? int64_t(index.getZExtValue()) : index.getSExtValue();
    at = at < 0 ? at + size : at;
    if (at < 0 || at >= size)
      return nullptr;
    values.push_back(range[at]);
  }
  return DenseElementsAttr::get(type, values);
}

OpFoldResult ShapeOfOp::fold(FoldAdaptor) {
  ArrayRef<int64_t> dims =
      cast<ShapedType>(getInput().getType()).getShape().slice(getStart(), getEnd() - getStart());
  if (ShapedType::isDynamicShape(dims) || !cast<ShapedType>(getType()).hasStaticShape())
    return nullptr;
  return DenseElementsAttr::get(cast<ShapedType>(getType()), dims);
}

/// True if every element of a constant is `number`, of the same sign where that is 0.
static bool isSplat(Attribute attribute, double number) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(attribute);
  if (!elements || !elements.isSplat())
    return false;
  if (isa<FloatType>(elements.getElementType())) {
    APFloat value = elements.getSplatValue<APFloat>(), expected(number);
    bool inexact;
    expected.convert(value.getSemantics(), APFloat::rmNearestTiesToEven, &inexact);
    return value.bitwiseIsEqual(expected);
  }
  return isa<IntegerType>(elements.getElementType()) &&
         elements.getSplatValue<APInt>().getSExtValue() == number;
}

/// True if broadcasting `small` to `large` gives the type of `large`, whatever its dynamic dims
/// are.
static bool broadcastsInto(Value small, Value large) {
  ArrayRef<int64_t> from = cast<ShapedType>(small.getType()).getShape(),
                    to = cast<ShapedType>(large.getType()).getShape();
  return from.size() <= to.size() &&
         llvm::all_of(llvm::zip(llvm::reverse(from), llvm::reverse(to)), [](auto dims) {
           auto [a, b] = dims;
           return a == 1 || (a == b && !ShapedType::isDynamic(a));
         });
}

// x + -0.0 is x, but x + 0.0 is not where x is -0.0.
OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  double zero = isa<FloatType>(detail::elementTypeOf(getLhs())) ? -0.0 : 0.0;
  if (isSplat(adaptor.getRhs(), zero) && broadcastsInto(getRhs(), getLhs()) &&
      getLhs().getType() == getType())
    return getLhs();
  if (isSplat(adaptor.getLhs(), zero) && broadcastsInto(getLhs(), getRhs()) &&
      getRhs().getType() == getType())
    return getRhs();
  return nullptr;
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  bool same = isSplat(adaptor.getRhs(), 0.0) && broadcastsInto(getRhs(), getLhs()) &&
              getLhs().getType() == getType();
  return same ? getLhs() : OpFoldResult();
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isSplat(adaptor.getRhs(), 1.0) && broadcastsInto(getRhs(), getLhs()) &&
      getLhs().getType() == getType())
    return getLhs();
  if (isSplat(adaptor.getLhs(), 1.0) && broadcastsInto(getLhs(), getRhs()) &&
      getRhs().getType() == getType())
    return getRhs();
  return nullptr;
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? getInput() : OpFoldResult();
}

OpFoldResult BitcastOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? getInput() : OpFoldResult();
}

template <typename A, typename B> static bool sameLayout(A a, B b) {
  return a.getDims() == b.getDims() && a.getBlocks() == b.getBlocks() &&
         a.getOrder() == b.getOrder();
}

// Where the last block is not full, packing fills it with zeros; what was unpacked may have others.
OpFoldResult PackOp::fold(FoldAdaptor) {
  auto unpack = getInput().getDefiningOp<UnpackOp>();
  bool undone = unpack && sameLayout(*this, unpack) && unpack.getInput().getType() == getType() &&
                llvm::all_of(llvm::zip(unpack.getSizes(), getBlocks()),
                             [](auto pair) { return std::get<0>(pair) % std::get<1>(pair) == 0; });
  return undone ? unpack.getInput() : OpFoldResult();
}

OpFoldResult UnpackOp::fold(FoldAdaptor) {
  auto pack = getInput().getDefiningOp<PackOp>();
  bool undone = pack && sameLayout(*this, pack) && pack.getInput().getType() == getType();
  return undone ? pack.getInput() : OpFoldResult();
}
