// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A script as the words of the runtime's tables (accel_script).
#pragma once
#include "dialects/Exec/ExecOps.h"
#include "dialects/NN/NNOps.h"

namespace accel::exec {

struct ScriptTable {
  /// accel_array_type.
  struct ArrayType {
    int64_t offset; ///< in the weights; -1: no constant
    mlir::RankedTensorType type;
    mlir::DenseI64ArrayAttr dims; ///< as in accel_port, if more is known than the type says
  };
  llvm::SmallVector<int32_t> words;
  llvm::SmallVector<ProgramOp> segments;
  llvm::SmallVector<nn::CallOp> calls; ///< ops, each a call of its own
  llvm::SmallVector<ArrayType> types;
  int32_t registers = 0;
};

/// The call that makes an output a sequence of maps, whose keys are its ints or strings; null if it
/// is a tensor.
nn::CallOp zippedMaps(mlir::Value output);

ScriptTable buildScriptTable(ProgramOp program);

} // namespace accel::exec
