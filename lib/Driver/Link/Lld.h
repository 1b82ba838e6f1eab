// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs LLD inside this process on files that live in memory.
//
#ifndef ACCEL_DRIVER_LINK_LLD_H
#define ACCEL_DRIVER_LINK_LLD_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace accel::link {

/// Bytes under a path that a linker in this process can open; nothing of them reaches a disk where
/// the system has memfd_create and /proc.
class MemoryFile {
public:
  /// `name` says in errors what the bytes are.
  static llvm::Expected<MemoryFile> create(llvm::StringRef name, llvm::StringRef bytes);
  MemoryFile(MemoryFile &&other);
  MemoryFile &operator=(MemoryFile &&) = delete;
  ~MemoryFile();

  const std::string &path() const { return filePath; }
  const std::string &name() const { return displayName; }

private:
  MemoryFile() = default;
  std::string filePath, displayName;
  int fd = -1;
  bool onDisk = false;
};

/// The command line of one link, with the files it names.
class LldCommand {
public:
  void add(llvm::StringRef argument) { arguments.push_back(argument.str()); }
  /// Adds `prefix` and the path of a memory file as one argument.
  llvm::Error addFile(llvm::StringRef prefix, llvm::StringRef name, llvm::StringRef bytes);

  /// Links. Links of all threads take turns, because LLD keeps its state in globals. On failure
  /// the error holds LLD's messages, with the files' names.
  llvm::Error run() const;

private:
  std::vector<std::string> arguments;
  std::vector<MemoryFile> files;
};

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_LLD_H
