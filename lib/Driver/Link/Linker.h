// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns object code and weights into the artefact the user asked for (a shared library, an
// executable, a relocatable object or a static archive) in process, without a compiler or sysroot.
//
#ifndef ACCEL_DRIVER_LINK_LINKER_H
#define ACCEL_DRIVER_LINK_LINKER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/TargetParser/Triple.h"
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace accel::link {

/// Takes the next bytes of a weight segment. Fails when they cannot be written (disk full); the
/// producer must then return that error.
using WeightSink = llvm::function_ref<llvm::Error(llvm::ArrayRef<uint8_t>)>;

/// A run of weight bytes, produced on demand so that weights never sit in memory as a whole.
struct WeightSegment {
  uint64_t offset = 0; ///< From the start of the weights.
  uint64_t size = 0;
  /// Hands exactly `size` bytes to the sink, in order and in pieces of any size. Must give the same
  /// bytes each time it is called: every artefact written calls it once. Several segments are
  /// written at a time if the image has several threads.
  std::function<llvm::Error(WeightSink)> write;
};

/// The weights of a model: one block of read-only memory that starts at `weightsSymbol(prefix)`.
struct WeightImage {
  uint64_t size = 0;
  /// What kernels may assume of the block's address; a power of two up to 4096.
  uint64_t alignment = 64;
  /// In ascending order of offset, without overlap. Bytes between segments are zero.
  std::vector<WeightSegment> segments;
  /// How many threads may write segments at a time. The bits do not depend on it.
  unsigned threads = 1;
};

struct LinkInput {
  llvm::Triple triple{"x86_64-unknown-linux-gnu"};
  /// The model's symbol prefix, a C identifier (see lib/Support/Sanitize.h).
  std::string prefix;
  /// DT_SONAME of a shared library; none if empty.
  std::string soname;
  /// Relocatable ELF objects in a fixed order (the output's bits depend on it). The identifier of
  /// a buffer names it in errors; the bytes must stay alive during the call.
  std::vector<llvm::MemoryBufferRef> objects;
  WeightImage weights;
  /// The symbols that users of the artefact see; all others become local to it.
  std::vector<std::string> exports;
  /// {alias, symbol}: further exported names, in shared libraries and executables only (two
  /// objects in one program must not both define them).
  std::vector<std::pair<std::string, std::string>> aliases;
  /// Adds the prebuilt Accel runtime; off only for objects that need none of it.
  bool addRuntime = true;
};

/// What a finished artefact weighs.
struct LinkResult {
  uint64_t fileBytes = 0;
  uint64_t weightBytes = 0;
  uint64_t overhead() const { return fileBytes - weightBytes; }
};

/// The hidden symbol at which emitted code finds the first byte of its weights. Address it
/// pc-relatively (`.quad prefix_weights - .`), which needs no dynamic relocation.
std::string weightsSymbol(llvm::StringRef prefix);

/// Each writes a temporary file beside `path` and renames it, so that a failure leaves nothing
/// behind and a reader never sees half a file. The same input gives the same bits. Safe to call
/// from several threads; links take turns.
llvm::Expected<LinkResult> linkSharedLibrary(const LinkInput &input, llvm::StringRef path);

/// A position-independent executable: the model with the runtime's command line.
llvm::Expected<LinkResult> linkExecutable(const LinkInput &input, llvm::StringRef path);

/// One relocatable object with the runtime and the weights. Only `exports` stay global, so that
/// any number of models, of any versions, link into one program.
llvm::Expected<LinkResult> writeObject(const LinkInput &input, llvm::StringRef path);

/// A static library whose only member is what writeObject writes.
llvm::Expected<LinkResult> writeArchive(const LinkInput &input, llvm::StringRef path);

} // namespace accel::link

#endif // ACCEL_DRIVER_LINK_LINKER_H
