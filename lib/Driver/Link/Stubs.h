// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shared libraries without code that stand for the target's C library during a link.
//
#ifndef ACCEL_DRIVER_LINK_STUBS_H
#define ACCEL_DRIVER_LINK_STUBS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"
#include <string>
#include <vector>

namespace accel::link {

/// What links for one architecture have in common.
struct TargetInfo {
  llvm::Triple::ArchType arch;
  uint16_t machine;        ///< e_machine
  uint32_t elfFlags;       ///< e_flags of objects we make
  uint64_t maxPageSize;    ///< largest page that the kernel may use
  const char *interpreter; ///< glibc's dynamic linker
  const char *emulation;   ///< the linker's -m
  unsigned floor[3];       ///< first glibc of this architecture; no symbol version is older
};

/// The row of a triple, or an error that lists the triples there are.
llvm::Expected<const TargetInfo &> targetInfo(const llvm::Triple &triple);

/// One row of libc-symbols.txt.
struct LibcSymbol {
  llvm::StringRef name, version, library;
  uint64_t objectSize = 0; ///< 0 for functions.
};

/// All rows, in the file's order.
llvm::ArrayRef<LibcSymbol> libcSymbols();

/// "GLIBC_2.2.5" and so on: the version that a symbol carries on this target.
std::string symbolVersion(const TargetInfo &target, const LibcSymbol &symbol);

/// The file that has the symbol on this target.
llvm::StringRef libraryName(const TargetInfo &target, const LibcSymbol &symbol);

struct StubLibrary {
  std::string soname;
  llvm::SmallVector<char, 0> image;
};

/// One stub for each library that libc-symbols.txt names.
std::vector<StubLibrary> makeStubs(const TargetInfo &target);

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_STUBS_H
