// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of what a tile's windows cover of a padded tensor.
#pragma once
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace accel::linalg_ext {

/// True if the op's result does not change by what an operand holds outside of its source: products
/// with zero are added, or the padding is the reduction's neutral element.
bool isNeutral(mlir::linalg::GenericOp op, mlir::OpOperand *operand, mlir::Value outside);

/// True if there is padding along a dim.
bool isPadded(mlir::tensor::PadOp pad, unsigned dim);

/// Steps from .. to - 1 of a loop of an op: those in which it reads any element of the source.
struct Cut {
  unsigned loop;
  mlir::OpFoldResult from, to;
};

/// A copy of what a tiled op's operand, a slice of `pad` of static shape, is read at, with the
/// padding. Where the windows' elements lie apart, the copy has those only, and the op's map
/// becomes another one. Rows of windows that lie outside are not in it: the op must be cut.
mlir::Value copyWindows(mlir::OpBuilder &builder, mlir::OpOperand &operand,
                        mlir::tensor::ExtractSliceOp slice, mlir::tensor::PadOp pad,
                        llvm::SmallVectorImpl<Cut> &cuts);

/// Makes an op do these steps only.
void cutLoops(mlir::OpBuilder &builder, mlir::linalg::GenericOp op, llvm::ArrayRef<Cut> cuts);

} // namespace accel::linalg_ext
