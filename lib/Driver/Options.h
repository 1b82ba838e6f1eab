// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a compile is asked to do.
#pragma once
#include "lib/Driver/Stages.h"
#include "lib/Driver/States.h"
#include "lib/Import/ONNX/Import.h"
#include "lib/Pipelines/Pipelines.h"
#include "lib/Target/CPU/Levels.h"
#include <optional>
#include <string>

namespace accel {

/// Kinds of output. The order is that of --help.
enum class Emit { SharedLibrary, Executable, Object, Archive, Header, MLIR, LLVMIR, Assembly };

enum class CheckFormat { None, Text, JSON };

struct CompileOptions {
  bool listOps = false; ///< only print what ops there are; nothing else here counts
  std::string input;    ///< an .onnx file, or MLIR where startFrom is past Import
  std::string output;   ///< "-": standard output, for text
  Emit emit = Emit::SharedLibrary;
  CheckFormat check = CheckFormat::None; ///< only list what is unsupported
  cpu::Levels levels;                    ///< at least one
  unsigned optLevel = 3;
  ImportOptions import;
  std::vector<StateOption> states;
  std::string prefix;             ///< of the symbols; a C identifier
  std::optional<Stage> startFrom; ///< the stage whose artefact the input is; none: ONNX
  Stage stopAfter = Stage::Library;
  std::string dumpDir;
  // To find what makes a model wrong.
  bool bisect = false;     ///< the output is a folder for what is found
  std::string inputs;      ///< of the model, an .npz file; empty: random ones
  double tolerance = 1e-3; ///< of outputs, relative
  PipelineOptions pipeline() const;
  unsigned steps = std::numeric_limits<unsigned>::max(); ///< of the optional ones
  bool endsThere = false;                                ///< the stage nn, where the next would be
  std::optional<unsigned> tunedKernels; ///< so many are compiled as asked for, the rest as at -O0
  std::string kernelCache;              ///< folder of compiled kernels; empty: none
  unsigned workers = 0;                 ///< processes that compile kernels; 0: in this one
  bool quiet = false;
  bool verbose = false;
  /// The same one by one, as the command line takes them.
  std::vector<std::string> importWords() const;
  /// --shape, --dim, --debug-outputs and --state as they were given, for the metadata.
  std::string importFlags() const;
  /// The CPU that layouts and tiles are chosen for.
  const cpu::Target &target() const { return levels.front(); }
};

} // namespace accel
