// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass nn-layout, and the ops that keep a blocked layout which they find.
#include "lib/Transforms/NN/Layout.h"
#include "lib/Transforms/NN/ConstantData.h"
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
  auto known = blocked.find(operand);
  if (known != blocked.end() && type.getRank() == result.getRank() &&
      known->second.block == like.block && known->second.channels == like.channels)
    return known->second.value;
  if (known != blocked.end() && type.getRank() == result.getRank() &&
      known->second.channels == like.channels)
    if (std::optional<BlockedTensor> other = reblock(operand.getLoc(), known->second, like.block))
      return other->value;
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

/// The tensor in blocks of another size, in one movement: whole vectors change places. Nothing
/// where sizes are only known to a run, or one block is no multiple of the other.
std::optional<BlockedTensor> LayoutRewriter::reblock(Location location, BlockedTensor tensor,
                                                     int64_t block) {
  auto type = tensorOf(tensor.value);
  int64_t rank = type.getRank(), small = std::min(block, tensor.block);
  int64_t ratio = std::max(block, tensor.block) / small;
  if (!type.hasStaticShape() || std::max(block, tensor.block) % small)
    return std::nullopt;
  SmallVector<int64_t> shape(type.getShape()), order;
  if (tensor.block < block && shape[1] % ratio) {
    SmallVector<int64_t> low(rank, 0), high(rank, 0);
    high[1] = llvm::alignTo(shape[1], ratio) - shape[1];
    shape[1] += high[1];
    tensor.value = PadOp::create(builder, location, tensor.value, ValueRange(), ValueRange(), low,
                                 high, builder.getZeroAttr(type.getElementType()));
  }
  SmallVector<int64_t> parts(shape), result(shape);
  for (int64_t dim = 0; dim <= rank; ++dim)
    order.push_back(dim);
  if (tensor.block < block) {
    // N x C/ratio x ratio x S... x small: the ratio goes before the last dim.
    parts[1] /= ratio;
    parts.insert(parts.begin() + 2, ratio);
    order.erase(order.begin() + 2);
    order.insert(order.end() - 1, 2);
    result[1] /= ratio;
  } else {
    parts.back() = ratio;
    parts.push_back(small);
    order.erase(order.end() - 2);
    order.insert(order.begin() + 2, rank - 1);
    result[1] *= ratio;
  }
  result.back() = block;
  Value value = ReshapeOp::create(builder, location, tensor.value, ValueRange(), parts);
  value = TransposeOp::create(builder, location, value, order);
  tensor.value = ReshapeOp::create(builder, location, value, ValueRange(), result);
  tensor.block = block;
  return tensor;
}

/// The tensor with zeros for further channels: what is past the last one becomes 0, and blocks are
/// added where these are not enough.
BlockedTensor LayoutRewriter::padChannels(Location location, BlockedTensor tensor,
                                          int64_t channels) {
  auto type = tensorOf(tensor.value);
  Type element = type.getElementType();
  auto zero = builder.getZeroAttr(element);
  if (!tensor.isExact()) {
    SmallVector<bool> isChannel;
    for (int64_t i = 0; i < type.getDimSize(1) * tensor.block; ++i)
      isChannel.push_back(i < tensor.channels);
    SmallVector<int64_t> shape(type.getRank() - 1, 1);
    shape.front() = type.getDimSize(1), shape.back() = tensor.block;
    auto maskType = RankedTensorType::get(shape, builder.getI1Type());
    Value mask = ConstantOp::create(builder, location, maskType,
                                    DenseElementsAttr::get(maskType, isChannel));
    auto one = RankedTensorType::get(1, element);
    Value none = ConstantOp::create(builder, location, one, DenseElementsAttr::get(one, zero));
    tensor.value = SelectOp::create(builder, location, mask, tensor.value, none);
  }
  SmallVector<int64_t> low(type.getRank(), 0), high(type.getRank(), 0);
  // In blocks as those that it will meet: one block may become wider.
  if (int64_t wider = blockFor(channels) - tensor.block; wider > 0 && type.getDimSize(1) == 1) {
    high.back() = wider;
    tensor.block += wider;
  } else if (std::optional<BlockedTensor> other = reblock(location, tensor, blockFor(channels));
             wider && other) {
    tensor = *other;
  }
  high[1] = llvm::divideCeil(channels, tensor.block) - tensorOf(tensor.value).getDimSize(1);
  if (high[1] || high.back())
    tensor.value =
        PadOp::create(builder, location, tensor.value, ValueRange(), ValueRange(), low, high, zero);
  tensor.channels = channels;
  return tensor;
}

bool LayoutRewriter::rewritePad(PadOp op) {
  auto known = blocked.find(op.getInput());
  auto number = dyn_cast<FloatAttr>(op.getValue());
  if (known == blocked.end() || op.getLow()[1] != 0 || ShapedType::isDynamic(op.getHigh()[1]) ||
      !number || !number.getValue().isFinite() ||
      (op.getHigh()[1] != 0 && !number.getValue().isZero()))
    return false;
  BlockedTensor result = known->second;
  if (int64_t more = op.getHigh()[1])
    result = padChannels(op.getLoc(), result, result.channels + more);
  SmallVector<int64_t> low(op.getLow()), high(op.getHigh());
  high[1] = 0;
  low.push_back(0);
  high.push_back(0);
  auto isZero = [](int64_t size) { return size == 0; };
  if (!llvm::all_of(low, isZero) || !llvm::all_of(high, isZero))
    result.value = PadOp::create(builder, op.getLoc(), result.value, op.getDynamicLow(),
                                 op.getDynamicHigh(), low, high, op.getValue());
  replaceWithBlocked(op, result);
  return true;
}

/// True of a constant of zeros.
static bool isZero(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  std::optional<ConstantData> data =
      constant ? ConstantData::getIfHere(constant.getValue()) : std::nullopt;
  if (!data || !data->bytes)
    return false;
  int64_t count = data->isSplat ? 1 : data->type.getNumElements();
  return llvm::all_of(ArrayRef(data->bytes, count * elementBytes(data->type.getElementType())),
                      [](char byte) { return byte == 0; });
}

/// Channels of zeros behind those of a tensor, as exporters write them where a residual has more
/// channels.
bool LayoutRewriter::rewriteConcatWithZeros(ConcatOp op) {
  auto known = blocked.find(op.getInputs().front());
  auto type = tensorOf(op.getResult());
  if (op.getAxis() != 1 || known == blocked.end() || type.isDynamicDim(1) ||
      !llvm::all_of(op.getInputs().drop_front(), isZero))
    return false;
  replaceWithBlocked(op, padChannels(op.getLoc(), known->second, type.getDimSize(1)));
  return true;
}

bool LayoutRewriter::rewriteConcat(ConcatOp op) {
  if (op.getInputs().size() > 1 && rewriteConcatWithZeros(op))
    return true;
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
