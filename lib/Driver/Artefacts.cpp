// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of MLIR that stages leave.
#include "lib/Driver/Artefacts.h"
#include "dialects/Exec/ExecOps.h"
#include "lib/Driver/Link/OutputFile.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace accel {

static Error writeText(StringRef path, function_ref<void(raw_ostream &)> write) {
  if (path == "-") {
    write(outs());
    outs().flush();
    return Error::success();
  }
  // A device or a pipe is written to as it is; renaming a file over it would remove it.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && !sys::fs::is_regular_file(status)) {
    std::error_code code;
    raw_fd_ostream stream(path, code);
    if (code)
      return createStringError(code, "cannot write '%s': %s", path.str().c_str(),
                               code.message().c_str());
    write(stream);
    return Error::success();
  }
  return writeToOutput(path, [&](raw_ostream &stream) {
    write(stream);
    return Error::success();
  });
}

Error writeArtefact(mlir::Operation *op, StringRef path, Weights weights) {
  mlir::OpPrintingFlags flags;
  if (path != "-")
    flags.enableDebugInfo();
  if (weights == Weights::Elided) {
    flags.elideLargeElementsAttrs(64);
    flags.elideLargeResourceString(256);
  }
  return writeText(path, [&](raw_ostream &stream) {
    if (sys::path::extension(path) == ".mlirbc") {
      // Written to a string stream it cannot fail, and to a file the file says so.
      (void)mlir::writeBytecodeToFile(op, stream);
      return;
    }
    op->print(stream, flags);
    stream << "\n";
  });
}

Error writeTextFile(StringRef path, StringRef text) {
  return writeText(path, [&](raw_ostream &stream) { stream << text; });
}

std::string reproducerPath(const CompileOptions &options, StringRef part) {
  std::string base = options.output == "-" ? options.prefix : options.output;
  return base + (part.empty() ? "" : "." + part.str()) + ".reproducer.mlir";
}

std::string targetFlags(const CompileOptions &options, const cpu::Target &target) {
  return "-O" + std::to_string(options.optLevel) + " --cpu=" + target.str();
}

cpu::KernelOptions kernelOptions(const CompileOptions &options, bool isTuned) {
  cpu::KernelOptions result;
  result.optLevel = isTuned ? options.optLevel : 0;
  result.plain = result.optLevel == 0;
  result.symbolPrefix = options.prefix;
  return result;
}

void noteKernels(mlir::ModuleOp module, CompileSummary &summary) {
  StringMap<size_t> index;
  for (auto kernel : module.getOps<exec::KernelOp>()) {
    index[kernel.getSymName()] = summary.kernels.size();
    KernelSummary entry;
    entry.name = kernel.getSymName().str();
    kernel.walk([&](mlir::Operation *op) {
      if (op->getName().getDialectNamespace() == "nn" &&
          !op->hasTrait<mlir::OpTrait::ConstantLike>())
        entry.ops += (entry.ops.empty() ? "" : "+") + op->getName().stripDialect().str();
    });
    if (auto boundary = kernel->getAttrOfType<mlir::StringAttr>(exec::KernelOp::kBoundaryAttr))
      entry.boundary = boundary.str();
    summary.kernels.push_back(std::move(entry));
  }
  module.walk([&](mlir::Operation *op) {
    if (!isa<exec::DispatchOp, exec::LaunchOp>(op))
      return;
    ++summary.launches;
    auto name = op->getAttrOfType<mlir::FlatSymbolRefAttr>("kernel");
    auto found = name ? index.find(name.getValue()) : index.end();
    if (found == index.end())
      return;
    KernelSummary &entry = summary.kernels[found->second];
    ++entry.launches;
    for (std::string &node : nodeNames(op->getLoc()))
      if (!is_contained(entry.nodes, node))
        entry.nodes.push_back(std::move(node));
  });
}

mlir::OwningOpRef<mlir::ModuleOp> moduleOfKernel(exec::KernelOp kernel, StringRef prefix) {
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(kernel.getLoc(), prefix);
  exec::KernelOp copy = kernel.clone();
  copy->removeAttr(exec::KernelOp::kBoundaryAttr); // says nothing of the kernel itself
  module->push_back(copy);
  return module;
}

} // namespace accel
