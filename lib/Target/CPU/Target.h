// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A CPU that code is generated for: what LLVM must know of it, and what tile sizes depend on.
#pragma once
#include "mlir/IR/Operation.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>
#include <string>

namespace llvm {
class TargetMachine;
}

namespace accel::cpu {

/// Registers LLVM's code generators; a second call does nothing. Safe from several threads.
void initializeTargets();

/// LLVM's names of the CPUs whose caches and latencies are known here.
llvm::SmallVector<llvm::StringRef> tunedCpus();

/// All that code generation depends on, so that equal targets give equal bits.
struct Target {
  std::string triple;   ///< "x86_64-unknown-linux-gnu"
  std::string cpu;      ///< LLVM's CPU name, "x86-64-v3" or "znver5"
  std::string features; ///< "+avx2,+fma,..." sorted; all that the CPU and its system have, and "-x"
                        ///< where the name would give x, but this machine has none
  // --- the cost model's table ---
  unsigned vectorBits = 128;     ///< width of the vectors to use
  unsigned vectorRegisters = 16; ///< registers of that width
  unsigned fmaLatency = 4;       ///< cycles
  unsigned fmaPerCycle = 2;      ///< vector FMAs issued a cycle
  bool fma = false;              ///< has fused multiply-adds at the cost of a product
  bool scalef = false;           ///< has AVX-512's product with a power of two, at all widths
  uint64_t l1Bytes = 32 << 10, l2Bytes = 1 << 20,
           l3Bytes = 16 << 20; ///< data caches, L3 as one core sees it

  unsigned lanes(unsigned elementBits) const { return vectorBits / elementBits; }
  /// "x86_64-unknown-linux-gnu:znver5", and after another colon what differs from that CPU's own
  /// list
  /// ("+avx2,-sgx"): printed, kept in the metadata; parse() takes it back.
  std::string str() const;
  /// Bits of ACCEL_CPU_* (accel-rt/Support.h) that code for this target needs.
  uint64_t runtimeFeatures() const;

  static Target host();
  /// "native", a level ("x86-64-v2", "x86-64-v3", "x86-64-v4"), an LLVM CPU name, or what str()
  /// gave. No CPU is native on this machine's architecture, and the architecture's baseline on
  /// others.
  static llvm::Expected<Target> parse(llvm::StringRef cpu, llvm::StringRef triple = "");
  /// parse() for a pass on `op`: null after an error there.
  static std::optional<Target> parseFor(mlir::Operation *op, llvm::StringRef cpu);
  /// The target that constants are evaluated for, everywhere the same.
  static Target baseline();
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createMachine(unsigned optLevel) const;
};

} // namespace accel::cpu
