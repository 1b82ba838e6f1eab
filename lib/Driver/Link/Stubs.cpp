// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes ELF shared libraries that hold a dynamic symbol table with versions and nothing else. The
// versions matter: without them the loader binds the oldest variant of each function, and before
// glibc 2.34 it would not find the thread functions in libc at all.

#include "lib/Driver/Link/Stubs.h"
#include "lib/Driver/Link/ElfImage.h"
#include "lib/Driver/Link/Embedded.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

using namespace llvm;
using namespace llvm::ELF;

namespace accel::link {

static constexpr TargetInfo kTargets[] = {
    {Triple::x86_64, EM_X86_64, 0, 0x1000, "/lib64/ld-linux-x86-64.so.2", "elf_x86_64", {2, 2, 5}},
    {Triple::aarch64,
     EM_AARCH64,
     0,
     0x10000,
     "/lib/ld-linux-aarch64.so.1",
     "aarch64linux",
     {2, 17, 0}},
    {Triple::riscv64,
     EM_RISCV,
     EF_RISCV_FLOAT_ABI_DOUBLE | EF_RISCV_RVC,
     0x1000,
     "/lib/ld-linux-riscv64-lp64d.so.1",
     "elf64lriscv",
     {2, 27, 0}},
};

Expected<const TargetInfo &> targetInfo(const Triple &triple) {
  // As users write them: x86_64-linux-gnu has no vendor.
  const Triple full(Triple::normalize(triple.str()));
  std::string known;
  for (const TargetInfo &row : kTargets) {
    if (row.arch == full.getArch() && full.isOSLinux())
      return row;
    known += (known.empty() ? "" : ", ") + Triple::getArchTypeName(row.arch).str() + "-linux-gnu";
  }
  return createStringError("cannot link for '" + triple.str() + "': expected one of " + known);
}

/// Rows of libc-symbols.txt; the file is ours, so that a bad row is our mistake.
static std::vector<LibcSymbol> parseSymbols(StringRef text) {
  std::vector<LibcSymbol> rows;
  for (StringRef line : split(text, '\n')) {
    SmallVector<StringRef, 5> words;
    line.split('#').first.split(words, ' ', -1, /*KeepEmpty=*/false);
    if (words.empty())
      continue;
    assert((words.size() == 3 || (words.size() == 5 && words[3] == "object")) &&
           "libc-symbols.txt: expected 'name version library [object size]'");
    LibcSymbol row{words[0], words[1], words[2]};
    if (words.size() == 5) {
      [[maybe_unused]] bool bad = words[4].getAsInteger(10, row.objectSize);
      assert(!bad && "libc-symbols.txt: expected a size");
    }
    rows.push_back(row);
  }
  return rows;
}

ArrayRef<LibcSymbol> libcSymbols() {
  static const std::vector<LibcSymbol> rows = parseSymbols(embedded::libcSymbols());
  return rows;
}

std::string symbolVersion(const TargetInfo &target, const LibcSymbol &symbol) {
  std::array<unsigned, 3> version = {0, 0, 0}, floor;
  std::copy(std::begin(target.floor), std::end(target.floor), floor.begin());
  size_t i = 0;
  for (StringRef part : split(symbol.version, '.')) {
    [[maybe_unused]] bool bad = i >= 3 || part.getAsInteger(10, version[i]);
    assert(!bad && "libc-symbols.txt: expected a version of numbers");
    ++i;
  }
  const auto &v = std::max(version, floor);
  return "GLIBC_" + utostr(v[0]) + "." + utostr(v[1]) + (v[2] ? "." + utostr(v[2]) : "");
}

StringRef libraryName(const TargetInfo &target, const LibcSymbol &symbol) {
  return symbol.library == "loader" ? sys::path::filename(target.interpreter) : symbol.library;
}

static Image makeStub(const TargetInfo &target, StringRef soname, ArrayRef<LibcSymbol> symbols) {
  StringTable strings;
  std::vector<Elf::Dyn> dynamic(2);
  std::memset(dynamic.data(), 0, sizeof(Elf::Dyn) * dynamic.size());
  dynamic[0].d_tag = DT_SONAME;
  dynamic[0].d_un.d_val = strings.add(soname);

  // Version 1 is the library itself; the glibc versions follow in order of first use.
  std::vector<std::string> versions;
  std::vector<Elf::Sym> table(1);
  std::memset(table.data(), 0, sizeof(Elf::Sym));
  std::vector<support::ulittle16_t> indices(1);
  indices[0] = VER_NDX_LOCAL;
  for (const LibcSymbol &symbol : symbols) {
    std::string version = symbolVersion(target, symbol);
    const size_t index = llvm::find(versions, version) - versions.begin();
    if (index == versions.size())
      versions.push_back(std::move(version));
    Elf::Sym entry;
    entry.st_name = strings.add(symbol.name);
    entry.setBindingAndType(STB_GLOBAL, symbol.objectSize ? STT_OBJECT : STT_FUNC);
    entry.st_other = STV_DEFAULT;
    entry.st_shndx = 1; // Any section will do: no address is ever taken from a stub.
    entry.st_value = 0x1000;
    entry.st_size = symbol.objectSize;
    table.push_back(entry);
    indices.push_back(support::ulittle16_t(index + 2));
  }

  std::string definitions;
  auto define = [&](StringRef name, uint16_t index, uint16_t flags) {
    Elf::Verdef def;
    def.vd_version = VER_DEF_CURRENT;
    def.vd_flags = flags;
    def.vd_ndx = index;
    def.vd_cnt = 1;
    def.vd_hash = object::hashSysV(name);
    def.vd_aux = sizeof def;
    Elf::Verdaux aux;
    aux.vda_name = strings.add(name);
    aux.vda_next = 0;
    def.vd_next = index == versions.size() + 1 ? 0 : sizeof def + sizeof aux;
    definitions += rawBytes(ArrayRef(def));
    definitions += rawBytes(ArrayRef(aux));
  };
  define(soname, 1, VER_FLG_BASE);
  for (size_t i = 0; i < versions.size(); ++i)
    define(versions[i], i + 2, 0);

  enum { Dynsym = 1, Dynstr = 5 }; // Places in the list below, for the links.
  const ElfSection sections[] = {
      {".dynsym", SHT_DYNSYM, SHF_ALLOC, 8, rawBytes(ArrayRef(table)), 0, Dynstr, 1,
       sizeof(Elf::Sym)},
      {".gnu.version", SHT_GNU_versym, SHF_ALLOC, 2, rawBytes(ArrayRef(indices)), 0, Dynsym, 0, 2},
      {".gnu.version_d", SHT_GNU_verdef, SHF_ALLOC, 8, definitions, 0, Dynstr,
       uint32_t(versions.size() + 1)},
      {".dynamic", SHT_DYNAMIC, SHF_ALLOC, 8, rawBytes(ArrayRef(dynamic)), 0, Dynstr, 0,
       sizeof(Elf::Dyn)},
      {".dynstr", SHT_STRTAB, SHF_ALLOC, 1, strings.bytes()},
  };
  return writeElf(target, ET_DYN, sections);
}

std::vector<StubLibrary> makeStubs(const TargetInfo &target) {
  MapVector<StringRef, std::vector<LibcSymbol>> libraries;
  for (const LibcSymbol &symbol : libcSymbols())
    libraries[libraryName(target, symbol)].push_back(symbol);
  std::vector<StubLibrary> stubs;
  for (const auto &[soname, symbols] : libraries)
    stubs.push_back({soname.str(), makeStub(target, soname, symbols)});
  return stubs;
}

} // namespace accel::link
