// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -convert-nn-to-exec -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// A dispatch names every ONNX node that it covers, in order.
// CHECK: exec.dispatch {{.*}} loc(fused["dense", "act"])
module {
  func.func @main(%x: tensor<3x8xf32>, %w: tensor<8x4xf32>) -> tensor<3x4xf32> {
    %1 = nn.matmul %x, %w : tensor<3x8xf32>, tensor<8x4xf32> -> tensor<3x4xf32> loc("dense")
    %2 = nn.sigmoid %1 : tensor<3x4xf32> -> tensor<3x4xf32> loc("act")
    %3 = nn.neg %2 : tensor<3x4xf32> -> tensor<3x4xf32> loc("act")
    return %3 : tensor<3x4xf32>
  }
}
