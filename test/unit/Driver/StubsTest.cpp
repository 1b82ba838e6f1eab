// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The list of C library symbols is true, and the stubs made of it are well-formed.

#include "lib/Driver/Link/Stubs.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include "gtest/gtest.h"
#include <dlfcn.h>

using namespace llvm;
using namespace accel::link;

namespace {

TEST(StubsTest, EverySymbolIsListedOnce) {
  StringSet<> seen;
  for (const LibcSymbol &symbol : libcSymbols())
    EXPECT_TRUE(seen.insert(symbol.name).second) << symbol.name.str();
  EXPECT_GT(seen.size(), 400u);
}

/// Asks the C library of this machine for each symbol in the version that models will ask for.
TEST(StubsTest, TheListIsTrueHere) {
  if (Triple(sys::getProcessTriple()).getArch() != Triple::x86_64)
    GTEST_SKIP() << "the versions of another architecture";
  const TargetInfo &target = cantFail(targetInfo(Triple("x86_64-linux-gnu")));
  for (const LibcSymbol &symbol : libcSymbols()) {
    // The loader's own handle finds nothing; its symbols are everyone's.
    void *library = symbol.library == "loader"
                        ? RTLD_DEFAULT
                        : ::dlopen(libraryName(target, symbol).str().c_str(), RTLD_LAZY);
    ASSERT_TRUE(library || symbol.library == "loader") << ::dlerror();
    // Before 2.34 the thread functions lived in libpthread; since then a reference to that library
    // is resolved in libc.
    EXPECT_TRUE(::dlvsym(library, symbol.name.str().c_str(), symbolVersion(target, symbol).c_str()))
        << ::dlerror();
  }
}

/// Asks the C libraries of other machines, where they are installed, in the same way.
TEST(StubsTest, TheListIsTrueElsewhere) {
  using Elf = object::ELF64LE;
  unsigned checked = 0;
  for (StringRef machine : {"aarch64", "riscv64"}) {
    const std::string folder = ("/usr/" + machine + "-linux-gnu/lib/").str();
    const TargetInfo &target = cantFail(targetInfo(Triple((machine + "-linux-gnu").str())));
    StringSet<> offered;
    for (StringRef library : {StringRef("libc.so.6"), StringRef("libm.so.6"),
                              sys::path::filename(target.interpreter)}) {
      auto file = object::ObjectFile::createObjectFile(folder + library.str());
      if (!file) {
        consumeError(file.takeError());
        continue;
      }
      auto *elf = cast<object::ELFObjectFile<Elf>>(file->getBinary());
      std::vector<object::VersionEntry> versions = cantFail(elf->readDynsymVersions());
      for (auto [symbol, version] : zip(elf->getDynamicSymbolIterators(), versions))
        offered.insert((cantFail(symbol.getName()) + "@" + version.Name).str());
    }
    if (offered.empty())
      continue;
    ++checked;
    for (const LibcSymbol &symbol : libcSymbols()) {
      std::string wanted = (symbol.name + "@" + symbolVersion(target, symbol)).str();
      EXPECT_TRUE(offered.contains(wanted)) << machine.str() << " lacks " << wanted;
    }
  }
  if (!checked)
    GTEST_SKIP() << "no C library of another machine";
}

TEST(StubsTest, VersionsStartWithTheArchitecture) {
  LibcSymbol old{"f", "2.2.5", "libc.so.6"}, recent{"g", "2.17", "libc.so.6"};
  auto version = [](const char *triple, const LibcSymbol &symbol) {
    return symbolVersion(cantFail(targetInfo(Triple(triple))), symbol);
  };
  EXPECT_EQ(version("x86_64-linux-gnu", old), "GLIBC_2.2.5");
  EXPECT_EQ(version("x86_64-linux-gnu", recent), "GLIBC_2.17");
  EXPECT_EQ(version("aarch64-linux-gnu", old), "GLIBC_2.17");
  EXPECT_EQ(version("riscv64-linux-gnu", recent), "GLIBC_2.27");
}

TEST(StubsTest, StubsAreSharedLibrariesWithVersions) {
  using Elf = object::ELF64LE;
  for (const char *triple : {"x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu"}) {
    const TargetInfo &target = cantFail(targetInfo(Triple(triple)));
    size_t symbols = 0;
    for (const StubLibrary &stub : makeStubs(target)) {
      auto made = object::ObjectFile::createELFObjectFile(
          {StringRef(stub.image.data(), stub.image.size()), stub.soname});
      ASSERT_TRUE(bool(made));
      const auto &elf = cast<object::ELFObjectFile<Elf>>(**made).getELFFile();
      EXPECT_EQ(elf.getHeader().e_machine, target.machine);
      auto *object = cast<object::ELFObjectFileBase>(made->get());
      std::vector<object::VersionEntry> versions = cantFail(object->readDynsymVersions());
      size_t i = 0;
      for (const object::ELFSymbolRef &symbol : object->getDynamicSymbolIterators()) {
        StringRef name = cantFail(symbol.getName());
        const LibcSymbol *row = find_if(
            libcSymbols(), [&](const LibcSymbol &candidate) { return candidate.name == name; });
        ASSERT_NE(row, libcSymbols().end()) << name.str();
        EXPECT_EQ(versions[i++].Name, symbolVersion(target, *row)) << name.str();
        EXPECT_EQ(libraryName(target, *row), stub.soname);
        ++symbols;
      }
    }
    EXPECT_EQ(symbols, libcSymbols().size());
  }
}

} // namespace
