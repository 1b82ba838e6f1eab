// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where in memory an access of a loop nest is: what passes that prefetch ask.
#pragma once
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/MapVector.h"
#include <optional>

namespace accel::cpu {

/// What one prefetch brings.
inline constexpr int64_t kLineBytes = 64;

struct Loop {
  mlir::Operation *op;
  mlir::Value iv;
  mlir::OpFoldResult from, to;
  int64_t low = 0, step = 1;
  int64_t trips = -1; ///< -1: not known
};

/// A position that is linear in induction variables and arguments.
struct Linear {
  int64_t constant = 0;
  llvm::MapVector<mlir::Value, int64_t> factors;
  /// Indices of the outer dims, whose strides only the run knows: the position is behind these.
  llvm::SmallVector<mlir::Value> outer;
  int64_t factorOf(mlir::Value iv) const { return factors.lookup(iv); }
  /// True if the position is another one in the next iteration of a loop.
  bool movesWith(mlir::Value iv) const;
  /// True if it moves in the same way as another one.
  bool isParallelTo(const Linear &other) const;
  /// True if an op may be inserted before `op` that computes it.
  bool isKnownAt(mlir::Operation *op) const;
  /// Indices of a memref of so many dims, of which the last one has the whole position behind the
  /// outer dims.
  llvm::SmallVector<mlir::Value> indices(mlir::OpBuilder &builder, mlir::Location at, int64_t rank,
                                         mlir::Value position) const;
};

/// The loops around an op, innermost first.
llvm::SmallVector<Loop> loopsAround(mlir::Operation *op);

/// The position of an access in its memref without gaps, in elements; null where it is not linear.
/// What it has that is computed otherwise (where the rows of a window begin that lie in the
/// picture) is left out of it, if `leaveOut` says so.
std::optional<Linear> linearPosition(mlir::ValueRange indices, mlir::MemRefType type,
                                     bool leaveOut = false);

/// The argument of the function that this is, null where it is another value or one whose elements
/// have gaps.
mlir::BlockArgument argumentMemory(mlir::Value memory);

/// Lines of accesses: runs of lines beside each other, at equal distances.
struct Lines {
  int64_t runs = 1, inRun = 1;
  int64_t apart = 0; ///< elements
  int64_t count() const { return runs * inRun; }
  /// The position of line n, for lines of so many elements.
  mlir::AffineExpr position(mlir::AffineExpr n, int64_t line) const {
    return runs == 1 ? n * line : n.floorDiv(inRun) * apart + (n % inRun) * line;
  }
};

/// The lines of ranges (first element, number of elements), null where they have no pattern.
std::optional<Lines> linesOf(llvm::ArrayRef<std::pair<int64_t, int64_t>> ranges,
                             mlir::MemRefType type);

/// Calls `each` for every nest of loops that carries a tile's sums in vectors, with its outermost
/// loop and the first of its innermost ones.
void forEachSum(mlir::Operation *function,
                llvm::function_ref<void(mlir::scf::ForOp sums, mlir::scf::ForOp inner)> each);

/// What an innermost loop reads: requests are spread between them.
llvm::SmallVector<mlir::Operation *> readsOf(mlir::scf::ForOp inner);

/// An index that is computed from others.
mlir::Value apply(mlir::OpBuilder &builder, mlir::Location at, mlir::AffineExpr expr,
                  llvm::ArrayRef<mlir::OpFoldResult> operands);

} // namespace accel::cpu
