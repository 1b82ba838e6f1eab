// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The inputs of a run: from files, filled with one value, or random.
//
#ifndef ACCEL_RUN_INPUTS_H
#define ACCEL_RUN_INPUTS_H

#include "lib/Run/Model.h"
#include "lib/Run/Options.h"
#include "lib/Run/Value.h"

namespace accel::run {

/// One value for each input of the model, in its order. A test data set among the files (a folder
/// with input_0.pb ...) that has outputs, too, becomes options.reference, unless there is one.
llvm::Expected<std::vector<Value>> makeInputs(const Model &model, Options &options);

/// The values that a file holds: one of a .npy or .pb file, any number of an .npz file. `kind` is
/// what a .pb file holds.
llvm::Expected<std::vector<NamedValue>> readValues(llvm::StringRef path, accel_kind kind);

/// Elements that NumPy has no type for are taken for those that the port wants, if they have their
/// width. Maps get keys and values in tensors, of the port's types where they are empty.
void adoptType(Value &value, const accel_port &port);

} // namespace accel::run

#endif // ACCEL_RUN_INPUTS_H
