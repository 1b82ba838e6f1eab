// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What several families of ops share.
#pragma once
#include "lib/Import/ONNX/Node.h"
#include "lib/Import/ONNX/OpRegistry.h"

namespace accel::onnx_import {

/// The right operand of an op of opset 1 to 6, by its attributes `broadcast` and `axis`.
mlir::Value legacyBroadcast(Node &node, mlir::Value lhs, mlir::Value rhs);

/// (x - mean) / sqrt(variance + epsilon) over `axes`, which are kept with size 1; the mean and the
/// inverse deviation where asked for.
mlir::Value standardize(Node &node, mlir::Value x, llvm::ArrayRef<int64_t> axes, double epsilon,
                        mlir::Value *mean = nullptr, mlir::Value *inverse = nullptr);

/// `values` (one a channel) shaped to broadcast against `x`, whose channels are dim 1.
mlir::Value alongChannels(Node &node, mlir::Value values, mlir::Value x);

/// The part [offset, offset + size) of one dim.
mlir::Value sliceDim(Node &node, mlir::Value x, int64_t axis, int64_t offset, int64_t size);
mlir::Value sliceDim(Node &node, mlir::Value x, int64_t axis, Dim offset, Dim size,
                     int64_t step = 1);

/// The elements along an axis from last to first.
mlir::Value reversed(Node &node, mlir::Value x, int64_t axis);

/// A number as an attribute of a tensor's element type; an infinite one is the type's last.
mlir::Attribute elementAttr(Node &node, mlir::Value like, double value);

/// `value` around a tensor.
mlir::Value padWith(Node &node, mlir::Value x, llvm::ArrayRef<Dim> low, llvm::ArrayRef<Dim> high,
                    mlir::Attribute value);

/// NumPy's product of matrices: vectors are rows on the left, columns on the right.
mlir::Value matmul(Node &node, mlir::Value a, mlir::Value b);

/// The convolution that the node's attributes say, of these operands; `bias` may be null.
mlir::Value convolve(Node &node, mlir::Value x, mlir::Value weight, mlir::Value bias);

/// What an op of the standard gives for these operands and the node's attributes.
mlir::Value standardOp(Node &node, llvm::StringRef name, int64_t opset,
                       llvm::ArrayRef<mlir::Value> operands);

/// A conversion by the attributes of Cast (saturate, round_mode).
mlir::Value convert(Node &node, mlir::Value x, mlir::Type to);

/// A conversion of strings to numbers, or of numbers to strings.
mlir::Value castStrings(Node &node, mlir::Value x, mlir::Type to);

/// True of element types that functions of lib/Runtime/CPU/Ops compute with and compare.
bool isNumber(mlir::Type element);

/// Product of dims.
Dim product(Node &node, llvm::ArrayRef<Dim> dims);

/// A dim of the size that a tensor of one element says when the model runs: an integer, or a float
/// that is rounded down. A run with a negative one fails.
Dim computedDim(Node &node, mlir::Value size);

/// x * sigmoid(alpha * x).
mlir::Value swish(Node &node, mlir::Value x, double alpha);
/// 0.5 * x * (1 + erf(x / sqrt(2))), or its approximation by tanh.
mlir::Value gelu(Node &node, mlir::Value x, bool byTanh);

} // namespace accel::onnx_import
