// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "lib/Run/WriteFile.h"

using namespace llvm;

Error accel::run::writeFile(StringRef path, function_ref<void(raw_ostream &)> write) {
  std::error_code error;
  raw_fd_ostream os(path, error);
  if (!error) {
    write(os);
    os.close();
    error = os.error();
    os.clear_error();
  }
  if (error)
    return createStringError(error, "cannot write '%s': %s", path.str().c_str(),
                             error.message().c_str());
  return Error::success();
}
