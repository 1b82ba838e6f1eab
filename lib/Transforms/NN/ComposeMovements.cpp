// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two movements of elements as one, so that nothing lies between them.
#include "lib/Transforms/NN/Evaluate.h"

using namespace mlir;
using namespace accel::nn;

namespace {
/// A digit of an element's row-major number, and how far it moves in the operand.
struct Digit {
  int64_t size, stride;
  int64_t weight; ///< product of the sizes of the digits after it
};
} // namespace

/// The digits of a movement that is one box which is all of the result; innermost first.
static std::optional<SmallVector<Digit>> digitsOf(const Movement &movement) {
  if (movement.boxes.size() != 1 || movement.boxes[0].operand != 0 || movement.boxes[0].to != 0)
    return std::nullopt;
  SmallVector<Digit> digits;
  for (auto [size, toStride, fromStride] : llvm::zip_equal(
           movement.boxes[0].sizes, movement.boxes[0].toStrides, movement.boxes[0].fromStrides))
    if (size > 1)
      digits.push_back({size, fromStride, toStride});
  llvm::sort(digits, [](const Digit &a, const Digit &b) { return a.weight < b.weight; });
  int64_t weight = 1;
  for (const Digit &digit : digits) {
    if (digit.weight != weight)
      return std::nullopt;
    weight *= digit.size;
  }
  return weight == movement.type.getNumElements() ? std::optional(digits) : std::nullopt;
}

/// A box of what has the digits as a box of what they move in; nothing if a step of the box carries
/// from one digit to the next at places that differ.
static std::optional<Movement::Box> composeBox(const Movement::Box &box, ArrayRef<Digit> digits,
                                               int64_t from) {
  Movement::Box result{box.operand, box.to, from, {}, {}, {}};
  SmallVector<int64_t> highest(digits.size());
  int64_t left = box.from;
  for (size_t i = 0; i < digits.size(); ++i) {
    highest[i] = left % digits[i].size;
    left /= digits[i].size;
    result.from += highest[i] * digits[i].stride;
  }
  for (auto [boxSize, boxTo, boxFrom] :
       llvm::zip_equal(box.sizes, box.toStrides, box.fromStrides)) {
    int64_t size = boxSize, to = boxTo, step = boxFrom;
    if (size == 1)
      continue;
    if (step < 0)
      return std::nullopt;
    if (step == 0) {
      result.sizes.push_back(size);
      result.toStrides.push_back(to);
      result.fromStrides.push_back(0);
      continue;
    }
    // From the digit that the step counts in outwards; dims of the box go outermost first.
    size_t at = result.sizes.size();
    while (size > 1) {
      const Digit *digit = llvm::find_if(digits, [&](const Digit &digit) {
        return digit.weight <= step && step < digit.weight * digit.size;
      });
      if (digit == digits.end() || step % digit->weight)
        return std::nullopt;
      int64_t count = step / digit->weight, part = size;
      if (size * count > digit->size) {
        part = digit->size / count;
        if (digit->size % count || size % part)
          return std::nullopt;
      }
      result.sizes.insert(result.sizes.begin() + at, part);
      result.toStrides.insert(result.toStrides.begin() + at, to);
      result.fromStrides.insert(result.fromStrides.begin() + at, count * digit->stride);
      highest[digit - digits.begin()] += (part - 1) * count;
      size /= part;
      to *= part;
      step = digit->weight * digit->size;
    }
  }
  for (auto [digit, high] : llvm::zip_equal(digits, highest))
    if (high >= digit.size)
      return std::nullopt;
  return result;
}

std::optional<Movement> accel::nn::compose(const Movement &outer, const Movement &inner) {
  std::optional<SmallVector<Digit>> digits = digitsOf(inner);
  if (!digits)
    return std::nullopt;
  Movement result{outer.type, {}, outer.fill};
  for (const Movement::Box &box : outer.boxes) {
    if (box.operand != 0) {
      result.boxes.push_back(box);
      continue;
    }
    std::optional<Movement::Box> composed = composeBox(box, *digits, inner.boxes[0].from);
    if (!composed)
      return std::nullopt;
    result.boxes.push_back(std::move(*composed));
  }
  return result;
}
