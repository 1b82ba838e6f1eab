// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shared libraries and executables: they load and run, and their headers keep the promises.

#include "test/unit/Driver/ElfChecks.h"
#include "test/unit/Driver/LinkTest.h"
#include "llvm/Support/CommandLine.h"
#include <chrono>
#include <cstring>
#include <dlfcn.h>
#include <sys/stat.h>
#include <thread>

using namespace llvm;
using namespace accel::link;
using namespace accel::link::test;

namespace {

/// A loaded model.
class Library {
public:
  explicit Library(const std::string &path) : handle(::dlopen(path.c_str(), RTLD_NOW)) {
    EXPECT_TRUE(handle) << ::dlerror();
  }
  ~Library() {
    if (handle)
      ::dlclose(handle);
  }
  template <typename T> T *get(const char *name) {
    void *address = handle ? ::dlsym(handle, name) : nullptr;
    EXPECT_TRUE(address) << name;
    return reinterpret_cast<T *>(address);
  }
  bool has(const char *name) { return ::dlsym(handle, name); }

private:
  void *handle;
};

class SharedLibraryTest : public LinkTest {
protected:
  void expectPattern(const uint8_t *bytes, uint64_t begin, uint64_t end) {
    for (uint64_t i = begin; i < end; ++i)
      if (bytes[i] != patternByte(i)) {
        ADD_FAILURE() << "byte " << i << ": expected " << int(patternByte(i)) << ", found "
                      << int(bytes[i]);
        return;
      }
  }
};

TEST_F(SharedLibraryTest, LoadsAndReadsItsWeights) {
  for (uint64_t size : {1u, 64u, 4095u, 4096u, 4097u, 1000003u}) {
    SCOPED_TRACE(size);
    // A name of its own each time: the loader knows libraries by soname.
    LinkInput input = model("alpha", size);
    input.soname += "." + std::to_string(size);
    std::string path = file("alpha" + std::to_string(size) + ".so");
    LinkResult result = ok(linkSharedLibrary(input, path));
    EXPECT_EQ(result.weightBytes, size);
    Library library(path);
    expectPattern(library.get<const uint8_t *()>("alpha_bytes")(), 0, size);
    EXPECT_EQ(library.get<int(float)>("alpha_check")(1.0f), 42);
    EXPECT_EQ(library.get<int(float)>("accel_check")(1.0f), 42);
  }
}

TEST_F(SharedLibraryTest, GapsBetweenSegmentsAreZero) {
  LinkInput input = model("alpha", 300000);
  input.weights.segments = {patternSegment(64, 5000), patternSegment(8192, 0),
                            patternSegment(100001, 150000, 7)};
  ok(linkSharedLibrary(input, file("gaps.so")));
  Library library(file("gaps.so"));
  const uint8_t *bytes = library.get<const uint8_t *()>("alpha_bytes")();
  expectPattern(bytes, 64, 5064);
  expectPattern(bytes, 100001, 250001);
  for (uint64_t i = 0; i < 300000; ++i)
    if (i < 64 || (i >= 5064 && i < 100001) || i >= 250001)
      ASSERT_EQ(bytes[i], 0) << i;
}

TEST_F(SharedLibraryTest, NeedsNoWeights) {
  ok(linkSharedLibrary(model("alpha", 0), file("none.so")));
  Library library(file("none.so"));
  EXPECT_EQ(library.get<int(float)>("alpha_check")(1.0f), 42);
}

TEST_F(SharedLibraryTest, CompilerRuntimeIsLinkedIn) {
  ok(linkSharedLibrary(model("alpha", 8), file("half.so")));
  Library library(file("half.so"));
  EXPECT_EQ(library.get<float(_Float16)>("alpha_half")(_Float16(1.5f)), 1.5f);
}

TEST_F(SharedLibraryTest, ExportsOnlyWhatIsAsked) {
  ok(linkSharedLibrary(model("alpha", 8), file("a.so")));
  EXPECT_EQ(exportsOf(file("a.so")),
            (std::set<std::string>{"accel_check", "alpha_bytes", "alpha_check", "alpha_half"}));
}

TEST_F(SharedLibraryTest, NeedsOnlyOldVersionsOfTheCLibrary) {
  ok(linkSharedLibrary(model("alpha", 8), file("a.so")));
  expectOldCLibrary(file("a.so"));
  Headers headers(file("a.so"));
  EXPECT_EQ(headers.dynamicStrings(ELF::DT_SONAME), std::vector<std::string>{"libalpha.so"});
  // The model calls into all four.
  EXPECT_EQ(headers.dynamicStrings(ELF::DT_NEEDED).size(), 4u);
}

TEST_F(SharedLibraryTest, WeightsHaveAReadOnlySegmentOfTheirOwn) {
  ok(linkSharedLibrary(model("alpha", 5000), file("a.so")));
  Headers headers(file("a.so"));
  unsigned found = 0, writableAndExecutable = 0;
  for (const Elf::Phdr &segment : cantFail(headers.elf().program_headers())) {
    if (segment.p_type != ELF::PT_LOAD)
      continue;
    if (segment.p_memsz == 5000 && segment.p_filesz == 5000 && segment.p_flags == ELF::PF_R) {
      ++found;
      EXPECT_EQ(segment.p_offset % segment.p_align, segment.p_vaddr % segment.p_align);
      EXPECT_EQ(segment.p_offset + segment.p_filesz, headers.buffer->getBufferSize());
    }
    if ((segment.p_flags & ELF::PF_W) && (segment.p_flags & ELF::PF_X))
      ++writableAndExecutable;
  }
  EXPECT_EQ(found, 1u);
  EXPECT_EQ(writableAndExecutable, 0u);
}

TEST_F(SharedLibraryTest, TheNoteOfThePoolSurvives) {
  ok(linkSharedLibrary(model("alpha", 8), file("a.so")));
  EXPECT_EQ(accelNotes(file("a.so")), std::vector<unsigned>{77});
}

TEST_F(SharedLibraryTest, HugeWeightsAreAlignedWithoutPadding) {
  const uint64_t size = (32 << 20) + 12345;
  LinkInput input = model("alpha", size);
  LinkResult result = ok(linkSharedLibrary(input, file("huge.so")));
  EXPECT_LT(result.overhead(), 40000u);
  Library library(file("huge.so"));
  const uint8_t *bytes = library.get<const uint8_t *()>("alpha_bytes")();
  expectPattern(bytes, 0, size);
  Headers headers(file("huge.so"));
  bool found = false;
  for (const Elf::Phdr &segment : cantFail(headers.elf().program_headers()))
    if (segment.p_type == ELF::PT_LOAD && segment.p_memsz == size) {
      found = true;
      EXPECT_EQ(segment.p_align, 2u << 20);
      EXPECT_EQ(segment.p_offset % (2 << 20), segment.p_vaddr % (2 << 20));
    }
  EXPECT_TRUE(found);
}

TEST_F(SharedLibraryTest, SameInputSameBits) {
  LinkInput input = model("alpha", 3000000);
  input.weights.segments = {patternSegment(0, 1000, 7), patternSegment(1000, 2999000, 1 << 16)};
  ok(linkSharedLibrary(input, file("a.so")));
  // However the producer cuts the bytes, and however many threads write them.
  input.weights.segments = {patternSegment(0, 1000, 3), patternSegment(1000, 2999000, 1 << 22)};
  input.weights.threads = 3;
  ok(linkSharedLibrary(input, file("b.so")));
  EXPECT_TRUE(read(file("a.so")) == read(file("b.so")));
}

TEST_F(SharedLibraryTest, TheBuildIdCoversCodeAndWeights) {
  LinkInput input = model("alpha", 2 << 20);
  ok(linkSharedLibrary(input, file("a.so")));
  // One bit of the last byte.
  auto first = input.weights.segments[0].write;
  input.weights.segments[0].write = [&](WeightSink sink) {
    uint64_t seen = 0;
    return first([&](ArrayRef<uint8_t> bytes) -> Error {
      std::vector<uint8_t> copy(bytes);
      seen += copy.size();
      if (seen == input.weights.size)
        copy.back() ^= 1;
      return sink(copy);
    });
  };
  ok(linkSharedLibrary(input, file("b.so")));
  LinkInput other = model("alpha", 2 << 20);
  other.aliases[0].first = "accel_other";
  ok(linkSharedLibrary(other, file("c.so")));
  std::string a = buildId(file("a.so"));
  EXPECT_EQ(a.size(), 20u);
  EXPECT_NE(a, std::string(20, '\0'));
  EXPECT_NE(a, buildId(file("b.so")));
  EXPECT_NE(a, buildId(file("c.so")));
}

TEST_F(SharedLibraryTest, LinksFromManyThreads) {
  std::vector<std::thread> threads;
  std::vector<LinkInput> inputs;
  for (int i = 0; i < 4; ++i)
    inputs.push_back(model(i % 2 ? "alpha" : "beta", 10000));
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k)
        ok(linkSharedLibrary(inputs[i], file(std::to_string(i) + ".so")));
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(read(file("0.so")), read(file("2.so")));
  EXPECT_EQ(read(file("1.so")), read(file("3.so")));
  EXPECT_EQ(listing(), (std::vector<std::string>{"0.so", "1.so", "2.so", "3.so"}));
}

cl::opt<int> someOption("accel-link-test-option", cl::init(1), cl::Hidden);

/// LLD sets all options of the process back to their defaults unless it is kept from it.
TEST_F(SharedLibraryTest, KeepsTheOptionsOfTheProgram) {
  const char *arguments[] = {"program", "--accel-link-test-option=7"};
  ASSERT_TRUE(cl::ParseCommandLineOptions(2, arguments));
  ok(linkSharedLibrary(model("alpha", 8), file("a.so")));
  EXPECT_EQ(someOption, 7);
  EXPECT_EQ(someOption.getNumOccurrences(), 1);
  EXPECT_TRUE(cl::getRegisteredOptions().count("accel-link-test-option"));
}

TEST_F(SharedLibraryTest, TwoModelsInOneProcess) {
  ok(linkSharedLibrary(model("alpha", 100), file("a.so")));
  ok(linkSharedLibrary(model("beta", 100), file("b.so")));
  Library a(file("a.so")), b(file("b.so"));
  EXPECT_EQ(a.get<int(float)>("accel_check")(1.0f), 42);
  EXPECT_EQ(b.get<int(float)>("accel_check")(1.0f), -7);
}

TEST_F(SharedLibraryTest, ModeFollowsTheUmask) {
  mode_t old = ::umask(027);
  ok(linkSharedLibrary(model("alpha", 8), file("a.so")));
  ok(writeObject(model("alpha", 8), file("a.o")));
  ::umask(old);
  struct stat status;
  ASSERT_EQ(::stat(file("a.so").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0750u);
  ASSERT_EQ(::stat(file("a.o").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(SharedLibraryTest, ReplacesAFileInUse) {
  ok(linkSharedLibrary(model("alpha", 100), file("a.so")));
  Library library(file("a.so"));
  auto *check = library.get<int(float)>("alpha_check");
  ok(linkSharedLibrary(model("beta", 200), file("a.so")));
  EXPECT_EQ(check(1.0f), 42);
}

TEST_F(SharedLibraryTest, ExecutableRuns) {
  LinkInput input = model("alpha", 100000);
  input.objects.insert(input.objects.begin(), object("main"));
  ok(linkExecutable(input, file("program")));
  std::string output;
  EXPECT_EQ(run({file("program"), "x y"}, output, {"ACCEL_LINK_TEST=1"}), 3) << output;
  EXPECT_EQ(output, "2 x y 5 42 " + std::to_string(patternByte(3)) + " 1\ndestructed\n");
}

/// 3 GB of weights; minutes on a slow disk, so only on demand.
TEST_F(SharedLibraryTest, LargeWeights) {
  if (!std::getenv("ACCEL_TEST_LARGE"))
    GTEST_SKIP() << "set ACCEL_TEST_LARGE=1";
  const uint64_t size = 3000000000;
  LinkInput input = model("alpha", size);
  input.weights.segments.clear();
  // A pattern once in 16 MB: what lies between are zeros.
  for (uint64_t at = 0; at + 4096 < size; at += 16 << 20)
    input.weights.segments.push_back(patternSegment(at, 4096));
  input.weights.segments.push_back(patternSegment(size - 4096, 4096));
  auto start = std::chrono::steady_clock::now();
  LinkResult result = ok(linkSharedLibrary(input, file("large.so")));
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("3 GB of weights: %.2f s, overhead %llu bytes\n", seconds.count(),
              (unsigned long long)result.overhead());
  Library library(file("large.so"));
  const uint8_t *bytes = library.get<const uint8_t *()>("alpha_bytes")();
  for (const WeightSegment &segment : input.weights.segments)
    expectPattern(bytes, segment.offset, segment.offset + segment.size);
  EXPECT_EQ(bytes[(16 << 20) - 1], 0);
}

} // namespace
