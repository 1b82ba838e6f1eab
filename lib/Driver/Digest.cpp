// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SHA-256 (FIPS 180-4) by the SHA extensions of x86.
#include "lib/Driver/Digest.h"
#include "llvm/Support/Endian.h"
#include <algorithm>
#include <cstring>
#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

using namespace llvm;

namespace accel {
namespace {

using Wide = unsigned __int128;

/// The largest number whose power is no more than the value.
constexpr uint64_t root(Wide value, unsigned power) {
  uint64_t low = 0, high = uint64_t(1) << 37;
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    Wide product = 1;
    for (unsigned i = 0; i < power; ++i)
      product *= middle;
    (product <= value ? low : high) = middle;
  }
  return low;
}

/// The first 32 bits of the fractions of roots of the first primes.
template <size_t N> constexpr std::array<uint32_t, N> rootsOfPrimes(unsigned power) {
  std::array<uint32_t, N> result{};
  unsigned prime = 1;
  for (uint32_t &entry : result) {
    bool isPrime = false;
    while (!isPrime) {
      ++prime;
      isPrime = true;
      for (unsigned i = 2; i * i <= prime; ++i)
        isPrime &= prime % i != 0;
    }
    entry = uint32_t(root(Wide(prime) << (32 * power), power));
  }
  return result;
}

constexpr std::array<uint32_t, 8> kStart = rootsOfPrimes<8>(2);
alignas(16) constexpr std::array<uint32_t, 64> kRounds = rootsOfPrimes<64>(3);

#ifdef __x86_64__
bool hasInstructions() {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3))
    return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

__attribute__((target("sha,sse4.1,ssse3"))) void hashBlocks(std::array<uint32_t, 8> &state,
                                                            const uint8_t *bytes, size_t blocks) {
  const __m128i bigEndian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  auto [a, b, c, d, e, f, g, h] = state;
  __m128i abef = _mm_set_epi32(a, b, e, f), cdgh = _mm_set_epi32(c, d, g, h);
  for (; blocks; --blocks, bytes += 64) {
    __m128i oldAbef = abef, oldCdgh = cdgh, words[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; ++i) {
      __m128i &now = words[i % 4], before = words[(i + 3) % 4];
      if (i < 4)
        now = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(bytes + 16 * i)),
                               bigEndian);
      else
        now = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(now, words[(i + 1) % 4]),
                                                 _mm_alignr_epi8(before, words[(i + 2) % 4], 4)),
                                   before);
      __m128i keyed = _mm_add_epi32(
          now, _mm_load_si128(reinterpret_cast<const __m128i *>(kRounds.data() + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0e));
    }
    abef = _mm_add_epi32(abef, oldAbef);
    cdgh = _mm_add_epi32(cdgh, oldCdgh);
  }
  alignas(16) uint32_t high[4], low[4];
  _mm_store_si128(reinterpret_cast<__m128i *>(high), abef);
  _mm_store_si128(reinterpret_cast<__m128i *>(low), cdgh);
  state = {high[3], high[2], low[3], low[2], high[1], high[0], low[1], low[0]};
}
#else
bool hasInstructions() { return false; }
void hashBlocks(std::array<uint32_t, 8> &, const uint8_t *, size_t) {}
#endif

} // namespace

Digest::Digest() : isNative(hasInstructions()), state(kStart) {}

void Digest::update(ArrayRef<uint8_t> bytes) {
  if (!isNative)
    return portable.update(bytes);
  size_t filled = count % kBlock;
  count += bytes.size();
  if (filled) {
    size_t part = std::min(bytes.size(), kBlock - filled);
    std::copy_n(bytes.data(), part, rest.data() + filled);
    bytes = bytes.drop_front(part);
    if (filled + part < kBlock)
      return;
    hashBlocks(state, rest.data(), 1);
  }
  hashBlocks(state, bytes.data(), bytes.size() / kBlock);
  ArrayRef<uint8_t> last = bytes.take_back(bytes.size() % kBlock);
  std::copy_n(last.data(), last.size(), rest.data());
}

std::array<uint8_t, 32> Digest::final() {
  if (!isNative)
    return portable.final();
  // A one, zeros, and the number of bits in the last eight bytes of a block.
  uint64_t bits = 8 * count;
  std::array<uint8_t, 2 * kBlock> end = {0x80};
  size_t padding = (2 * kBlock - 8 - count % kBlock - 1) % kBlock + 1;
  support::endian::write64be(end.data() + padding, bits);
  update(ArrayRef(end).take_front(padding + 8));
  std::array<uint8_t, 32> result;
  for (size_t i = 0; i < state.size(); ++i)
    support::endian::write32be(result.data() + 4 * i, state[i]);
  return result;
}

} // namespace accel
