// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What readelf would show of a linked file.
//
#ifndef ACCEL_TEST_UNIT_DRIVER_ELFCHECKS_H
#define ACCEL_TEST_UNIT_DRIVER_ELFCHECKS_H

#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace accel::link::test {

using Elf = llvm::object::ELF64LE;

/// The headers of an ELF file on disk.
struct Headers {
  explicit Headers(const std::string &path);
  const llvm::object::ELFFile<Elf> &elf() const;
  /// The entries of this tag in the dynamic section.
  std::vector<uint64_t> dynamic(int64_t tag) const;
  /// Those whose values are strings.
  std::vector<std::string> dynamicStrings(int64_t tag) const;

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::unique_ptr<llvm::object::ObjectFile> object;
};

/// The symbols that a shared library defines for others.
std::set<std::string> exportsOf(const std::string &path);

/// The types of the notes whose owner is "Accel".
std::vector<unsigned> accelNotes(const std::string &path);

/// Empty if there is none.
std::string buildId(const std::string &path);

/// Expects that the file needs only the C library's own files, in versions up to GLIBC_2.17, and
/// binds all at load time without text relocations.
void expectOldCLibrary(const std::string &path);

} // namespace accel::link::test

#endif // ACCEL_TEST_UNIT_DRIVER_ELFCHECKS_H
