// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hashes are those of LLVM's own SHA-256, for every length around a block and however bytes come.

#include "lib/Driver/Digest.h"
#include "gtest/gtest.h"
#include <random>

using namespace llvm;
using accel::Digest;

TEST(Digest, IsSHA256) {
  std::mt19937 random(5);
  std::vector<uint8_t> bytes(5000);
  for (uint8_t &byte : bytes)
    byte = random();
  for (size_t size = 0; size < 400; ++size) {
    Digest whole, parts;
    ArrayRef<uint8_t> data = ArrayRef(bytes).take_front(size < 300 ? size : 12 * (size - 300));
    whole.update(data);
    for (ArrayRef<uint8_t> left = data; !left.empty();) {
      size_t part = std::min<size_t>(random() % 150, left.size());
      parts.update(left.take_front(part));
      left = left.drop_front(part);
    }
    std::array<uint8_t, 32> expected = SHA256::hash(data);
    EXPECT_EQ(whole.final(), expected) << data.size();
    EXPECT_EQ(parts.final(), expected) << data.size();
  }
}
