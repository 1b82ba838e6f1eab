// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What goes wrong: every failure is an Error that says what and where, and leaves no file.

#include "test/unit/Driver/LinkTest.h"
#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

using namespace llvm;
using namespace accel::link;
using namespace accel::link::test;

namespace {

using Writer = Expected<LinkResult> (*)(const LinkInput &, StringRef);

/// Each test for each kind of artefact.
class ErrorTest : public LinkTest, public testing::WithParamInterface<Writer> {
protected:
  void SetUp() override { LinkTest::SetUp(); }

  LinkInput input(uint64_t weights) {
    LinkInput made = model("alpha", weights);
    if (GetParam() == linkExecutable)
      made.objects.push_back(object("main"));
    return made;
  }
  std::string failed(const LinkInput &made, const std::string &name) {
    return failure(GetParam()(made, name));
  }
};

INSTANTIATE_TEST_SUITE_P(All, ErrorTest,
                         testing::Values(linkSharedLibrary, linkExecutable, writeObject,
                                         writeArchive));

TEST_P(ErrorTest, NoSuchFolder) {
  std::string path = file("no/such/folder/m.so");
  EXPECT_EQ(failed(input(8), path), "cannot write '" + path + "': No such file or directory");
}

TEST_P(ErrorTest, FolderWithoutPermission) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root may write anywhere";
  std::string path = "/accel-no-permission";
  EXPECT_EQ(failed(input(8), path), "cannot write '" + path + "': Permission denied");
}

TEST_P(ErrorTest, DestinationIsAFolderOrDevice) {
  EXPECT_NE(failed(input(8), folder).find("found a directory"), std::string::npos);
  EXPECT_NE(failed(input(8), "/dev/null").find("found a special file"), std::string::npos);
}

/// A limit on file sizes fails writes as a full disk does.
TEST_P(ErrorTest, DiskFull) {
  std::ofstream(file("m")) << "before";
  rlimit old;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {1 << 20, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::string message = failed(input(4 << 20), file("m"));
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, "cannot write '" + file("m") + "': File too large");
  EXPECT_EQ(listing(), std::vector<std::string>{"m"});
  EXPECT_EQ(read(file("m")), "before");
}

TEST_P(ErrorTest, ProducerFails) {
  LinkInput made = input(1000);
  made.weights.segments[0].write = [](WeightSink sink) -> Error {
    if (Error error = sink(std::vector<uint8_t>(10, 1)))
      return error;
    return createStringError("the tensor 'w' cannot be read");
  };
  EXPECT_EQ(failed(made, file("m")), "the tensor 'w' cannot be read");
  EXPECT_TRUE(listing().empty());
}

TEST_P(ErrorTest, ProducerGivesTheWrongSize) {
  for (size_t count : {999, 1001}) {
    LinkInput made = input(5000);
    made.weights.segments = {
        {64, 1000, [=](WeightSink sink) { return sink(std::vector<uint8_t>(count, 1)); }}};
    EXPECT_EQ(failed(made, file("m")), "internal error: the weights at 64 gave " +
                                           std::string(count < 1000 ? "less" : "more") +
                                           " than their 1000 bytes");
  }
  EXPECT_TRUE(listing().empty());
}

TEST_P(ErrorTest, SegmentsOverlapOrPassTheEnd) {
  LinkInput made = input(1000);
  made.weights.segments = {patternSegment(0, 100), patternSegment(99, 1)};
  EXPECT_NE(failed(made, file("m")).find("starts before 100"), std::string::npos);
  made.weights.segments = {patternSegment(8, ~0ull - 3)};
  EXPECT_NE(failed(made, file("m")).find("passes the end at 1000"), std::string::npos);
  made = input(1000);
  made.weights.alignment = 48;
  EXPECT_NE(failed(made, file("m")).find("power of two"), std::string::npos);
}

TEST_P(ErrorTest, SymbolOutsideTheList) {
  LinkInput made = input(8);
  made.objects.push_back(object("bad"));
  made.exports.push_back("bad_check");
  made.aliases.push_back({"accel_keep", "bad_check"}); // Executables keep what is referred to.
  std::string message = failed(made, file("m"));
  EXPECT_NE(message.find("internal error: the generated code needs"), std::string::npos) << message;
  EXPECT_NE(message.find("accel_no_such_function"), std::string::npos) << message;
  EXPECT_NE(message.find("libc-symbols.txt"), std::string::npos) << message;
  EXPECT_EQ(message.find("/proc/"), std::string::npos) << message;
  EXPECT_TRUE(listing().empty());
}

TEST_P(ErrorTest, BrokenObjectThenAGoodOne) {
  LinkInput made = input(8);
  std::string broken = made.objects[0].getBuffer().str();
  made.objects.push_back({StringRef(broken).take_front(broken.size() / 2), "kernel7.o"});
  std::string message = failed(made, file("m"));
  EXPECT_NE(message.find("kernel7.o"), std::string::npos) << message;
  EXPECT_TRUE(listing().empty());
  made.objects.pop_back();
  ok(GetParam()(made, file("m")));
}

TEST_P(ErrorTest, ExportNobodyDefines) {
  if (GetParam() == linkExecutable)
    GTEST_SKIP() << "executables export nothing";
  LinkInput made = input(8);
  made.exports.push_back("alpha_forgotten");
  EXPECT_NE(failed(made, file("m")).find("alpha_forgotten"), std::string::npos);
}

TEST_P(ErrorTest, NamesThatAreNoIdentifiers) {
  LinkInput made = input(8);
  made.exports.push_back("a; local: *; }; INSERT(");
  EXPECT_NE(failed(made, file("m")).find("expected a C identifier"), std::string::npos);
}

TEST_P(ErrorTest, UnknownTarget) {
  LinkInput made = input(8);
  made.triple = Triple("powerpc64-linux-gnu");
  EXPECT_EQ(failed(made, file("m")), "cannot link for 'powerpc64-linux-gnu': expected one of "
                                     "x86_64-linux-gnu, aarch64-linux-gnu, riscv64-linux-gnu");
}

} // namespace
