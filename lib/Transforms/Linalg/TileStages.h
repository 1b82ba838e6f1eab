// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of two stages: rows that a convolution makes are read by a window, or by a product over
// channels, while they are in the caches. Between the stages is a `tensor.pad nofold`, which
// convert-nn-to-linalg leaves where a kernel computes the operand of a convolution or pooling
// itself.
//
// A work item is some rows of the result: of one block of channels under a window, of all where
// channels are summed. Row after row, first the rows that its window needs and that are not there
// yet are computed into scratch, in the register tiles of their own op, with the padding around
// them; then the row of the result is. Only rows that windows of two items share are computed
// twice. Where only the run knows the width, an item has a part of long rows, so that the size of
// scratch is known; how many rows and columns of it lie in the picture then follows in the run.
#pragma once
#include "lib/Transforms/Linalg/TilePlan.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace accel::linalg_ext {

/// How the reader walks a dim of the pad.
struct Walk {
  int64_t stride = 1, window = 1;
  /// Elements that so many results read.
  int64_t reach(int64_t results) const { return (results - 1) * stride + window; }
};

struct Stage {
  mlir::tensor::PadOp pad;        ///< what is in scratch: the first stage's result with padding
  mlir::linalg::GenericOp maker;  ///< writes the first stage's result
  mlir::linalg::GenericOp reader; ///< reads the pad
  TilePlan tiles;                 ///< of the maker; an item is the rows that are asked for
  Walk row, column;
  bool channelsWhole; ///< the reader sums channels

  /// True if a row of the pad is read by several windows.
  bool rowsShared() const { return row.window > row.stride; }
  /// Shape of what is in scratch, for an item of so many rows of the result, and so many columns
  /// where only the run knows how many there are.
  llvm::SmallVector<int64_t> scratch(int64_t rows, int64_t columns) const;
};

/// True if the kernel has two stages, whether they can be tiled or not.
bool hasStages(mlir::Operation *root);

/// The first stage of a kernel, and what items of `plan`, the plan of the second one, then are.
/// Null where the two are not of a form that can be tiled so.
std::optional<Stage> planStage(mlir::Operation *root, const cpu::Target &target, TilePlan &plan);

/// Emits an item of a kernel of two stages: at most `item` of the result, and the maker's result
/// has the sizes `made`. `make(into, offsets, sizes)` computes a slice of the maker's result into a
/// tensor of its size; `read(into, offsets, sizes, scratch, base)` computes a slice of the result,
/// where position `base` of the pad is the first of `scratch`.
using StageSizes = llvm::SmallVector<mlir::OpFoldResult>;
mlir::Value emitStagedItem(
    mlir::OpBuilder &builder, const Stage &stage, llvm::ArrayRef<int64_t> item,
    llvm::ArrayRef<mlir::OpFoldResult> made, mlir::Value destination, const StageSizes &offsets,
    const StageSizes &sizes,
    llvm::function_ref<mlir::Value(mlir::Value, const StageSizes &, const StageSizes &)> make,
    llvm::function_ref<mlir::Value(mlir::Value, const StageSizes &, const StageSizes &, mlir::Value,
                                   const StageSizes &)>
        read);

} // namespace accel::linalg_ext
