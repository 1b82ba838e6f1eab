// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes as affine expressions of dim symbols, and what is derived from an op's one shape
// computation.
#pragma once
#include "dialects/NN/NNDims.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include <optional>

namespace accel::nn {

using Shape = llvm::SmallVector<Dim, 6>;

/// What must hold of two dims, or the run fails.
enum class DimRelation { Equal, AtMost, Broadcast };

/// What a shape computation may ask for besides its operands' shapes.
class ShapeContext : public DimTable {
public:
  ShapeContext(mlir::MLIRContext *context, std::optional<mlir::Location> location)
      : DimTable(context), location(location) {}
  virtual ~ShapeContext() = default;

  /// A symbol of which nothing is known but that it is a size.
  Dim fresh() { return mlir::getAffineSymbolExpr(nextSymbol++, context); }
  /// The dim that an operand of index type holds.
  virtual Dim valueOf(mlir::Value index);
  /// NumPy's rule for two dims; null (after an error) where they cannot go together.
  Dim broadcast(Dim a, Dim b);
  /// Notes what must hold where that is not known yet; `what` ends in a noun: "the window".
  /// Where it is known not to hold, an error is the caller's.
  void require(Dim a, DimRelation relation, Dim b, llvm::StringRef what);
  /// NumPy's rule for two shapes.
  llvm::LogicalResult broadcast(llvm::ArrayRef<Dim> a, llvm::ArrayRef<Dim> b, Shape &result);
  /// False if both are constants and differ; else they must be equal in a run.
  bool mustBeEqual(Dim a, Dim b);
  /// Reports an error at the location, if there is one; always failure.
  llvm::LogicalResult error(const llvm::Twine &message);
  /// Emits arith on index values for an expression whose symbol i is symbols[i], or defined.
  mlir::OpFoldResult materialize(mlir::OpBuilder &builder, mlir::Location location, Dim dim,
                                 mlir::ValueRange symbols);

  std::optional<mlir::Location> location;

protected:
  /// Is told of what `require` cannot know.
  virtual void noteRequirement(Dim a, DimRelation relation, Dim b, llvm::StringRef what) {}

private:
  llvm::DenseMap<Dim, llvm::SmallVector<Dim>> joined; ///< what dims were broadcast to a dim
};

/// The dims' constants, kDynamic for the rest.
llvm::SmallVector<int64_t> staticShape(llvm::ArrayRef<Dim> shape);
/// True if two dims are known to be equal.
inline bool sameDim(Dim a, Dim b) { return a == b; }
/// True of a list of `count` numbers, none less than `least`.
inline bool allAtLeast(llvm::ArrayRef<int64_t> values, int64_t least, size_t count) {
  return values.size() == count &&
         llvm::all_of(values, [&](int64_t value) { return value >= least; });
}
/// A dim as messages show it.
std::string dimText(Dim dim);
/// Product of the dims (1 for none).
Dim product(llvm::ArrayRef<Dim> shape, mlir::MLIRContext *context);

/// Materialises the shapes of an op's results before it, by its shape computation over tensor.dim
/// of its operands.
llvm::LogicalResult reifyShapes(mlir::OpBuilder &builder, mlir::Operation *op,
                                mlir::ReifiedRankedShapedTypeDims &shapes);
/// Emits arith on index values for an expression whose symbol i is symbols[i]; none is defined.
mlir::OpFoldResult materializeDim(mlir::OpBuilder &builder, mlir::Location location, Dim dim,
                                  mlir::ValueRange symbols);

/// Shapes of every value of a region in terms of given symbols; unknown dims get fresh symbols.
class ShapeAnalysis : public ShapeContext {
public:
  /// The first `symbols` symbols belong to the caller.
  ShapeAnalysis(mlir::MLIRContext *context, unsigned symbols)
      : ShapeContext(context, std::nullopt) {
    nextSymbol = symbols;
  }
  /// Sets what is known of a value (a block argument, say).
  void set(mlir::Value value, Shape shape) { shapes[value] = std::move(shape); }
  void setIndex(mlir::Value value, Dim dim) { indices[value] = dim; }
  /// Has to be told before an op is erased.
  void forget(mlir::Operation *op) {
    for (mlir::Value result : op->getResults())
      shapes.erase(result);
  }
  /// The shape of a tensor value, computed on demand through its producers.
  const Shape &get(mlir::Value value);
  Dim valueOf(mlir::Value index) override;

private:
  llvm::DenseMap<mlir::Value, Shape> shapes;
  llvm::DenseMap<mlir::Value, Dim> indices;
};

/// The element type of a tensor value.
mlir::Type elementTypeOf(mlir::Value value);

namespace detail {
using nn::elementTypeOf;
/// Shapes of operands for type inference: constants, and fresh symbols for dynamic dims.
llvm::SmallVector<Shape> operandShapes(ShapeContext &context, mlir::ValueRange operands);
bool compatibleTypes(mlir::TypeRange inferred, mlir::TypeRange actual);

template <typename OpT>
llvm::LogicalResult inferTypes(mlir::MLIRContext *context, std::optional<mlir::Location> location,
                               mlir::ValueRange operands, mlir::DictionaryAttr attributes,
                               mlir::OpaqueProperties properties, mlir::RegionRange regions,
                               llvm::SmallVectorImpl<mlir::Type> &types) {
  typename OpT::Adaptor adaptor(operands, attributes, properties, regions);
  ShapeContext shapeContext(context, location);
  llvm::SmallVector<Shape> inputs = operandShapes(shapeContext, operands), results;
  if (failed(OpT::computeShapes(adaptor, inputs, shapeContext, results)))
    return mlir::failure();
  for (const Shape &shape : results)
    types.push_back(
        mlir::RankedTensorType::get(staticShape(shape), OpT::computeElementType(adaptor)));
  return mlir::success();
}
} // namespace detail

} // namespace accel::nn
