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
  for (auto [i, level] : enumerate(levels)) {
    auto fail = [&](const Twine &message) {
      return createStringError(inconvertibleErrorCode(), "--cpu=" + cpus + ": " + message);
    };
    if (level.triple != least.triple)
      return fail("expected CPUs of one triple, found " + least.triple + " and " + level.triple);
    for (const Target &better : ArrayRef(levels).take_front(i))
      if (!(better.runtimeFeatures() & ~level.runtimeFeatures()))
        return fail("no machine would take the code for " + level.cpu + ", because " + better.cpu +
                    ", given behind it, has no feature more; leave one out, or put it first");
    if (&level == &least)
      break;
    if (least.runtimeFeatures() & ~level.runtimeFeatures())
      return fail("expected the least CPU first, whose features all others have, but " + least.cpu +
                  " has some that " + level.cpu + " has not");
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
