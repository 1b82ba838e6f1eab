// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled kernels on disk, by content: what was compiled once by the same compiler for the same
// target is not compiled again.
#pragma once
#include "lib/Driver/Workers.h"
#include <optional>
#include <string>

namespace accel {

/// A folder of objects. Whatever goes wrong with it, the compile goes on without: an entry that
/// cannot be read, or is damaged, is not there; one that cannot be written is not kept.
class KernelCache {
public:
  /// `folder` is made where it is missing. A folder that others may write to is not used, because
  /// what lies in it becomes part of the user's model. "": no cache.
  KernelCache(std::string folder, const cpu::Target &target, const cpu::KernelOptions &options);
  KernelCache(const KernelCache &) = delete;
  /// Removes what was not used for long, once the folder is large.
  ~KernelCache();

  bool isOn() const { return !folder.empty(); }
  /// The name of a kernel's entry: depends on the module that holds it (without locations), the
  /// compiler, the target and the options.
  std::string keyOf(mlir::ModuleOp kernel) const;
  std::optional<KernelResult> find(llvm::StringRef key) const;
  /// Keeps a result. One after a crash, or an error, is not kept.
  void keep(llvm::StringRef key, const KernelResult &result) const;

  /// The folder that is used where the user names none: $ACCEL_KERNEL_CACHE ("off": none), else
  /// accel/kernels in $XDG_CACHE_HOME, else in ~/.cache.
  static std::string defaultFolder();

private:
  std::string folder;
  std::string salt; ///< what all keys depend on
};

} // namespace accel
