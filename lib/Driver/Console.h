// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the user sees: progress and messages on standard error.
#pragma once
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace accel {

/// The text with everything but ends of lines and tabs that a terminal might act on as \xNN; what
/// is put into a line is for printable() of lib/Support.
std::string printableLines(llvm::StringRef text);

/// The ONNX node names in a location, each once, in order.
std::vector<std::string> nodeNames(mlir::Location location);

/// "node 'Conv_1': expected ...": a diagnostic in the user's names.
std::string describe(const mlir::Diagnostic &diagnostic);

/// Messages of one compile. Progress appears only where standard error is a terminal, a line for
/// each stage; messages appear always.
class Console {
public:
  explicit Console(bool quiet);

  /// Ends the stage before, and starts one.
  void begin(llvm::StringRef stage);
  /// Says how far the stage is.
  void advance(size_t done, size_t all);
  void end();
  /// Stages and their seconds, so far.
  const std::vector<std::pair<std::string, double>> &times() const { return finished; }
  double secondsSinceStart() const;

  void error(llvm::StringRef message);
  void warning(llvm::StringRef message);

private:
  using Clock = std::chrono::steady_clock;
  void clearLine();

  bool showsProgress;
  bool lineIsOpen = false;
  Clock::time_point start = Clock::now(), stageStart;
  std::string stage;
  std::vector<std::pair<std::string, double>> finished;
};

} // namespace accel
