// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluates ops that move elements of constants without arithmetic: all of them are copies of
// boxes.
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

static int64_t numElements(ArrayRef<int64_t> sizes) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

/// The result is one box with strides of its own in the operand, from an offset.
static Movement view(Operation *op, SmallVector<int64_t> strides, int64_t offset = 0) {
  Movement result{resultType(op), {}, {}};
  ArrayRef<int64_t> shape = result.type.getShape();
  result.boxes.push_back(
      {0, 0, offset, SmallVector<int64_t>(shape), rowMajor(shape), std::move(strides)});
  return result;
}

static Movement planTranspose(TransposeOp op, const ElementsView &input) {
  SmallVector<int64_t> from = input.strides(), strides;
  for (int64_t dim : op.getPermutation())
    strides.push_back(from[dim]);
  return view(op, strides);
}

static std::optional<Movement> planBroadcast(BroadcastOp op, const ElementsView &input) {
  RankedTensorType type = resultType(op);
  if (type.getNumElements() > kMaxBroadcast &&
      type.getNumElements() > input.type.getNumElements() && !input.isSplat)
    return std::nullopt;
  SmallVector<int64_t> from = input.strides(), strides(type.getRank() - input.type.getRank(), 0);
  for (auto [size, stride] : llvm::zip_equal(input.type.getShape(), from))
    strides.push_back(size == 1 ? 0 : stride);
  return view(op, strides);
}

static Movement planSlice(SliceOp op, const ElementsView &input) {
  SmallVector<int64_t> from = input.strides(), strides;
  for (auto [stride, step] : llvm::zip_equal(from, op.getSteps()))
    strides.push_back(stride * step);
  return view(op, strides, offsetOf(op.getOffsets(), from));
}

static Movement planPad(PadOp op, const ElementsView &input) {
  SmallVector<int64_t> none(input.type.getRank(), 0);
  Movement result = view(op, none);
  result.boxes[0].operand = 1;
  result.fill.assign(bytesOf(op.getValue()));
  SmallVector<int64_t> strides = rowMajor(result.type.getShape());
  result.boxes.push_back({0, offsetOf(op.getLow(), strides), 0,
                          SmallVector<int64_t>(input.type.getShape()), strides, input.strides()});
  return result;
}

static Movement planConcat(ConcatOp op, ArrayRef<ElementsView> inputs) {
  Movement result{resultType(op), {}, {}};
  SmallVector<int64_t> strides = rowMajor(result.type.getShape());
  int64_t at = 0;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    result.boxes.push_back({unsigned(i), at * strides[op.getAxis()], 0,
                            SmallVector<int64_t>(input.type.getShape()), strides, input.strides()});
    at += input.type.getDimSize(op.getAxis());
  }
  return result;
}

static std::optional<Movement> planGather(GatherOp op, const ElementsView &input,
                                          const ElementsView &indices) {
  Type element = indices.type.getElementType();
  if ((!element.isInteger(64) && !element.isInteger(32)) || !indices.bytes)
    return std::nullopt;
  int64_t axis = op.getAxis(), size = input.type.getDimSize(axis);
  // The operand as [a, axis, b], the result as [a, index, b].
  int64_t outer = numElements(input.type.getShape().take_front(axis)),
          inner = numElements(input.type.getShape().drop_front(axis + 1)),
          count = indices.type.getNumElements();
  Movement result{resultType(op), {}, {}};
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
      return std::nullopt;
    bool splat = input.isSplat;
    result.boxes.push_back({0,
                            i * inner,
                            splat ? 0 : index * inner,
                            {outer, inner},
                            {count * inner, 1},
                            {splat ? 0 : size * inner, splat ? 0 : 1}});
  }
  return result;
}

/// Copies between a plain tensor and a packed one. Each packed dim is cut in full blocks and the
/// part of the last, which are boxes of the packed tensor: 2^n boxes for n dims.
static Movement planPacked(Operation *op, ArrayRef<int64_t> plainShape,
                           ArrayRef<int64_t> plainStrides, ArrayRef<int64_t> packedStrides,
                           ArrayRef<int64_t> dims, ArrayRef<int64_t> blocks,
                           ArrayRef<int64_t> order, bool unpack) {
  Movement result{resultType(op), {}, {}};
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
    if (numElements(sizes) == 0)
      continue;
    // The innermost loop goes along the target's innermost dim.
    if (unpack)
      result.boxes.push_back({0, plainAt, packedAt, sizes, plain, packed});
    else
      result.boxes.push_back({0, packedAt, plainAt, sizes, packed, plain});
  }
  return result;
}

bool accel::nn::isMovement(Operation *op) {
  return isa<ReshapeOp, TransposeOp, BroadcastOp, SliceOp, PadOp, ConcatOp, GatherOp, PackOp,
             UnpackOp>(op);
}

std::optional<Movement> accel::nn::planMovement(Operation *op, ArrayRef<ElementsView> inputs) {
  const ElementsView &input = inputs[0];
  return llvm::TypeSwitch<Operation *, std::optional<Movement>>(op)
      .Case([&](ReshapeOp op) { return view(op, rowMajor(resultType(op).getShape())); })
      .Case([&](TransposeOp op) { return planTranspose(op, input); })
      .Case([&](BroadcastOp op) { return planBroadcast(op, input); })
      .Case([&](SliceOp op) { return planSlice(op, input); })
      .Case([&](PadOp op) { return planPad(op, input); })
      .Case([&](ConcatOp op) { return planConcat(op, inputs); })
      .Case([&](GatherOp op) { return planGather(op, input, inputs[1]); })
      .Case([&](PackOp op) {
        return planPacked(op, input.type.getShape(), input.strides(),
                          rowMajor(resultType(op).getShape()), op.getDims(), op.getBlocks(),
                          op.getOrder(), /*unpack=*/false);
      })
      .Case([&](UnpackOp op) {
        return planPacked(op, resultType(op).getShape(), rowMajor(resultType(op).getShape()),
                          input.strides(), op.getDims(), op.getBlocks(), op.getOrder(),
                          /*unpack=*/true);
      })
      .Default(std::nullopt);
}

ElementsAttr accel::nn::splatMovement(Operation *op, ArrayRef<ElementsView> inputs) {
  RankedTensorType type = resultType(op);
  int64_t bytes = elementBytes(type.getElementType());
  if (type.getNumElements() == 0 || !inputs[0].isSplat)
    return nullptr;
  ArrayRef<char> element(inputs[0].bytes, bytes);
  bool isSplat =
      llvm::TypeSwitch<Operation *, bool>(op)
          .Case([&](PadOp op) { return element == ArrayRef<char>(bytesOf(op.getValue())); })
          .Case([&](ConcatOp) {
            return llvm::all_of(inputs, [&](const ElementsView &input) {
              return input.isSplat && ArrayRef(input.bytes, bytes) == element;
            });
          })
          .Case([&](PackOp op) {
            return llvm::all_of(element, [](char byte) { return byte == 0; }) ||
                   llvm::all_of(llvm::zip(op.getDims(), op.getBlocks()), [&](auto pair) {
                     return inputs[0].type.getDimSize(std::get<0>(pair)) % std::get<1>(pair) == 0;
                   });
          })
          .Case([](GatherOp) { return false; }) // its indices are checked first
          .Default(true);
  return isSplat ? NewConstant::splat(type, element) : nullptr;
}

// --- the bytes ---

/// The outermost dim with more than one index; the innermost if there is none.
static int64_t outermostDim(RankedTensorType type) {
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (size != 1)
      return dim;
  return std::max<int64_t>(type.getRank() - 1, 0);
}

int64_t Movement::run() const {
  return type.getRank() == 0 ? 1 : numElements(type.getShape().drop_front(outermostDim(type) + 1));
}

namespace {
/// Copies the parts of boxes that lie between two indices of the outermost dim.
struct BoxCopier {
  char *to; ///< the element `first * stride`
  int64_t first, last, stride, bytes;

  void copy(Movement::Box box, const char *source) const {
    int64_t *size = nullptr, step = 0;
    for (size_t i = 0; i < box.sizes.size(); ++i) {
      if (box.sizes[i] == 1 || box.toStrides[i] < stride)
        continue;
      if (box.toStrides[i] > stride) {
        // One of several dims that the outermost one is made of.
        int64_t count = std::exchange(box.sizes[i], 1);
        for (int64_t index = 0; index < count; ++index) {
          copy(box, source);
          box.to += box.toStrides[i];
          box.from += box.fromStrides[i];
        }
        return;
      }
      size = &box.sizes[i];
      step = box.fromStrides[i];
    }
    // Without such a dim it lies at one index.
    int64_t from = box.to / stride;
    int64_t low = std::max(from, first), high = std::min(from + (size ? *size : 1), last);
    if (low >= high)
      return;
    if (size)
      *size = high - low;
    copyStrided(to + (box.to + (low - from) * stride - first * stride) * bytes, box.toStrides,
                source + (box.from + (low - from) * step) * bytes, box.fromStrides, box.sizes,
                bytes);
  }
};
} // namespace

void Movement::make(char *to, int64_t begin, int64_t end, ArrayRef<ElementsView> operands) const {
  int64_t bytes = elementBytes(type.getElementType()), stride = run(), copied = 0;
  for (const Box &box : boxes)
    copied += numElements(box.sizes);
  if (copied < type.getNumElements())
    std::memset(to, 0, (end - begin) * bytes);
  BoxCopier copier{to, begin / stride, end / stride, stride, bytes};
  for (const Box &box : boxes)
    copier.copy(box, box.operand < operands.size() ? operands[box.operand].bytes : fill.data());
}
