// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names that a mistyped one may have meant.
#include "lib/Support/NearMatches.h"
#include "llvm/ADT/STLExtras.h"
#include <tuple>

using namespace llvm;

namespace accel {

std::vector<std::string> nearMatches(StringRef name, ArrayRef<StringRef> names) {
  constexpr size_t kMost = 3;
  // Two edits of a short name give another name altogether.
  const unsigned edits = name.size() < 4 ? 1 : unsigned(2 + name.size() / 8);
  // Shorter pieces are in too many names to say anything.
  constexpr size_t kShortestPart = 4;
  std::string lower = name.lower();
  std::vector<std::tuple<unsigned, size_t, StringRef>> found; // distance, order, name
  for (auto [i, candidate] : enumerate(names)) {
    unsigned distance =
        StringRef(lower).edit_distance(candidate.lower(), /*AllowReplacements=*/true, edits);
    if (distance <= edits)
      found.emplace_back(distance, i, candidate);
    else if ((name.size() >= kShortestPart && candidate.contains(name)) ||
             (candidate.size() >= kShortestPart && name.contains(candidate)))
      found.emplace_back(edits + 1, i, candidate);
  }
  llvm::sort(found);
  std::vector<std::string> result;
  for (const auto &[distance, order, candidate] : found)
    if (result.size() < kMost && !is_contained(result, candidate))
      result.push_back(candidate.str());
  return result;
}

} // namespace accel
