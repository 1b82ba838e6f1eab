// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bytes of constants as kernels read them.
#include "dialects/Exec/ExecDims.h"
#include "lib/Conversion/ExecToLLVM/ExecToLLVM.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace {

constexpr size_t kPiece = 1 << 20;
using Sink = llvm::function_ref<llvm::Error(ArrayRef<uint8_t>)>;

llvm::Error writeBytes(ArrayRef<char> bytes, Sink sink) {
  ArrayRef<uint8_t> left(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  while (!left.empty()) {
    size_t count = std::min(left.size(), kPiece);
    if (llvm::Error error = sink(left.take_front(count)))
      return error;
    left = left.drop_front(count);
  }
  return llvm::Error::success();
}

llvm::Error writeSplat(ArrayRef<char> element, int64_t count, Sink sink) {
  SmallVector<char, 0> piece;
  int64_t inPiece = std::min<int64_t>(count, kPiece / element.size());
  for (int64_t i = 0; i < inPiece; ++i)
    llvm::append_range(piece, element);
  for (; count > 0; count -= inPiece) {
    inPiece = std::min(count, inPiece);
    if (llvm::Error error =
            writeBytes(ArrayRef<char>(piece).take_front(inPiece * element.size()), sink))
      return error;
  }
  return llvm::Error::success();
}

/// DenseElementsAttr packs booleans into bits.
llvm::Error writeBooleans(DenseElementsAttr value, Sink sink) {
  SmallVector<char, 0> piece;
  for (bool element : value.getValues<bool>()) {
    piece.push_back(element);
    if (piece.size() == kPiece) {
      if (llvm::Error error = writeBytes(piece, sink))
        return error;
      piece.clear();
    }
  }
  return writeBytes(piece, sink);
}

} // namespace

llvm::Error accel::exec::writeWeight(ElementsAttr value, Sink sink) {
  int64_t count = value.getNumElements();
  int64_t element = elementBytes(value.getElementType());
  if (count == 0)
    return llvm::Error::success();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return llvm::createStringError("constant '" + resource.getRawHandle().getKey() +
                                     "' has lost its bytes");
    if (int64_t(blob->getData().size()) != count * element)
      return llvm::createStringError("constant '" + resource.getRawHandle().getKey() +
                                     "': expected " + Twine(count * element) + " bytes, found " +
                                     Twine(blob->getData().size()));
    return writeBytes(blob->getData(), sink);
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return llvm::createStringError("expected a constant as dense elements");
  if (value.getElementType().isInteger(1)) {
    if (dense.isSplat())
      return writeSplat({char(dense.getSplatValue<bool>())}, count, sink);
    return writeBooleans(dense, sink);
  }
  if (dense.isSplat())
    return writeSplat(dense.getRawData(), count, sink);
  return writeBytes(dense.getRawData(), sink);
}
