// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How @main says that an input is an output of the run before. See docs/decisions/state.md.
#pragma once
#include "dialects/NN/NNProgramShapes.h"
#include "llvm/ADT/BitVector.h"

namespace accel::nn {

/// On an argument of @main, as it is imported: number of the result that becomes its next value.
inline constexpr llvm::StringLiteral kStateAttr = "nn.state";

/// On @main once `nn-states` has put states behind all other arguments and results: for each state
/// the dim that grows, or -1, and whether the result is no more than the rows that it grows by.
inline constexpr llvm::StringLiteral kStateAxesAttr = "nn.state_axes";
inline constexpr llvm::StringLiteral kStateAppendsAttr = "nn.state_appends";

/// On an nn.concat of such a state and such a result: its result lies where the state does.
inline constexpr llvm::StringLiteral kAppendAttr = "nn.append";

/// An argument with its dims named, if they are.
mlir::Value namedArgument(mlir::func::FuncOp main, unsigned argument);

/// The dims in which a result differs from the argument that it becomes. A size that only the run
/// finds counts where the argument's is its own: one that is fixed, or that an argument which is
/// no state has as well, cannot change, and the run checks it.
llvm::SmallVector<unsigned> growingDims(mlir::func::FuncOp main, ProgramShapes &shapes,
                                        unsigned argument, unsigned result,
                                        const llvm::BitVector &isState);

} // namespace accel::nn
