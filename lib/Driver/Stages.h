// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The named stages of a compile: what each leaves can be dumped, stopped at and started from.
#pragma once
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace accel {

enum class Stage { Import, NN, Kernels, Tiled, Buffers, LLVM, Object, Library };

struct StageInfo {
  Stage stage;
  llvm::StringLiteral name;
  llvm::StringLiteral what; ///< what the artefact is, for --help
  bool isModule;            ///< MLIR that can be printed and read back
};

llvm::ArrayRef<StageInfo> allStages();
const StageInfo &stageInfo(Stage stage);
std::optional<Stage> parseStage(llvm::StringRef name);
/// "01-import.mlir"
std::string dumpFileName(Stage stage);

} // namespace accel
