// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A stream for terminals: names and strings come from models, and control characters in them could
// make a terminal do things.
//
#ifndef ACCEL_RUN_PRINTABLESTREAM_H
#define ACCEL_RUN_PRINTABLESTREAM_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace accel::run {

/// Passes text on with all control characters but line ends and tabs as \xNN.
class PrintableStream : public llvm::raw_ostream {
public:
  explicit PrintableStream(llvm::raw_ostream &to) : to(to) { SetUnbuffered(); }

private:
  void write_impl(const char *data, size_t size) override {
    for (char c : llvm::StringRef(data, size)) {
      auto byte = static_cast<unsigned char>(c);
      if ((byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\t')
        to << c;
      else
        to << "\\x" << llvm::hexdigit(byte >> 4, true) << llvm::hexdigit(byte & 15, true);
    }
  }
  uint64_t current_pos() const override { return to.tell(); }

  llvm::raw_ostream &to;
};

} // namespace accel::run

#endif // ACCEL_RUN_PRINTABLESTREAM_H
