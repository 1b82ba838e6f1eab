// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Targets: their strings round trip, and their feature bits are those of the levels.
#include "lib/Target/CPU/Target.h"
#include "accel-rt/Support.h"
#include "llvm/Target/TargetMachine.h"
#include <gtest/gtest.h>

using accel::cpu::Target;

namespace {

Target get(llvm::StringRef cpu, llvm::StringRef triple = "") {
  llvm::Expected<Target> target = Target::parse(cpu, triple);
  EXPECT_TRUE(static_cast<bool>(target)) << llvm::toString(target.takeError());
  return *target;
}

std::string complaint(llvm::StringRef cpu, llvm::StringRef triple = "") {
  llvm::Expected<Target> target = Target::parse(cpu, triple);
  return target ? "" : llvm::toString(target.takeError());
}

void expectRoundTrip(const Target &target) {
  Target again = get(target.str());
  EXPECT_EQ(again.str(), target.str());
  EXPECT_EQ(again.features, target.features);
  EXPECT_EQ(again.triple, target.triple);
  EXPECT_EQ(again.vectorBits, target.vectorBits);
  EXPECT_EQ(again.l2Bytes, target.l2Bytes);
  EXPECT_EQ(again.runtimeFeatures(), target.runtimeFeatures());
}

TEST(Target, StringsRoundTrip) {
  expectRoundTrip(Target::host());
  expectRoundTrip(Target::baseline());
  expectRoundTrip(get("x86-64-v3", "x86_64-linux-gnu"));
  expectRoundTrip(get("x86_64-unknown-linux-gnu:znver5:+amx-tile,-avx512bf16"));
  expectRoundTrip(get("", "aarch64-linux-gnu"));
  expectRoundTrip(get("", "riscv64-linux-gnu"));
}

TEST(Target, LevelsHaveTheirBits) {
  llvm::StringRef x86 = "x86_64-linux-gnu";
  EXPECT_EQ(get("x86-64-v2", x86).runtimeFeatures(), ACCEL_CPU_X86_64_V2);
  EXPECT_EQ(get("x86-64-v3", x86).runtimeFeatures(), ACCEL_CPU_X86_64_V3);
  EXPECT_EQ(get("x86-64-v4", x86).runtimeFeatures(), ACCEL_CPU_X86_64_V4);
  EXPECT_EQ(get("x86-64-v2", x86).vectorBits, 128u);
  EXPECT_EQ(get("x86-64-v3", x86).vectorBits, 256u);
  EXPECT_EQ(get("x86-64-v3", x86).vectorRegisters, 16u);
  EXPECT_EQ(get("x86-64-v4", x86).vectorBits, 512u);
  EXPECT_EQ(get("x86-64-v4", x86).vectorRegisters, 32u);
}

TEST(Target, FeaturesCanBeTakenAway) {
  Target target = get("x86_64-unknown-linux-gnu:x86-64-v4:-avx512f");
  EXPECT_EQ(target.vectorBits, 256u);
  EXPECT_EQ(target.runtimeFeatures() & ACCEL_CPU_AVX512BW, 0u);
}

TEST(Target, CrossTargetsDefaultToTheirBaseline) {
  EXPECT_EQ(get("", "aarch64-linux-gnu").cpu, "generic");
  EXPECT_EQ(get("", "aarch64-linux-gnu").triple, "aarch64-unknown-linux-gnu");
  EXPECT_EQ(get("", "riscv64-linux-gnu").cpu, "generic-rv64");
  EXPECT_EQ(get("", "aarch64-linux-gnu").runtimeFeatures(), 0u);
}

TEST(Target, ArmFeaturesHaveTheirBits) {
  Target neoverse = get("neoverse-n1", "aarch64-linux-gnu");
  EXPECT_TRUE(neoverse.runtimeFeatures() & ACCEL_CPU_ARM_FULLFP16);
  EXPECT_TRUE(neoverse.runtimeFeatures() & ACCEL_CPU_ARM_DOTPROD);
  EXPECT_FALSE(neoverse.runtimeFeatures() & ACCEL_CPU_ARM_SVE);
  EXPECT_TRUE(get("neoverse-v2", "aarch64-linux-gnu").runtimeFeatures() & ACCEL_CPU_ARM_SVE2);
}

TEST(Target, MistakesAreExplained) {
  EXPECT_NE(complaint("spacemit-x60", "riscv64-linux-gnu").find("expected generic-rv64"),
            std::string::npos);
  EXPECT_NE(complaint("pentium9", "x86_64-linux-gnu").find("unknown CPU 'pentium9'"),
            std::string::npos);
  EXPECT_NE(complaint("", "vax-dec-vms").find("triple"), std::string::npos);
  EXPECT_NE(complaint("", "i386-linux-gnu").find("64-bit"), std::string::npos);
  EXPECT_NE(complaint("", "x86_64-pc-windows-msvc").find("Linux"), std::string::npos);
  EXPECT_NE(complaint("x86_64-unknown-linux-gnu:znver5:+avx1024").find("+avx1024"),
            std::string::npos);
}

TEST(Target, MachinesCanBeMade) {
  for (llvm::StringRef triple : {"x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu"})
    for (unsigned level : {0u, 3u}) {
      auto machine = get("", triple).createMachine(level);
      ASSERT_TRUE(static_cast<bool>(machine)) << llvm::toString(machine.takeError());
      EXPECT_TRUE((*machine)->isPositionIndependent());
    }
}

} // namespace
