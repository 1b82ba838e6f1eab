// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes text from a model fit to be shown in a message.

#include "lib/Support/Printable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Unicode.h"

using namespace llvm;

namespace accel {

/// Bytes of the printable character that `text` begins with; 0 if it begins with none.
static size_t printableLength(StringRef text) {
  auto *begin = reinterpret_cast<const UTF8 *>(text.begin());
  auto *end = reinterpret_cast<const UTF8 *>(text.end());
  UTF32 character = 0;
  const UTF8 *next = begin;
  if (convertUTF8Sequence(&next, end, &character, strictConversion) != conversionOK)
    return 0;
  int code = static_cast<int>(character);
  return sys::unicode::isPrintable(code) && !sys::unicode::isFormatting(code) ? next - begin : 0;
}

std::string printable(StringRef text, size_t limit) {
  std::string result;
  while (!text.empty()) {
    size_t length = printableLength(text);
    std::string escaped;
    if (length == 0) {
      unsigned char byte = text.front();
      escaped = byte == '\n'   ? "\\n"
                : byte == '\t' ? "\\t"
                               : "\\x" + utohexstr(byte, /*LowerCase=*/true, /*Width=*/2);
    }
    StringRef piece = length ? text.take_front(length) : StringRef(escaped);
    if (result.size() + piece.size() > limit)
      return result + "...";
    result += piece;
    text = text.drop_front(length ? length : 1);
  }
  return result;
}

} // namespace accel
