// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A dim of a result that follows from named ones is shown as the model's metadata has it.
// REQUIRES: accel-compile
// RUN: accel-compile %s -q -O0 -o %t.so
// RUN: accel-run %t.so --info | FileCheck %s

// CHECK: outputs  y: float32[(n * 2) x 4]
// CHECK-NEXT: z: float32[(n + min(n, 3)) x 4]
module @derived {
  func.func @main(%x: tensor<?x4xf32> {nn.name = "x"})
      -> (tensor<?x4xf32> {nn.name = "y"}, tensor<?x4xf32> {nn.name = "z"}) {
    %c0 = arith.constant 0 : index
    %0 = nn.bind_dims %x ["n"] affine_map<()[s0] -> (s0, 4)> : tensor<?x4xf32> -> tensor<?x4xf32>
    %y = nn.concat %0, %0 axis 0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
    %n = tensor.dim %0, %c0 : tensor<?x4xf32>
    %least = affine.min affine_map<()[s0] -> (s0, 3)>()[%n]
    %head = nn.slice %0 offsets [0, 0] sizes [%least, 4] steps [1, 1] : tensor<?x4xf32> -> tensor<?x4xf32>
    %z = nn.concat %0, %head axis 0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
    return %y, %z : tensor<?x4xf32>, tensor<?x4xf32>
  }
}
