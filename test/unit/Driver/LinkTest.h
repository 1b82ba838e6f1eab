// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tests of the linker share: inputs, weights whose bytes tell their place, a folder.
//
#ifndef ACCEL_TEST_UNIT_DRIVER_LINKTEST_H
#define ACCEL_TEST_UNIT_DRIVER_LINKTEST_H

#include "lib/Driver/Link/Linker.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace accel::link::test {

/// The byte of test weights at this offset: no period that a misplaced page would hide.
inline uint8_t patternByte(uint64_t offset) {
  uint64_t x = (offset + 1) * 0x9e3779b97f4a7c15u;
  return (x ^ (x >> 29)) >> 24;
}

/// A segment of the pattern, handed over in pieces of `piece` bytes.
inline WeightSegment patternSegment(uint64_t offset, uint64_t size, size_t piece = 65537) {
  return {offset, size, [=](WeightSink sink) -> llvm::Error {
            std::vector<uint8_t> bytes(std::min<uint64_t>(piece, size));
            for (uint64_t done = 0; done < size;) {
              size_t count = std::min<uint64_t>(bytes.size(), size - done);
              for (size_t i = 0; i < count; ++i)
                bytes[i] = patternByte(offset + done + i);
              if (llvm::Error error = sink(llvm::ArrayRef(bytes).take_front(count)))
                return error;
              done += count;
            }
            return llvm::Error::success();
          }};
}

class LinkTest : public testing::Test {
protected:
  void SetUp() override {
    llvm::SmallString<128> path;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("accel-link-test", path));
    folder = std::string(path);
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string file(llvm::StringRef name) const { return folder + "/" + name.str(); }

  /// Names in the test's folder.
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    std::error_code error;
    for (llvm::sys::fs::directory_iterator it(folder, error), end; it != end; it.increment(error))
      names.push_back(llvm::sys::path::filename(it->path()).str());
    std::sort(names.begin(), names.end());
    return names;
  }

  /// One of the objects made from Inputs/.
  llvm::MemoryBufferRef object(const std::string &name) {
    auto &buffer = buffers[name];
    if (!buffer) {
      auto read = llvm::MemoryBuffer::getFile(std::string(ACCEL_TEST_INPUTS) + "/" + name + ".o",
                                              false, false);
      EXPECT_TRUE(bool(read)) << name;
      buffer = std::move(*read);
    }
    return {buffer->getBuffer(), buffers.find(name)->first};
  }

  /// The test model of this prefix with so many bytes of weights.
  LinkInput model(const std::string &prefix, uint64_t weights) {
    LinkInput input;
    input.prefix = prefix;
    input.soname = "lib" + prefix + ".so";
    input.objects = {object(prefix)};
    input.exports = {prefix + "_bytes", prefix + "_check", prefix + "_half"};
    input.aliases = {{"accel_check", prefix + "_check"}};
    input.addRuntime = false;
    input.weights.size = weights;
    if (weights)
      input.weights.segments = {patternSegment(0, weights)};
    return input;
  }

  /// The result, after a failure of the test if there is none.
  LinkResult ok(llvm::Expected<LinkResult> result) {
    if (result)
      return *result;
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }

  /// The message of an expected failure.
  std::string failure(llvm::Expected<LinkResult> result) {
    if (!result)
      return llvm::toString(result.takeError());
    ADD_FAILURE() << "expected an error";
    return "";
  }

  static std::string read(const std::string &path) {
    std::ifstream stream(path, std::ios::binary);
    EXPECT_TRUE(stream.good()) << path;
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  /// Runs a program without a shell; what it prints goes to `output`.
  int run(const std::vector<std::string> &arguments, std::string &output,
          std::vector<std::string> environment = {}) {
    std::vector<llvm::StringRef> argv(arguments.begin(), arguments.end());
    std::vector<llvm::StringRef> variables(environment.begin(), environment.end());
    std::string log = file("output.log"), message;
    std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), llvm::StringRef(log),
                                                  llvm::StringRef(log)};
    std::optional<llvm::ArrayRef<llvm::StringRef>> variablesOr;
    if (!environment.empty())
      variablesOr = variables;
    int code = llvm::sys::ExecuteAndWait(argv[0], argv, variablesOr, redirects, 60, 0, &message);
    output = read(log) + message;
    llvm::sys::fs::remove(log);
    return code;
  }

  std::string folder;

private:
  std::map<std::string, std::unique_ptr<llvm::MemoryBuffer>> buffers;
};

} // namespace accel::link::test

#endif // ACCEL_TEST_UNIT_DRIVER_LINKTEST_H
