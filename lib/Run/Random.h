// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random inputs.
//
#ifndef ACCEL_RUN_RANDOM_H
#define ACCEL_RUN_RANDOM_H

#include "lib/Run/Value.h"

namespace accel::run {

/// Fills a tensor: floats from N(0,1), integers from 0..9 as far as the type goes, bools either
/// way. The values depend on the seed, the name and the index alone.
void fillRandom(Value &value, uint64_t seed, llvm::StringRef name);

} // namespace accel::run

#endif // ACCEL_RUN_RANDOM_H
