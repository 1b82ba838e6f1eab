// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What readelf would show of a linked file.

#include "test/unit/Driver/ElfChecks.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace llvm;

namespace accel::link::test {

Headers::Headers(const std::string &path) {
  auto read = MemoryBuffer::getFile(path, false, false);
  EXPECT_TRUE(bool(read)) << path;
  buffer = std::move(*read);
  object = cantFail(object::ObjectFile::createELFObjectFile(buffer->getMemBufferRef()));
}

const object::ELFFile<Elf> &Headers::elf() const {
  return cast<object::ELFObjectFile<Elf>>(object.get())->getELFFile();
}

std::vector<uint64_t> Headers::dynamic(int64_t tag) const {
  std::vector<uint64_t> values;
  for (const Elf::Dyn &entry : cantFail(elf().dynamicEntries()))
    if (entry.d_tag == tag)
      values.push_back(entry.d_un.d_val);
  return values;
}

std::vector<std::string> Headers::dynamicStrings(int64_t tag) const {
  uint64_t strings = dynamic(ELF::DT_STRTAB).at(0);
  auto *table = reinterpret_cast<const char *>(cantFail(elf().toMappedAddr(strings)));
  std::vector<std::string> values;
  for (uint64_t offset : dynamic(tag))
    values.push_back(table + offset);
  return values;
}

std::set<std::string> exportsOf(const std::string &path) {
  Headers headers(path);
  std::set<std::string> defined;
  for (const object::ELFSymbolRef &symbol :
       cast<object::ELFObjectFileBase>(*headers.object).getDynamicSymbolIterators())
    if (!(cantFail(symbol.getFlags()) & object::SymbolRef::SF_Undefined))
      defined.insert(cantFail(symbol.getName()).str());
  return defined;
}

/// Calls `visit` for each note in the segments of notes.
static void forEachNote(const Headers &headers, function_ref<void(const Elf::Note &)> visit) {
  for (const Elf::Phdr &segment : cantFail(headers.elf().program_headers())) {
    if (segment.p_type != ELF::PT_NOTE)
      continue;
    Error error = Error::success();
    for (const Elf::Note &note : headers.elf().notes(segment, error))
      visit(note);
    EXPECT_FALSE(bool(error));
  }
}

std::vector<unsigned> accelNotes(const std::string &path) {
  std::vector<unsigned> types;
  forEachNote(Headers(path), [&](const Elf::Note &note) {
    if (note.getName() == "Accel")
      types.push_back(note.getType());
  });
  return types;
}

std::string buildId(const std::string &path) {
  std::string id;
  forEachNote(Headers(path), [&](const Elf::Note &note) {
    if (note.getName() == "GNU" && note.getType() == ELF::NT_GNU_BUILD_ID)
      id = toStringRef(note.getDesc(4)).str();
  });
  return id;
}

void expectOldCLibrary(const std::string &path) {
  Headers headers(path);
  const std::set<std::string> allowed = {"libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"};
  for (const std::string &name : headers.dynamicStrings(ELF::DT_NEEDED))
    EXPECT_TRUE(allowed.count(name)) << name;
  EXPECT_TRUE(headers.dynamic(ELF::DT_TEXTREL).empty());
  EXPECT_TRUE(headers.dynamic(ELF::DT_FLAGS_1).at(0) & ELF::DF_1_NOW);

  unsigned versions = 0;
  for (const Elf::Shdr &section : cantFail(headers.elf().sections())) {
    if (section.sh_type != ELF::SHT_GNU_verneed)
      continue;
    for (const object::VerNeed &need : cantFail(headers.elf().getVersionDependencies(section)))
      for (const object::VernAux &aux : need.AuxV) {
        ++versions;
        StringRef name = aux.Name.c_str(); // LLVM leaves the rest of the table behind the NUL.
        unsigned major = 0, minor = 0;
        auto [first, rest] = name.substr(6).split('.');
        if (!name.starts_with("GLIBC_") || first.getAsInteger(10, major) ||
            rest.split('.').first.getAsInteger(10, minor))
          ADD_FAILURE() << "cannot read the version " << name.str();
        EXPECT_LE(std::pair(major, minor), std::pair(2u, 17u)) << name.str();
      }
  }
  EXPECT_GE(versions, 1u);
  // Every symbol that the file needs has a version.
  auto *object = cast<object::ELFObjectFileBase>(headers.object.get());
  std::vector<object::VersionEntry> entries = cantFail(object->readDynsymVersions());
  size_t i = 0;
  for (const object::ELFSymbolRef &symbol : object->getDynamicSymbolIterators()) {
    const object::VersionEntry &version = entries[i++];
    if (cantFail(symbol.getFlags()) & object::SymbolRef::SF_Undefined)
      EXPECT_NE(version.Name, "") << cantFail(symbol.getName()).str();
  }
}

} // namespace accel::link::test
