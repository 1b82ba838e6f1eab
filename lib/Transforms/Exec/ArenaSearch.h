// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A search for a smaller arena than the greedy plan's.
#pragma once
#include "accel-rt/Support.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace accel::exec {

/// Where the largest live set needs less than the plan has: tries other orders of placing. What
/// ends at the peak is placed earlier, again and again; a change that makes the arena no larger is
/// kept.
void improvePlan(llvm::ArrayRef<accel_slot> slots, llvm::ArrayRef<int64_t> sizes, int64_t bound,
                 int64_t &bytes, llvm::SmallVectorImpl<int64_t> &offsets);

} // namespace accel::exec
