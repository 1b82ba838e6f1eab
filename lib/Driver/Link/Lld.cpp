// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs LLD inside this process on files that live in memory.

#include "lib/Driver/Link/Lld.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace accel::link {

static bool writeAll(int fd, StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    bytes = bytes.drop_front(done);
  }
  return true;
}

Expected<MemoryFile> MemoryFile::create(StringRef name, StringRef bytes) {
  MemoryFile file;
  file.displayName = name.str();
  auto failure = [&](int error) {
    return createStringError(std::error_code(error, std::generic_category()),
                             "cannot hold '" + name + "' for the linker: " + sys::StrError(error));
  };
  file.fd = ::memfd_create("accel-link", MFD_CLOEXEC);
  if (file.fd >= 0) {
    file.filePath = "/proc/self/fd/" + itostr(file.fd);
    if (::access(file.filePath.c_str(), R_OK) < 0) {
      ::close(file.fd);
      file.fd = -1;
    }
  }
  if (file.fd < 0) {
    SmallString<128> path;
    if (std::error_code error = sys::fs::createTemporaryFile("accel-link", "o", file.fd, path))
      return failure(error.value());
    file.filePath = std::string(path);
    file.onDisk = true;
  }
  if (!writeAll(file.fd, bytes))
    return failure(errno);
  return std::move(file);
}

MemoryFile::MemoryFile(MemoryFile &&other)
    : filePath(std::move(other.filePath)), displayName(std::move(other.displayName)), fd(other.fd),
      onDisk(other.onDisk) {
  other.fd = -1;
  other.onDisk = false;
}

MemoryFile::~MemoryFile() {
  if (fd >= 0)
    ::close(fd);
  if (onDisk)
    ::unlink(filePath.c_str());
}

Error LldCommand::addFile(StringRef prefix, StringRef name, StringRef bytes) {
  Expected<MemoryFile> file = MemoryFile::create(name, bytes);
  if (!file)
    return file.takeError();
  arguments.push_back((prefix + file->path()).str());
  files.push_back(std::move(*file));
  return Error::success();
}

static void replaceAll(std::string &text, StringRef from, StringRef to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

namespace {
/// Hides the process's command line options: LLD parses -mllvm options at each link and for that
/// first sets all cl::opt, of whatever program it is in, back to their defaults.
class HiddenOptions {
public:
  HiddenOptions() {
    for (cl::SubCommand *command : cl::getRegisteredSubcommands())
      saved.emplace_back(command, Lists());
    swapAll();
  }
  ~HiddenOptions() { swapAll(); }

private:
  struct Lists {
    decltype(cl::SubCommand::OptionsMap) named;
    decltype(cl::SubCommand::PositionalOpts) positional;
    decltype(cl::SubCommand::SinkOpts) sink;
    cl::Option *consumeAfter = nullptr;
  };

  void swapAll() {
    for (auto &[command, lists] : saved) {
      std::swap(command->OptionsMap, lists.named);
      std::swap(command->PositionalOpts, lists.positional);
      std::swap(command->SinkOpts, lists.sink);
      std::swap(command->ConsumeAfterOpt, lists.consumeAfter);
    }
  }

  std::vector<std::pair<cl::SubCommand *, Lists>> saved;
};
} // namespace

Error LldCommand::run() const {
  static std::mutex oneAtATime;
  static bool broken = false;
  std::lock_guard lock(oneAtATime);
  if (broken)
    return createStringError("internal error: the linker failed earlier in this process and cannot "
                             "run again; start a new one");

  std::vector<const char *> argv = {"ld.lld"};
  for (const std::string &argument : arguments)
    argv.push_back(argument.c_str());
  std::string messages;
  raw_string_ostream stream(messages);
  HiddenOptions hidden;
  // Without this, LLD's fatal errors end the process.
  CrashRecoveryContext::Enable();
  lld::Result result = lld::lldMain(argv, stream, stream, {{lld::Gnu, &lld::elf::link}});
  CrashRecoveryContext::Disable();
  broken = !result.canRunAgain;
  if (result.retCode == 0)
    return Error::success();

  // Longest first: /proc/self/fd/1 is the start of /proc/self/fd/12.
  std::vector<const MemoryFile *> order;
  for (const MemoryFile &file : files)
    order.push_back(&file);
  llvm::sort(order, [](const MemoryFile *a, const MemoryFile *b) {
    return std::pair(a->path().size(), a->path()) > std::pair(b->path().size(), b->path());
  });
  for (const MemoryFile *file : order)
    replaceAll(messages, file->path(), file->name());
  replaceAll(messages, "ld.lld: ", "");
  return createStringError("the linker failed:\n" + StringRef(messages).rtrim());
}

} // namespace accel::link
