// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated headers compile as strict C++17 whatever the names in the model, and drive a model.

#include "lib/Driver/Link/Header.h"
#include "test/unit/Driver/LinkTest.h"

using namespace llvm;
using namespace accel::link;
using namespace accel::link::test;

namespace {

HeaderDim known(int64_t size) { return {HeaderDim::Static, size, ""}; }
HeaderDim symbol(const std::string &name) { return {HeaderDim::Symbolic, 0, name}; }
HeaderDim unknown() { return {HeaderDim::Unknown, 0, ""}; }

class HeaderTest : public LinkTest {
protected:
  /// Compiles sources of this folder with all warnings as errors.
  void compile(std::vector<std::string> arguments) {
    auto path = sys::findProgramByName(ACCEL_TEST_CXX);
    ASSERT_TRUE(bool(path));
    std::vector<std::string> command = {*path,
                                        "-std=c++17",
                                        "-Wall",
                                        "-Wextra",
                                        "-Wpedantic",
                                        "-Wshadow",
                                        "-Wno-missing-field-initializers",
                                        "-Werror",
                                        "-fno-exceptions",
                                        "-I" + folder,
                                        "-I" + std::string(ACCEL_TEST_INCLUDE)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    std::string output;
    ASSERT_EQ(run(command, output), 0) << output;
  }

  void write(const ModelSignature &signature, const std::string &name) {
    Error error = writeHeader(signature, file(name));
    ASSERT_FALSE(bool(error)) << toString(std::move(error));
  }
};

TEST_F(HeaderTest, DrivesAModel) {
  ModelSignature signature{
      "fake model",
      "fake",
      {{"x", "f32", {symbol("n"), known(3)}}, {"x ", "i64", {}}, {"words", "string", {known(2)}}},
      {{"y", "f32", {symbol("n")}}, {"found", "i64", {unknown()}}, {"echo", "string", {known(2)}}}};
  write(signature, "fake.h");
  std::string inputs = ACCEL_TEST_SOURCES;
  compile({inputs + "/fake_main.cpp", inputs + "/fake_model.cpp", "-o", file("program")});
  std::string output;
  EXPECT_EQ(run({file("program")}, output), 0);
}

TEST_F(HeaderTest, EveryElementTypeCompiles) {
  ModelSignature signature{"types", "types", {}, {}};
  for (const char *type :
       {"f32",      "f64",    "f16",       "bf16",     "i1",           "i4",
        "i8",       "i16",    "i32",       "i64",      "ui4",          "ui8",
        "ui16",     "ui32",   "ui64",      "u8",       "complex<f32>", "complex<f64>",
        "f8E4M3FN", "f8E5M2", "f8E8M0FNU", "f4E2M1FN", "string",       "sequence<f32>"}) {
    signature.inputs.push_back({std::string("in_") + type, type, {known(2), symbol("b")}});
    signature.outputs.push_back({std::string("out_") + type, type, {symbol("b"), known(2)}});
    signature.outputs.push_back({std::string("late_") + type, type, {unknown(), symbol("new")}});
    signature.outputs.push_back({std::string("scalar_") + type, type, {}});
  }
  write(signature, "types.h");
  std::ofstream(file("use.cpp")) << "#include \"types.h\"\n";
  compile({"-fsyntax-only", file("use.cpp")});
}

TEST_F(HeaderTest, HostileNamesCompile) {
  ModelSignature signature{"evil\"\\\n#error no\n?\?/\n\xe6\xa8\xa1", "evil", {}, {}};
  std::string names[] = {"",
                         "class",
                         "a b",
                         "a_b",
                         "a-b",
                         "1",
                         "run",
                         "name",
                         "type",
                         "shape",
                         "elements",
                         "std",
                         "accel_value",
                         "accel_run",
                         "ACCEL_OK",
                         "Model",
                         "inputs",
                         "inputs_",
                         "status_",
                         "x\");}\nint main(){",
                         "*/ int y; /*",
                         "\\",
                         "\xff\xfe",
                         "\xe5\x90\x8d",
                         std::string("nul\0x", 5),
                         "int",
                         "int_",
                         std::string(5000, 'n'),
                         std::string(5000, 'n') + "1",
                         "std::int64_t",
                         "NULL",
                         "errno",
                         "EOF"};
  for (const std::string &name : names) {
    signature.inputs.push_back({name, "f32", {symbol(name), known(1)}});
    signature.outputs.push_back({name, "f32", {symbol(name)}});
    signature.outputs.push_back({name + "2", "i64", {unknown()}});
  }
  write(signature, "evil.h");
  std::ofstream(file("use.cpp")) << "#include <cerrno>\n#include <cstdio>\n#include <cmath>\n"
                                    "#include \"evil.h\"\n";
  compile({"-fsyntax-only", file("use.cpp")});
}

TEST_F(HeaderTest, NoInputsOrOutputs) {
  write({"empty", "Empty", {}, {}}, "empty.h");
  std::ofstream(file("use.cpp")) << "#include \"empty.h\"\n";
  compile({"-fsyntax-only", file("use.cpp")});
}

TEST_F(HeaderTest, CannotWrite) {
  Error error = writeHeader({"m", "m", {}, {}}, file("no/m.h"));
  EXPECT_EQ(toString(std::move(error)),
            "cannot write '" + file("no/m.h") + "': No such file or directory");
}

} // namespace
