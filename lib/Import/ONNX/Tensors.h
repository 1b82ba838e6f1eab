// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types and constant tensors of ONNX as MLIR's.
#pragma once
#include "lib/Import/ONNX/Reader.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace accel::onnx_import {

/// What ONNX calls a data type: "FLOAT", "INT64"; "data type 77" if there is none.
std::string dataTypeName(int32_t dataType);
/// The element type for a data type; null for those that tensors cannot have here (strings,
/// FLOAT6*).
mlir::Type elementType(mlir::MLIRContext *context, int32_t dataType);
/// A dtype as users write it: "f32", "i64", "u8", "bool".
std::string dtypeText(mlir::Type type);

/// Limits on the tensors of a model.
inline constexpr int64_t kMaxRank = 32, kMaxElements = int64_t(1) << 36;
/// False, and the reason, for a shape beyond the limits; dynamic dims count as 1.
bool checkShape(llvm::ArrayRef<int64_t> shape, std::string &error);

/// The tensor as an attribute: a dense attribute if it is small, else a dense resource that points
/// into the mapped file. Null, and the reason, if the tensor is malformed.
mlir::ElementsAttr readTensor(mlir::MLIRContext *context, ModelFile &file,
                              const onnx::TensorProto &tensor, llvm::StringRef name,
                              std::string &error);
/// A sparse tensor, made dense.
mlir::ElementsAttr readSparseTensor(mlir::MLIRContext *context, ModelFile &file,
                                    const onnx::SparseTensorProto &tensor, llvm::StringRef name,
                                    std::string &error);

} // namespace accel::onnx_import
