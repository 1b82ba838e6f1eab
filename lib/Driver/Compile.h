// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compile from file to file, stage by stage.
#pragma once
#include "lib/Driver/Console.h"
#include "lib/Driver/Options.h"
#include "lib/Driver/Workers.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include <future>
#include <memory>

namespace accel {
namespace exec {
struct LoweredProgram;
}

/// How a process ends.
enum ExitCode { kSuccess = 0, kUserError = 1, kInternalError = 70 };

/// A kernel as the summary shows it.
struct KernelSummary {
  std::string name;
  unsigned launches = 0;
  std::vector<std::string> nodes; ///< ONNX nodes of its launches
  std::string ops;                ///< nn ops of its body, "conv+relu"
  std::string boundary;           ///< why nothing more was fused
  KernelResult result;
  std::vector<KernelResult> lower; ///< for the other levels
};

/// What a compile did, for the summary.
struct CompileSummary {
  std::vector<KernelSummary> kernels;
  unsigned launches = 0;
  std::optional<int64_t> arenaBytes, leastArenaBytes; ///< none: they depend on dims
  uint64_t weightBytes = 0, fileBytes = 0;
  std::vector<std::string> files;
  std::vector<std::string> remarks; ///< what passes say of what they did
};

/// Where a model came from, for the metadata.
struct Source {
  std::string name, flags, hash;
};

class Compiler {
public:
  /// Starts the workers, so nothing that threads belong to may exist yet.
  explicit Compiler(CompileOptions options);
  ~Compiler();

  /// All of it; the process's exit code. Messages have been shown.
  int run();

private:
  int check();
  // Each step leaves the module at its stage; 0, or the exit code after a message.
  int read();
  int readMLIR();
  int advance();
  int runPasses(llvm::StringRef name, llvm::function_ref<void(mlir::OpPassManager &)> build);
  int lowerTo(Stage stage);
  int finish();
  int plan();
  int compileKernels();
  std::vector<KernelResult> compileAll(llvm::ArrayRef<exec::KernelOp> kernels);
  llvm::Expected<exec::LoweredProgram> lowerTheProgram();
  int emitText();
  int emitBinary();
  int writeModule();

  void hashSource(std::vector<std::string> files);
  void noteSource();
  void recallSource();
  void reach(Stage stage);
  int userError(const llvm::Twine &message);
  /// Saves what failed; `part` is a part of its file's name, `target` the CPU it failed for if that
  /// is not the best one.
  int internalError(const llvm::Twine &message, mlir::Operation *reproducer, Stage stage,
                    llvm::StringRef part = "", const cpu::Target *target = nullptr);
  std::string takeDiagnostics();

  CompileOptions options;
  Console console;
  std::unique_ptr<WorkerPool> workers;
  std::future<std::string> sourceHash;
  Source source;
  std::unique_ptr<mlir::MLIRContext> context;
  std::vector<std::string> diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  Stage at = Stage::Import;
  CompileSummary summary;
};

/// What the user sees after a success.
void printSummary(const CompileSummary &summary, const CompileOptions &options,
                  const Console &console);

} // namespace accel
