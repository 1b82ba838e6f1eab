// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands with padding of tiles that lie at an edge which only the run knows.
#pragma once
#include "lib/Transforms/Linalg/WindowCopy.h"

namespace accel::linalg_ext {

/// What a tile assumes of the positions that it reads along such dims.
enum class Edges {
  Unknown, ///< nothing: each read is checked
  Inside,  ///< all lie in the source
  Copied,  ///< some do not: what is read is copied, with the padding
};

/// Elements first .. last - 1 of a dim of `size`, which are all inside where Edges::Inside holds.
struct Reach {
  mlir::OpFoldResult first, last, size;
};

/// True if padding surrounds a dim whose size only the run knows.
bool hasUnknownEdges(mlir::tensor::PadOp pad);

/// The form of a tiled op's operand, a slice of `pad`, that needs no checks along dims in which the
/// op has several results side by side; `cuts` are left to do. Null where there are no such dims,
/// or no such form.
mlir::Value operandWithin(mlir::OpBuilder &builder, mlir::OpOperand &operand,
                          mlir::tensor::ExtractSliceOp slice, mlir::tensor::PadOp pad, Edges edges,
                          llvm::SmallVectorImpl<Reach> &reaches, llvm::SmallVectorImpl<Cut> &cuts);

} // namespace accel::linalg_ext
