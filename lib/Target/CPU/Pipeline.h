// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a kernel in nn ops to machine code, in the stages that can be dumped.
#pragma once
#include "dialects/Exec/ExecOps.h"
#include "lib/Target/CPU/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SmallVector.h"
#include <functional>
#include <memory>

namespace accel::cpu {

struct KernelOptions {
  unsigned optLevel = 3; ///< 0: plain loops without LLVM passes .. 3
  bool plain = false;    ///< no tiling and no vectorisation of ours: the fallback that always works
  bool exact = false;    ///< no contraction: bits do not depend on the CPU
  std::string symbolPrefix; ///< kernels are called <prefix>_<kernel> and <prefix>_<kernel>_grid
};

/// Stages of a kernel, each in place on the functions of an exec.kernel (or a func in a module).
enum class KernelStage { Linalg, Tiled, Buffers, LLVM };
/// "linalg", "tiled", "buffers", "llvm": what an exec.kernel's `stage` holds.
std::optional<KernelStage> parseKernelStage(llvm::StringRef name);

struct CompiledKernel {
  llvm::SmallVector<char, 0> object; ///< ELF, relocatable
  int64_t scratchBytes = 0;          ///< for each thread
  int64_t items = 0;                 ///< work items of a launch; 0: depends on dims
  bool plain = false;                ///< compiled as plain loops
  std::string whyPlain;              ///< what failed before the fallback was taken; else empty
};

/// All dialects and interface implementations that lowering a kernel needs.
void registerKernelDialects(mlir::DialectRegistry &registry);

/// Lowers a kernel's function to the given stage in a module of its own (named like the kernel).
/// The result verifies; null after a diagnostic where a stage failed.
mlir::OwningOpRef<mlir::ModuleOp> lowerKernel(exec::KernelOp kernel, const Target &target,
                                              const KernelOptions &options, KernelStage stage,
                                              int64_t *scratchBytes = nullptr);

/// Work items of a launch of a kernel that is in LLVM form; 0 if they depend on its dims.
int64_t constantItems(mlir::ModuleOp kernel, llvm::StringRef symbol);

/// The same in the exec.kernel itself, which then says its stage and scratch memory; in plain loops
/// where the tuned way fails. Nothing happens to a kernel that is at the stage or past it.
mlir::LogicalResult lowerKernelInPlace(exec::KernelOp kernel, const Target &target,
                                       const KernelOptions &options, KernelStage stage);

/// Adds a pass on functions behind those that tile and vectorise, where kernels are tuned. For
/// tests of what finds wrong ones.
void addTuningPass(std::function<std::unique_ptr<mlir::Pass>()> make);

/// Compiles one kernel; retries as a plain kernel where a stage fails.
llvm::Expected<CompiledKernel> compileKernel(exec::KernelOp kernel, const Target &target,
                                             const KernelOptions &options);

/// Translates an LLVM-dialect module and generates an object; identifier becomes the file symbol.
llvm::Expected<llvm::SmallVector<char, 0>> emitObject(mlir::ModuleOp module, const Target &target,
                                                      unsigned optLevel,
                                                      llvm::StringRef identifier);
/// The same as LLVM IR or assembly text.
llvm::Expected<std::string> emitText(mlir::ModuleOp module, const Target &target, unsigned optLevel,
                                     llvm::StringRef identifier, bool assembly);

} // namespace accel::cpu
