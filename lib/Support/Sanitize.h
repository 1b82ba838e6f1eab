// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes C identifiers of the names found in models and of file names.
//
#ifndef ACCEL_SUPPORT_SANITIZE_H
#define ACCEL_SUPPORT_SANITIZE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <cstddef>
#include <string>

namespace accel {

/// Longest identifier that sanitizeIdentifier returns. C11 promises 63 significant characters to
/// internal names; symbols get a prefix on top.
inline constexpr size_t kMaxIdentifier = 48;

/// A C and C++ identifier that resembles `name`: ASCII letters, digits and single underscores,
/// neither a keyword nor reserved, 1 to kMaxIdentifier characters. A pure function of `name`. Two
/// names may give the same identifier: use IdentifierSet where that matters.
std::string sanitizeIdentifier(llvm::StringRef name);

/// The identifier for a model file: the file's name without folder and extension, sanitised.
std::string identifierFromPath(llvm::StringRef path);

/// Hands out identifiers that differ from one another, whatever the names.
class IdentifierSet {
public:
  /// sanitizeIdentifier(name), with a hash of the name or a number appended when it is taken. The
  /// same sequence of calls gives the same answers.
  std::string add(llvm::StringRef name);

private:
  llvm::StringSet<> taken;
};

} // namespace accel

#endif // ACCEL_SUPPORT_SANITIZE_H
