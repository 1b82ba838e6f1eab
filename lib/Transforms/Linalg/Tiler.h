// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How tiles of one root are emitted, with their producers: shared by Tile.cpp (items, tiles, what
// is fused into them) and TileDepth.cpp (products, and sums that are computed in blocks).
#pragma once
#include "dialects/NN/NNOps.h"
#include "lib/Transforms/Linalg/Tile.h"
#include "lib/Transforms/Linalg/TileEdges.h"
#include "lib/Transforms/Linalg/TileStages.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace accel::linalg_ext {

using Sizes = llvm::SmallVector<mlir::OpFoldResult>;

/// The sum of two sizes or offsets.
mlir::OpFoldResult add(mlir::OpBuilder &b, mlir::Location at, mlir::OpFoldResult x,
                       mlir::OpFoldResult y);

/// Emits tiles of one root, with its producers.
class Tiler {
public:
  Tiler(mlir::Value output, mlir::linalg::GenericOp root, const TilePlan &plan, const Stage *stage)
      : root(root), plan(plan), stage(stage), output(output), builder(root.getContext()) {}

  llvm::LogicalResult run();

private:
  llvm::LogicalResult prepare();
  mlir::Value emitStages(mlir::Value destination, const Sizes &offsets, const Sizes &sizes);
  mlir::Value emitPartialItems(mlir::Value slice,
                               llvm::ArrayRef<std::pair<mlir::Value, unsigned>> partial,
                               const Sizes &offsets, Sizes sizes, const Sizes &extents);
  mlir::Value emitItem(mlir::Value destination, const Sizes &offsets, const Sizes &sizes);
  mlir::Value emitSums(const Sizes &offsets, const Sizes &sizes);
  mlir::Value emitSumsTile(mlir::Value sums, const Sizes &relative, const Sizes &offsets,
                           const Sizes &sizes);
  mlir::Value startOrGoOn(mlir::Value slice);
  mlir::Value genericBlock(mlir::linalg::GenericOp op, mlir::Value slice, const Sizes &position,
                           const Sizes &sizes);
  mlir::Value emitTiles(unsigned dim, mlir::Value destination, Sizes &relative, Sizes &sizes,
                        const Sizes &offsets, const Sizes &itemSizes);
  mlir::Value emitTile(mlir::Value destination, const Sizes &relative, const Sizes &offsets,
                       const Sizes &sizes);
  mlir::Value emitTileBody(mlir::Value destination, const Sizes &relative, const Sizes &offsets,
                           const Sizes &sizes);
  mlir::Value fuse(mlir::Value source, llvm::ArrayRef<mlir::OpFoldResult> offsets,
                   llvm::ArrayRef<mlir::OpFoldResult> sizes);
  mlir::Value packedTile(nn::PackedMatmulOp matmul, llvm::ArrayRef<mlir::OpFoldResult> offsets,
                         llvm::ArrayRef<mlir::OpFoldResult> sizes);
  void fuseOperands(mlir::Operation *first);

  mlir::linalg::GenericOp root;
  const TilePlan &plan;
  const Stage *stage;  ///< that comes before the root's, null if there is none
  mlir::Value scratch; ///< what it left for the tile being emitted
  Sizes scratchBase;   ///< position of the stage's pad that comes first there
  mlir::Value output;
  mlir::OpBuilder builder;
  llvm::SmallVector<unsigned> parallel;  ///< iteration dim of each result dim
  llvm::SmallVector<mlir::Range> domain; ///< of the root, known before its loops
  /// Where the tile being emitted goes: slices of the output become this one.
  mlir::Value tileDestination;
  /// Fused producers of the tile being emitted: the same slice is computed once.
  struct Fused {
    mlir::Value source, tile;
    Sizes offsets, sizes;
    mlir::Block *block;
  };
  llvm::SmallVector<Fused> fused;
  /// A block of the depth of what the plan cuts, whose sums so far are in `sums`, one element each
  /// of the item.
  struct DepthBlock {
    mlir::OpFoldResult from;
    int64_t size = 0;
    bool last = false;
    mlir::Value sums;
    mlir::Value tile; ///< the slice of the sums for the tile being emitted
  } block;
  Edges edges = Edges::Unknown;
  llvm::SmallVector<Reach> reaches; ///< of the tile being emitted
  bool unknownEdges = false;        ///< of some operand of the kernel
  bool failedToFuse = false;
};

} // namespace accel::linalg_ext
