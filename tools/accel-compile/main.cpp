// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// accel-compile: an ONNX model becomes a library.
#include "lib/Driver/Bisect.h"
#include "lib/Driver/CommandLine.h"
#include "lib/Driver/Compile.h"
#include "lib/Import/ONNX/Import.h"
#include "lib/Target/CPU/Target.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Signals.h"
#include <cstring>
#include <unistd.h>

/// A crash of ours ends with the exit code of internal errors and a word to the user.
static void explainCrash(void *) {
  static const char text[] =
      "accel-compile: error: internal error: a crash in the compiler; please "
      "report it with the model and the command line\n";
  (void)!write(STDERR_FILENO, text, strlen(text));
  _exit(accel::kInternalError);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::sys::AddSignalHandler(explainCrash, nullptr);
  accel::cpu::initializeTargets();

  llvm::Expected<accel::CompileOptions> options = accel::parseCommandLine(argc, argv);
  if (!options) {
    accel::Console(/*quiet=*/true).error(llvm::toString(options.takeError()));
    return accel::kUserError;
  }
  if (options->listOps) {
    accel::listOps(llvm::outs());
    return accel::kSuccess;
  }
  return options->bisect ? accel::bisect(*options) : accel::Compiler(std::move(*options)).run();
}
