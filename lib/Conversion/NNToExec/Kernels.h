// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes exec.kernels of groups of nn ops, each distinct one once.
#pragma once
#include "dialects/Exec/ExecOps.h"
#include "lib/Conversion/NNToExec/Fusion.h"
#include "llvm/ADT/StringMap.h"

namespace accel {

/// A kernel and what one launch of it takes.
struct KernelUse {
  exec::KernelOp kernel;
  llvm::SmallVector<nn::Dim> dims; ///< values of its index arguments, over the program's symbols
  llvm::SmallVector<mlir::Value> inputs; ///< values of @main
};

/// The kernels of a module by their text without names.
using KnownKernels = llvm::StringMap<exec::KernelOp>;

class KernelMaker {
public:
  /// Kernels go before the builder's insertion point.
  KernelMaker(mlir::OpBuilder &builder, nn::ShapeAnalysis &shapes, KnownKernels &known)
      : builder(builder), shapes(shapes), known(known) {}

  KernelUse make(const KernelGroup &group);

private:
  mlir::OpBuilder &builder;
  nn::ShapeAnalysis &shapes;
  KnownKernels &known;
};

/// Operations of an op for each element of the result (of the operand, for reductions).
double flopsAnElement(mlir::Operation *op, nn::ShapeAnalysis &shapes);

/// Floating-point operations of one launch, and bytes read and written; null where a dim is
/// dynamic.
std::optional<double> flopsOf(const KernelGroup &group, nn::ShapeAnalysis &shapes);
std::optional<double> bytesOf(const KernelUse &use, mlir::Value result, nn::ShapeAnalysis &shapes);

} // namespace accel
