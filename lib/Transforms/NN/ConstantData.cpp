// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The elements of constants, as bytes.
#include "lib/Transforms/NN/ConstantData.h"
#include "lib/Transforms/NN/Deferred.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace accel::nn;

/// Larger constants are not worth a place in the context's tables.
static constexpr int64_t kDenseElements = 1024;

int64_t accel::nn::elementBytes(Type element) {
  if (auto complex = dyn_cast<ComplexType>(element))
    return 2 * elementBytes(complex.getElementType());
  return llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

SmallVector<int64_t> accel::nn::rowMajor(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::optional<ConstantData> ConstantData::get(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant ? get(constant.getValue()) : std::nullopt;
}

std::optional<ConstantData> ConstantData::get(ElementsAttr value) {
  std::optional<ConstantData> data = getIfHere(value);
  auto deferred = dyn_cast<DeferredAttr>(value);
  if (!data || !deferred)
    return data;
  llvm::Expected<DeferredBytes> maker = DeferredBytes::get(deferred);
  if (!maker) {
    llvm::consumeError(maker.takeError());
    return std::nullopt;
  }
  data->owned.resize_for_overwrite(maker->size());
  maker->make(data->owned.data());
  data->bytes = data->owned.data();
  return data;
}

std::optional<ConstantData> ConstantData::getIfHere(ElementsAttr value) {
  ConstantData data;
  data.type = cast<RankedTensorType>(value.getType());
  if (isa<DeferredAttr>(value))
    return data;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    int64_t expected = data.type.getNumElements() * elementBytes(data.type.getElementType());
    if (!blob || int64_t(blob->getData().size()) != expected)
      return std::nullopt;
    data.bytes = blob->getData().data();
    return data;
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return std::nullopt;
  data.isSplat = dense.isSplat();
  data.bytes = dense.getRawData().data();
  if (data.type.getElementType().isInteger(1)) {
    if (data.isSplat)
      data.owned.push_back(dense.getSplatValue<bool>());
    else
      llvm::append_range(data.owned, dense.getValues<bool>());
    data.bytes = data.owned.data();
  }
  return data;
}

SmallVector<int64_t> ElementsView::strides() const {
  return isSplat ? SmallVector<int64_t>(type.getRank(), 0) : rowMajor(type.getShape());
}

// --- copies ---

/// Transposes: `to` is contiguous along the columns, `from` along the rows. A square of elements
/// goes through a small array, because columns of `from` would not stay in the first cache.
template <size_t Bytes>
static void copyTransposed(char *to, int64_t toRow, const char *from, int64_t fromColumn,
                           int64_t rows, int64_t columns) {
  constexpr int64_t kSide = std::max<int64_t>(4, 64 / Bytes);
  char square[kSide][kSide * Bytes];
  for (int64_t row = 0; row < rows; row += kSide)
    for (int64_t column = 0; column < columns; column += kSide) {
      int64_t height = std::min(kSide, rows - row), width = std::min(kSide, columns - column);
      for (int64_t j = 0; j < width; ++j)
        std::memcpy(square[j], from + ((column + j) * fromColumn + row) * int64_t(Bytes),
                    height * Bytes);
      for (int64_t i = 0; i < height; ++i) {
        char *line = to + ((row + i) * toRow + column) * int64_t(Bytes);
        for (int64_t j = 0; j < width; ++j)
          std::memcpy(line + j * int64_t(Bytes), square[j] + i * int64_t(Bytes), Bytes);
      }
    }
}

template <size_t Bytes>
static void copyRows(char *to, ArrayRef<int64_t> toStrides, const char *from,
                     ArrayRef<int64_t> fromStrides, ArrayRef<int64_t> sizes) {
  if (sizes.size() == 2 && toStrides[1] == 1 && fromStrides[0] == 1 && sizes[0] >= 8)
    return copyTransposed<Bytes>(to, toStrides[0], from, fromStrides[1], sizes[0], sizes[1]);
  if (sizes.size() > 1) {
    for (int64_t i = 0; i < sizes[0]; ++i)
      copyRows<Bytes>(to + i * toStrides[0] * int64_t(Bytes), toStrides.drop_front(),
                      from + i * fromStrides[0] * int64_t(Bytes), fromStrides.drop_front(),
                      sizes.drop_front());
    return;
  }
  if (toStrides[0] == 1 && fromStrides[0] == 1) {
    std::memcpy(to, from, sizes[0] * Bytes);
    return;
  }
  for (int64_t i = 0; i < sizes[0]; ++i)
    std::memcpy(to + i * toStrides[0] * int64_t(Bytes), from + i * fromStrides[0] * int64_t(Bytes),
                Bytes);
}

void accel::nn::copyStrided(char *to, ArrayRef<int64_t> toStrides, const char *from,
                            ArrayRef<int64_t> fromStrides, ArrayRef<int64_t> sizes,
                            int64_t elementBytes) {
  if (llvm::is_contained(sizes, 0))
    return;
  // Dims that both sides walk as one become one; dims of size 1 go.
  SmallVector<int64_t> size, toStride, fromStride;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 1)
      continue;
    if (!size.empty() && toStride.back() == toStrides[i] * sizes[i] &&
        fromStride.back() == fromStrides[i] * sizes[i]) {
      size.back() *= sizes[i];
      toStride.back() = toStrides[i];
      fromStride.back() = fromStrides[i];
      continue;
    }
    size.push_back(sizes[i]);
    toStride.push_back(toStrides[i]);
    fromStride.push_back(fromStrides[i]);
  }
  if (size.empty()) {
    size.push_back(1);
    toStride.push_back(1);
    fromStride.push_back(1);
  }
  // What `from` is contiguous along goes next to the innermost dim, see copyTransposed.
  for (size_t i = 0; i + 2 < size.size(); ++i)
    if (toStride.back() == 1 && fromStride[i] == 1 && size[i] >= 8) {
      auto last = [i](auto &list) {
        std::rotate(list.begin() + i, list.begin() + i + 1, list.end() - 1);
      };
      last(size);
      last(toStride);
      last(fromStride);
      break;
    }
  switch (elementBytes) {
  case 1:
    return copyRows<1>(to, toStride, from, fromStride, size);
  case 2:
    return copyRows<2>(to, toStride, from, fromStride, size);
  case 4:
    return copyRows<4>(to, toStride, from, fromStride, size);
  case 8:
    return copyRows<8>(to, toStride, from, fromStride, size);
  case 16:
    return copyRows<16>(to, toStride, from, fromStride, size);
  default:
    llvm_unreachable("element of an unknown width");
  }
}

// --- new constants ---

static ElementsAttr denseOf(RankedTensorType type, ArrayRef<char> bytes) {
  if (type.getElementType().isInteger(1))
    return DenseElementsAttr::get(type, llvm::map_to_vector(bytes, [](char b) { return b != 0; }));
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

NewConstant::NewConstant(RankedTensorType type)
    : type(type), blob(HeapAsmResourceBlob::allocate(std::max<int64_t>(1, type.getNumElements()) *
                                                         elementBytes(type.getElementType()),
                                                     /*align=*/64)) {
  std::memset(data(), 0, blob.getData().size());
}

ElementsAttr NewConstant::splat(RankedTensorType type, ArrayRef<char> element) {
  return denseOf(type, element);
}

ElementsAttr NewConstant::finish() && {
  int64_t count = type.getNumElements();
  if (count <= kDenseElements)
    return denseOf(type, blob.getData().take_front(count * elementBytes(type.getElementType())));
  return DenseResourceElementsAttr::get(type, "constant", std::move(blob));
}
