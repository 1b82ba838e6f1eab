// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a kernel's result is cut: into work items for threads, and those into register tiles.
#pragma once
#include "lib/Target/CPU/Target.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "llvm/ADT/SmallVector.h"

namespace accel::linalg_ext {

/// One entry a parallel dim of the result, outermost first; 0 means the whole dim.
struct TilePlan {
  llvm::SmallVector<int64_t> item; ///< extent of a work item
  llvm::SmallVector<int64_t> tile; ///< extent of a register tile inside an item
  /// The result dims that items cut, from the slowest to the fastest in the order of items.
  llvm::SmallVector<unsigned> order;
  /// The first and the last tiles of a dim that items leave whole are emitted on their own, with
  /// static offsets: what they read of padding is then known.
  bool staticEdges = false;
  /// The contraction whose sums are cut, or null: an nn.packed_matmul, or a generic whose dim
  /// `depthDim` is cut.
  mlir::Operation *cut = nullptr;
  /// Steps of its sum after which all tiles of an item are visited before the next steps; 0 means
  /// all. What was summed so far is kept between them.
  int64_t depth = 0;
  unsigned depthDim = 0;
};

/// Chooses tiles for a root op (the one that writes the kernel's output) by what it fuses:
/// matrix products and convolutions get register tiles, others whole rows. Null where there is
/// nothing to cut (no parallel dim).
std::optional<TilePlan> planTiles(mlir::Operation *root, const cpu::Target &target);

/// Work, in scalar operations, below which an item is not worth handing to another thread.
inline constexpr int64_t kItemWork = 1 << 15;

} // namespace accel::linalg_ext
