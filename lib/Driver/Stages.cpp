// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of stages.
#include "lib/Driver/Stages.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace accel {

static constexpr StageInfo kStages[] = {
    {Stage::Import, "import", "nn, as the file has it", true},
    {Stage::NN, "nn", "nn, optimised", true},
    {Stage::Kernels, "kernels", "kernels of nn ops, and the program that launches them", true},
    {Stage::Tiled, "tiled", "kernels in tiled, vectorised loops over tensors", true},
    {Stage::Buffers, "buffers", "kernels on memrefs, the program on slots of an arena", true},
    {Stage::LLVM, "llvm", "kernels in the LLVM dialect", true},
    {Stage::Object, "object", "one relocatable object", false},
    {Stage::Library, "library", "the linked library", false},
};

ArrayRef<StageInfo> allStages() { return kStages; }

const StageInfo &stageInfo(Stage stage) { return kStages[static_cast<size_t>(stage)]; }

std::optional<Stage> parseStage(StringRef name) {
  for (const StageInfo &info : kStages)
    if (info.name == name)
      return info.stage;
  return std::nullopt;
}

std::string dumpFileName(Stage stage) {
  return formatv("{0:02}-{1}.mlir", static_cast<int>(stage) + 1, stageInfo(stage).name).str();
}

} // namespace accel
