// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file that appears under its name only when it is complete.

#include "lib/Driver/Link/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace llvm;

namespace accel::link {

Error OutputFile::failure(const char *what, int error) const {
  return createStringError(std::error_code(error, std::generic_category()),
                           "cannot " + Twine(what) + " '" + path + "': " + sys::StrError(error));
}

Expected<OutputFile> OutputFile::create(StringRef path, Kind kind) {
  OutputFile file(path);
  // Renaming over a device or a folder would destroy it or fail late.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && status.type() != sys::fs::file_type::regular_file)
    return createStringError("cannot write '" + path +
                             "': expected a regular file or a new name, found a " +
                             (sys::fs::is_directory(status) ? "directory" : "special file"));

  // A short name of its own: the destination's may already be as long as names can be.
  SmallString<128> model(sys::path::parent_path(path));
  sys::path::append(model, ".accel-%%%%%%%%%%.tmp");
  SmallString<128> name;
  const unsigned mode = kind == Executable ? 0777 : 0666;
  if (std::error_code error =
          sys::fs::createUniqueFile(model, file.fd, name, sys::fs::OF_None, mode))
    return file.failure("write", error.value());
  file.temporary = std::string(name);
  sys::RemoveFileOnSignal(file.temporary);
  return std::move(file);
}

OutputFile::OutputFile(OutputFile &&other)
    : path(std::move(other.path)), temporary(std::move(other.temporary)), fd(other.fd) {
  other.temporary.clear();
  other.fd = -1;
}

OutputFile::~OutputFile() {
  if (fd >= 0)
    ::close(fd);
  if (!temporary.empty()) {
    ::unlink(temporary.c_str());
    sys::DontRemoveFileOnSignal(temporary);
  }
}

Error OutputFile::reopen() {
  if (fd >= 0)
    ::close(fd);
  fd = ::open(temporary.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  return fd < 0 ? failure("write", errno) : Error::success();
}

Error OutputFile::write(uint64_t offset, ArrayRef<uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t done = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return failure("write", done < 0 ? errno : ENOSPC);
    bytes = bytes.drop_front(done);
    offset += done;
  }
  return Error::success();
}

Error OutputFile::write(uint64_t offset, StringRef bytes) {
  return write(offset, arrayRefFromStringRef(bytes));
}

Error OutputFile::resize(uint64_t size) {
  return ::ftruncate(fd, size) < 0 ? failure("write", errno) : Error::success();
}

Error OutputFile::commit() {
  // Network file systems report a full disk only here.
  int closed = ::close(fd);
  fd = -1;
  if (closed < 0)
    return failure("write", errno);
  if (::rename(temporary.c_str(), path.c_str()) < 0)
    return failure("write", errno);
  sys::DontRemoveFileOnSignal(temporary);
  temporary.clear();
  return Error::success();
}

} // namespace accel::link
