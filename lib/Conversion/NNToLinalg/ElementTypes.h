// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an element of an nn tensor is in memory, in arithmetic, and in sums; and the way between
// them.
#pragma once
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace accel::nn {

/// The signless type that holds an element in memory. Whatever is narrower than a byte takes one,
/// in whose upper bits there may be anything where others wrote it, and zeros where we do. Floats
/// of 8 bits and fewer and complex numbers are bits.
mlir::Type storageType(mlir::Type element);
/// The signless type that an element is computed in: i1 and i4 stay so, small floats become f32.
mlir::Type computeType(mlir::Type element);
/// The type in which many elements are combined, fit for memory: f32 for narrower floats, a byte
/// for narrower integers.
mlir::Type accumulatorType(mlir::Type element);

/// Whether sums become elements as they are, so that they can lie in the result.
bool sumsInPlace(mlir::Type element);

/// Between the types of memory and of computation; `element` is the nn type.
mlir::Value fromStorage(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                        mlir::Type element);
mlir::Value toStorage(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                      mlir::Type element);
/// Between the types of memory and of sums.
mlir::Value toAccumulator(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                          mlir::Type element);
mlir::Value fromAccumulator(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                            mlir::Type element);

/// Constants as they are in memory.
mlir::DenseElementsAttr storageConstant(mlir::DenseElementsAttr elements);
mlir::TypedAttr storageConstant(mlir::TypedAttr element);

} // namespace accel::nn
