// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the terminal is shown of models and of outputs.
//
#ifndef ACCEL_RUN_SHOW_H
#define ACCEL_RUN_SHOW_H

#include "lib/Run/Model.h"
#include "lib/Run/Value.h"
#include "llvm/Support/raw_ostream.h"

namespace accel::run {

/// What the model says of itself: inputs, outputs, named dims, sizes, metadata.
void showInfo(const Model &model, llvm::raw_ostream &os);
void showInfoJson(const Model &model, llvm::raw_ostream &os);

/// Type, range and first elements of an output.
void showOutput(const accel_port &port, const Value &value, llvm::raw_ostream &os);

/// The k largest elements of each row (the last dim), with their labels where there are any.
void showTopK(const accel_port &port, const Value &value, int64_t k,
              llvm::ArrayRef<std::string> labels, llvm::raw_ostream &os);

/// 1536 as "1.5 KiB".
std::string formatBytes(double bytes);

} // namespace accel::run

#endif // ACCEL_RUN_SHOW_H
