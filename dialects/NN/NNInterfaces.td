// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Interfaces that nn ops implement so that passes ask questions instead of listing ops.
#ifndef ACCEL_NN_INTERFACES
#define ACCEL_NN_INTERFACES

include "mlir/IR/OpBase.td"

def NN_ShapeOpInterface : OpInterface<"ShapeOpInterface"> {
  let cppNamespace = "::accel::nn";
  let description = [{
    The one shape computation of an op, over affine expressions of dim symbols. Type inference, the
    verifier, `reifyResultShapes`, the analysis of a whole program and the planner all call it
    (see NNShape.h); nothing else computes shapes.
  }];
  let methods = [InterfaceMethod<
    "Computes the shapes of all results from the shapes of all operands (empty for operands that "
    "are not tensors). Emits an error at the context's location if the operands cannot go together.",
    "::llvm::LogicalResult", "inferResultShapes",
    (ins "::accel::nn::ShapeContext &":$context, "::llvm::ArrayRef<::accel::nn::Shape>":$operands,
         "::llvm::SmallVectorImpl<::accel::nn::Shape> &":$results)>];
}

def NN_ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::accel::nn";
  let description = [{
    An op whose result element depends on the operands' elements at the same position only, after
    NumPy broadcasting. The scalar body of each is in Conversion/NNToLinalg/ScalarBodies.cpp.
  }];
}

def NN_ViewOpInterface : OpInterface<"ViewOpInterface"> {
  let cppNamespace = "::accel::nn";
  let description = [{
    An op whose result holds exactly the bytes of operand 0 in the same order (row-major): the
    planner makes it a view, no kernel runs.
  }];
}

def NN_ReductionOpInterface : OpInterface<"ReductionOpInterface"> {
  let cppNamespace = "::accel::nn";
  let description = [{
    An op that reads operand 0 along whole rows a few times while they are near: its elementwise
    producers fuse before it, into the same kernel.
  }];
}

#endif // ACCEL_NN_INTERFACES
