// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: accel-compile %s --cpu=x86-64-v3 --stop-after=buffers -o - | FileCheck %s

// The rows that are joined are a view of a product of sizes: where the second operand begins is known
// to be aligned by the view's sizes only.
// CHECK: exec.program @main
// CHECK: exec.slot 0
// CHECK: exec.slot 1 {{.*}} within 0
// CHECK: exec.slot 2 {{.*}} within 0
module @joined {
  func.func @main(%x: tensor<?x?xf32> {nn.name = "x"}, %y: tensor<?x16xf32> {nn.name = "y"}) -> (tensor<?x16xf32> {nn.name = "o"}) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %0 = nn.bind_dims %x ["n", "m"] affine_map<()[s0, s1] -> (s0, s1)> : tensor<?x?xf32> -> tensor<?x?xf32>
    %1 = nn.bind_dims %y ["k"] affine_map<()[s0] -> (s0, 16)> : tensor<?x16xf32> -> tensor<?x16xf32>
    %n = tensor.dim %0, %c0 : tensor<?x?xf32>
    %m = tensor.dim %0, %c1 : tensor<?x?xf32>
    %2 = nn.softmax %0 axis 1 : tensor<?x?xf32> -> tensor<?x?xf32>
    %rows = affine.apply affine_map<()[s0, s1] -> ((s0 * s1) floordiv 16)>()[%n, %m]
    %3 = nn.reshape %2 to [%rows, 16] : tensor<?x?xf32> -> tensor<?x16xf32>
    %4 = nn.softmax %1 axis 1 : tensor<?x16xf32> -> tensor<?x16xf32>
    %5 = nn.concat %3, %4 axis 0 : tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
    %6 = nn.softmax %5 axis 1 : tensor<?x16xf32> -> tensor<?x16xf32>
    return %6 : tensor<?x16xf32>
  }
}
