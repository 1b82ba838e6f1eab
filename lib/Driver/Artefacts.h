// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of MLIR that stages leave: artefacts to read or to start from, and reproducers.
#pragma once
#include "lib/Driver/Compile.h"
#include "llvm/Support/Error.h"

namespace accel {

enum class Weights {
  Whole,  ///< the file can be started from
  Elided, ///< large ones are left out, so that people can read it
};

/// Writes MLIR, whole or not at all: text with locations, bytecode where the suffix is .mlirbc, and
/// text without locations where the path is "-".
llvm::Error writeArtefact(mlir::Operation *op, llvm::StringRef path, Weights weights);

/// Text to a file, whole or not at all, or to a device; standard output where the path is "-".
llvm::Error writeTextFile(llvm::StringRef path, llvm::StringRef text);

/// A file for what failed, beside the output: "model.so.matmul_3.mlir".
std::string reproducerPath(const CompileOptions &options, llvm::StringRef part);

/// "-O3 --cpu=...": what a reproducer needs besides the file.
std::string targetFlags(const CompileOptions &options, const cpu::Target &target);

/// How kernels are compiled under these options; as at -O0 if they are not to be tuned.
cpu::KernelOptions kernelOptions(const CompileOptions &options, bool isTuned = true);

/// Starts the summary: a line for each kernel of the module.
void noteKernels(mlir::ModuleOp module, CompileSummary &summary);

/// A module of its own for one kernel, as workers and reproducers want it; its name is the prefix
/// of symbols.
mlir::OwningOpRef<mlir::ModuleOp> moduleOfKernel(exec::KernelOp kernel, llvm::StringRef prefix);

} // namespace accel
