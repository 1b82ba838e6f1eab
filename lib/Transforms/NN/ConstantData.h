// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The elements of constants, as bytes.
#pragma once
#include "dialects/NN/NNOps.h"
#include "mlir/IR/AsmState.h"
#include <optional>

namespace accel::nn {

/// Bytes of an element in memory; booleans and narrower integers take one.
int64_t elementBytes(mlir::Type element);

/// Row-major elements somewhere in memory; one element where all are equal.
struct ElementsView {
  mlir::RankedTensorType type;
  const char *bytes = nullptr;
  bool isSplat = false;
  /// Elements from one index of a dim to the next; 0 everywhere for splats.
  llvm::SmallVector<int64_t> strides() const;
};

/// The elements of a constant.
class ConstantData : public ElementsView {
public:
  /// Nothing if the value is no constant whose bytes are here or can be made.
  static std::optional<ConstantData> get(mlir::Value value);
  static std::optional<ConstantData> get(mlir::ElementsAttr value);
  /// The same without making the bytes of a deferred constant: `bytes` is null then.
  static std::optional<ConstantData> getIfHere(mlir::ElementsAttr value);
  ConstantData(ConstantData &&) = default; // `bytes` may point into `owned`
  ConstantData(const ConstantData &) = delete;

private:
  ConstantData() = default;
  /// Of booleans, which attributes keep as bits, and of deferred constants.
  llvm::SmallVector<char, 0> owned;
};

/// Row-major strides of a shape.
llvm::SmallVector<int64_t> rowMajor(llvm::ArrayRef<int64_t> shape);

/// Copies `sizes` elements of `elementBytes` bytes each between strided arrays. Strides count
/// elements; a source stride of 0 repeats.
void copyStrided(char *to, llvm::ArrayRef<int64_t> toStrides, const char *from,
                 llvm::ArrayRef<int64_t> fromStrides, llvm::ArrayRef<int64_t> sizes,
                 int64_t elementBytes);

/// The elements of a constant to be made.
class NewConstant {
public:
  /// All bytes are zero.
  explicit NewConstant(mlir::RankedTensorType type);
  /// One element, repeated, of `type`.
  static mlir::ElementsAttr splat(mlir::RankedTensorType type, llvm::ArrayRef<char> element);

  char *data() { return blob.getMutableData().data(); }
  mlir::RankedTensorType type;
  /// Small tensors become dense elements, which fold and compare; large ones dense resources.
  mlir::ElementsAttr finish() &&;

private:
  mlir::AsmResourceBlob blob;
};

} // namespace accel::nn
