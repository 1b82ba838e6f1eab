// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the lowering of each nn op to linalg has at hand: mapped operands, sizes, destinations.
#pragma once
#include "dialects/NN/NNOps.h"
#include "lib/Conversion/NNToLinalg/ElementTypes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"

namespace accel::nn {

/// Lowers one function. Sizes come from the shape analysis, in terms of the function's dims.
class Lowering {
public:
  using Sizes = llvm::SmallVector<mlir::OpFoldResult>;
  /// Emits the scalar computation of a generic: block arguments (storage types) to yielded values.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::Location,
                                                                 mlir::ValueRange)>;

  Lowering(mlir::OpBuilder &builder, mlir::MLIRContext *context)
      : builder(builder), shapes(context, 0), location(builder.getUnknownLoc()) {}

  /// The lowered value of an nn value.
  mlir::Value get(mlir::Value source) { return values.lookup(source); }
  /// Sizes of an nn value's dims.
  Sizes sizes(mlir::Value source);
  mlir::OpFoldResult size(Dim dim) { return shapes.materialize(builder, location, dim, symbols); }
  mlir::Value sizeValue(Dim dim);
  /// Where an nn op's result goes: the kernel's output if it is returned, else a new tensor.
  mlir::Value destination(mlir::Value source);
  mlir::Value emptyTensor(llvm::ArrayRef<Dim> shape, mlir::Type element);
  mlir::Value fill(mlir::Value destination, mlir::TypedAttr value);
  mlir::TypedAttr zero(mlir::Type element) { return builder.getZeroAttr(element); }

  /// A linalg.generic; parallel in all dims but those where `reduction` holds.
  mlir::Value generic(mlir::Value init, mlir::ValueRange inputs,
                      llvm::ArrayRef<mlir::AffineMap> maps, Body body,
                      llvm::ArrayRef<bool> reduction = {});
  /// A tensor that is read at each point of an iteration space: at `position[i]` of dim i, or at 0
  /// where that dim turns out to be 1 and `extents[i]`, what it is read along, does not.
  struct Operand {
    mlir::Value source; ///< an nn value
    llvm::SmallVector<mlir::AffineExpr> position;
    Shape extents;
  };
  /// The operand whose dims are the last of an iteration space's dims 0.., of sizes `extents`.
  Operand trailing(mlir::Value source, llvm::ArrayRef<Dim> extents);
  /// A linalg.generic whose operands may be broadcast. Where it is known which dims are, operands
  /// are inputs with maps, which tile and vectorize; others are read in the body, at positions that
  /// are chosen at run time. The body's arguments are the operands' elements, then the result's.
  mlir::Value broadcasting(mlir::Value init, mlir::AffineMap result,
                           llvm::ArrayRef<Operand> operands, Body body,
                           llvm::ArrayRef<bool> reduction = {});
  /// Elementwise over the destination: `source` (possibly of smaller rank or with unit dims) is
  /// read at the broadcast position.
  mlir::Value elementwise(mlir::Value destination, mlir::Value result, mlir::ValueRange sources,
                          Body body);
  /// destination with `source` written at offsets.
  mlir::Value copyInto(mlir::Value destination, mlir::Value source,
                       llvm::ArrayRef<mlir::OpFoldResult> offsets,
                       llvm::ArrayRef<mlir::OpFoldResult> sizes);
  mlir::Value copy(mlir::Value destination, mlir::Value source);
  /// Sums in the destination of `result`, converted where they are of a type of their own.
  mlir::Value narrowed(mlir::Value result, mlir::Value sums);

  /// Lowers one op; failure after a diagnostic.
  llvm::LogicalResult lower(mlir::Operation *op);

  mlir::OpBuilder &builder;
  ShapeAnalysis shapes;
  mlir::Location location;
  mlir::IRMapping values;
  llvm::SmallVector<mlir::Value> symbols;                ///< value of each dim symbol
  llvm::DenseMap<mlir::Value, mlir::Value> destinations; ///< nn value -> output argument
};

// One function a family; each returns the lowered result, null after a diagnostic.
mlir::Value lowerElementwise(Lowering &, mlir::Operation *op);
mlir::Value lowerMatmul(Lowering &, MatmulOp op);
mlir::Value lowerConv(Lowering &, ConvOp op);
mlir::Value lowerBlockedConv(Lowering &, BlockedConvOp op);
mlir::Value lowerBlockedDepthwiseConv(Lowering &, BlockedDepthwiseConvOp op);
mlir::Value lowerPool(Lowering &, PoolOp op);
mlir::Value lowerReduce(Lowering &, ReduceOp op);
mlir::Value lowerResize(Lowering &, ResizeOp op);
mlir::Value lowerConvTranspose(Lowering &, ConvTransposeOp op);
mlir::Value lowerDepthToSpace(Lowering &, DepthToSpaceOp op);
mlir::Value lowerPoolPositions(Lowering &, PoolPositionsOp op);
/// Ops that read or write at positions which are data, or go along an axis; null if `op` is none.
mlir::Value lowerIndexed(Lowering &, mlir::Operation *op);
mlir::Value lowerSoftmax(Lowering &, mlir::Operation *op, int64_t axis, bool log);
/// Ops that move elements without arithmetic; null if `op` is none of them.
mlir::Value lowerMovement(Lowering &, mlir::Operation *op);

// What convolutions share (Conv.cpp).
/// A sum in the op's destination, or where sums are wider in a tensor of their own, which is
/// converted at the end.
mlir::Value accumulate(Lowering &lowering, mlir::Value result,
                       llvm::function_ref<mlir::Value(mlir::Value init)> compute);
/// What the sums of a convolution start from: the bias, or zero.
mlir::Value initialSum(Lowering &lowering, mlir::Value init, mlir::Value bias,
                       llvm::ArrayRef<unsigned> biasDims);
/// The value that an affine expression of a generic's iteration dims has inside its body.
mlir::Value indexOf(mlir::OpBuilder &builder, mlir::Location at, mlir::AffineExpr expr);

/// An index that may count from the end, as a position; one outside 0..size-1 becomes the nearest
/// inside, and `inside`, where it is asked for, false.
mlir::Value positionOf(mlir::OpBuilder &builder, mlir::Location location, mlir::Value index,
                       mlir::Value size, bool isUnsigned, mlir::Value *inside = nullptr);

/// The scalar form of an elementwise op: computes with arith and math on compute types.
mlir::Value emitScalar(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange arguments);
/// Combines two scalars as a reduction does; `isUnsigned` for integers.
mlir::Value emitCombine(mlir::OpBuilder &builder, mlir::Location location, ReduceKind kind,
                        mlir::Value a, mlir::Value b, bool isUnsigned);
/// a * b + sum, in the type of sums.
mlir::Value multiplyAdd(mlir::OpBuilder &builder, mlir::Location location, mlir::Value a,
                        mlir::Value b, mlir::Value sum);
/// A sum divided by a count (i64).
mlir::Value divideBy(mlir::OpBuilder &builder, mlir::Location location, mlir::Value sum,
                     mlir::Value count, bool isUnsigned = false);
/// What a reduction of elements starts from, in the type of their sums.
mlir::TypedAttr neutralElement(mlir::OpBuilder &builder, ReduceKind kind, mlir::Type element);

/// Lowers the nn ops of a function in place. Outputs become trailing arguments that the results are
/// written into (destination-passing style).
llvm::LogicalResult lowerToLinalg(mlir::func::FuncOp function);

} // namespace accel::nn
