// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions that are emitted for a program: run and plan.
#pragma once
#include "lib/Conversion/ExecToLLVM/ConstantData.h"
#include "lib/Conversion/ExecToLLVM/LaunchTable.h"

namespace accel::exec {

/// Defines `int32_t <prefix>.run(accel_frame *)` over the tables.
Address emitRun(ConstantData &data, mlir::ModuleOp module, const LaunchTable &table);

/// Defines `int64_t <prefix>.plan(symbols, offsets, output_dims)`. A program without symbols whose
/// values and output dims are constants has none: NULL.
Address emitPlan(ConstantData &data, mlir::ModuleOp module, ProgramOp program,
                 const LaunchTable &table);

/// Defines `const accel_model *<name>(void)` and the weak alias accel_model.
void emitModelFunction(ConstantData &data, mlir::ModuleOp module, llvm::StringRef name,
                       const Address &model);

} // namespace accel::exec
