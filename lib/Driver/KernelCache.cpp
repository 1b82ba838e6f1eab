// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Entries are files named by a SHA-256: a header, its texts, the object, a checksum of all that.
#include "lib/Driver/KernelCache.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"
#include <cstring>
#include <link.h>
#include <unistd.h>

using namespace llvm;

namespace accel {
namespace {

constexpr uint64_t kMaxBytes = 1 << 30;
constexpr char kMagic[8] = {'a', 'c', 'c', 'e', 'l', 'k', '0', '1'};

struct Header {
  char magic[8];
  uint64_t objectBytes, whyPlainBytes;
  int64_t scratchBytes, items;
  uint64_t plain;
};

/// Adds the build ids of the libraries and the program in this process; false if the program has
/// none, so that nothing tells one build of the compiler from the next.
bool addBuildIds(SHA256 &hash) {
  struct State {
    SHA256 *hash;
    bool isFirst = true, isProgramKnown = false;
  } state{&hash};
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *data) {
        State &state = *static_cast<State *>(data);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr) &header = info->dlpi_phdr[i];
          if (header.p_type != PT_NOTE)
            continue;
          const char *at = reinterpret_cast<const char *>(info->dlpi_addr + header.p_vaddr),
                     *end = at + header.p_memsz;
          while (at + sizeof(ElfW(Nhdr)) <= end) {
            ElfW(Nhdr) note;
            std::memcpy(&note, at, sizeof note);
            const char *name = at + sizeof note, *id = name + alignTo(note.n_namesz, 4);
            if (note.n_type == NT_GNU_BUILD_ID &&
                StringRef(name, note.n_namesz) == StringRef("GNU\0", 4)) {
              state.hash->update(StringRef(id, note.n_descsz));
              state.isProgramKnown |= state.isFirst;
            }
            at = id + alignTo(note.n_descsz, 4);
          }
        }
        state.isFirst = false; // the program comes first
        return 0;
      },
      &state);
  return state.isProgramKnown;
}

bool belongsToUser(const sys::fs::file_status &status) {
  return status.getUser() == geteuid() &&
         !(status.permissions() & (sys::fs::group_write | sys::fs::others_write));
}

} // namespace

std::string KernelCache::defaultFolder() {
  if (const char *folder = std::getenv("ACCEL_KERNEL_CACHE"))
    return StringRef(folder) == "off" ? "" : folder;
  SmallString<128> folder;
  if (!sys::path::cache_directory(folder))
    return "";
  sys::path::append(folder, "accel", "kernels");
  return folder.str().str();
}

KernelCache::KernelCache(std::string at, const cpu::Target &target,
                         const cpu::KernelOptions &options) {
  SHA256 hash;
  sys::fs::file_status status;
  if (at.empty() || !addBuildIds(hash) ||
      sys::fs::create_directories(at, /*IgnoreExisting=*/true, sys::fs::owner_all) ||
      sys::fs::status(at, status) || !sys::fs::is_directory(status) || !belongsToUser(status))
    return;
  hash.update(target.str());
  hash.update(("\n" + Twine(options.optLevel) + Twine(options.plain) + Twine(options.exact)).str());
  salt = toHex(hash.final());
  folder = std::move(at);
}

KernelCache::~KernelCache() {
  if (!isOn())
    return;
  CachePruningPolicy policy;
  policy.Expiration = std::chrono::hours(30 * 24);
  policy.MaxSizeBytes = kMaxBytes;
  pruneCache(folder, policy);
}

std::string KernelCache::keyOf(mlir::ModuleOp kernel) const {
  std::string text;
  raw_string_ostream stream(text);
  kernel.print(stream, mlir::OpPrintingFlags().useLocalScope());
  SHA256 hash;
  hash.update(salt);
  hash.update(text);
  return toHex(hash.final(), /*LowerCase=*/true);
}

/// LLVM's pruning looks at files of this prefix only.
static std::string pathOf(StringRef folder, StringRef key) {
  SmallString<128> path(folder);
  sys::path::append(path, "llvmcache-" + key);
  return path.str().str();
}

std::optional<KernelResult> KernelCache::find(StringRef key) const {
  if (!isOn())
    return std::nullopt;
  std::string path = pathOf(folder, key);
  int file = -1;
  sys::fs::file_status status;
  if (sys::fs::openFileForRead(path, file, sys::fs::OF_UpdateAtime))
    return std::nullopt;
  std::error_code problem = sys::fs::status(file, status);
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      problem || !belongsToUser(status) || status.getSize() > kMaxBytes
          ? std::make_error_code(std::errc::permission_denied)
          : MemoryBuffer::getOpenFile(file, path, status.getSize(),
                                      /*RequiresNullTerminator=*/false);
  close(file);
  if (!buffer)
    return std::nullopt;
  StringRef bytes = (*buffer)->getBuffer();
  Header header;
  uint64_t checksum;
  if (bytes.size() < sizeof header + sizeof checksum)
    return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  StringRef body = bytes.drop_back(sizeof checksum);
  std::memcpy(&checksum, body.end(), sizeof checksum);
  size_t rest = body.size() - sizeof header;
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) || header.objectBytes > rest ||
      header.whyPlainBytes != rest - header.objectBytes || xxh3_64bits(body) != checksum)
    return std::nullopt;
  KernelResult result;
  StringRef object = body.substr(sizeof header, header.objectBytes);
  result.kernel.object.assign(object.begin(), object.end());
  result.kernel.whyPlain = body.take_back(header.whyPlainBytes).str();
  result.kernel.scratchBytes = header.scratchBytes;
  result.kernel.items = header.items;
  result.kernel.plain = header.plain;
  result.cached = true;
  return result;
}

void KernelCache::keep(StringRef key, const KernelResult &result) const {
  if (!isOn() || !result.error.empty() || !result.crash.empty())
    return;
  Header header = {{},
                   result.kernel.object.size(),
                   result.kernel.whyPlain.size(),
                   result.kernel.scratchBytes,
                   result.kernel.items,
                   result.kernel.plain};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  std::string bytes(reinterpret_cast<const char *>(&header), sizeof header);
  bytes.append(result.kernel.object.begin(), result.kernel.object.end());
  bytes += result.kernel.whyPlain;
  uint64_t checksum = xxh3_64bits(bytes);
  bytes.append(reinterpret_cast<const char *>(&checksum), sizeof checksum);
  // Another compile may read or write the same entry: it appears whole or not at all.
  std::string path = pathOf(folder, key);
  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + "-%%%%%%%%", sys::fs::owner_read | sys::fs::owner_write);
  if (!file) {
    consumeError(file.takeError());
    return;
  }
  raw_fd_ostream stream(file->FD, /*shouldClose=*/false);
  stream << bytes;
  stream.flush();
  if (stream.has_error()) {
    stream.clear_error();
    consumeError(file->discard());
    return;
  }
  consumeError(file->keep(path));
}

} // namespace accel
