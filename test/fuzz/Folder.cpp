// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/fuzz/Folder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

using namespace accel;

const std::string &fuzz::folder() {
  static const struct Made {
    std::string path;
    Made() {
      llvm::SmallString<128> made;
      if (llvm::sys::fs::createUniqueDirectory("accel-fuzz", made))
        std::abort();
      path = made.str();
    }
    ~Made() { (void)llvm::sys::fs::remove_directories(path); }
  } made;
  return made.path;
}

std::string fuzz::writeFile(llvm::StringRef name, llvm::StringRef bytes) {
  std::string path = folder() + "/" + name.str();
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (error)
    std::abort();
  out << bytes;
  return path;
}
