// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant tables in the LLVM dialect: rows of fields, with shared pools for text and integers.
#pragma once
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include <variant>

namespace accel::exec {

/// The address of a symbol plus some bytes; NULL if the symbol is empty.
struct Address {
  std::string symbol;
  int64_t offset = 0;
};

/// The address of a symbol minus that of the field itself.
struct RelativeAddress {
  std::string symbol;
};

/// A field of a constant struct. Rows of a table have the same kinds of fields.
using Field = std::variant<int8_t, int16_t, int32_t, int64_t, double, Address, RelativeAddress>;
using Row = llvm::SmallVector<Field>;

/// Makes the constant globals of one module. Symbols are `<prefix>.<name>`, which no identifier of
/// C is, so that no kernel's name meets them.
class ConstantData {
public:
  ConstantData(mlir::ModuleOp module, llvm::StringRef prefix);

  std::string symbol(const llvm::Twine &name) { return (prefix + "." + scope + name).str(); }
  /// Symbols from now on have this, too, before their names.
  void setScope(llvm::StringRef name) { scope = name.empty() ? "" : (name + ".").str(); }
  /// Text with a terminating NUL; equal texts share their bytes.
  Address text(llvm::StringRef value);
  /// A list of integers; equal lists share their bytes.
  Address integers(llvm::ArrayRef<int64_t> values);
  /// An array of structs without padding at their ends; NULL if it has no rows.
  Address table(llvm::StringRef name, llvm::ArrayRef<Row> rows);
  Address words(llvm::StringRef name, llvm::ArrayRef<int32_t> values);
  Address words(llvm::StringRef name, llvm::ArrayRef<int64_t> values);
  /// Declares data that others define.
  Address external(llvm::StringRef symbol);
  /// Declares a function that others define; once for each symbol.
  mlir::LLVM::LLVMFuncOp function(llvm::StringRef symbol, mlir::LLVM::LLVMFunctionType type);
  /// An address as a value of a function or initializer.
  mlir::Value load(mlir::OpBuilder &builder, const Address &address);
  /// Writes the pools; the last call.
  void finish();

  mlir::Location location;

private:
  mlir::LLVM::GlobalOp global(llvm::StringRef symbol, mlir::Type type, mlir::Attribute value);
  mlir::Type typeOf(const Field &field);
  mlir::Value valueOf(mlir::OpBuilder &builder, const Field &field, mlir::LLVM::GlobalOp self,
                      int64_t at);

  mlir::ModuleOp module;
  mlir::OpBuilder builder; ///< at the module's end
  std::string pooled(llvm::StringRef name) { return prefix + "." + name.str(); }

  std::string prefix, scope;
  std::string pool; ///< of text
  llvm::StringMap<int64_t> texts;
  llvm::SmallVector<int64_t> integerPool;
  mlir::Type pointer;
};

} // namespace accel::exec
