// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads an ONNX file into a module of the nn dialect, and reports what cannot be compiled.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace accel {

struct ImportOptions {
  /// Dims of an input by its name, instead of the file's; -1 keeps the file's dim.
  std::map<std::string, std::vector<int64_t>> shapes;
  /// Size of a named dim; an unnamed dynamic dim of an input is named `input:axis`.
  std::map<std::string, int64_t> dims;
  /// Smallest and largest size of a named dim; kept as `nn.dim_ranges` of @main.
  std::map<std::string, std::pair<int64_t, int64_t>> dimRanges;
  /// Values that become outputs behind the model's own: names of values or nodes, or `all`.
  std::vector<std::string> debugOutputs;
  /// Functions of lib/Runtime/CPU that models for the target cannot call: why, and a way out.
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> missingFunctions;
};

enum class Severity { Error, Warning };

/// One problem of a file. Fields that do not apply are empty or 0.
struct ImportDiagnostic {
  Severity severity = Severity::Error;
  std::string node;   ///< The node's name, or "OpType(first output)" if it has none.
  std::string op;     ///< The node's op type.
  std::string domain; ///< "" is ONNX's own.
  int64_t opset = 0;  ///< Version of the domain that the file imports.
  std::string dtype;  ///< Element type at fault, or of the node's first input.
  std::string reason; ///< What was expected and what was found.
  std::string wayOut; ///< What the user can do.
};

/// All problems of a file, in the order of its nodes.
struct ImportReport {
  std::string file;
  std::vector<ImportDiagnostic> problems;
  std::vector<std::string> externalFiles; ///< Paths of the external data that was read, sorted.

  bool hasErrors() const;
  /// A line a problem, errors first, and advice; at most 40 problems (JSON has all).
  void printText(llvm::raw_ostream &os) const;
  /// {"file", "supported", "problems": [{"severity", "node", ...}]}
  void printJSON(llvm::raw_ostream &os) const;
};

/// Imports the model in file `path`. Null, and at least one error in the report, if it cannot be
/// compiled; all errors of the file are listed, not just the first. The module's weights point into
/// the mapped file, which stays mapped as long as `context` lives: the file must not be changed
/// meanwhile. Loads the dialects that it needs into the context.
mlir::OwningOpRef<mlir::ModuleOp> importONNX(mlir::MLIRContext &context, llvm::StringRef path,
                                             const ImportOptions &options, ImportReport &report);

/// A line an op that can be imported: its domain, its name, and the first opset, as "ai.onnx Abs
/// 1".
void listOps(llvm::raw_ostream &os);

/// Lists all that keeps the file from being compiled, without keeping a module.
ImportReport checkONNX(llvm::StringRef path, const ImportOptions &options = {});

} // namespace accel
