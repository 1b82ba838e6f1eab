// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-opt %s -split-input-file -cpu-evaluate-constants | FileCheck %s

// exp and a reduction, in the middle of movements; what only moves the result stays.
// CHECK-LABEL: @main
// CHECK:         %[[C:.*]] = nn.constant dense<[1.250000e+00, 2.500000e+00]> : tensor<2xf32>
// CHECK:         %[[P:.*]] = nn.pack %[[C]]
// CHECK:         nn.add %{{.*}}, %[[P]]
// CHECK-NOT:     module
// CHECK:         return
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = nn.constant dense<[[0.0, -1.0], [0.0, -1.0], [0.0, 0.5], [0.0, -1.0]]> : tensor<4x2xf32>
  %1 = nn.transpose %0 [1, 0] : tensor<4x2xf32> -> tensor<2x4xf32>
  %2 = nn.relu %1 : tensor<2x4xf32> -> tensor<2x4xf32>
  %3 = nn.slice %2 offsets [0, 0] sizes [2, 1] steps [1, 1] : tensor<2x4xf32> -> tensor<2x1xf32>
  %4 = nn.exp %3 : tensor<2x1xf32> -> tensor<2x1xf32>
  %5 = nn.constant dense<[[0.25], [1.5]]> : tensor<2x1xf32>
  %6 = nn.add %4, %5 : tensor<2x1xf32>, tensor<2x1xf32> -> tensor<2x1xf32>
  %7 = nn.reduce sum %6 axes [1] : tensor<2x1xf32> -> tensor<2xf32>
  %8 = nn.pack %7 dims [0] blocks [4] order [0] : tensor<2xf32> -> tensor<1x4xf32>
  %9 = nn.add %x, %8 : tensor<1x4xf32>, tensor<1x4xf32> -> tensor<1x4xf32>
  return %9 : tensor<1x4xf32>
}

// -----

// Conversions that the machine may have no instruction for are those that models are linked with.
// CHECK-LABEL: @main
// CHECK:         %[[C:.*]] = nn.constant dense<[1.101560e+00, 2.203130e+00]> : tensor<2xbf16>
// CHECK:         nn.add %[[C]], %{{.*}}
func.func @main(%x: tensor<1xbf16>) -> tensor<2xbf16> {
  %0 = nn.constant dense<[1.0, 2.0]> : tensor<2xbf16>
  %1 = nn.constant dense<[1.1]> : tensor<1xbf16>
  %2 = nn.mul %0, %1 : tensor<2xbf16>, tensor<1xbf16> -> tensor<2xbf16>
  %3 = nn.add %2, %x : tensor<2xbf16>, tensor<1xbf16> -> tensor<2xbf16>
  return %3 : tensor<2xbf16>
}
