// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// accel-run: runs a compiled model, or an ONNX file after compiling it.

#include "lib/Run/Options.h"
#include "lib/Run/PrintableStream.h"
#include "lib/Run/Run.h"
#include "llvm/Support/WithColor.h"

// Exit statuses; --help lists them.
enum { kSuccess = 0, kError = 1, kDifferent = 2 };

int main(int argc, char **argv) {
  llvm::Expected<accel::run::Options> options = accel::run::parseOptions(argc, argv);
  accel::run::PrintableStream out(llvm::outs()), err(llvm::errs());
  llvm::Expected<bool> same = options ? accel::run::runModel(std::move(*options), out)
                                      : llvm::Expected<bool>(options.takeError());
  llvm::outs().flush();
  if (!same) {
    llvm::WithColor::error(llvm::errs(), "accel-run");
    err << llvm::toString(same.takeError()) << '\n';
    return kError;
  }
  return *same ? kSuccess : kDifferent;
}
