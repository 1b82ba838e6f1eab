// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns a program in buffer form into what accel-rt/Support.h asks of emitted code: constant data,
// plan and run, in the LLVM dialect.
#pragma once
#include "dialects/Exec/ExecOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace accel::exec {

/// One of the CPUs that all kernels are compiled for.
struct KernelLevel {
  std::string prefix;   ///< of its kernels' symbols
  uint64_t cpuFeatures; ///< ACCEL_CPU_* that its kernels need beyond the program's
};

/// What a program does not say of itself.
struct ProgramOptions {
  std::string prefix;       ///< a C identifier; all symbols start with it
  std::string name;         ///< as the user knows the model
  std::string target;       ///< cpu::Target::str()
  std::string sourceHash;   ///< of the ONNX file
  std::string flags;        ///< that change the result
  uint64_t cpuFeatures = 0; ///< ACCEL_CPU_* without which nothing runs
  /// What kernels are compiled for, best first; the last one wants no features more. Empty: one
  /// level, whose kernels' symbols start with `prefix`.
  llvm::SmallVector<KernelLevel, 1> levels;
  llvm::json::Object metadata; ///< more entries for the metadata
};

/// A constant's place in the weights.
struct Weight {
  uint64_t offset, size;
  mlir::ElementsAttr value;
};

struct LoweredProgram {
  /// Defines `<prefix>_model` and the weak alias `accel_model`. Wants from the linker, all hidden:
  /// `<prefix>_<kernel>` (accel_kernel_fn) and `<prefix>_<kernel>_grid` (accel_grid_fn) of each
  /// kernel, `<prefix>_weights` if there are any, and the runtime.
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<Weight, 0> weights; ///< by offset
  uint64_t weightBytes = 0;
  int64_t arenaBytes = -1; ///< -1: depends on the symbols
  int64_t liveBytes = -1;  ///< lower bound of arenaBytes
  int64_t scratchBytes = 0;
  std::string metadata; ///< JSON
};

/// Lowers the module's one exec.program. Of the kernels it reads the names and the attributes
/// `scratch_bytes`, `items`, `flops` and `bytes`, never the bodies. What a launch says of its flops
/// and bytes counts if the kernel says its items. Fails after a diagnostic.
mlir::FailureOr<LoweredProgram> lowerProgram(mlir::ModuleOp module, const ProgramOptions &options);

/// Hands a constant's bytes, one or more for an element, to the sink, in pieces of at most 1 MiB;
/// Weight::size bytes in all.
llvm::Error writeWeight(mlir::ElementsAttr value,
                        llvm::function_ref<llvm::Error(llvm::ArrayRef<uint8_t>)> sink);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Conversion/ExecToLLVM/Passes.h.inc"

} // namespace accel::exec
