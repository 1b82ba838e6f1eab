// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A comparison of every value of an ONNX file with another engine's.
//
#ifndef ACCEL_RUN_COMPARENODES_H
#define ACCEL_RUN_COMPARENODES_H

#include "lib/Run/Options.h"
#include "lib/Run/Value.h"

namespace accel::run {

/// Runs options.model, an ONNX file, on these inputs, and prints on standard output each node's
/// values beside those of options.compareWith. This is the work of the Python module accel.compare,
/// which other engines are reached by. False if values differ.
llvm::Expected<bool> compareNodes(const Options &options, const std::vector<Value> &inputs);

} // namespace accel::run

#endif // ACCEL_RUN_COMPARENODES_H
