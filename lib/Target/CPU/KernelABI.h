// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The last steps of a bufferized kernel before LLVM: scratch memory, work items, the C signature.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace accel::cpu {

/// Gives memref.allocs of static size an offset in a new last argument (memref<?xi8>, the thread's
/// scratch memory) and returns the bytes. Allocations of dynamic size stay.
int64_t allocateScratch(mlir::func::FuncOp function);

/// Frees what allocateScratch left at the end of its block; failure where it outlives that.
llvm::LogicalResult freeAllocations(mlir::func::FuncOp function);

/// Makes the kernel's C function and its grid (accel_kernel_fn and accel_grid_fn of
/// accel-rt/Support.h) from a bufferized function whose arguments are dims (index), memrefs with
/// `exec.shape`, and the scratch memory: work items are the iterations of the function's only
/// top-level scf.forall; without one, or where other work stands beside it, there is one item.
llvm::LogicalResult makeKernelABI(mlir::func::FuncOp function, llvm::StringRef symbol);

} // namespace accel::cpu
