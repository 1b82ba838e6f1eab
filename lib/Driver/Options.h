// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a compile is asked to do.
#pragma once
#include "lib/Driver/Stages.h"
#include "lib/Import/ONNX/Import.h"
#include "lib/Target/CPU/Target.h"
#include <optional>
#include <string>

namespace accel {

/// Kinds of output. The order is that of --help.
enum class Emit { SharedLibrary, Executable, Object, Archive, Header, MLIR, LLVMIR, Assembly };

enum class CheckFormat { None, Text, JSON };

struct CompileOptions {
  std::string input;  ///< an .onnx file, or MLIR where startFrom is past Import
  std::string output; ///< "-": standard output, for text
  Emit emit = Emit::SharedLibrary;
  CheckFormat check = CheckFormat::None; ///< only list what is unsupported
  cpu::Target target;
  unsigned optLevel = 3;
  ImportOptions import;
  std::string prefix;             ///< of the symbols; a C identifier
  std::optional<Stage> startFrom; ///< the stage whose artefact the input is; none: ONNX
  Stage stopAfter = Stage::Library;
  std::string dumpDir;
  std::string kernelCache; ///< folder of compiled kernels; empty: none
  unsigned workers = 0;    ///< processes that compile kernels; 0: in this one
  bool quiet = false;
  bool verbose = false;
  /// --shape, --dim and --debug-outputs as they were given, for the metadata.
  std::string importFlags() const;
};

} // namespace accel
