// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comparison of outputs with a reference.
//
#ifndef ACCEL_RUN_COMPARE_H
#define ACCEL_RUN_COMPARE_H

#include "lib/Run/Model.h"
#include "lib/Run/Options.h"
#include "lib/Run/Value.h"
#include "llvm/Support/raw_ostream.h"

namespace accel::run {

/// How two values differ.
struct Difference {
  std::string what; ///< why they cannot be compared element by element; empty if they can
  int64_t elements = 0, wrong = 0;
  double worst = 0;             ///< largest absolute error
  int64_t worstIndex = -1;      ///< where, in row-major order; -1 if all are equal
  double got = 0, expected = 0; ///< the elements there

  bool ok() const { return what.empty() && !wrong; }
};

/// An element is right within absolute + relative * |expected|; NaN and infinities must be in the
/// same places; integers, bools and strings must be equal.
Difference compare(const Value &got, const Value &expected, const CompareOptions &options);

/// Compares the outputs with those of a file or folder, prints a line for each, and returns
/// whether all agree. Outputs that the reference lacks are an error only if it has none at all.
llvm::Expected<bool> compareWithReference(const Model &model, const std::vector<Value> &outputs,
                                          llvm::StringRef path, const CompareOptions &options,
                                          llvm::raw_ostream &os);

} // namespace accel::run

#endif // ACCEL_RUN_COMPARE_H
