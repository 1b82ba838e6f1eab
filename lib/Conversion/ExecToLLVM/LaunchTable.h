// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The launches of a program as the numbers of the runtime's tables (accel_launches).
#pragma once
#include "dialects/Exec/ExecOps.h"

namespace accel::exec {

/// `values` are what the runtime finds at frame.offsets: first the offsets of the slots, then dims
/// of launches and sizes of copies and slots. If nothing in them depends on symbols they are
/// constants, and nothing is left for plan.
struct LaunchTable {
  llvm::SmallVector<int32_t> launches; ///< accel_launch: four words each
  llvm::SmallVector<int64_t> operands; ///< accel_space and index
  llvm::SmallVector<int32_t> slots;    ///< accel_slot: three words each
  /// A slot within another: their numbers, and the bytes of the other that lie before it.
  struct Part {
    int64_t number, within;
    mlir::AffineExpr begin;
  };
  llvm::SmallVector<Part> parts; ///< behind all slots that the arena's planner places
  /// The values after the slots' offsets, in terms of the program's symbols.
  llvm::SmallVector<mlir::AffineExpr> values;
  llvm::SmallVector<LaunchOp> sites;  ///< site i of the program
  llvm::SmallVector<int32_t> sources; ///< accel_launches.sources
  int32_t count = 0;                  ///< of launches and copies
  int32_t maxOperands = 0;
  int32_t numSlots = 0;   ///< with those within others
  int64_t arenaBytes = 0; ///< of slots with offsets
  bool isStatic = true;
  llvm::SmallVector<int64_t> constants; ///< all values, if they are constants
};

LaunchTable buildLaunchTable(ProgramOp program);

} // namespace accel::exec
