// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text of any bytes comes out as one line of valid UTF-8.

#include "lib/Support/Printable.h"
#include <gtest/gtest.h>

using accel::printable;
using llvm::StringRef;

TEST(Printable, OrdinaryTextIsKept) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("layer 1/relu;`id`"), "layer 1/relu;`id`");
  EXPECT_EQ(printable("\u00fcml\u00e4ut \u6f22\u5b57 \U0001F600"),
            "\u00fcml\u00e4ut \u6f22\u5b57 \U0001F600");
}

TEST(Printable, ControlCharactersAreEscaped) {
  EXPECT_EQ(printable("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable(StringRef("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\u0085"), "\\xc2\\x85");
}

TEST(Printable, TheDirectionOfWritingCannotBeChanged) {
  EXPECT_EQ(printable("a\u202eb"), "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(printable("\u200b"), "\\xe2\\x80\\x8b");
  EXPECT_EQ(printable("\u2028"), "\\xe2\\x80\\xa8");
}

TEST(Printable, BytesThatAreNoUTF8AreEscaped) {
  EXPECT_EQ(printable("R\xe5lu"), "R\\xe5lu");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");          // an overlong NUL
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // half of a surrogate pair
  EXPECT_EQ(printable("cut \xe6\xbc"), "cut \\xe6\\xbc");
}

TEST(Printable, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
  EXPECT_EQ(printable("abcde\u00fc", 6), "abcde...");
  EXPECT_EQ(printable("ab\n\n\n", 6), "ab\\n\\n...");
  EXPECT_EQ(printable(std::string(1000000, 'n')).size(), 203u);
}
