// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Identifiers made of hostile names are identifiers, and differ where they must.

#include "lib/Support/Sanitize.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"
#include <random>
#include <set>
#include <vector>

using namespace llvm;
using namespace accel;

namespace {

/// What C and C++ ask of a name that is not reserved.
void expectIdentifier(const std::string &id, const std::string &from) {
  ASSERT_FALSE(id.empty()) << from;
  EXPECT_LE(id.size(), kMaxIdentifier) << from;
  EXPECT_TRUE(isAlpha(id[0])) << id << " from " << from;
  for (char c : id)
    EXPECT_TRUE(isAlnum(c) || c == '_') << id << " from " << from;
  EXPECT_EQ(id.find("__"), std::string::npos) << id << " from " << from;
}

TEST(SanitizeTest, KeepsGoodNames) {
  for (const char *name : {"mnist", "x", "ResNet50_v1", "a1", "input_0"})
    EXPECT_EQ(sanitizeIdentifier(name), name);
}

TEST(SanitizeTest, ReplacesWhatCannotStay) {
  EXPECT_EQ(sanitizeIdentifier("a.b/c d"), "a_b_c_d");
  EXPECT_EQ(sanitizeIdentifier("a__b"), "a_b");
  EXPECT_EQ(sanitizeIdentifier("_Reserved"), "Reserved");
  EXPECT_EQ(sanitizeIdentifier("mnist-8"), "mnist_8");
  EXPECT_EQ(sanitizeIdentifier("7b"), "x_7b");
  EXPECT_EQ(sanitizeIdentifier(""), "x");
  EXPECT_EQ(sanitizeIdentifier("$(rm -rf ~);"), "rm_rf");
}

TEST(SanitizeTest, AvoidsKeywords) {
  for (const char *name : {"int", "class", "co_await", "restrict", "typeof", "main", "NULL", "std",
                           "xor_eq", "and", "linux", "errno", "EOF", "NAN"}) {
    EXPECT_EQ(sanitizeIdentifier(name), std::string(name) + "_");
    EXPECT_EQ(sanitizeIdentifier("-" + std::string(name) + "-"), std::string(name) + "_");
  }
}

TEST(SanitizeTest, CapsTheLengthAndKeepsLongNamesApart) {
  std::string a = sanitizeIdentifier(std::string(100000, 'a'));
  std::string b = sanitizeIdentifier(std::string(100000, 'a') + "b");
  expectIdentifier(a, "a...");
  expectIdentifier(b, "a...b");
  EXPECT_NE(a, b);
}

TEST(SanitizeTest, KeepsNamesOfOtherScriptsApart) {
  std::string a = sanitizeIdentifier("\xe6\xa8\xa1\xe5\x9e\x8b");
  std::string b = sanitizeIdentifier("\xe6\xa8\xa1\xe5\x9e\x8c");
  expectIdentifier(a, "a");
  EXPECT_NE(a, b);
  EXPECT_NE(sanitizeIdentifier(StringRef("a\0b", 3)), sanitizeIdentifier("a_b"));
}

TEST(SanitizeTest, TakesTheNameOfAFile) {
  EXPECT_EQ(identifierFromPath("/models/mnist-8.onnx"), "mnist_8");
  EXPECT_EQ(identifierFromPath("../x/yolo.v3.onnx"), "yolo_v3");
  EXPECT_EQ(identifierFromPath("double.onnx"), "double_");
  EXPECT_EQ(identifierFromPath(""), "x");
}

TEST(SanitizeTest, SetsGiveDifferentNames) {
  IdentifierSet ids;
  std::set<std::string> seen;
  std::vector<std::string> answers;
  std::vector<std::string> names = {"a b", "a_b", "a-b", "a b", "int", "int_", "", "x", "_", "1"};
  // Names that look like the set's own answers.
  IdentifierSet spy;
  for (const std::string &name : std::vector<std::string>(names)) {
    std::string id = spy.add(name);
    names.push_back(id);
    names.push_back(id + "_2");
  }
  std::mt19937 random(7);
  const char alphabet[] = "ab_ -\xc3\xa9\n1";
  for (int i = 0; i < 5000; ++i) {
    std::string name;
    for (unsigned n = random() % 70; n--;)
      name += alphabet[random() % (sizeof alphabet - 1)];
    names.push_back(name);
  }
  for (const std::string &name : names) {
    std::string id = ids.add(name);
    expectIdentifier(id, name);
    EXPECT_TRUE(seen.insert(id).second) << id;
    answers.push_back(id);
  }
  // Anew, the same answers.
  IdentifierSet again;
  for (size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(again.add(names[i]), answers[i]);
}

} // namespace
