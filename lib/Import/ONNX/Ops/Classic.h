// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the ops of ai.onnx.ml share that are compositions.
#pragma once
#include "lib/Import/ONNX/Ops/Common.h"

namespace accel::onnx_import {

/// The floats of a list, none where the node lacks it.
llvm::SmallVector<float> floatsOf(Node &node, llvm::StringRef name);

mlir::Value f32Tensor(Node &node, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values);

/// The input as a matrix of f32: one row if it is a vector.
mlir::Value rowsOf(Node &node, mlir::Value x);

/// Scores [rows, classes] after the attribute post_transform.
mlir::Value postTransform(Node &node, mlir::Value scores, llvm::StringRef transform);

/// The labels of a node's classes, a vector of integers or of strings; null after an error.
mlir::Value labelsOf(Node &node, llvm::StringRef integers, int64_t least);

/// For each element of x the value of its key, and the last of the values where it is none. A
/// constant of values has one more than there are keys.
mlir::Value lookUp(Node &node, mlir::Value x, mlir::Value keys, mlir::Value values, bool firstWins,
                   bool mustBeThere = false, bool findsNaN = true);

/// OneHotEncoder of strings.
llvm::LogicalResult oneHotStrings(Node &node);

/// The number of the first of the largest scores of each row, as i64.
mlir::Value bestClass(Node &node, mlir::Value scores);

} // namespace accel::onnx_import
