// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// accel-compile, accel-opt and accel-lsp-server as one program with LLVM in it; its name says which
// of them it is. Apart, each would hold the same 90 MB.
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Path.h"

// The tools' own main functions, renamed by CMakeLists.txt.
int accelCompileMain(int argc, char **argv);
int accelOptMain(int argc, char **argv);
int accelLspServerMain(int argc, char **argv);

int main(int argc, char **argv) {
  llvm::StringRef name = argc ? llvm::sys::path::filename(argv[0]) : "";
  if (name == "accel-opt")
    return accelOptMain(argc, argv);
  if (name == "accel-lsp-server")
    return accelLspServerMain(argc, argv);
  return accelCompileMain(argc, argv);
}
