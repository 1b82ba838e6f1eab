// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Patterns of RegexFullMatch as automata.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace accel::onnx_import {

struct Automaton {
  std::vector<int32_t> code;   ///< Three an instruction, see ACCEL_REGEX_RANGES in accel-rt/Ops.h.
  std::vector<int32_t> ranges; ///< First and last code point of each.
};

/// The automaton of a pattern in RE2's syntax, for matching whole texts; nullopt, and the reason,
/// if it is none.
std::optional<Automaton> compileRegex(llvm::StringRef pattern, std::string &error);

} // namespace accel::onnx_import
