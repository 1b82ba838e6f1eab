// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Floats of 8 bits and fewer, as bits: no machine computes with them, so that they become f32 and
// back by arithmetic on integers.
#pragma once
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace accel::nn {

/// The type if it is a float of 8 bits or fewer.
mlir::FloatType smallFloat(mlir::Type element);

/// The exact f32 of an i8, whose low bits are a value of `type`; bits above those are ignored.
mlir::Value decodeSmallFloat(mlir::OpBuilder &builder, mlir::Location location, mlir::Value bits,
                             mlir::FloatType type);

/// The value of `type` that is nearest to an f32 or f64, as the low bits of an i8. Halves go to
/// even, but up where there is no mantissa. What is too large becomes infinity, else NaN, else the
/// largest value, by what `type` has; NaN becomes -0 where there is none (as in ml_dtypes).
mlir::Value encodeSmallFloat(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                             mlir::FloatType type);

} // namespace accel::nn
