// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Several CPUs in one library: each kernel is compiled for all of them, and a launch takes the best
// that the machine can run.
#pragma once
#include "lib/Target/CPU/Target.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace accel::cpu {

/// The targets of a library, best first. The first one decides layouts, which all share; the last
/// one is what a machine must have at least, whose features all others have, too.
using Levels = llvm::SmallVector<Target, 1>;

/// What Target::parse takes, or several of those behind commas, the least one first
/// ("x86-64-v2,x86-64-v4"). What a target says of features, behind commas too, begins with a sign.
llvm::Expected<Levels> parseLevels(llvm::StringRef cpus, llvm::StringRef triple = "");

/// Takes back to the same levels by parseLevels.
std::string strOf(llvm::ArrayRef<Target> levels);

} // namespace accel::cpu
