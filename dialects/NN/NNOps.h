// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The nn dialect: ops, attributes and interfaces.
#pragma once
#include "dialects/NN/NNShape.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/NN/NNDialect.h.inc"
#include "dialects/NN/NNEnums.h.inc"
#include "dialects/NN/NNInterfaces.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/NN/NNTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/NN/NNAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/NN/NNOps.h.inc"

namespace accel::nn {
/// Of @main, once `nn-outline` has cut it into segments; of these.
inline constexpr llvm::StringLiteral kScriptAttr = "nn.script", kSegmentAttr = "nn.segment";
} // namespace accel::nn
