// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's files: .npy holds one array, .npz a zip archive of them.
//
#ifndef ACCEL_RUN_NPY_H
#define ACCEL_RUN_NPY_H

#include "lib/Run/Value.h"

namespace accel::run {

/// The array in the bytes of a .npy file. Elements without a type of NumPy's ("V2") come out as
/// opaque ones of their width.
llvm::Expected<Value> parseNpy(llvm::StringRef bytes);

/// The arrays of a .npz file, named as its members without ".npy", in their order.
llvm::Expected<std::vector<NamedValue>> parseNpz(llvm::StringRef bytes);

/// Writes a tensor as numpy.save does; types that NumPy lacks as "V1" or "V2", as ml_dtypes' are.
llvm::Error writeNpy(llvm::StringRef path, const Value &value);

} // namespace accel::run

#endif // ACCEL_RUN_NPY_H
