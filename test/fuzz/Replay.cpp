// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a fuzz target on files, and on the files of folders: what takes libFuzzer's place in a build
// without it.
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <set>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What a target's mutator calls; nothing is mutated here.
extern "C" __attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *, size_t size, size_t) {
  return size;
}

int main(int count, char **words) {
  std::set<std::string> files; // in order, so that runs are alike
  for (int i = 1; i < count; ++i) {
    if (!llvm::sys::fs::is_directory(words[i])) {
      files.insert(words[i]);
      continue;
    }
    std::error_code error;
    for (llvm::sys::fs::directory_iterator at(words[i], error), end; at != end && !error;
         at.increment(error))
      files.insert(at->path());
  }
  for (const std::string &file : files) {
    auto buffer =
        llvm::MemoryBuffer::getFile(file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!buffer) {
      llvm::errs() << "cannot read " << file << ": " << buffer.getError().message() << "\n";
      return 1;
    }
    llvm::outs() << file << "\n";
    llvm::outs().flush(); // names the input that ends the process
    llvm::StringRef bytes = (*buffer)->getBuffer();
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  }
  if (files.empty()) {
    llvm::errs() << "no files to run\n";
    return 1;
  }
  return 0;
}
