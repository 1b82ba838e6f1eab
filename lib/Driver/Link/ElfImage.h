// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Assembles small ELF files from their sections.
//
#ifndef ACCEL_DRIVER_LINK_ELFIMAGE_H
#define ACCEL_DRIVER_LINK_ELFIMAGE_H

#include "lib/Driver/Link/Stubs.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Object/ELFTypes.h"

namespace accel::link {

/// All our targets are 64-bit little-endian.
using Elf = llvm::object::ELF64LE;

/// The bytes of a file that is being made or changed.
using Image = llvm::SmallVector<char, 0>;

/// A string table; it starts with the empty string.
class StringTable {
public:
  uint32_t add(llvm::StringRef text);
  llvm::StringRef bytes() const { return text; }

private:
  std::string text = std::string(1, '\0');
};

struct ElfSection {
  llvm::StringRef name;
  uint32_t type = 0;
  uint64_t flags = 0;
  uint64_t align = 1;
  llvm::StringRef bytes;
  uint64_t nobits = 0; ///< Size of an SHT_NOBITS section, which has no bytes.
  uint32_t link = 0, info = 0;
  uint64_t entrySize = 0;
};

/// The object's bytes as a string, for ElfSection::bytes.
template <typename T> llvm::StringRef rawBytes(llvm::ArrayRef<T> items) {
  return {reinterpret_cast<const char *>(items.data()), items.size() * sizeof(T)};
}

/// A file of type ET_REL or ET_DYN. Section k of `sections` gets number k + 1.
Image writeElf(const TargetInfo &target, uint16_t type, llvm::ArrayRef<ElfSection> sections);

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_ELFIMAGE_H
