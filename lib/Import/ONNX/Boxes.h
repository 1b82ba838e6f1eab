// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sequences, optional values and maps: their types, and what two of these have in common.
#pragma once
#include "lib/Import/ONNX/Node.h"

namespace accel::onnx_import {

/// The box that a value's elements are; null of a tensor.
nn::BoxType boxOf(mlir::Value value);
bool isBox(mlir::Value value, nn::BoxKind kind);

/// The type of a value of the graph: a ranked tensor, or one of boxes. What boxes hold is a tensor
/// type, an element type alone where no element is known, or none where nothing is. Null, and the
/// reason, if there is no such type.
mlir::Type valueType(mlir::MLIRContext *context, const onnx::TypeProto &type, std::string &error);

/// What both element types say of their elements; null if they differ in what a run cannot change.
mlir::Type meetElements(mlir::Type a, mlir::Type b);
/// The same of what boxes hold.
mlir::Type meetHeld(mlir::Type a, mlir::Type b);

/// A value in a sequence or optional value of its own; null after an error.
mlir::Value boxed(Node &node, nn::BoxKind kind, llvm::ArrayRef<mlir::Value> items);
/// An element type as functions of lib/Runtime/CPU/Ops are told it: ACCEL_TYPE of Common.h there.
int64_t typeNumber(mlir::Type element);
/// The element at a position, or the only one where there is no position.
mlir::Value elementAt(Node &node, mlir::Value sequence, mlir::Value position);

} // namespace accel::onnx_import
