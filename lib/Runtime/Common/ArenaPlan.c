// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Slots that share the arena's bytes: greedy by size. The largest slot is placed first, and each
// goes into the smallest gap that holds it between those that live at the same time (Pisarchyk and
// Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, algorithm 3; measured
// there and here within a few per cent of the lower bound). Ties go to the slot that lives first,
// so that equal input gives equal offsets.

#include "lib/Runtime/Common/ArenaPlan.h"

enum { ARENA_ALIGNMENT = 64 };

/// What the planner knows of the slots. Indices of slots are stored in work: the first half of it
/// is the order of placing, the second half has the placed slots by ascending offset. (A linked
/// list would do, but every step along it waits for memory: half as fast.)
typedef struct arena {
  const accel_slot *slots;
  const int64_t *values;
  int64_t *offsets;
  int32_t *order;
  int32_t *placed;
  int32_t num_placed;
} arena;

/// bytes must leave room: INT64_MAX - 63 at most.
static int64_t align_up(int64_t bytes) {
  return (bytes + (ARENA_ALIGNMENT - 1)) & ~(int64_t)(ARENA_ALIGNMENT - 1);
}

static int64_t slot_bytes(const arena *plan, int32_t slot) {
  return plan->values[plan->slots[slot].size];
}

/// True if slot a is to be placed after slot b.
static int places_later(const arena *plan, int32_t a, int32_t b) {
  int64_t size_a = slot_bytes(plan, a), size_b = slot_bytes(plan, b);
  return size_a != size_b ? size_a < size_b : a > b;
}

static void sift_down(const arena *plan, int32_t root, int32_t count) {
  int32_t *heap = plan->order;
  for (int32_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && places_later(plan, heap[child + 1], heap[child]))
      ++child;
    if (!places_later(plan, heap[child], heap[root]))
      return;
    int32_t moved = heap[root];
    heap[root] = heap[child];
    heap[child] = moved;
  }
}

/// Heap sort: needs no memory, and no worst case hurts.
static void sort_by_size(const arena *plan, int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    plan->order[i] = i;
  for (int32_t root = count / 2; root-- > 0;)
    sift_down(plan, root, count);
  for (int32_t end = count; end-- > 1;) {
    int32_t last = plan->order[0];
    plan->order[0] = plan->order[end];
    plan->order[end] = last;
    sift_down(plan, 0, end);
  }
}

static int live_together(const accel_slot *a, const accel_slot *b) {
  return (a->first <= b->last) & (b->first <= a->last); // seldom foreseen: no branch
}

/// Places one slot; returns its end, or -1 if that overflows.
static int64_t place(arena *plan, int32_t slot) {
  int64_t bytes = slot_bytes(plan, slot);
  int64_t end = 0; // of the placed slots below that live at the same time
  int64_t best = -1, best_gap = INT64_MAX;
  for (int32_t i = 0; i < plan->num_placed && bytes; ++i) {
    int32_t other = plan->placed[i];
    if (!live_together(&plan->slots[slot], &plan->slots[other]))
      continue;
    int64_t gap = plan->offsets[other] - end;
    if (gap >= bytes && gap < best_gap) {
      best = end;
      best_gap = gap;
    }
    // Cannot overflow: this was checked when the other slot was placed.
    int64_t other_end = align_up(plan->offsets[other] + slot_bytes(plan, other));
    if (other_end > end)
      end = other_end;
  }
  if (best < 0)
    best = end;
  plan->offsets[slot] = best;
  if (bytes > INT64_MAX - (ARENA_ALIGNMENT - 1) - best)
    return -1;

  int32_t at = plan->num_placed++;
  for (; at > 0 && plan->offsets[plan->placed[at - 1]] > best; --at)
    plan->placed[at] = plan->placed[at - 1];
  plan->placed[at] = slot;
  return best + bytes;
}

int64_t accel_rt_place_slots(const accel_slot *slots, int32_t count, const int64_t *values,
                             int64_t *offsets, int64_t *work) {
  arena plan = {slots, values, offsets, (int32_t *)work, (int32_t *)work + count, 0};
  int64_t total = 0;
  for (int32_t i = 0; i < count; ++i) {
    int64_t end = place(&plan, plan.order[i]);
    if (end < 0)
      return -1;
    if (end > total)
      total = end;
  }
  return align_up(total);
}

int64_t accel_rt_plan_arena(const accel_slot *slots, int32_t count, const int64_t *values,
                            int64_t *offsets, int64_t *work) {
  arena plan = {slots, values, offsets, (int32_t *)work, (int32_t *)work + count, 0};
  for (int32_t i = 0; i < count; ++i)
    if (slot_bytes(&plan, i) < 0)
      return -1;
  sort_by_size(&plan, count);
  return accel_rt_place_slots(slots, count, values, offsets, work);
}
