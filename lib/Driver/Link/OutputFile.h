// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file that appears under its name only when it is complete.
//
#ifndef ACCEL_DRIVER_LINK_OUTPUTFILE_H
#define ACCEL_DRIVER_LINK_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace accel::link {

/// Holds a temporary file in the folder of the destination; commit() renames it, destruction
/// without commit removes it, as do the signals that LLVM handles.
class OutputFile {
public:
  enum Kind { Data, Executable }; ///< Mode 0666 or 0777, less the umask.

  static llvm::Expected<OutputFile> create(llvm::StringRef path, Kind kind);
  OutputFile(OutputFile &&other);
  OutputFile &operator=(OutputFile &&) = delete;
  ~OutputFile();

  /// Where the bytes are until commit().
  const std::string &temporaryPath() const { return temporary; }
  /// Opens the temporary file again after someone replaced it under its name.
  llvm::Error reopen();

  llvm::Error write(uint64_t offset, llvm::ArrayRef<uint8_t> bytes);
  llvm::Error write(uint64_t offset, llvm::StringRef bytes);
  /// Makes the file this long; bytes never written are zero and take no space on the disk.
  llvm::Error resize(uint64_t size);
  llvm::Error commit();

private:
  OutputFile(llvm::StringRef path) : path(path) {}
  llvm::Error failure(const char *what, int error) const;

  std::string path, temporary;
  int fd = -1;
};

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_OUTPUTFILE_H
