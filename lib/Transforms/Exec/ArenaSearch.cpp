// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tries orders in which slots are placed. There is time for it: it happens once, while compiling.
#include "lib/Transforms/Exec/ArenaSearch.h"
#include "lib/Runtime/Common/ArenaPlan.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

/// Orders that are tried at most, and pairs of slots that are looked at for them.
static constexpr int64_t kMostTrials = 1000, kMostSteps = 100'000'000;
static constexpr uint64_t kAlignment = 64;

void accel::exec::improvePlan(ArrayRef<accel_slot> slots, ArrayRef<int64_t> sizes, int64_t bound,
                              int64_t &bytes, SmallVectorImpl<int64_t> &offsets) {
  int64_t count = slots.size();
  SmallVector<int64_t> work(count), trial(offsets.begin(), offsets.end());
  auto order = [&] { return MutableArrayRef(reinterpret_cast<int32_t *>(work.data()), count); };
  // The greedy order again, which this starts from.
  (void)accel_rt_plan_arena(slots.data(), count, sizes.data(), trial.data(), work.data());
  SmallVector<int32_t> current(order().begin(), order().end());
  int64_t currentBytes = bytes;
  uint64_t random = 0x9E3779B97F4A7C15; // the same in every compile
  int64_t rounds = std::min<int64_t>(kMostTrials, kMostSteps / std::max<int64_t>(1, count * count));
  for (int64_t round = 0; round < rounds && bytes > bound; ++round) {
    auto atPeak = llvm::find_if(current, [&](int32_t slot) {
      return sizes[slot] && int64_t(alignTo(trial[slot] + sizes[slot], kAlignment)) == currentBytes;
    });
    if (atPeak == current.end() || atPeak == current.begin())
      break;
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    SmallVector<int32_t> next(current);
    size_t from = atPeak - current.begin(), to = random % from;
    std::rotate(next.begin() + to, next.begin() + from, next.begin() + from + 1);
    llvm::copy(next, order().begin());
    SmallVector<int64_t> placed(count);
    int64_t size =
        accel_rt_place_slots(slots.data(), count, sizes.data(), placed.data(), work.data());
    if (size < 0 || size > currentBytes)
      continue;
    current = std::move(next);
    currentBytes = size;
    trial = placed;
    if (size < bytes) {
      bytes = size;
      offsets.assign(placed.begin(), placed.end());
    }
  }
}
