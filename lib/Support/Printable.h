// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes text from a model fit to be shown in a message.
//
#ifndef ACCEL_SUPPORT_PRINTABLE_H
#define ACCEL_SUPPORT_PRINTABLE_H

#include "llvm/ADT/StringRef.h"
#include <cstddef>
#include <string>

namespace accel {

/// `text` as valid UTF-8 on one line: what could move a terminal's cursor, change its colours or
/// the direction of writing, or is no UTF-8, becomes \n, \t or \xNN, a byte each. More than `limit`
/// bytes are cut, with "..." after them.
std::string printable(llvm::StringRef text, size_t limit = 200);

} // namespace accel

#endif // ACCEL_SUPPORT_PRINTABLE_H
