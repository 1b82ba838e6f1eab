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
    mlir::AffineMap dims; ///< over the program's symbols, if more is known than the type says
  };
  /// accel_script_op: a function in C, or keys of maps.
  struct Call {
    mlir::Location location;
    llvm::StringRef function; ///< empty for maps
    llvm::ArrayRef<int64_t> ints;
    llvm::ArrayRef<double> floats;
    mlir::ArrayAttr strings; ///< null if there are none
  };
  llvm::SmallVector<int32_t> words;
  llvm::SmallVector<ProgramOp> segments;
  llvm::SmallVector<Call> calls; ///< each op's own
  llvm::SmallVector<ArrayType> types;
  int32_t registers = 0;
};

ScriptTable buildScriptTable(ProgramOp program);

} // namespace accel::exec
