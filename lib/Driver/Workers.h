// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Processes that compile kernels, so that a crash in LLVM costs one kernel's tuning, not the
// compile.
#pragma once
#include "lib/Target/CPU/Levels.h"
#include "lib/Target/CPU/Pipeline.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <string>
#include <sys/types.h>
#include <vector>

namespace accel {

struct KernelResult {
  cpu::CompiledKernel kernel;
  std::string error; ///< why there is no object; empty if there is one
  std::string crash; ///< how a worker died on this kernel before the fallback was taken; else empty
  double seconds = 0;
  bool cached = false; ///< it was on disk
};

/// A kernel to compile: a module in bytecode or text that holds one exec.kernel, whose symbols get
/// the module's name.
struct KernelRequest {
  std::string text;
  size_t level = 0; ///< number of the target
};

/// Worker processes live as long as the pool. Make it before anything that threads or files belong
/// to, in particular before any MLIRContext: an inherited one hangs.
class WorkerPool {
public:
  WorkerPool(unsigned count, llvm::ArrayRef<cpu::Target> levels, const cpu::KernelOptions &options);
  WorkerPool(const WorkerPool &) = delete;
  ~WorkerPool();

  /// False where the system gives no processes at all.
  bool isAlive() const;
  /// Results come in the same order, whatever the timing. `finished` hears after each how many are
  /// done.
  std::vector<KernelResult> compile(llvm::ArrayRef<KernelRequest> kernels,
                                    llvm::function_ref<void(size_t)> finished);

private:
  struct Worker {
    pid_t pid = -1;
    int socket = -1;
    int errors = -1;   ///< a memory file that its standard error goes to
    int64_t busy = -1; ///< number of the kernel it compiles
  };
  void start(Worker &worker);
  /// Ends a worker that is dead or about to be; says how it died.
  std::string bury(Worker &worker);

  cpu::Levels levels;
  cpu::KernelOptions options;
  std::vector<Worker> workers;
};

/// The same in this process.
KernelResult compileHere(exec::KernelOp kernel, const cpu::Target &target,
                         const cpu::KernelOptions &options);

} // namespace accel
