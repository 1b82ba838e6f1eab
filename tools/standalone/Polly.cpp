// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLVM's link-time optimizer, which LLD refers to, would bring Polly; nothing here ever runs it.
#include "llvm/Plugins/PassPlugin.h"

llvm::PassPluginLibraryInfo getPollyPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "Polly", "", [](llvm::PassBuilder &) {}};
}
