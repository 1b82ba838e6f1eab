// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ACCEL_NNTOLINALG_PASSES
#define ACCEL_NNTOLINALG_PASSES

include "mlir/Pass/PassBase.td"

def ConvertNNToLinalgPass : Pass<"convert-nn-to-linalg"> {
  let summary = "Lower nn ops to linalg on tensors, in every function below the op";
  let description = [{
    Outputs become trailing arguments, which the results are written into (destination-passing
    style), so that bufferization allocates nothing for them. `uiN` becomes `iN`; `i1` takes a byte in
    memory. `nn.packed_matmul` stays: it is tiled as it is.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // ACCEL_NNTOLINALG_PASSES
