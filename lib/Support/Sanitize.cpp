// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes C identifiers of the names found in models and of file names.

#include "lib/Support/Sanitize.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>
#include <iterator>

using namespace llvm;

namespace accel {

/// Keywords of C11 and C++20, and macros of the C library. Sorted.
static constexpr StringLiteral kReserved[] = {
    "EOF",          "I",
    "INFINITY",     "NAN",
    "NULL",         "alignas",
    "alignof",      "and",
    "and_eq",       "asm",
    "assert",       "atomic",
    "auto",         "bitand",
    "bitor",        "bool",
    "break",        "case",
    "catch",        "char",
    "char16_t",     "char32_t",
    "char8_t",      "class",
    "co_await",     "co_return",
    "co_yield",     "compl",
    "concept",      "const",
    "const_cast",   "consteval",
    "constexpr",    "constinit",
    "continue",     "decltype",
    "default",      "delete",
    "do",           "double",
    "dynamic_cast", "else",
    "enum",         "errno",
    "explicit",     "export",
    "extern",       "false",
    "float",        "for",
    "friend",       "goto",
    "if",           "inline",
    "int",          "linux",
    "long",         "main",
    "mutable",      "namespace",
    "new",          "noexcept",
    "not",          "not_eq",
    "nullptr",      "offsetof",
    "operator",     "or",
    "or_eq",        "private",
    "protected",    "public",
    "register",     "reinterpret_cast",
    "requires",     "restrict",
    "return",       "short",
    "signed",       "sizeof",
    "static",       "static_assert",
    "static_cast",  "std",
    "stderr",       "stdin",
    "stdout",       "struct",
    "switch",       "template",
    "this",         "thread_local",
    "throw",        "true",
    "try",          "typedef",
    "typeid",       "typename",
    "typeof",       "union",
    "unix",         "unsigned",
    "using",        "virtual",
    "void",         "volatile",
    "wchar_t",      "while",
    "xor",          "xor_eq",
};

static std::string hashSuffix(StringRef name) {
  return "_" + utohexstr(xxh3_64bits(name), /*LowerCase=*/true, /*Width=*/16).substr(0, 8);
}

std::string sanitizeIdentifier(StringRef name) {
  std::string result;
  bool lost = false; // Something that told this name from others is gone.
  for (char c : name) {
    const bool keep = isAlnum(c);
    lost |= static_cast<unsigned char>(c) >= 0x80 || c == '\0';
    // One underscore stands for a run of other characters: double ones are reserved in C++.
    if (keep)
      result += c;
    else if (!result.empty() && result.back() != '_')
      result += '_';
  }
  while (!result.empty() && result.back() == '_')
    result.pop_back();
  if (result.empty() || isDigit(result[0]))
    result.insert(0, result.empty() ? "x" : "x_");
  if (std::binary_search(std::begin(kReserved), std::end(kReserved), StringRef(result)))
    result += "_";
  if (lost || result.size() > kMaxIdentifier) {
    std::string suffix = hashSuffix(name);
    result.resize(std::min(result.size(), kMaxIdentifier - suffix.size()));
    while (result.back() == '_')
      result.pop_back();
    result += suffix;
  }
  return result;
}

std::string identifierFromPath(StringRef path) { return sanitizeIdentifier(sys::path::stem(path)); }

std::string IdentifierSet::add(StringRef name) {
  std::string first = sanitizeIdentifier(name);
  if (taken.insert(first).second)
    return first;
  std::string base = first.substr(0, kMaxIdentifier - 9);
  while (base.back() == '_')
    base.pop_back();
  base += hashSuffix(name);
  std::string result = base;
  for (unsigned i = 2; !taken.insert(result).second; ++i) {
    std::string number = "_" + utostr(i);
    result = base.substr(0, kMaxIdentifier - number.size()) + number;
  }
  return result;
}

} // namespace accel
