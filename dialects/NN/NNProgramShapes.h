// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The shapes of a whole program over its symbols, and what they demand of a run's sizes.
#pragma once
#include "dialects/NN/NNOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <memory>

namespace accel::nn {

/// What must hold of the sizes of a run.
struct Requirement {
  Dim a, b;
  DimRelation relation;
  llvm::StringRef what;
  mlir::Location location;
  llvm::SmallVector<Dim, 2> conditions; ///< those that are not known to be 0 or more
};

/// Symbols 0, 1, ... are those that the function's nn.bind_dims name.
class ProgramShapes : public ShapeAnalysis {
public:
  /// Infers all shapes. A requirement that only limits one symbol becomes part of that symbol's
  /// bounds.
  static std::unique_ptr<ProgramShapes> infer(mlir::func::FuncOp main);

  /// Fails with an error where a size does not follow from the symbols, or sizes cannot go
  /// together.
  llvm::LogicalResult check();

  llvm::ArrayRef<mlir::StringAttr> names() const { return symbols; }
  llvm::ArrayRef<Requirement> requirements() const { return found; }

  /// Counts symbols as the program does: the names, then the definitions that sizes use.
  void numberDefinitions();
  unsigned countSymbols() const { return symbols.size() + used.size(); }
  /// Symbol names().size() + i is the least of two dims.
  llvm::ArrayRef<LeastDim> usedDefinitions() const { return used; }
  Dim inProgram(Dim dim) const;
  /// False for a dim that only the run finds.
  bool isKnown(Dim dim) const;

  /// What a requirement demands, for a message.
  std::string text(const Requirement &requirement) const;

private:
  /// The bounds of the named symbols, and which op's they are.
  struct NamedBounds {
    Bounds bounds;
    mlir::Location low, high;
  };
  ProgramShapes(mlir::func::FuncOp main, llvm::ArrayRef<mlir::StringAttr> names,
                llvm::ArrayRef<NamedBounds> named);
  void noteRequirement(Dim a, DimRelation relation, Dim b, llvm::StringRef what) override;
  void visit();
  std::string text(Dim dim) const;
  void setConditions(Requirement &requirement);
  void addCondition(Dim condition, llvm::SmallVectorImpl<Dim> &conditions);
  void addCondition(Dim condition, llvm::SmallVectorImpl<Dim> &conditions,
                    llvm::SmallDenseSet<Dim> &seen);
  bool limits(Dim condition, mlir::Location by, llvm::MutableArrayRef<NamedBounds> named) const;

  mlir::func::FuncOp main;
  llvm::SmallVector<mlir::StringAttr> symbols;
  mlir::Location at;
  llvm::SmallVector<Requirement> found;
  llvm::SmallVector<NamedBounds> limited; ///< by all requirements, those that no sizes meet too
  llvm::SmallVector<LeastDim> used;
  llvm::DenseMap<mlir::AffineExpr, mlir::AffineExpr> numbers;
};

} // namespace accel::nn
