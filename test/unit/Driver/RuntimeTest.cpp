// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Models with the real runtime, in each form: they run, stay small and ask little of the system.

#include "accel-rt/Model.h"
#include "lib/Driver/Link/Embedded.h"
#include "test/unit/Driver/ElfChecks.h"
#include "test/unit/Driver/LinkTest.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>
#include <dlfcn.h>

using namespace llvm;
using namespace accel::link;
using namespace accel::link::test;

namespace {

constexpr int kElements = 64 * 1024;

class RuntimeTest : public LinkTest {
protected:
  static float weight(int i, float scale) { return scale * float(i % 1009) - 3.0f; }

  LinkInput scaleModel(const std::string &prefix, float scale) {
    LinkInput input;
    input.prefix = prefix;
    input.soname = "lib" + prefix + ".so";
    input.objects = {object(prefix)};
    input.exports = {prefix + "_model"};
    input.aliases = {{ACCEL_MODEL_SYMBOL, prefix + "_model"}};
    input.weights.size = kElements * sizeof(float);
    input.weights.segments = {{0, input.weights.size, [=](WeightSink sink) {
                                 std::vector<float> values(kElements);
                                 for (int i = 0; i < kElements; ++i)
                                   values[i] = weight(i, scale);
                                 return sink(
                                     ArrayRef(reinterpret_cast<const uint8_t *>(values.data()),
                                              values.size() * sizeof(float)));
                               }}};
    return input;
  }

  /// What scale_main.c prints.
  static std::string expected() {
    std::string result;
    for (float scale : {0.5f, -0.25f})
      result += formatv("\n{0} {1}\n", number(0.5f * 5 * weight(5, scale)),
                        number(0.5f * (65535 % 77) * weight(65535, scale)));
    return result;
  }
  static std::string number(float value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", double(value));
    return text;
  }
};

TEST_F(RuntimeTest, SharedLibraryRuns) {
  LinkResult result = ok(linkSharedLibrary(scaleModel("one", 0.5f), file("one.so")));
  std::printf("a .so with the runtime: %llu bytes over its weights\n",
              (unsigned long long)result.overhead());
  EXPECT_LT(result.overhead(), 300000u);
  expectOldCLibrary(file("one.so"));
  EXPECT_EQ(exportsOf(file("one.so")), (std::set<std::string>{"accel_model", "one_model"}));
  EXPECT_EQ(accelNotes(file("one.so")), std::vector<unsigned>{1});

  void *library = ::dlopen(file("one.so").c_str(), RTLD_NOW);
  ASSERT_TRUE(library) << ::dlerror();
  auto find = reinterpret_cast<accel_model_fn>(::dlsym(library, ACCEL_MODEL_SYMBOL));
  ASSERT_TRUE(find);
  EXPECT_EQ(reinterpret_cast<void *>(find), ::dlsym(library, "one_model"));
  accel_options options = {};
  options.size = sizeof options;
  options.threads = 2;
  accel_context *context;
  char message[256] = "";
  ASSERT_EQ(accel_create(find(), &options, &context, message, sizeof message), ACCEL_OK) << message;
  std::vector<float> x(kElements), y(kElements);
  for (int i = 0; i < kElements; ++i)
    x[i] = std::sin(float(i));
  int64_t shape[] = {64, 1024};
  accel_value in = accel_tensor_value(accel_float32(x.data(), 2, shape));
  accel_value out = accel_tensor_value(accel_float32(y.data(), 2, shape));
  ASSERT_EQ(accel_run(context, &in, 1, &out, 1), ACCEL_OK) << accel_message(context);
  for (int i = 0; i < kElements; ++i)
    ASSERT_EQ(y[i], x[i] * weight(i, 0.5f)) << i;
  accel_destroy(context);
  ::dlclose(library);
}

TEST_F(RuntimeTest, ExecutableRuns) {
  if (embedded::machines().front().main.empty())
    GTEST_SKIP() << "a build without the command line of executables";
  LinkResult result = ok(linkExecutable(scaleModel("one", 0.5f), file("one")));
  std::printf("an executable with the runtime: %llu bytes over its weights\n",
              (unsigned long long)result.overhead());
  EXPECT_LT(result.overhead(), 300000u);
  expectOldCLibrary(file("one"));
  std::string output;
  EXPECT_EQ(run({file("one")}, output), 0);
  EXPECT_NE(output.find("x  f4[64, 1024]"), std::string::npos) << output;
  EXPECT_EQ(run({file("one"), "--benchmark", "--iterations", "3", "--warm-up", "1"}, output), 0)
      << output;
}

TEST_F(RuntimeTest, TwoModelsInOneProgram) {
  ok(writeObject(scaleModel("one", 0.5f), file("one.o")));
  ok(writeObject(scaleModel("two", -0.25f), file("two.o")));
  ok(writeArchive(scaleModel("one", 0.5f), file("one.a")));
  ok(writeArchive(scaleModel("two", -0.25f), file("two.a")));
  auto compiler = sys::findProgramByName(ACCEL_TEST_CC);
  ASSERT_TRUE(bool(compiler));
  for (const char *kind : {".o", ".a"})
    for (const char *option : {"-pie", "-no-pie", "-fuse-ld=lld", "-Wl,--gc-sections"}) {
      SCOPED_TRACE(std::string(kind) + " " + option);
      std::string output;
      ASSERT_EQ(
          run({*compiler, option, "-I" + std::string(ACCEL_TEST_INCLUDE),
               std::string(ACCEL_TEST_SOURCES) + "/scale_main.c", file("one" + std::string(kind)),
               file("two" + std::string(kind)), "-o", file("program")},
              output),
          0)
          << output;
      EXPECT_EQ(run({file("program")}, output), 0);
      EXPECT_EQ(output, expected());
    }
}

} // namespace
