// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The conversions of Builtins.c give the bits of LLVM's own arithmetic.

#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"
#include <random>

#define ACCEL_BUILTIN(name) accel_test##name
extern "C" {
#include "lib/Driver/Link/Builtins.c"
}

using namespace llvm;

namespace {

template <typename Bits, typename T> Bits bitsOf(T value) {
  static_assert(sizeof(Bits) == sizeof(T));
  Bits bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}
template <typename T, typename Bits> T ofBits(Bits bits) { return bitsOf<T>(bits); }

uint64_t converted(uint64_t bits, const fltSemantics &from, const fltSemantics &to) {
  APFloat value(from, APInt(APFloat::semanticsSizeInBits(from), bits));
  bool losesInfo;
  value.convert(to, APFloat::rmNearestTiesToEven, &losesInfo);
  return value.bitcastToAPInt().getZExtValue();
}

TEST(BuiltinsTest, EveryHalf) {
  for (unsigned bits = 0; bits < 0x10000; ++bits)
    ASSERT_EQ(bitsOf<uint32_t>(accel_test__extendhfsf2(ofBits<_Float16>(uint16_t(bits)))),
              converted(bits, APFloat::IEEEhalf(), APFloat::IEEEsingle()))
        << bits;
}

TEST(BuiltinsTest, ManyFloats) {
  auto check = [](uint32_t bits) {
    float x = ofBits<float>(bits);
    ASSERT_EQ(bitsOf<uint16_t>(accel_test__truncsfhf2(x)),
              converted(bits, APFloat::IEEEsingle(), APFloat::IEEEhalf()))
        << bits;
    ASSERT_EQ(bitsOf<uint16_t>(accel_test__truncsfbf2(x)),
              converted(bits, APFloat::IEEEsingle(), APFloat::BFloat()))
        << bits;
  };
  // Every exponent with the mantissas around which rounding changes, then any.
  for (uint32_t top = 0; top < 0x10000; ++top)
    for (uint32_t low : {0u, 1u, 0x0fffu, 0x1000u, 0x1001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      check(top << 16 | low);
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i)
    check(random());
}

TEST(BuiltinsTest, ManyDoubles) {
  auto check = [](uint64_t bits) {
    double x = ofBits<double>(bits);
    ASSERT_EQ(bitsOf<uint16_t>(accel_test__truncdfhf2(x)),
              converted(bits, APFloat::IEEEdouble(), APFloat::IEEEhalf()))
        << bits;
    ASSERT_EQ(bitsOf<uint16_t>(accel_test__truncdfbf2(x)),
              converted(bits, APFloat::IEEEdouble(), APFloat::BFloat()))
        << bits;
  };
  std::mt19937_64 random(1);
  for (uint64_t exponent = 0; exponent < 0x1000; ++exponent)
    for (int i = 0; i < 40; ++i) {
      // Ties and their neighbours in either format, and any mantissa.
      uint64_t mantissa = random() >> 12, cut = uint64_t(1) << (random() % 52);
      check(exponent << 52 | mantissa);
      for (uint64_t near : {cut - 1, cut, cut + 1})
        check(exponent << 52 | ((mantissa & ~(2 * cut - 1)) | near));
    }
}

} // namespace
