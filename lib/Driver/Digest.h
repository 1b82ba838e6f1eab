// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SHA-256 at the speed of the machine's instructions for it, which files of gigabytes need.
#pragma once
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/SHA256.h"
#include <array>

namespace accel {

/// Hashes bytes as llvm::SHA256 does; several times as fast where the CPU has instructions for it.
class Digest {
public:
  Digest();
  void update(llvm::ArrayRef<uint8_t> bytes);
  /// Of all bytes; the last call.
  std::array<uint8_t, 32> final();

private:
  static constexpr size_t kBlock = 64;
  bool isNative;
  llvm::SHA256 portable;
  std::array<uint32_t, 8> state;
  std::array<uint8_t, kBlock> rest; ///< the last bytes, less than a block
  uint64_t count = 0;
};

} // namespace accel
