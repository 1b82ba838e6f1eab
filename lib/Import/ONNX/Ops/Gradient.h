// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reverse-mode differentiation of nn ops.
#pragma once
#include "lib/Import/ONNX/Node.h"

namespace accel::onnx_import {

/// Gradients of one scalar, the sum of a result's elements, with respect to values.
class Gradients {
public:
  explicit Gradients(Node &node) : node(node) {}
  /// Adds to the gradient of a value: a tensor of its shape, or one that it broadcasts to.
  void add(mlir::Value value, mlir::Value gradient);
  /// Null where nothing was added.
  mlir::Value of(mlir::Value value) const { return gradients.lookup(value); }

private:
  mlir::Value sumTo(mlir::Value gradient, mlir::Value value);

  Node &node;
  llvm::DenseMap<mlir::Value, mlir::Value> gradients;
};

/// Adds to the gradients of an op's operands, from that of its one result. An error where there is
/// no rule for the op.
llvm::LogicalResult backpropagate(Node &node, mlir::Operation *op, mlir::Value gradient,
                                  Gradients &gradients);

} // namespace accel::onnx_import
