// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shells' completion of a tool's command line, written from the options that the tool registered.
#pragma once
#include "llvm/Support/CommandLine.h"
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace accel {

/// Values of options, by the option's name, that only the tool's own tables know.
using OptionValues = std::vector<std::pair<llvm::StringRef, std::vector<std::string>>>;

/// The hidden option --completion=bash|zsh|fish: prints the script of the tool and ends the
/// process.
class CompletionOption {
public:
  /// `suffixes` are of the files that the tool reads, such as "onnx"; none: of any file.
  CompletionOption(llvm::StringRef tool, std::vector<llvm::StringRef> suffixes,
                   std::function<OptionValues()> values = {});

private:
  llvm::cl::opt<std::string> option;
};

} // namespace accel
