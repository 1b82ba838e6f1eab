// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Evaluating an op on constants: first what has to be done, from the op; then the bytes, which need
// no IR and may be made in pieces, by any thread.
#pragma once
#include "lib/Transforms/NN/ConstantData.h"

namespace accel::nn {

/// True of ops that move elements without arithmetic.
bool isMovement(mlir::Operation *op);

/// What such an op does: copies of boxes of elements, in order, and zeros elsewhere.
struct Movement {
  /// Offsets, sizes and strides count elements.
  struct Box {
    unsigned operand; ///< the number of operands: `fill`
    int64_t to, from;
    llvm::SmallVector<int64_t> sizes, toStrides, fromStrides;
  };
  mlir::RankedTensorType type; ///< of the result
  llvm::SmallVector<Box, 1> boxes;
  llvm::SmallVector<char, 8> fill; ///< one element

  /// Elements of which any number of runs can be made alone: those of one index of the outermost
  /// dim.
  int64_t run() const;
  /// Makes the elements [begin, end), both multiples of run(), of which `to` is the first.
  void make(char *to, int64_t begin, int64_t end, llvm::ArrayRef<ElementsView> operands) const;
};

/// How such an op comes to its result; nothing where an operand cannot be used. Of the operands
/// only the indices of a gather need their bytes.
std::optional<Movement> planMovement(mlir::Operation *op, llvm::ArrayRef<ElementsView> operands);

/// Both movements as one, of the inner one's operand; `outer` has one operand. Nothing if that is
/// no list of boxes, as where `inner` fills up or repeats.
std::optional<Movement> compose(const Movement &outer, const Movement &inner);

/// The result of such an op if all its elements are equal; else null.
mlir::ElementsAttr splatMovement(mlir::Operation *op, llvm::ArrayRef<ElementsView> operands);

/// Makes the elements [begin, end) of a result of `shape`, of which `to` is the first.
using ExactFn = void (*)(char *to, int64_t begin, int64_t end, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<ElementsView> operands);

/// How an elementwise op is computed that IEEE 754 or two's complement defines to the bit, so that
/// it needs no compiled code to be the same everywhere; null for other ops and types.
ExactFn planExact(mlir::Operation *op);

} // namespace accel::nn
