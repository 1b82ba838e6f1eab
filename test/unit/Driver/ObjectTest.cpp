// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Relocatable objects and archives: users' linkers take them, and models do not meet in one
// program.

#include "test/unit/Driver/LinkTest.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;
using namespace accel::link;
using namespace accel::link::test;

namespace {

class ObjectTest : public LinkTest {
protected:
  /// Links program.o with two files and runs it.
  void expectProgramRuns(const std::string &first, const std::string &second,
                         std::vector<std::string> options) {
    std::vector<std::string> arguments = {
        compiler(), "-o", file("program"), std::string(ACCEL_TEST_INPUTS) + "/program.o", first,
        second,     "-lm"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    std::string output;
    ASSERT_EQ(run(arguments, output), 0) << output;
    EXPECT_EQ(run({file("program")}, output), 0);
    std::string byte = std::to_string(patternByte(3));
    EXPECT_EQ(output, "42 -7 3 " + byte + " " + byte + "\n");
  }

  static std::string compiler() {
    auto path = sys::findProgramByName(ACCEL_TEST_CC);
    EXPECT_TRUE(bool(path));
    return path ? *path : "";
  }
};

TEST_F(ObjectTest, TwoObjectsInOneProgram) {
  ok(writeObject(model("alpha", 5000), file("a.o")));
  ok(writeObject(model("beta", 70000), file("b.o")));
  expectProgramRuns(file("a.o"), file("b.o"), {});
  expectProgramRuns(file("a.o"), file("b.o"), {"-Wl,--gc-sections", "-pie"});
  expectProgramRuns(file("a.o"), file("b.o"), {"-no-pie"});
  expectProgramRuns(file("a.o"), file("b.o"), {"-fuse-ld=lld"});
}

TEST_F(ObjectTest, TwoArchivesInOneProgram) {
  ok(writeArchive(model("alpha", 5001), file("liba.a")));
  ok(writeArchive(model("beta", 7), file("libb.a")));
  expectProgramRuns(file("liba.a"), file("libb.a"), {});
  expectProgramRuns(file("liba.a"), file("libb.a"), {"-fuse-ld=lld", "-Wl,--gc-sections"});
}

TEST_F(ObjectTest, OnlyExportsAreGlobal) {
  ok(writeObject(model("alpha", 100), file("a.o")));
  auto buffer = MemoryBuffer::getFile(file("a.o"), false, false);
  ASSERT_TRUE(bool(buffer));
  auto object = cantFail(object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef()));
  StringSet<> global;
  for (const object::SymbolRef &symbol : object->symbols()) {
    uint32_t flags = cantFail(symbol.getFlags());
    if ((flags & object::SymbolRef::SF_Global) && !(flags & object::SymbolRef::SF_Undefined))
      global.insert(cantFail(symbol.getName()));
  }
  EXPECT_EQ(global.size(), 3u);
  for (const char *name : {"alpha_bytes", "alpha_check", "alpha_half"})
    EXPECT_TRUE(global.contains(name)) << name;
}

TEST_F(ObjectTest, TheNoteOfThePoolSurvives) {
  ok(writeObject(model("alpha", 100), file("a.o")));
  auto buffer = MemoryBuffer::getFile(file("a.o"), false, false);
  ASSERT_TRUE(bool(buffer));
  auto object = cantFail(object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef()));
  unsigned found = 0;
  for (const object::SectionRef &section : object->sections())
    found += cantFail(section.getName()) == ".note.accel" && section.getSize() > 0;
  EXPECT_EQ(found, 1u);
}

TEST_F(ObjectTest, LargeWeightsMoveOutOfTheWayOfCode) {
  // The bytes are zeros: this is about headers.
  LinkInput input = model("alpha", 256 << 20);
  input.weights.segments = {patternSegment(0, 4096)};
  ok(writeObject(input, file("a.o")));
  auto buffer = MemoryBuffer::getFile(file("a.o"), false, false);
  ASSERT_TRUE(bool(buffer));
  auto object = cantFail(object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef()));
  bool found = false;
  for (object::ELFSectionRef section : object->sections())
    if (cantFail(section.getName()) == ".lrodata.accel_weights") {
      found = true;
      EXPECT_TRUE(section.getFlags() & ELF::SHF_X86_64_LARGE);
      EXPECT_EQ(section.getType(), unsigned(ELF::SHT_PROGBITS));
      EXPECT_EQ(section.getSize(), input.weights.size);
      StringRef contents = cantFail(section.getContents());
      for (uint64_t i = 0; i < 4096; ++i)
        ASSERT_EQ(uint8_t(contents[i]), patternByte(i)) << i;
    }
  EXPECT_TRUE(found);
  ok(writeObject(model("beta", 64), file("b.o")));
  expectProgramRuns(file("a.o"), file("b.o"), {});
}

TEST_F(ObjectTest, ArchiveReadsBack) {
  for (uint64_t weights : {100u, 101u}) {
    LinkResult result = ok(writeArchive(model("alpha", weights), file("a.a")));
    EXPECT_EQ(result.fileBytes % 2, 0u);
    auto buffer = MemoryBuffer::getFile(file("a.a"), false, false);
    ASSERT_TRUE(bool(buffer));
    auto archive = cantFail(object::Archive::create((*buffer)->getMemBufferRef()));
    StringSet<> symbols;
    for (const object::Archive::Symbol &symbol : archive->symbols()) {
      symbols.insert(symbol.getName());
      EXPECT_EQ(cantFail(cantFail(symbol.getMember()).getName()), "alpha.o");
    }
    EXPECT_EQ(symbols.size(), 3u);
    EXPECT_TRUE(symbols.contains("alpha_check"));
    Error error = Error::success();
    unsigned members = 0;
    for (const object::Archive::Child &child : archive->children(error)) {
      ++members;
      ok(writeObject(model("alpha", weights), file("a.o")));
      EXPECT_EQ(cantFail(child.getBuffer()), read(file("a.o")));
    }
    ASSERT_FALSE(bool(error));
    EXPECT_EQ(members, 1u);
  }
}

TEST_F(ObjectTest, SameInputSameBits) {
  ok(writeObject(model("alpha", 100000), file("a.o")));
  ok(writeObject(model("alpha", 100000), file("b.o")));
  EXPECT_EQ(read(file("a.o")), read(file("b.o")));
  ok(writeArchive(model("alpha", 100000), file("a.a")));
  ok(writeArchive(model("alpha", 100000), file("b.a")));
  EXPECT_EQ(read(file("a.a")), read(file("b.a")));
}

} // namespace
