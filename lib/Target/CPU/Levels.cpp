// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "lib/Target/CPU/Levels.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace accel::cpu {

static SmallVector<std::string> splitLevels(StringRef cpus) {
  SmallVector<std::string> texts;
  for (StringRef part : split(cpus, ','))
    if (!texts.empty() && (part.starts_with("+") || part.starts_with("-")))
      texts.back() += "," + part.str();
    else
      texts.push_back(part.str());
  return texts;
}

Expected<Levels> parseLevels(StringRef cpus, StringRef triple) {
  Levels levels;
  for (const std::string &text : splitLevels(cpus)) {
    Expected<Target> target = Target::parse(text, triple);
    if (!target)
      return target.takeError();
    levels.insert(levels.begin(), std::move(*target));
  }
  const Target &least = levels.back();
  for (const Target &level : levels) {
    auto fail = [&](const Twine &message) {
      return createStringError(inconvertibleErrorCode(), "--cpu=" + cpus + ": " + message);
    };
    if (level.triple != least.triple)
      return fail("expected CPUs of one triple, found " + least.triple + " and " + level.triple);
    if (&level == &least)
      break;
    if (least.runtimeFeatures() & ~level.runtimeFeatures())
      return fail("expected the least CPU first, whose features all others have, but " + least.cpu +
                  " has some that " + level.cpu + " has not");
    if (level.runtimeFeatures() == least.runtimeFeatures())
      return fail(level.cpu + " has no feature more than " + least.cpu +
                  ", so that no machine could tell them apart; leave one out");
  }
  return levels;
}

std::string strOf(ArrayRef<Target> levels) {
  SmallVector<std::string> texts;
  for (const Target &level : reverse(levels))
    texts.push_back(level.str());
  return join(texts, ",");
}

} // namespace accel::cpu
