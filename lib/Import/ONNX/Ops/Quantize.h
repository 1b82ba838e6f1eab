// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What ops on quantized tensors share.
#pragma once
#include "lib/Import/ONNX/Node.h"

namespace accel::onnx_import {

/// An error if a scale is not of floats, or a zero point not of the type that is quantized to.
void checkTypes(Node &node, mlir::Value scale, mlir::Value zero, mlir::Type type);

/// One number, whether of rank 0 or 1.
mlir::Value asScalar(Node &node, mlir::Value value);

/// An integer tensor less its zero point (null: none), as i32.
mlir::Value centered(Node &node, mlir::Value x, mlir::Value zero);

/// What is rounded to the nearest integer, of halves to the even one.
enum class Rounding {
  Scaled, ///< what the zero point is then added to, as QuantizeLinear has it
  Shifted ///< the sum with the zero point: of halves, an odd one decides otherwise
};

/// A scaled number as an integer of type `to` with a zero point, which may be null; at most the
/// type's ends.
mlir::Value toInteger(Node &node, mlir::Value x, mlir::Value zero, mlir::IntegerType to,
                      Rounding rounding = Rounding::Scaled);

/// Zero points or scales of rows [M] or [..., M, 1], or of columns [N] or [..., 1, N], or one.
mlir::Value matrixZero(Node &node, mlir::Value zero, mlir::Value matrix, bool isLeft);

/// The product of matrices of bytes less their zero points, as i32.
mlir::Value integerProduct(Node &node, mlir::Value a, mlir::Value aZero, mlir::Value b,
                           mlir::Value bZero);

} // namespace accel::onnx_import
