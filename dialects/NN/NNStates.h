// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How @main says that an input is an output of the run before. See docs/decisions/state.md.
#pragma once
#include "llvm/ADT/StringRef.h"

namespace accel::nn {

/// On an argument of @main, as it is imported: number of the result that becomes its next value.
inline constexpr llvm::StringLiteral kStateAttr = "nn.state";

/// On @main once `nn-states` has put states behind all other arguments and results: for each state
/// the dim that grows, or -1, and whether the result is no more than the rows that it grows by.
inline constexpr llvm::StringLiteral kStateAxesAttr = "nn.state_axes";
inline constexpr llvm::StringLiteral kStateAppendsAttr = "nn.state_appends";

/// On an nn.concat of such a state and such a result: its result lies where the state does.
inline constexpr llvm::StringLiteral kAppendAttr = "nn.append";

} // namespace accel::nn
