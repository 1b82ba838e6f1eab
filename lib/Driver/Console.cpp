// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the user sees: progress and messages on standard error.
#include "lib/Driver/Console.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"
#include <unistd.h>

using namespace llvm;

namespace accel {

std::string printableLines(StringRef text) {
  std::string result;
  auto escape = [&](unsigned char byte) {
    result += "\\x";
    result += hexdigit(byte >> 4, true);
    result += hexdigit(byte & 15, true);
  };
  while (!text.empty()) {
    unsigned char first = text.front();
    if (first == '\n' || first == '\t' || (first >= 0x20 && first < 0x7f)) {
      result += first;
      text = text.drop_front();
      continue;
    }
    const UTF8 *begin = text.bytes_begin();
    UTF32 point = 0;
    UTF32 *into = &point;
    size_t length = getNumBytesForUTF8(first);
    bool good = first >= 0x80 && length <= text.size() &&
                ConvertUTF8toUTF32(&begin, begin + length, &into, into + 1, strictConversion) ==
                    conversionOK &&
                sys::unicode::isPrintable(point);
    length = good ? length : 1;
    for (char byte : text.take_front(length))
      good ? result.push_back(byte) : escape(byte);
    text = text.drop_front(length);
  }
  return result;
}

static void collectNames(mlir::Location location, std::vector<std::string> &names) {
  if (auto name = dyn_cast<mlir::NameLoc>(location)) {
    std::string text = name.getName().str();
    if (!is_contained(names, text))
      names.push_back(std::move(text));
  } else if (auto fused = dyn_cast<mlir::FusedLoc>(location)) {
    for (mlir::Location part : fused.getLocations())
      collectNames(part, names);
  } else if (auto call = dyn_cast<mlir::CallSiteLoc>(location)) {
    collectNames(call.getCallee(), names);
  }
}

std::vector<std::string> nodeNames(mlir::Location location) {
  std::vector<std::string> names;
  collectNames(location, names);
  return names;
}

std::string describe(const mlir::Diagnostic &diagnostic) {
  std::string text;
  raw_string_ostream out(text);
  std::vector<std::string> names = nodeNames(diagnostic.getLocation());
  if (!names.empty())
    out << "node '" << join(names, "', '") << "': ";
  else if (auto file = dyn_cast<mlir::FileLineColLoc>(diagnostic.getLocation()))
    out << file.getFilename().getValue() << ":" << file.getLine() << ":" << file.getColumn()
        << ": ";
  out << diagnostic;
  for (const mlir::Diagnostic &note : diagnostic.getNotes())
    out << "\n  note: " << note;
  return text;
}

Console::Console(bool quiet) : showsProgress(!quiet && isatty(STDERR_FILENO)) {}

void Console::begin(StringRef name) {
  end();
  stage = name.str();
  stageStart = Clock::now();
}

void Console::advance(size_t done, size_t all) {
  if (!showsProgress)
    return;
  errs() << formatv("\r{0,-10} {1}/{2} ", stage, done, all);
  errs().flush();
  lineIsOpen = true;
}

void Console::clearLine() {
  if (lineIsOpen)
    errs() << "\r\x1b[K";
  lineIsOpen = false;
}

void Console::end() {
  if (stage.empty())
    return;
  double seconds = std::chrono::duration<double>(Clock::now() - stageStart).count();
  finished.emplace_back(std::move(stage), seconds);
  stage.clear();
  if (showsProgress) {
    clearLine();
    errs() << formatv("{0,-10} {1:f3} s\n", finished.back().first, seconds);
  }
}

double Console::secondsSinceStart() const {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Console::error(StringRef message) {
  clearLine();
  errs() << "accel-compile: error: " << printableLines(message.rtrim()) << "\n";
}

void Console::warning(StringRef message) {
  clearLine();
  errs() << "accel-compile: warning: " << printableLines(message.rtrim()) << "\n";
}

} // namespace accel
