// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates ops that move elements of constants without arithmetic: all of them are strided copies.
#include "lib/Transforms/NN/Evaluate.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cstring>

using namespace mlir;
using namespace accel::nn;

/// A larger repetition of elements is not worth its place among the weights.
static constexpr int64_t kMaxBroadcast = 1 << 20;

static RankedTensorType resultType(Operation *op) {
  return cast<RankedTensorType>(op->getResult(0).getType());
}

static int64_t offsetOf(ArrayRef<int64_t> index, ArrayRef<int64_t> strides) {
  int64_t offset = 0;
  for (auto [i, stride] : llvm::zip_equal(index, strides))
    offset += i * stride;
  return offset;
}

/// The bytes of an attribute of one element.
static SmallVector<char> bytesOf(Attribute value) {
  APInt bits = isa<FloatAttr>(value) ? cast<FloatAttr>(value).getValue().bitcastToAPInt()
                                     : cast<IntegerAttr>(value).getValue();
  SmallVector<char> bytes(llvm::divideCeil(bits.getBitWidth(), 8));
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] =
        char(bits.extractBitsAsZExtValue(std::min<unsigned>(8, bits.getBitWidth() - 8 * i), 8 * i));
  return bytes;
}

/// The whole result is one copy of the operand with other strides, from an offset.
static ElementsAttr evaluateView(Operation *op, const ConstantData &input,
                                 ArrayRef<int64_t> strides, int64_t offset = 0) {
  RankedTensorType type = resultType(op);
  int64_t bytes = elementBytes(type.getElementType());
  if (input.isSplat && type.getNumElements() > 0)
    return NewConstant::splat(type, ArrayRef(input.bytes, bytes));
  NewConstant result(type);
  copyStrided(result.data(), rowMajor(type.getShape()), input.bytes + offset * bytes, strides,
              type.getShape(), bytes);
  return std::move(result).finish();
}

static ElementsAttr evaluateReshape(ReshapeOp op) {
  RankedTensorType type = resultType(op);
  auto attribute = op.getInput().getDefiningOp<ConstantOp>().getValue();
  // Resources are shared, not copied.
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return cast<DenseElementsAttr>(attribute).reshape(type);
}

static ElementsAttr evaluateTranspose(TransposeOp op, const ConstantData &input) {
  SmallVector<int64_t> from = input.strides(), strides;
  for (int64_t dim : op.getPermutation())
    strides.push_back(from[dim]);
  return evaluateView(op, input, strides);
}

static ElementsAttr evaluateBroadcast(BroadcastOp op, const ConstantData &input) {
  RankedTensorType type = resultType(op);
  if (type.getNumElements() > kMaxBroadcast &&
      type.getNumElements() > input.type.getNumElements() && !input.isSplat)
    return nullptr;
  SmallVector<int64_t> from = input.strides(), strides(type.getRank() - input.type.getRank(), 0);
  for (auto [size, stride] : llvm::zip_equal(input.type.getShape(), from))
    strides.push_back(size == 1 ? 0 : stride);
  return evaluateView(op, input, strides);
}

static ElementsAttr evaluateSlice(SliceOp op, const ConstantData &input) {
  SmallVector<int64_t> from = input.strides(), strides;
  for (auto [stride, step] : llvm::zip_equal(from, op.getSteps()))
    strides.push_back(stride * step);
  return evaluateView(op, input, strides, offsetOf(op.getOffsets(), from));
}

static ElementsAttr evaluatePad(PadOp op, const ConstantData &input) {
  RankedTensorType type = resultType(op);
  int64_t bytes = elementBytes(type.getElementType());
  SmallVector<char> value = bytesOf(op.getValue());
  if (input.isSplat && ArrayRef(input.bytes, bytes) == ArrayRef<char>(value))
    return NewConstant::splat(type, value);
  NewConstant result(type);
  SmallVector<int64_t> none(type.getRank(), 0), strides = rowMajor(type.getShape());
  copyStrided(result.data(), strides, value.data(), none, type.getShape(), bytes);
  copyStrided(result.data() + offsetOf(op.getLow(), strides) * bytes, strides, input.bytes,
              input.strides(), input.type.getShape(), bytes);
  return std::move(result).finish();
}

static ElementsAttr evaluateConcat(ConcatOp op, ArrayRef<ConstantData> inputs) {
  RankedTensorType type = resultType(op);
  int64_t bytes = elementBytes(type.getElementType()), at = 0;
  if (llvm::all_of(inputs, [&](const ConstantData &input) {
        return input.isSplat && ArrayRef(input.bytes, bytes) == ArrayRef(inputs[0].bytes, bytes);
      }))
    return NewConstant::splat(type, ArrayRef(inputs[0].bytes, bytes));
  NewConstant result(type);
  SmallVector<int64_t> strides = rowMajor(type.getShape());
  for (const ConstantData &input : inputs) {
    copyStrided(result.data() + at * strides[op.getAxis()] * bytes, strides, input.bytes,
                input.strides(), input.type.getShape(), bytes);
    at += input.type.getDimSize(op.getAxis());
  }
  return std::move(result).finish();
}

static ElementsAttr evaluateGather(GatherOp op, const ConstantData &input,
                                   const ConstantData &indices) {
  RankedTensorType type = resultType(op);
  Type element = indices.type.getElementType();
  if (!element.isInteger(64) && !element.isInteger(32))
    return nullptr;
  int64_t axis = op.getAxis(), bytes = elementBytes(type.getElementType()),
          size = input.type.getDimSize(axis);
  // The operand as [a, axis, b], the result as [a, index, b].
  int64_t outer = 1, inner = 1, count = indices.type.getNumElements();
  for (int64_t i = 0; i < input.type.getRank(); ++i)
    (i < axis ? outer : inner) *= i == axis ? 1 : input.type.getDimSize(i);
  NewConstant result(type);
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = indices.isSplat ? 0 : i, index;
    if (element.isInteger(64)) {
      std::memcpy(&index, indices.bytes + at * 8, 8);
    } else {
      int32_t narrow;
      std::memcpy(&narrow, indices.bytes + at * 4, 4);
      index = narrow;
    }
    index += index < 0 ? size : 0;
    if (index < 0 || index >= size)
      return nullptr;
    int64_t from[] = {input.isSplat ? 0 : size * inner, input.isSplat ? 0 : 1},
            to[] = {count * inner, 1};
    copyStrided(result.data() + i * inner * bytes, to,
                input.bytes + (input.isSplat ? 0 : index * inner * bytes), from, {outer, inner},
                bytes);
  }
  return std::move(result).finish();
}

/// Copies between a plain tensor and a packed one. Each packed dim is cut in full blocks and the
/// part of the last, which are boxes of the packed tensor: 2^n boxes for n dims.
static void copyPacked(char *to, const char *from, ArrayRef<int64_t> plainShape,
                       ArrayRef<int64_t> plainStrides, ArrayRef<int64_t> packedStrides,
                       ArrayRef<int64_t> dims, ArrayRef<int64_t> blocks, ArrayRef<int64_t> order,
                       bool unpack, int64_t bytes) {
  size_t rank = plainShape.size();
  SmallVector<int64_t> outerStride(rank); // of the packed tensor, by plain dim
  for (auto [at, dim] : llvm::enumerate(order))
    outerStride[dim] = packedStrides[at];
  for (unsigned box = 0; box < (1u << dims.size()); ++box) {
    SmallVector<int64_t> sizes(plainShape), plain(plainStrides), packed(outerStride);
    int64_t plainAt = 0, packedAt = 0;
    for (auto [i, dim] : llvm::enumerate(dims)) {
      int64_t block = blocks[i], full = plainShape[dim] / block, rest = plainShape[dim] % block;
      bool isRest = box >> i & 1;
      sizes[dim] = isRest ? 1 : full;
      plain[dim] = plainStrides[dim] * block;
      plainAt += isRest ? full * block * plainStrides[dim] : 0;
      packedAt += isRest ? full * outerStride[dim] : 0;
      sizes.push_back(isRest ? rest : block);
      plain.push_back(plainStrides[dim]);
      packed.push_back(packedStrides[rank + i]);
    }
    // The innermost loop goes along the target's innermost dim.
    if (unpack)
      copyStrided(to + plainAt * bytes, plain, from + packedAt * bytes, packed, sizes, bytes);
    else
      copyStrided(to + packedAt * bytes, packed, from + plainAt * bytes, plain, sizes, bytes);
  }
}

static ElementsAttr evaluatePack(PackOp op, const ConstantData &input) {
  RankedTensorType type = resultType(op);
  int64_t bytes = elementBytes(type.getElementType());
  bool exact = llvm::all_of(llvm::zip(op.getDims(), op.getBlocks()), [&](auto pair) {
    return input.type.getDimSize(std::get<0>(pair)) % std::get<1>(pair) == 0;
  });
  bool zero = input.isSplat &&
              llvm::all_of(ArrayRef(input.bytes, bytes), [](char byte) { return byte == 0; });
  if (input.isSplat && (exact || zero))
    return NewConstant::splat(type, ArrayRef(input.bytes, bytes));
  NewConstant result(type);
  copyPacked(result.data(), input.bytes, input.type.getShape(), input.strides(),
             rowMajor(type.getShape()), op.getDims(), op.getBlocks(), op.getOrder(),
             /*unpack=*/false, bytes);
  return std::move(result).finish();
}

static ElementsAttr evaluateUnpack(UnpackOp op, const ConstantData &input) {
  RankedTensorType type = resultType(op);
  int64_t bytes = elementBytes(type.getElementType());
  if (input.isSplat)
    return NewConstant::splat(type, ArrayRef(input.bytes, bytes));
  NewConstant result(type);
  copyPacked(result.data(), input.bytes, type.getShape(), rowMajor(type.getShape()),
             input.strides(), op.getDims(), op.getBlocks(), op.getOrder(), /*unpack=*/true, bytes);
  return std::move(result).finish();
}

bool accel::nn::isMovement(Operation *op) {
  return isa<ReshapeOp, TransposeOp, BroadcastOp, SliceOp, PadOp, ConcatOp, GatherOp, PackOp,
             UnpackOp>(op);
}

ElementsAttr accel::nn::evaluateMovement(Operation *op, ArrayRef<ConstantData> inputs) {
  return llvm::TypeSwitch<Operation *, ElementsAttr>(op)
      .Case([&](ReshapeOp op) { return evaluateReshape(op); })
      .Case([&](TransposeOp op) { return evaluateTranspose(op, inputs[0]); })
      .Case([&](BroadcastOp op) { return evaluateBroadcast(op, inputs[0]); })
      .Case([&](SliceOp op) { return evaluateSlice(op, inputs[0]); })
      .Case([&](PadOp op) { return evaluatePad(op, inputs[0]); })
      .Case([&](ConcatOp op) { return evaluateConcat(op, inputs); })
      .Case([&](GatherOp op) { return evaluateGather(op, inputs[0], inputs[1]); })
      .Case([&](PackOp op) { return evaluatePack(op, inputs[0]); })
      .Case([&](UnpackOp op) { return evaluateUnpack(op, inputs[0]); })
      .Default(ElementsAttr());
}
