// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ACCEL_LINALG_PASSES
#define ACCEL_LINALG_PASSES

include "mlir/Pass/PassBase.td"

class TargetPass<string argument> : Pass<argument, "::mlir::func::FuncOp"> {
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"",
                        "the CPU whose table of registers and caches sizes come from">];
}

def LinalgFlattenPass : Pass<"linalg-flatten", "::mlir::func::FuncOp"> {
  let summary = "Merge dims of elementwise kernels that all operands walk in the same way";
  let description = [{
    Changes the types of the function's tensors, which are addresses to whoever calls a kernel:
    `tensor<8x16x4xf32>` added to another becomes `tensor<512xf32>`, so that vectors run over all of it.
    Rows of a picture become one where all positions share an operand of a contraction.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect"];
}

def LinalgFusePass : Pass<"linalg-fuse", "::mlir::func::FuncOp"> {
  let summary = "Fuse elementwise ops into their readers, which keep what a kernel says of them";
  let description = [{
    Does what linalg-fuse-elementwise-ops does. That one makes a new op without attributes such as
    `exec.sum_block`: here the new op has those of the op whose place it takes.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def LinalgRematerializePass : Pass<"linalg-rematerialize", "::mlir::func::FuncOp"> {
  let summary = "Give each reader of a cheap elementwise op a copy of it, to fuse with";
  let description = [{
    A difference to a row's mean, say, is read by the sum of its squares and by the result. Fused into
    both it is computed twice, but neither stored nor loaded. Copies that find nothing to fuse with are
    one op again after CSE.
  }];
}

def LinalgTilePass : TargetPass<"linalg-tile"> {
  let summary = "Cut a kernel into work items and register tiles, with producers fused into them";
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
}

def LinalgTileAttentionPass : Pass<"linalg-tile-attention", "::mlir::func::FuncOp"> {
  let summary = "Cut attention into work items and register tiles, without a matrix of all scores";
  let description = [{
    An item is some rows of one batch entry (a head). Keys are taken in blocks, packed so that scores
    side by side are one vector; scores of a few rows become weights and are used up at once. Where keys
    are more than one block, a row's result and sum are rescaled when a larger score comes (online
    softmax). Blocks follow from the shape and the target, never from the number of threads.

    With `plain`, all scores are computed by loops over scalars.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"",
           "the CPU whose table of registers and caches sizes come from">,
    Option<"plain", "plain", "bool", "false", "loops over scalars">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def LinalgVectorizePass : TargetPass<"linalg-vectorize"> {
  let summary = "Turn linalg ops on tiles into vectors, with sums held in registers";
  let description = [{
    Every linalg.generic and fill becomes loops of vector ops. Tiles of a few vectors stay in
    registers from op to op; reductions become scf.for with vectors as iter_args.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // ACCEL_LINALG_PASSES
