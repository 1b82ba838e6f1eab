// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass nn-layout, and the ops that keep a blocked layout which they find.
#include "lib/Transforms/NN/Layout.h"
#include "lib/Transforms/NN/Passes.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace accel {
#define GEN_PASS_DEF_NNLAYOUT
#include "lib/Transforms/NN/Passes.h.inc"
} // namespace accel

using namespace mlir;
using namespace accel;
using namespace accel::nn;

static RankedTensorType tensorOf(Value value) { return cast<RankedTensorType>(value.getType()); }

void LayoutRewriter::run(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block))
    rewrite(&op);
}

void LayoutRewriter::rewrite(Operation *op) {
  builder.setInsertionPoint(op);
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](ConvOp conv) { rewriteConv(conv); })
      .Case([&](ConvTransposeOp conv) { rewriteConvTranspose(conv); })
      .Case([&](PoolOp pool) { rewritePool(pool); })
      .Case([&](ReduceOp reduce) {
        if (!rewriteReduce(reduce))
          rewriteMergedReduce(reduce);
      })
      .Case<SoftmaxOp, LogSoftmaxOp>([&](Operation *softmax) { rewriteMergedSoftmax(softmax); })
      .Case([&](PadOp pad) { rewritePad(pad); })
      .Case([&](ConcatOp concat) { rewriteConcat(concat); })
      .Case([&](SliceOp slice) { rewriteSlice(slice); })
      .Case([&](BroadcastOp broadcast) { rewriteBroadcast(broadcast); })
      .Case([&](ResizeOp resize) { rewriteResize(resize); })
      .Case([&](DepthToSpaceOp shuffle) { rewriteDepthToSpace(shuffle); })
      .Case([&](MatmulOp matmul) { rewriteMatmul(matmul); })
      .Case([&](ElementwiseOpInterface elementwise) {
        if (!rewriteBlockedElementwise(elementwise))
          rewriteMergedElementwise(elementwise);
      });
}

Value LayoutRewriter::packChannels(Value input, int64_t channelDim, int64_t block) {
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, tensorOf(input).getRank()));
  return PackOp::create(builder, input.getLoc(), input, ArrayRef<int64_t>{channelDim},
                        ArrayRef<int64_t>{block}, order);
}

Value LayoutRewriter::appendUnitDim(Value input) {
  auto from = tensorOf(input);
  SmallVector<int64_t> shape(from.getShape());
  shape.push_back(1);
  auto type = RankedTensorType::get(shape, from.getElementType());
  SmallVector<Value> sizes;
  if (type.getNumDynamicDims() == 1)
    llvm::replace(shape, ShapedType::kDynamic, int64_t(-1));
  else
    for (int64_t i = 0; i < from.getRank(); ++i)
      if (from.isDynamicDim(i))
        sizes.push_back(tensor::DimOp::create(builder, input.getLoc(), input, i));
  return ReshapeOp::create(builder, input.getLoc(), type, input, sizes, shape);
}

void LayoutRewriter::replaceWithBlocked(Operation *op, BlockedTensor result) {
  Value old = op->getResult(0), plain;
  auto type = tensorOf(old);
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  if (result.isExact() &&
      llvm::all_of(type.getShape().drop_front(2), [](int64_t size) { return size == 1; })) {
    // Dim 0 alone may be dynamic; it is the same in both.
    SmallVector<int64_t> shape(type.getShape());
    llvm::replace(shape, ShapedType::kDynamic, int64_t(-1));
    plain = ReshapeOp::create(builder, op->getLoc(), type, result.value, ValueRange(), shape);
  } else {
    plain = UnpackOp::create(builder, op->getLoc(), type, result.value, ArrayRef<int64_t>{1},
                             ArrayRef<int64_t>{result.block}, order,
                             ArrayRef<int64_t>{result.channels});
  }
  blocked[plain] = result;
  replace(op, plain);
}

void LayoutRewriter::replace(Operation *op, Value value) {
  shapes->set(value, shapes->get(op->getResult(0)));
  shapes->forget(op);
  op->getResult(0).replaceAllUsesWith(value);
  op->erase();
}

Value LayoutRewriter::cloneOn(Operation *op, ValueRange operands, ArrayRef<int64_t> shape) {
  Operation *clone = builder.clone(*op);
  clone->setOperands(operands);
  clone->getResult(0).setType(
      RankedTensorType::get(shape, tensorOf(op->getResult(0)).getElementType()));
  return clone->getResult(0);
}

/// True of ops that are finite where all operands are 0, or where one operand is: what they make of
/// the channels past the last must not be NaN or infinite, because the next op multiplies it by 0.
static bool isTameAtZero(Operation *op) {
  return !isa<LogOp, ReciprocalOp, RsqrtOp, DivOp, PowOp, ModOp, FmodOp, AcoshOp>(op);
}

bool LayoutRewriter::rewriteBlockedElementwise(Operation *op) {
  auto type = tensorOf(op->getResult(0));
  if (type.getRank() < 2)
    return false;
  // One blocked operand has the result's shape already: it decides.
  const BlockedTensor *like = nullptr;
  for (Value operand : op->getOperands())
    if (auto known = blocked.find(operand);
        known != blocked.end() && tensorOf(operand).getShape() == type.getShape())
      like = &known->second;
  if (!like || (!like->isExact() && !isTameAtZero(op)))
    return false;
  BlockedTensor result = *like;
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Value form = blockedOperand(operand, type, result);
    if (!form)
      return false;
    operands.push_back(form);
  }
  result.value = cloneOn(op, operands, tensorOf(result.value).getShape());
  replaceWithBlocked(op, result);
  return true;
}

Value LayoutRewriter::blockedOperand(Value operand, RankedTensorType result,
                                     const BlockedTensor &like) {
  auto type = tensorOf(operand);
  if (auto known = blocked.find(operand);
      known != blocked.end() && type.getRank() == result.getRank() &&
      known->second.block == like.block && known->second.channels == like.channels)
    return known->second.value;
  if (type.hasStaticShape() && type.getNumElements() == 1)
    return operand;
  DenseElementsAttr elements;
  if (matchPattern(operand, m_Constant(&elements)) && elements.isSplat())
    return ConstantOp::create(
        builder, operand.getLoc(), RankedTensorType::get(1, type.getElementType()),
        elements.resizeSplat(RankedTensorType::get(1, type.getElementType())));
  int64_t channelDim = 1 - (result.getRank() - type.getRank());
  if (channelDim < 0 || type.getDimSize(channelDim) == 1)
    return appendUnitDim(operand);
  if (type.getDimSize(channelDim) != like.channels || !isa<FloatType>(type.getElementType()))
    return nullptr;
  return packChannels(operand, channelDim, like.block);
}

bool LayoutRewriter::rewritePool(PoolOp op) {
  auto known = blocked.find(op.getInput());
  if (known == blocked.end())
    return false;
  BlockedTensor result = known->second;
  result.value = PoolOp::create(builder, op.getLoc(), op.getKind(), result.value, op.getKernel(),
                                op.getStrides(), op.getDilations(), op.getPads(), op.getCeil());
  replaceWithBlocked(op, result);
  return true;
}

bool LayoutRewriter::rewriteReduce(ReduceOp op) {
  auto known = blocked.find(op.getInput());
  if (known == blocked.end() || op.getAxes().empty() || op.getAxes().front() < 2)
    return false;
  BlockedTensor result = known->second;
  result.value = ReduceOp::create(builder, op.getLoc(), op.getKind(), result.value, op.getAxes(),
                                  op.getKeepdims());
  replaceWithBlocked(op, result);
  return true;
}

bool LayoutRewriter::rewritePad(PadOp op) {
  auto known = blocked.find(op.getInput());
  auto number = dyn_cast<FloatAttr>(op.getValue());
  if (known == blocked.end() || op.getLow()[1] != 0 || op.getHigh()[1] != 0 || !number ||
      !number.getValue().isFinite())
    return false;
  BlockedTensor result = known->second;
  SmallVector<int64_t> low(op.getLow()), high(op.getHigh());
  low.push_back(0);
  high.push_back(0);
  result.value = PadOp::create(builder, op.getLoc(), result.value, op.getDynamicLow(),
                               op.getDynamicHigh(), low, high, op.getValue());
  replaceWithBlocked(op, result);
  return true;
}

bool LayoutRewriter::rewriteConcat(ConcatOp op) {
  int64_t axis = op.getAxis();
  BlockedTensor result;
  SmallVector<Value> inputs;
  for (Value input : op.getInputs()) {
    auto known = blocked.find(input);
    if (axis == 0 || known == blocked.end() ||
        (result.block && known->second.block != result.block) ||
        (axis == 1 && !known->second.isExact()))
      return false;
    result.block = known->second.block;
    result.channels = axis == 1 ? result.channels + known->second.channels : known->second.channels;
    inputs.push_back(known->second.value);
  }
  result.value = ConcatOp::create(builder, op.getLoc(), inputs, axis);
  replaceWithBlocked(op, result);
  return true;
}

namespace {
class NNLayout : public accel::impl::NNLayoutBase<NNLayout> {
public:
  using NNLayoutBase::NNLayoutBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock())
      return;
    LayoutRewriter rewriter(function, lanes, registers);
    rewriter.run(function.getBody().front());
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};
} // namespace
